package alerts

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/directory"
	"hotline/intake"
	"hotline/tickets"
)

// AlertView is one problem of an installation, as it was reported.
type AlertView struct {
	Contract     string     `json:"contract"`
	Installation string     `json:"installation"`
	Source       string     `json:"source"`
	Fingerprint  string     `json:"fingerprint"`
	Firing       bool       `json:"firing"`
	Severity     string     `json:"severity"`
	Title        string     `json:"title"`
	Category     string     `json:"category" doc:"What the policy made of it; none: it opens no ticket"`
	Ticket       *int64     `json:"ticket" doc:"null: it has none"`
	Held         string     `json:"held" doc:"Why it has no ticket: severity or maintenance; waiting: what it depends on may be told of in a moment; parent: the ticket is that of what it depends on; empty: it has its own, or is over"`
	Since        time.Time  `json:"since" doc:"Since when it fires, or is over"`
	Heard        time.Time  `json:"heard" doc:"When it was heard of last"`
	Until        *time.Time `json:"held_until" doc:"When a held or flapping one is looked at again"`
	Count        int        `json:"count" doc:"How often it was heard of since it began"`
}

// AlertList is a list of problems.
type AlertList struct {
	Alerts []AlertView `json:"alerts" nullable:"false" doc:"The one heard of last comes first"`
}

func view(p intake.Problem) AlertView {
	v := AlertView{
		Contract: string(p.Installation.Contract), Installation: p.Installation.Name, Source: p.Key.Source, Fingerprint: p.Key.Fingerprint, Firing: p.Firing,
		Severity: p.Severity, Title: p.Title, Category: string(p.Category), Held: p.Held, Since: p.Since, Heard: p.Heard, Count: p.Count,
	}
	if n := int64(p.Ticket); n != 0 && p.Held != intake.HeldWaiting {
		v.Ticket = &n
	}
	if waits := p.Held != "" || !p.Firing; waits && !p.Due.IsZero() {
		v.Until = &p.Due
	}
	return v
}

type listQuery struct {
	Contract string    `query:"contract" maxLength:"100"`
	Ticket   int64     `query:"ticket" minimum:"1"`
	Firing   bool      `query:"firing" doc:"Only those that are not over"`
	Since    time.Time `query:"since" doc:"Heard of at or after"`
	Limit    int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type ofTicket struct {
	Number int64 `path:"number" doc:"The ticket's number as it is spoken"`
}

// before is how long before a ticket its installation's alerts are shown with it.
const before = time.Hour

// shownMost is how many alerts are shown with a ticket.
const shownMost = 500

func (c Config) listRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/alerts", "list-alerts", "What installed systems report"), func(ctx context.Context, q *listQuery) (*answer[AlertList], error) {
		return c.list(ctx, intake.Filter{Contract: directory.ContractID(q.Contract), Ticket: tickets.Number(q.Ticket), Firing: q.Firing, Since: q.Since, Limit: q.Limit})
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/tickets/{number}/alerts", "list-ticket-alerts", "What the ticket's contract has reported since an hour before it was opened"), func(ctx context.Context, in *ofTicket) (*answer[AlertList], error) {
		t, err := c.Tickets.Ticket(ctx, tickets.Number(in.Number))
		if err != nil {
			return nil, fmt.Errorf("ticket %d: %w", in.Number, err)
		}
		f := intake.Filter{Contract: t.Contract, Since: t.OpenedAt.Add(-before), Limit: shownMost}
		if t.Contract == "" { // only those that it was opened for
			f = intake.Filter{Ticket: t.Number, Limit: shownMost}
		}
		return c.list(ctx, f)
	})
}

func (c Config) list(ctx context.Context, f intake.Filter) (*answer[AlertList], error) {
	found, err := c.Store.Problems(ctx, f)
	list := AlertList{Alerts: make([]AlertView, 0, len(found))}
	for _, p := range found {
		list.Alerts = append(list.Alerts, view(p))
	}
	return &answer[AlertList]{list}, err
}
