package calling

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"hotline/dispatch/chains"
)

// Beat is how often a stream shows that it lives while nothing happens.
const Beat = 10 * time.Second

// The events of the stream.
type (
	// snapshotEvent comes first.
	snapshotEvent struct {
		Node   string        `json:"node" doc:"Which process tells. Each tells of the telephones that it rings itself, and of the tickets that it changes itself"`
		At     time.Time     `json:"at"`
		Chains []ringingView `json:"chains" nullable:"false" doc:"Telephones that are rung now, or talk"`
	}
	attemptEvent ringingView
	lineEvent    struct {
		Ticket   int64     `json:"ticket"`
		At       time.Time `json:"at"`
		Kind     string    `json:"kind" doc:"As in the ticket's history: accepted, joined, talk_ended, unreached"`
		Engineer string    `json:"engineer" doc:"Empty where no engineer has to do with it"`
		Text     string    `json:"text"`
	}
	ticketEvent struct {
		Number   int64  `json:"number"`
		Version  int    `json:"version" doc:"1: it is new"`
		State    string `json:"state"`
		Category string `json:"category" doc:"Empty: none yet"`
		Priority int    `json:"priority"`
		Assignee string `json:"assignee"`
		Contract string `json:"contract" doc:"Empty: Support on Request"`
		Customer string `json:"customer"`
	}
	beatEvent struct {
		At time.Time `json:"at"`
	}
	// endEvent comes last where this side ends the stream.
	endEvent struct {
		Reason string `json:"reason"`
	}
)

type ringingView struct {
	Ticket   int64      `json:"ticket" doc:"0: of none, as a test call is"`
	Whose    string     `json:"whose" doc:"An engineer's id, operator, or customer"`
	Phone    string     `json:"phone"`
	Since    time.Time  `json:"since" doc:"When it began to ring"`
	Answered *time.Time `json:"answered_at" doc:"null: not picked up yet"`
	Ended    *time.Time `json:"ended_at" doc:"null: it rings, or talks"`
	Result   string     `json:"result" doc:"Once it has ended: accepted, passed, no answer, no key, busy, called off, called back"`
}

func ringingOf(a chains.Attempt) ringingView {
	instant := func(at time.Time) *time.Time {
		if at.IsZero() {
			return nil
		}
		return &at
	}
	return ringingView{int64(a.Ticket), a.Whose, a.Phone, a.Since, instant(a.Answered), instant(a.Ended), a.Result}
}

// streamInput knows a HEAD, which wants no body.
type streamInput struct{ head bool }

// Resolve notes the method.
func (in *streamInput) Resolve(ctx huma.Context) []error {
	in.head = ctx.Method() == http.MethodHead
	return nil
}

// chainsRoute streams what goes on. A watcher that reads too slowly is let go, with the reason as the last event.
func (c Config) chainsRoute(api huma.API) {
	op := c.Route(http.MethodGet, "/chains", "watch-chains",
		"Who is being rung for which ticket, since when and with what result, and which tickets change, as it happens on this node: server-sent events")
	op.Description = "The snapshot comes first. A beat comes after ten seconds in which nothing happened. Whoever reads too slowly gets an end with the reason; connect again, and the snapshot tells how everything stands."
	sse.Register(api, op, map[string]any{
		"snapshot": snapshotEvent{}, "attempt": attemptEvent{}, "line": lineEvent{}, "ticket": ticketEvent{}, "beat": beatEvent{}, "end": endEvent{},
	}, c.stream)
}

func (c Config) stream(ctx context.Context, in *streamInput, send sse.Sender) {
	if in.head || c.Chains == nil {
		return
	}
	now, w, err := c.Chains.Watch()
	if err != nil {
		_ = send.Data(endEvent{err.Error()})
		return
	}
	defer w.Close()
	first := snapshotEvent{Node: c.Node, At: c.Now(), Chains: make([]ringingView, 0, len(now))}
	for _, a := range now {
		first.Chains = append(first.Chains, ringingOf(a))
	}
	if send.Data(first) != nil {
		return
	}
	beat := time.NewTicker(Beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = send.Data(beatEvent{c.Now()})
		case e, more := <-w.Events():
			if !more {
				if why := w.Why(); why != nil {
					_ = send.Data(endEvent{why.Error()})
				}
				return
			}
			if e.Call != nil { // calls have their own routes
				continue
			}
			err = send.Data(shown(e))
			beat.Reset(Beat)
		}
		if err != nil {
			return
		}
	}
}

// shown is an event as it is sent.
func shown(e chains.Event) any {
	switch {
	case e.Attempt != nil:
		return attemptEvent(ringingOf(*e.Attempt))
	case e.Line != nil:
		return lineEvent{int64(e.Line.Ticket), e.Line.At, string(e.Line.Kind), string(e.Line.Engineer), e.Line.Text}
	}
	t := e.Ticket
	return ticketEvent{int64(t.Number), t.Version, string(t.State), string(t.Category()), int(t.Priority), t.Assignee, string(t.Contract), string(t.Customer)}
}
