package main

import (
	"context"
	"fmt"
	"os"

	"hotline/app/spoken"
	"hotline/config"
	"hotline/prompts"
)

// say is `hotline say`.
type say struct {
	Text   string `arg:"" help:"What is to be spoken."`
	Lang   string `help:"Language: ${language_names}." enum:"${languages}" default:"it"`
	Out    string `help:"WAV file that is written." placeholder:"FILE.wav" required:"" type:"path"`
	Config string `help:"Configuration file; its section speech names the voice. Without one it is SVOX Pico." placeholder:"FILE" type:"path"`
}

// Run speaks a text as the line would, and writes the sound.
func (c *say) Run(ctx context.Context, io streams) error {
	settings := config.Default()
	if c.Config != "" {
		var err error
		if settings, err = config.Load(c.Config); err != nil {
			return err
		}
	}
	wav, err := spoken.Say(ctx, settings.Speech, prompts.Language(c.Lang), c.Text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, wav, 0o644); err != nil {
		return fmt.Errorf("writing the sound: %w", err)
	}
	fmt.Fprintf(io.out, "%s: %.1f s\n", c.Out, float64(len(wav))/8000)
	return nil
}
