package show

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hotline/media/wav"
	"hotline/phone"
)

// CallRequest is one call of the built-in telephone.
type CallRequest struct {
	To, From string
	Keys     string // pressed once it is answered; a comma is a pause of one second
	Say      string // WAV file played after the first tone; none when empty
	Record   string // WAV file for what is heard; none when empty
	Wait     int    // seconds on the line at the end
	Out      io.Writer
}

// Call calls, presses, speaks, listens and hangs up. phone.ErrNotAnswered when nobody answered.
func Call(ctx context.Context, r CallRequest) (err error) {
	sound, err := readSound(r.Say)
	if err != nil {
		return err
	}
	at, err := phone.Beside(ctx, r.To)
	if err != nil {
		return err
	}
	p, err := phone.New(phone.Config{At: at, User: r.From})
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop(context.WithoutCancel(ctx))) }()
	c, err := p.Dial(ctx, r.To)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.Out, "answered")
	said := act(ctx, c, r, sound)
	c.Hangup()
	if r.Record != "" {
		if err := writeSound(r.Record, c.Heard()); err != nil {
			return err
		}
	}
	switch {
	case said == nil:
		fmt.Fprintln(r.Out, "hung up")
	case context.Cause(c.Context()) != nil:
		fmt.Fprintln(r.Out, "ended:", context.Cause(c.Context()))
	default:
		return said
	}
	return nil
}

// act does what the caller is to do; an error is the call's end.
func act(ctx context.Context, c *phone.Call, r CallRequest, sound []int16) error {
	for _, k := range r.Keys {
		if k == ',' {
			if err := c.Wait(ctx, time.Second); err != nil {
				return err
			}
			continue
		}
		if err := c.Press(ctx, string(k)); err != nil {
			return err
		}
	}
	if sound != nil {
		if _, err := c.AwaitTone(ctx, 0); err != nil {
			return err
		}
		if err := c.Say(ctx, sound); err != nil {
			return err
		}
		if err := c.Press(ctx, "#"); err != nil {
			return err
		}
	}
	return c.Wait(ctx, time.Duration(r.Wait)*time.Second)
}

func readSound(name string) ([]int16, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the sound to say: %w", err)
	}
	defer file.Close()
	format, octets, err := wav.Read(file)
	if err != nil {
		return nil, fmt.Errorf("reading the sound to say from %s: %w", name, err)
	}
	return format.Samples(octets), nil
}

func writeSound(name string, pcm []int16) error {
	octets := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		octets = append(octets, byte(s), byte(s>>8))
	}
	if err := os.WriteFile(name, append(wav.Header(wav.Linear, len(octets)), octets...), 0o644); err != nil {
		return fmt.Errorf("writing what was heard: %w", err)
	}
	return nil
}
