package schedules

import (
	"cmp"
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
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/stored"
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

// nights are the searches that really were, oldest first.
func (c Config) nights(ctx context.Context, since time.Time) (list []replay.Night, err error) {
	legs := map[tickets.Number][]cdr.Leg{}
	byThemselves, err := c.Calls.Legs(ctx, since, c.Now().Add(time.Minute))
	if err != nil {
		return nil, fmt.Errorf("reading who was rung for no call: %w", err)
	}
	for _, l := range byThemselves { // for tickets of other channels; what rings for an alarm follows no plan of an escalation
		if !l.Alarm {
			legs[l.Ticket] = append(legs[l.Ticket], l)
		}
	}
	filter := cdr.Filter{Since: since, Limit: 500}
	for seen := 0; ; {
		page, err := c.Calls.Calls(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("reading calls: %w", err)
		}
		for _, call := range page.Items {
			if call.Ticket != 0 {
				legs[call.Ticket] = append(legs[call.Ticket], call.Legs...)
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
	for number, rang := range legs {
		of, err := c.searches(ctx, number, rang, since)
		if err != nil {
			return nil, err
		}
		list = append(list, of...)
	}
	slices.SortFunc(list, func(a, b replay.Night) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Ticket, b.Ticket)) })
	return list, nil
}

// searches are those for one ticket: each plan in its history begins one, also where nobody was rung by it. Before plans were kept
// the legs to engineers are divided where nobody was rung for a while.
func (c Config) searches(ctx context.Context, n tickets.Number, legs []cdr.Leg, since time.Time) ([]replay.Night, error) {
	t, err := c.Tickets.Ticket(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading ticket %d: %w", n, err)
	}
	lines, err := c.Tickets.History(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("reading the history of ticket %d: %w", n, err)
	}
	planned, older := planned(t, lines, since), []replay.Night(nil)
	slices.SortFunc(legs, func(a, b cdr.Leg) int { return a.Started.Compare(b.Started) })
	var last time.Time
	for _, l := range legs {
		if l.Engineer == "customer" || l.Engineer == "operator" {
			continue
		}
		at := len(planned) - 1
		for at >= 0 && planned[at].At.After(l.Started) {
			at--
		}
		if at >= 0 {
			planned[at].Rang = append(planned[at].Rang, rangOf(l))
			continue
		}
		if len(older) == 0 || l.Started.Sub(last) > pause {
			older = append(older, replay.Night{Ticket: int64(n), At: l.Started, Case: caseOf(t)})
		}
		older[len(older)-1].Rang = append(older[len(older)-1].Rang, rangOf(l))
		last = l.Ended
	}
	return append(older, planned...), nil
}

// planned are the searches whose plans stand in a ticket's history.
func planned(t tickets.Ticket, lines []tickets.Event, since time.Time) (list []replay.Night) {
	for _, e := range lines {
		if e.Kind != tickets.Planned || e.At.Before(since) {
			continue
		}
		plan, err := stored.ReadPlan(e.Facts)
		if err != nil { // of a later version: the ticket tells what is needed
			plan = stored.Plan{Language: t.Language, Level: string(t.Level)}
		}
		k := caseOf(t)
		k.Level, k.Language = sla.LevelID(plan.Level), plan.Language
		list = append(list, replay.Night{Ticket: int64(t.Number), At: e.At, Case: k, By: plan.By()})
	}
	return list
}

func rangOf(l cdr.Leg) replay.Rang {
	accepted := l.Accepted()
	end := l.Ended
	if accepted && !l.Answered.IsZero() { // what follows is the talk
		end = l.Answered
	}
	return replay.Rang{Engineer: oncall.EngineerID(l.Engineer), Phone: l.Address, At: l.Started, Lasted: end.Sub(l.Started), Result: l.Result, Accepted: accepted, Known: true}
}

// caseOf is the request of a ticket, as a call found it. That it rang is a fact: no hours are asked.
func caseOf(t tickets.Ticket) escalation.Case {
	return escalation.Case{
		Request: rota.Request{Contract: string(t.Contract), Category: "blocking", Level: t.Level, Language: t.Language},
		Channel: string(tickets.Phone), OnLine: true,
	}
}
