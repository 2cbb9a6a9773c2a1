// Package engine asks a recogniser for the text of a recording: a program of this machine, or a server. It is off unless the owner
// wants it, works through the queue of due work, one recording at a time, and never for somebody who waits. A recogniser that is
// missing, hangs or writes rubbish costs a transcript and nothing else.
package engine

import (
	"context"
	"errors"

	"hotline/transcription"
)

// Errors of recognisers.
var (
	// ErrMissing means that the recogniser's program is not installed.
	ErrMissing = errors.New("there is no recogniser")
	// ErrRubbish means that the recogniser answered with something that is no transcript.
	ErrRubbish = errors.New("the recogniser gave no text that can be used")
)

// Sound is a recording for a recogniser.
type Sound struct {
	Language string // of two letters: what the recogniser is told to expect
	Rate     int    // Hz
	WAV      []byte // 16-bit linear, mono
}

// Heard is a recogniser's answer.
type Heard struct {
	Language string // as it says; empty: it does not
	Segments []transcription.Segment
}

// Driver is a way to a recogniser. Safe for concurrent use.
type Driver interface {
	// Transcribe comes back when ctx ends, and within bounds of its own before.
	Transcribe(ctx context.Context, s Sound) (Heard, error)
	// Ready is ErrMissing where the driver cannot work at all. It is quick.
	Ready() error
	// Name is what people read of it: the program or the server, and the model.
	Name() string
}

// largest is the most that a recogniser may answer, in octets: an hour of speech is less than 100 kB of text.
const largest = 4 << 20

// scratch is the most that a file of a recogniser's own may have, in octets: twice an hour of sound at 16 kHz.
const scratch = 256 << 20
