package speech_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"hotline/prompts"
	"hotline/speech"
)

// whistle is a voice of its own: whatever the text, it whistles for half a second.
type whistle struct{}

func (whistle) Ready() error                  { return nil }
func (whistle) Voice(prompts.Language) string { return "whistle" }

func (whistle) Speak(context.Context, speech.Text) (speech.Samples, error) {
	s := speech.Samples{Rate: 16000, PCM: make([]int16, 8000)}
	for i := range s.PCM {
		s.PCM[i] = int16(9000 * math.Sin(2*math.Pi*1500*float64(i)/float64(s.Rate)))
	}
	return s, nil
}

// A text is wanted, is spoken in the background, and lies on the disk afterwards. Nobody waits for a voice on the telephone.
func ExampleSpeaker() {
	dir, err := os.MkdirTemp("", "sounds-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, errors.New("the voice hangs"))
	defer cancel()
	s := speech.New(speech.Config{Driver: whistle{}, Dir: dir, Busy: func() bool { return false }, Log: slog.New(slog.DiscardHandler)})
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	name := speech.Text{Language: prompts.Italian, Words: "Sirti S.p.A.", Class: prompts.Infix}
	state, err := s.Want(name)
	fmt.Println(state == speech.Rendering, err)
	for ; state == speech.Rendering && ctx.Err() == nil; state, _ = s.Want(name) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
	}
	alaw, ok := s.Sound(name)
	fmt.Println(ok, len(alaw) > 4000)
	cancel()
	<-done
	// Output:
	// true <nil>
	// true true
}
