package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"hotline/media/vad"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/speech"
	"hotline/storage"
	"hotline/tickets"
	"hotline/transcription"
)

// Config is what transcribing needs. All of it is required.
type Config struct {
	Driver Driver
	Rate   int // Hz of the sound that the recogniser gets: 8000, or 16000
	Store  interface {
		transcription.Store
		Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error)
	}
	Open     func(ctx context.Context, r tickets.Recording) (io.ReadSeekCloser, error)
	Language func(ctx context.Context, n tickets.Number) prompts.Language // that a ticket's caller speaks
	Now      func() time.Time
	Log      *slog.Logger
}

// Worker transcribes recordings, one at a time. Safe for concurrent use.
type Worker struct {
	Config
	one chan struct{} // held by who transcribes
}

// New makes one.
func New(c Config) *Worker { return &Worker{c, make(chan struct{}, 1)} }

const (
	firstRetry = time.Minute    // after a failure; later ones wait as long as the work is old
	giveUp     = 24 * time.Hour // after which nobody tries again
)

// Transcribe is the due work of one recording. A recogniser that fails is asked again later, for a day; the recording and the
// ticket are untouched by it.
func (w *Worker) Transcribe(ctx context.Context, due tickets.Work) error {
	select {
	case w.one <- struct{}{}:
		defer func() { <-w.one }()
	case <-ctx.Done():
		return ctx.Err()
	}
	id := due.Facts[tickets.FactRecording]
	err := w.transcribe(ctx, id)
	if err == nil || errors.Is(err, storage.ErrNotFound) {
		return nil // it was erased, or it is done
	}
	if ctx.Err() != nil || errors.Is(err, storage.ErrDown) {
		return err
	}
	now := w.Now()
	if age := now.Sub(due.Due); age < giveUp {
		w.Log.Warn("a recording was not transcribed, and will be tried again", "recording", id, "ticket", due.Ticket, "error", err)
		return &tickets.Later{At: now.Add(max(firstRetry, age))}
	}
	w.Log.Error("a recording is not transcribed: the recogniser failed for a day", "recording", id, "ticket", due.Ticket, "error", err)
	return nil
}

func (w *Worker) transcribe(ctx context.Context, id string) error {
	r, n, err := w.Store.Recording(ctx, id)
	if err != nil {
		return err
	}
	pcm, err := w.sound(ctx, r)
	if err != nil {
		return err
	}
	t := transcription.Transcript{Recording: id, Ticket: n, At: w.Now(), Engine: w.Driver.Name(), Language: string(w.Language(ctx, n))}
	if voice := Voice(pcm); len(voice) == 0 {
		t.Left = []transcription.Guard{transcription.NoVoice} // a recogniser would invent something
	} else {
		heard, err := w.Driver.Transcribe(ctx, w.given(t.Language, pcm))
		if err != nil {
			return err
		}
		t.Segments, t.Left = transcription.Guarded(heard.Segments, voice)
		t.Confidence = confidence(t.Segments)
	}
	return w.Store.PutTranscript(ctx, t)
}

// confidence is that of the segments, by their length.
func confidence(list []transcription.Segment) float64 {
	sum, all := 0.0, 0.0
	for _, s := range list {
		sum, all = sum+s.Confidence*float64(len(s.Text)), all+float64(len(s.Text))
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

func (w *Worker) sound(ctx context.Context, r tickets.Recording) ([]int16, error) {
	file, err := w.Open(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("opening recording %s: %w", r.ID, err)
	}
	defer file.Close()
	format, octets, err := wav.Read(file)
	if err != nil {
		return nil, fmt.Errorf("reading recording %s: %w", r.ID, err)
	}
	return format.Samples(octets), nil
}

// given is the sound as the recogniser wants it.
func (w *Worker) given(lang string, pcm []int16) Sound {
	s := speech.Samples{Rate: vad.Rate, PCM: pcm}
	if w.Rate != vad.Rate {
		s = speech.ForStudio(s)
	}
	b := wav.Header(wav.Linear, 2*len(s.PCM))
	binary.LittleEndian.PutUint32(b[24:], uint32(s.Rate)) // samples a second
	binary.LittleEndian.PutUint32(b[28:], uint32(2*s.Rate))
	for _, v := range s.PCM {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return Sound{Language: lang, Rate: s.Rate, WAV: b}
}

// Voice is where somebody speaks in a recording of 8 kHz, with some margin: a first syllable is never cut.
func Voice(pcm []int16) (list []transcription.Span) {
	const margin, least = 300 * time.Millisecond, 5 // frames: a click is no voice
	detector := vad.NewDetector()
	run := 0
	for at := 0; at+vad.FrameSamples <= len(pcm); at += vad.FrameSamples {
		if run++; !detector.Speech((*vad.Frame)(pcm[at:])) {
			run = 0
		}
		if run < least {
			continue
		}
		now := time.Duration(at+vad.FrameSamples) * time.Second / vad.Rate
		from := max(0, now-least*20*time.Millisecond-margin)
		if n := len(list); n > 0 && from <= list[n-1].To {
			list[n-1].To = now + margin
			continue
		}
		list = append(list, transcription.Span{From: from, To: now + margin})
	}
	return list
}
