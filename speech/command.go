package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/backend"
	"hotline/prompts"
	"hotline/prompts/written"
)

// Command is a voice that is a program of this machine, such as SVOX Pico's pico2wave. It is run without a shell, at a
// low priority and within bounds ([backend.Program]).
type Command struct {
	// Argv is the command line. {text}, {language} (it), {voice} and {file} are filled in; without {file} the sound is read
	// from its standard output, without {text} the text is written to its standard input.
	Argv    []string
	Voices  map[prompts.Language]string
	Timeout time.Duration
}

// niceness of the program: a core gives it a tenth of what it gives to the calls. At 19 it would have a seventieth, and a name that
// takes Pico 15 ms would not be spoken in 10 s beside twenty processes that are busy.
const niceness = 10

// program is the program that speaks.
func (c Command) program() backend.Program {
	return backend.Program{Argv: c.Argv, Timeout: c.Timeout, Nice: niceness}
}

// Ready tells whether the program is there.
func (c Command) Ready() error {
	if err := c.program().Find(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoVoice, err)
	}
	return nil
}

// Voice is the command line and the voice.
func (c Command) Voice(lang prompts.Language) string {
	return "command\x00" + strings.Join(c.Argv, "\x00") + "\x00" + c.Voices[lang]
}

// Speak runs the program.
func (c Command) Speak(ctx context.Context, t Text) (Samples, error) {
	dir, err := os.MkdirTemp("", "hotline-voice-*")
	if err != nil {
		return Samples{}, fmt.Errorf("making a folder for the voice: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "said.wav")
	said, err := c.run(ctx, dir, file, t)
	if err != nil {
		return Samples{}, err
	}
	if c.program().Uses("{file}") {
		if said, err = readBounded(file); err != nil {
			return Samples{}, fmt.Errorf("%s ended and left no sound: %w: %w", c.Argv[0], ErrRubbish, err)
		}
	}
	s, err := readWAV(said)
	if err != nil {
		return Samples{}, fmt.Errorf("%s gave %w", c.Argv[0], err)
	}
	return s, nil
}

// run runs the program; said is its standard output.
func (c Command) run(ctx context.Context, dir, file string, t Text) (said []byte, err error) {
	if err := c.Ready(); err != nil {
		return nil, err
	}
	r := backend.Run{
		Fill: strings.NewReplacer("{text}", c.marked(t), "{language}", string(t.Language), "{voice}", c.Voices[t.Language], "{file}", file),
		Dir:  dir, Most: largest, File: largest + 1,
	}
	if !c.program().Uses("{text}") {
		r.Input = []byte(t.Words)
	}
	said, err = c.program().Output(ctx, r)
	if errors.Is(err, backend.ErrLarge) {
		err = fmt.Errorf("%w: %w", ErrRubbish, err)
	}
	return said, err
}

// marked is the text in Pico's markup, for Pico: at half volume, because it clips at full, and as slow as the voices that
// ship. Inside a sentence a comma keeps the melody up.
func (c Command) marked(t Text) string {
	words := t.Words
	if t.Class == prompts.Infix && !strings.HasSuffix(words, ",") && !strings.HasSuffix(words, ".") {
		words += ","
	}
	if filepath.Base(c.Argv[0]) != "pico2wave" {
		return words
	}
	words = strings.ReplaceAll(words, "&", " "+written.In(t.Language).Text("spelled-&")+" ")
	return `<volume level="55"><speed level="95">` + words + `</speed></volume>`
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, largest+1))
	return b, errors.Join(err, f.Close())
}
