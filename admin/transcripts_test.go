package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hotline/tickets"
	"hotline/transcription"
)

// recogniser is one that is there, or not.
type recogniser struct{ missing error }

func (r recogniser) Ready() error { return r.missing }

func TestTheTranscriptOfARecordingIsShownAsAutomatic(t *testing.T) {
	h := open(t)
	n := h.opened().Number
	h.get("/tickets/417/transcripts").is(200, `"transcripts":[]`)
	_, err := h.desk.Keep(t.Context(), tickets.Number(n), tickets.Recording{ID: "m1", At: monday(9, 0), Seconds: 4}, monday(9, 0))
	must(t, err)
	must(t, h.store.PutTranscript(t.Context(), transcription.Transcript{
		Recording: "m1", At: monday(9, 1), Engine: "whisper-cli", Language: "it", Confidence: 0.5, Left: []transcription.Guard{transcription.Digits},
		Segments: []transcription.Segment{{From: 1500 * time.Millisecond, To: 3 * time.Second, Text: "la pompa perde, codice […]", Confidence: 0.5, Doubtful: true}},
	}))
	h.get("/tickets/417/transcripts").is(200, `"recording":"m1"`, `"automatic":true`, `"engine":"whisper-cli"`, `"language":"it"`, `"from_seconds":1.5`, `"to_seconds":3`,
		`"la pompa perde, codice […]"`, `"confidence":0.5`, `"doubtful":true`, `"left_out":["digits"]`)
	h.get("/tickets?q=pompa").is(200, `"number":417`)
	h.get("/tickets/999/transcripts").is(404)
	h.get("/tickets/0/transcripts").is(422)
}

func TestHealthTellsOfARecogniserThatIsMissing(t *testing.T) {
	h := open(t)
	if r := h.ask("GET", "/api/v1/health", "", "Authorization", ""); strings.Contains(r.body, "transcription") {
		t.Errorf("nobody wants a recogniser: %s", r.body)
	}
	for want, missing := range map[string]error{"ok": nil, "missing": errors.New("no such program")} {
		h.config.Recogniser = recogniser{missing}
		h.serve(h.store)
		h.ask("GET", "/api/v1/health", "", "Authorization", "").is(200, `"transcription":"`+want+`"`)
	}
}
