// Package bridged is the API of the bridge with another ticket system: how it fares, and which ticket there is the twin of which here. Package
// admin, its one caller, mounts it.
package bridged

import (
	"context"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/bridge"
	"hotline/tickets"
)

// Bridge is what the API asks. *bridge.Bridge answers.
type Bridge interface {
	Trouble() bridge.Trouble
	Check(ctx context.Context) ([]string, error)
	Twin(ctx context.Context, n tickets.Number) (bridge.Link, bool, error)
}

// Config is what the API needs. Ticket is required; without a Bridge there is none.
type Config struct {
	Bridge Bridge
	Ticket func(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
}

// BridgeView is how the bridge fares.
type BridgeView struct {
	Configured bool       `json:"configured"`
	Since      *time.Time `json:"failing_since,omitempty" doc:"Left out while the other system does what it is asked"`
	Why        string     `json:"why,omitempty"`
	Findings   []string   `json:"findings" nullable:"false" doc:"What the other system says now of the token, the groups and the names of states and priorities; empty: all is well"`
}

// TicketTwin is the ticket there.
type TicketTwin struct {
	Number string `json:"number,omitempty" doc:"As people there know it; left out where there is none yet"`
	URL    string `json:"url,omitempty"`
}

type answer[V any] struct{ Body V }

type numbered struct {
	Number int64 `path:"number" minimum:"1" doc:"The ticket's number as it is spoken"`
}

// Mount registers the operations.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodGet, "/bridge", "get-bridge", "How the bridge with the other ticket system fares: it is asked now"), c.show)
	operation.Serve(set, set.Route(http.MethodGet, "/tickets/{number}/twin", "get-ticket-twin", "The ticket of the other system that follows this one"), c.twin)
}

func (c Config) show(ctx context.Context, _ *struct{}) (*answer[BridgeView], error) {
	v := BridgeView{Findings: []string{}}
	if c.Bridge == nil {
		return &answer[BridgeView]{v}, nil
	}
	v.Configured = true
	findings, err := c.Bridge.Check(ctx)
	v.Findings = append(v.Findings, findings...)
	if err != nil {
		v.Findings = append(v.Findings, err.Error())
	}
	if t := c.Bridge.Trouble(); !t.Since.IsZero() {
		since := t.Since.UTC()
		v.Since, v.Why = &since, t.Why
	}
	return &answer[BridgeView]{v}, nil
}

func (c Config) twin(ctx context.Context, in *numbered) (*answer[TicketTwin], error) {
	if _, err := c.Ticket(ctx, tickets.Number(in.Number)); err != nil || c.Bridge == nil {
		return &answer[TicketTwin]{}, err
	}
	l, _, err := c.Bridge.Twin(ctx, tickets.Number(in.Number))
	return &answer[TicketTwin]{TicketTwin{l.Number, l.URL}}, err
}
