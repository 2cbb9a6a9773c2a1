package admin

import (
	"context"
	"fmt"
	"time"

	"hotline/admin/schema"
	"hotline/sla"
	"hotline/tickets"
)

type explanationView struct {
	Clocks []clockAccountView `json:"clocks" nullable:"false"`
}

type clockAccountView struct {
	ClockView
	Parts    []partView   `json:"parts" nullable:"false" doc:"They follow each other without a gap from the clock's start to its due time; of one that was kept, to its meeting"`
	Sentence schema.Texts `json:"account" doc:"The same in one sentence"`
}

type partView struct {
	From    time.Time    `json:"from"`
	Until   *time.Time   `json:"until" doc:"null: a pause that goes on"`
	Counts  bool         `json:"counts"`
	Spent   int64        `json:"spent_seconds" doc:"Working time used up at the part's end"`
	Why     string       `json:"why" doc:"counted, break, night, weekend, holiday, closure, or paused: and the reason"`
	Because schema.Texts `json:"because"`
}

// explanation accounts for each clock by the terms under which it was set.
func (s *server) explanation(ctx context.Context, in *Numbered) (*answer[explanationView], error) {
	t, err := s.Desk.Ticket(ctx, tickets.Number(in.Number))
	if err != nil {
		return nil, fmt.Errorf("ticket %d: %w", in.Number, err)
	}
	list, err := s.Desk.Explain(ctx, t)
	v := explanationView{Clocks: []clockAccountView{}}
	for _, a := range list {
		v.Clocks = append(v.Clocks, clockAccount(a).in(t.Zone()))
	}
	return answered(v, err)
}

// in shows every instant in one zone, as a preview does: the store gives them back in the machine's.
func (e clockAccountView) in(zone *time.Location) clockAccountView {
	shown := func(at *time.Time) {
		if at != nil && !at.IsZero() {
			*at = at.In(zone)
		}
	}
	for _, at := range []*time.Time{&e.Due, e.MetAt, e.BrokenAt, &e.From} {
		shown(at)
	}
	for i := range e.Parts {
		shown(&e.Parts[i].From)
		shown(e.Parts[i].Until)
	}
	for i := range e.Warnings {
		shown(e.Warnings[i].At)
		shown(e.Warnings[i].RaisedAt)
	}
	return e
}

func clockAccount(a sla.Account) clockAccountView {
	e := clockAccountView{ClockView: clockOf(a.Clock), Parts: []partView{}, Sentence: schema.InEvery(a.In)}
	for _, p := range a.Parts {
		e.Parts = append(e.Parts, partView{
			p.From, instant(p.Until), p.Counts, seconds(p.Spent), string(p.Why), schema.InEvery(p.In),
		})
	}
	return e
}
