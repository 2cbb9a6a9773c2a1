package web

import (
	"strings"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
	"hotline/transcription"
	"hotline/users"
)

// TestATicketShowsWhatARecogniserHeard: as automatic, with times that jump the player, escaped, and without a link that dials.
func TestATicketShowsWhatARecogniserHeard(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "the pump stands")
	for _, id := range []string{"r1", "r2"} {
		_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: id, At: monday(9, 0), Seconds: 12}, monday(9, 0))
		must(t, err)
	}
	must(t, o.store.PutTranscript(t.Context(), transcription.Transcript{
		Recording: "r1", At: monday(9, 1), Engine: "whisper <cli>", Language: "it", Confidence: 0.62, Left: []transcription.Guard{transcription.Digits},
		Segments: []transcription.Segment{
			{From: 1500 * time.Millisecond, To: 3 * time.Second, Text: "la pompa perde, chiami 06555"},
			{From: 65 * time.Second, To: 70 * time.Second, Text: "<script>https://evil.example</script>", Doubtful: true},
		},
	}))
	must(t, o.store.PutTranscript(t.Context(), transcription.Transcript{Recording: "r2", At: monday(9, 1), Engine: "whisper", Language: "it", Left: []transcription.Guard{transcription.NoVoice}}))
	page := o.as(users.Staff).get("/tickets/417").is(200,
		"Automatic transcription, to be checked against the sound:", "whisper &lt;cli&gt;, it", `<a href="/recordings/r1/audio#t=1.5">0:01</a> la pompa perde, chiami 06555`,
		`<a href="/recordings/r1/audio#t=65.0">1:05</a> <i>&lt;script&gt;https://evil.example&lt;/script&gt;</i> (unsure)`, "62 %", "digits that may be a PIN, were left out",
		"no words were recognised").Body.String()
	for _, never := range []string{"<script>https", `href="https://evil`, "tel:06555"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if viewer := o.as(users.Viewer).get("/tickets/417").is(200).Body.String(); strings.Contains(viewer, "la pompa perde") {
		t.Error("who may not listen reads what was said")
	}
}
