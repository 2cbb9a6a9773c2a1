package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/admin/document"
	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/replay"
	"hotline/oncall/rota"
	"hotline/storage"
	"hotline/tickets"
)

// What a replay looks at, at most.
const (
	mostCalls = 20_000
	mostSince = 400 * 24 * time.Hour
	pause     = 4 * time.Minute // between two legs of one search there is less
)

type replayInput struct {
	Body struct {
		Since  time.Time     `json:"since"`
		Rota   *changedRota  `json:"rota,omitempty" doc:"Stands in the place of the rota with its id; main is the main one"`
		Policy *changedRules `json:"policy,omitempty" doc:"Stands in the place of the escalation policy with its id"`
	}
}

type changedRota struct {
	ID string `json:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	document.BodyVersion
	ScheduleFields
}

type changedRules struct {
	ID string `json:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	document.BodyVersion
	PolicyFields
}

type replayView struct {
	Since  time.Time   `json:"since"`
	Nights []nightView `json:"nights" nullable:"false" doc:"Searches for an engineer, oldest first"`
	Lines  []string    `json:"lines" nullable:"false" doc:"The same in words"`
}

func (c Config) replay(ctx context.Context, in *replayInput) (*answer[replayView], error) {
	if in.Body.Since.Before(c.Now().Add(-mostSince)) {
		return nil, refused("body.since", errors.New("look at the last 400 days at most"))
	}
	f, _, err := c.facts(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := c.change(ctx, &f, in)
	if err != nil {
		return nil, err
	}
	nights, err := c.nights(ctx, in.Body.Since)
	if err != nil {
		return nil, err
	}
	v := replayView{Since: in.Body.Since, Nights: []nightView{}, Lines: []string{}}
	for _, n := range nights {
		a := replay.Run(n, f)
		v.Nights, v.Lines = append(v.Nights, night(a)), append(v.Lines, a.Line(zone))
	}
	return &answer[replayView]{v}, nil
}

// change puts the changed documents into the facts, and gives the zone in which the nights are told.
func (c Config) change(ctx context.Context, f *escalation.Facts, in *replayInput) (*time.Location, error) {
	zone := time.UTC
	if len(f.Rotas) > 0 {
		zone = f.Rotas[0].Zone()
	}
	if p := in.Body.Policy; p != nil {
		next := policyOf(p.ID, p.PolicyFields)
		if err := next.Check(f.Engineers, rotasOf(f.Rotas)); err != nil {
			return zone, refused("body.policy", err)
		}
		f.Policies = append(slices.DeleteFunc(f.Policies, func(o escalation.Policy) bool { return o.ID == p.ID }), next)
	}
	if r := in.Body.Rota; r != nil {
		known, err := c.known(ctx)
		if err != nil {
			return zone, err
		}
		next := scheduleOf(r.ID, r.ScheduleFields)
		if err := next.Check(f.Engineers, known, in.Body.Since); err != nil {
			return zone, refused("body.rota", err)
		}
		ready, err := next.Ready(known)
		if err != nil {
			return zone, refused("body.rota", err)
		}
		f.Rotas = append(slices.DeleteFunc(f.Rotas, func(o *rota.Schedule) bool { return o.Rota().ID == next.ID }), ready)
		zone = ready.Zone()
	}
	return zone, nil
}

func rotasOf(list []*rota.Schedule) (rotas []rota.Rota) {
	for _, s := range list {
		rotas = append(rotas, s.Rota())
	}
	return rotas
}

// nights are the searches that really were, oldest first: the legs of a call to engineers, divided where nobody was rung for a
// while, as between a search with the caller on the line and the next escalation.
func (c Config) nights(ctx context.Context, since time.Time) (list []replay.Night, err error) {
	filter := cdr.Filter{Since: since, Limit: 500}
	for seen := 0; ; {
		page, err := c.Calls.Calls(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("reading calls: %w", err)
		}
		for _, call := range page.Items {
			if list, err = c.searches(ctx, list, call); err != nil {
				return nil, err
			}
		}
		if seen += len(page.Items); page.Next == "" {
			break
		}
		if seen >= mostCalls {
			return nil, refused("body.since", fmt.Errorf("there were more than %d calls since; look at a shorter time", mostCalls))
		}
		filter.After = page.Next
	}
	slices.SortStableFunc(list, func(a, b replay.Night) int { return a.At.Compare(b.At) })
	return list, nil
}

func (c Config) searches(ctx context.Context, list []replay.Night, call cdr.Call) ([]replay.Night, error) {
	var night *replay.Night
	var last time.Time
	for _, l := range call.Legs {
		if l.Engineer == "customer" || l.Engineer == "operator" || call.Ticket == 0 {
			continue
		}
		if night == nil || l.Started.Sub(last) > pause {
			k, err := c.caseOf(ctx, call)
			if errors.Is(err, storage.ErrNotFound) {
				return list, nil
			}
			if err != nil {
				return nil, err
			}
			list = append(list, replay.Night{Ticket: int64(call.Ticket), At: l.Started, Case: k})
			night = &list[len(list)-1]
		}
		accepted := l.Result == "accepted"
		end := l.Ended
		if accepted && !l.Answered.IsZero() { // what follows is the talk
			end = l.Answered
		}
		night.Rang = append(night.Rang, replay.Rang{Engineer: oncall.EngineerID(l.Engineer), Phone: l.Address, At: l.Started, Lasted: end.Sub(l.Started), Result: l.Result, Accepted: accepted, Known: true})
		last = l.Ended
	}
	return list, nil
}

// caseOf is the request of a call's ticket, as the call found it. That it rang is a fact: no hours are asked.
func (c Config) caseOf(ctx context.Context, call cdr.Call) (escalation.Case, error) {
	t, err := c.Tickets.Ticket(ctx, call.Ticket)
	if err != nil {
		return escalation.Case{}, fmt.Errorf("reading ticket %d: %w", call.Ticket, err)
	}
	return escalation.Case{
		Request: rota.Request{Contract: string(t.Contract), Category: "blocking", Level: t.Level, Language: t.Language},
		Channel: string(tickets.Phone), OnLine: true,
	}, nil
}
