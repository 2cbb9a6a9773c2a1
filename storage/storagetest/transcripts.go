package storagetest

import (
	"errors"
	"testing"
	"time"

	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
	"hotline/transcription"
)

// Transcribed is a store of transcripts and of the tickets that they belong to.
type Transcribed interface {
	transcription.Store
	tickets.Store
}

// Transcripts runs the suite of transcription.Store; open gives a new and empty store each time.
func Transcripts(t *testing.T, open func(t *testing.T) Transcribed) {
	run(t, open, map[string]func(*testing.T, Transcribed){
		"a transcript comes back as it was written":          transcriptReturns,
		"a recording that is not there gets none":            nothingWithoutRecording,
		"a search finds the ticket until it is removed":      transcriptIsFound,
		"a second one stands in the place of the first":      secondTranscript,
		"what is erased has no transcript, and gets none":    erasedTranscript,
		"of two recordings one is removed, the other stands": oneTranscriptRemoved,
	})
}

// recorded writes a ticket with two recordings.
func recorded(t *testing.T, s Transcribed) {
	t.Helper()
	x := tickets.Ticket{Number: 427, Version: 1, State: tickets.Open, OpenedAt: monday, Reporter: tickets.Reporter{Name: "Rossi S.p.A.", Customer: "rossi", Channel: tickets.Phone}}
	for _, id := range []string{"r1", "r2"} {
		x.Recordings = append(x.Recordings, tickets.Recording{ID: id, Call: "c1", At: monday, Seconds: 4, Law: "alaw", File: id + ".wav"})
	}
	events := []tickets.Event{{ID: "e1", Ticket: 427, At: monday, Kind: tickets.Commented, Actor: "staff:anna", Text: "nastro fermo"}}
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: events}))
}

func heard(id, text string) transcription.Transcript {
	return transcription.Transcript{
		Recording: id, Ticket: 427, At: monday, Engine: "whisper-cli", Language: "it", Confidence: 0.75,
		Segments: []transcription.Segment{{From: 1200 * time.Millisecond, To: 2 * time.Second, Text: text, Confidence: 0.5, Doubtful: true}, {From: 2 * time.Second, To: 3 * time.Second, Text: "subito", Confidence: 1}},
		Left:     []transcription.Guard{transcription.Repeated},
	}
}

func transcriptReturns(t *testing.T, s Transcribed) {
	recorded(t, s)
	none, err := s.Transcripts(t.Context(), 427)
	check.Must(t, err)
	check.Equal(t, "before", len(none), 0)
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "la pompa perde")))
	empty := transcription.Transcript{Recording: "r2", Ticket: 427, At: monday, Engine: "x", Language: "en"}
	check.Must(t, s.PutTranscript(t.Context(), empty))
	list, err := s.Transcripts(t.Context(), 427)
	check.Must(t, err)
	check.Equal(t, "as written", list, []transcription.Transcript{heard("r1", "la pompa perde"), empty})
}

func nothingWithoutRecording(t *testing.T, s Transcribed) {
	recorded(t, s)
	if err := s.PutTranscript(t.Context(), heard("gone", "la pompa perde")); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the transcript of a recording that is not there: %v", err)
	}
}

// finds tells whether a search finds the ticket.
func finds(t *testing.T, s Transcribed, words string) bool {
	t.Helper()
	page, err := s.List(t.Context(), tickets.Filter{Search: words, Limit: 10})
	check.Must(t, err)
	return len(page.Items) == 1
}

func transcriptIsFound(t *testing.T, s Transcribed) {
	recorded(t, s)
	check.Equal(t, "before it was heard", finds(t, s, "compressore"), false)
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "il compressore perde olio")))
	check.Equal(t, "heard", finds(t, s, "compressore"), true)
	check.Equal(t, "heard and written", finds(t, s, "compressore nastro"), true)
	check.Must(t, s.DeleteTranscript(t.Context(), "r1"))
	check.Must(t, s.DeleteTranscript(t.Context(), "r1"))
	for _, words := range []string{"compressore", "olio", "perde", "compressore nastro"} {
		check.Equal(t, words+" once it was removed", finds(t, s, words), false)
	}
	for _, words := range []string{"nastro", "rossi", "427"} {
		check.Equal(t, words+", which people wrote", finds(t, s, words), true)
	}
	list, err := s.Transcripts(t.Context(), 427)
	check.Must(t, err)
	check.Equal(t, "removed", len(list), 0)
}

// erasedTranscript: a recording is erased while its transcript stands, and a recogniser that is late finds nothing to write to.
func erasedTranscript(t *testing.T, s Transcribed) {
	recorded(t, s)
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "il compressore perde olio")))
	x, err := s.Ticket(t.Context(), 427)
	check.Must(t, err)
	x.Version, x.Recordings = 2, x.Recordings[1:]
	erased := tickets.Event{ID: "e2", Ticket: 427, At: monday, Kind: tickets.Erased, Actor: "staff:anna", Text: "asked for", Facts: map[string]string{"recordings": "r1"}}
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{erased}}))
	list, err := s.Transcripts(t.Context(), 427)
	check.Must(t, err)
	check.Equal(t, "erased", len(list), 0)
	check.Equal(t, "searches for what was said", finds(t, s, "compressore"), false)
	check.Equal(t, "searches for what people wrote", finds(t, s, "nastro"), true)
	check.Error(t, "one that is late", s.PutTranscript(t.Context(), heard("r1", "il compressore")), storage.ErrNotFound)
}

func secondTranscript(t *testing.T, s Transcribed) {
	recorded(t, s)
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "prima")))
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "seconda")))
	list, err := s.Transcripts(t.Context(), 427)
	check.Must(t, err)
	check.Equal(t, "what stands", list, []transcription.Transcript{heard("r1", "seconda")})
}

func oneTranscriptRemoved(t *testing.T, s Transcribed) {
	recorded(t, s)
	check.Must(t, s.PutTranscript(t.Context(), heard("r1", "il compressore perde")))
	check.Must(t, s.PutTranscript(t.Context(), heard("r2", "il generatore perde")))
	check.Must(t, s.DeleteTranscript(t.Context(), "r1"))
	check.Equal(t, "of the removed one", finds(t, s, "compressore"), false)
	check.Equal(t, "of the other", finds(t, s, "generatore perde"), true)
}
