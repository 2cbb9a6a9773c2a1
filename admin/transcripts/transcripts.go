// Package transcripts is the API of what recognisers have made of recordings. Package admin, its one caller, mounts it.
package transcripts

import (
	"context"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/tickets"
	"hotline/transcription"
)

// Config is what the API needs. All of it is required.
type Config struct {
	Store   transcription.Store
	Tickets interface {
		Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	}
}

// TranscriptSegment is a piece of a transcript.
type TranscriptSegment struct {
	From       float64 `json:"from_seconds" doc:"In the recording"`
	To         float64 `json:"to_seconds,omitempty" doc:"Left out where the recogniser gave no times"`
	Text       string  `json:"text" doc:"What may be a PIN reads […]"`
	Confidence float64 `json:"confidence,omitempty" doc:"0 to 1; left out where the recogniser does not tell"`
	Doubtful   bool    `json:"doubtful,omitempty" doc:"The recogniser itself is not sure"`
}

// Transcript is the text of one recording, made by a machine. The evidence is the recording.
type Transcript struct {
	Recording  string              `json:"recording"`
	Automatic  bool                `json:"automatic" doc:"Always true: no human has written or checked it"`
	At         time.Time           `json:"at"`
	Engine     string              `json:"engine"`
	Language   string              `json:"language"`
	Confidence float64             `json:"confidence,omitempty" doc:"0 to 1; left out where the recogniser does not tell"`
	Segments   []TranscriptSegment `json:"segments" nullable:"false"`
	LeftOut    []string            `json:"left_out" nullable:"false" doc:"Why something was left out: no_voice, repeated, digits, unsure"`
}

// TranscriptList is those of a ticket.
type TranscriptList struct {
	Transcripts []Transcript `json:"transcripts" nullable:"false"`
}

type input struct {
	Number int64 `path:"number" minimum:"1"`
}

type output struct{ Body TranscriptList }

// Mount registers the operations.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodGet, "/tickets/{number}/transcripts", "list-transcripts", "What a recogniser has made of a ticket's recordings: automatic, not evidence"),
		func(ctx context.Context, in *input) (*output, error) {
			if _, err := c.Tickets.Ticket(ctx, tickets.Number(in.Number)); err != nil {
				return nil, err
			}
			list, err := c.Store.Transcripts(ctx, tickets.Number(in.Number))
			if err != nil {
				return nil, err
			}
			out := output{TranscriptList{make([]Transcript, 0, len(list))}}
			for _, t := range list {
				out.Body.Transcripts = append(out.Body.Transcripts, view(t))
			}
			return &out, nil
		})
}

func view(t transcription.Transcript) Transcript {
	v := Transcript{Recording: t.Recording, Automatic: true, At: t.At, Engine: t.Engine, Language: t.Language, Confidence: t.Confidence, Segments: []TranscriptSegment{}, LeftOut: []string{}}
	for _, s := range t.Segments {
		v.Segments = append(v.Segments, TranscriptSegment{s.From.Seconds(), s.To.Seconds(), s.Text, s.Confidence, s.Doubtful})
	}
	for _, g := range t.Left {
		v.LeftOut = append(v.LeftOut, string(g))
	}
	return v
}
