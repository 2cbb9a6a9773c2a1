// Package transcription is what a recogniser has made of a recording: text with its times, always automatic and never the evidence,
// which is the sound. Four guards (guards.go) keep out what a recogniser invents, and the digits of a PIN.
//
// It is pure: no goroutine, no file, no clock. Package transcription/engine asks the recognisers.
package transcription

import (
	"context"
	"strings"
	"time"

	"hotline/tickets"
)

// Transcript is the text of one recording.
type Transcript struct {
	Recording  string // its id
	Ticket     tickets.Number
	At         time.Time // when it was made
	Engine     string    // which recogniser, by its program or server and its model
	Language   string    // of two letters
	Confidence float64   // 0 to 1; 0: the recogniser does not tell
	Segments   []Segment
	Left       []Guard // the guards that left something out
}

// Segment is a piece of a transcript. To is zero where the recogniser gave no times.
type Segment struct {
	From, To   time.Duration
	Text       string
	Confidence float64 // 0 to 1; 0: not told
	Doubtful   bool    // the recogniser itself is not sure
}

// Guard is one of the ways in which recognisers invent text.
type Guard string

// The guards.
const (
	NoVoice  Guard = "no_voice" // text where nobody speaks, or more of it than can be said in the time
	Repeated Guard = "repeated" // the same words again and again
	Digits   Guard = "digits"   // a run of digits that nobody dictates, or one as long as a PIN
	Unsure   Guard = "unsure"   // the recogniser does not believe it
)

// Text is all segments as one text.
func (t Transcript) Text() string {
	parts := make([]string, 0, len(t.Segments))
	for _, s := range t.Segments {
		parts = append(parts, s.Text)
	}
	return strings.Join(parts, " ")
}

// Store keeps transcripts. A recording has one at most. Safe for concurrent use.
type Store interface {
	// PutTranscript writes the transcript of a recording, in the place of a former one, and lets searches find the ticket by its
	// words. A recording that is not there (any more) gets none: storage.ErrNotFound.
	PutTranscript(ctx context.Context, t Transcript) error
	// Transcripts are those of a ticket, by recording.
	Transcripts(ctx context.Context, n tickets.Number) ([]Transcript, error)
	// DeleteTranscript removes the transcript of a recording, and its words from searches. That there is none is no error.
	DeleteTranscript(ctx context.Context, recording string) error
}
