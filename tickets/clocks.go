package tickets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
)

// timeline is how a ticket's clocks stand. A ticket from before terms were kept has those of its contract as it stands now.
func (d *Desk) timeline(t *Ticket) (sla.Timeline, error) {
	if t.Promise == nil {
		terms, err := d.Entitlement(t.Contract)
		if err != nil {
			return sla.Timeline{}, err
		}
		t.Promise = &terms.Terms
		t.Stamps = sla.Stamps{
			Contact: sla.Met(t.Clocks, sla.Contact), Intervention: sla.Met(t.Clocks, sla.Intervention), Restore: sla.Met(t.Clocks, sla.Restore),
		}
	}
	a, err := d.ready(*t.Promise)
	return sla.Timeline{Agreed: a, Category: t.Category(), Opened: t.OpenedAt, Clocks: t.Clocks, Pauses: t.Pauses, Stamps: t.Stamps}, err
}

// readyAtMost bounds the terms that are kept ready; a company has a few dozen.
const readyAtMost = 1000

// ready makes terms ready for arithmetic, once for all tickets that have them.
func (d *Desk) ready(t sla.Terms) (*sla.Agreement, error) {
	id := t.ID()
	d.mu.Lock()
	a, ok := d.agreed[id]
	d.mu.Unlock()
	if ok {
		return a, nil
	}
	a, err := t.Ready()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.agreed) >= readyAtMost {
		clear(d.agreed)
	}
	d.agreed[id] = a
	return a, nil
}

// begin sets the clocks of a new ticket.
func (d *Desk) begin(t *Ticket, terms sla.Terms, opened Event) ([]Event, error) {
	a, err := d.ready(terms)
	if err != nil {
		return nil, err
	}
	opened.Facts["terms"] = a.ID()
	return d.take(t, sla.Timeline{}, sla.Step{Kind: sla.Begun, At: t.OpenedAt, Category: t.Category(), Terms: a}, opened)
}

// step changes the clocks by one step, told by an event; one without a kind is not told.
func (d *Desk) step(t *Ticket, s sla.Step, told Event) ([]Event, error) {
	c, err := d.timeline(t)
	if err != nil {
		return nil, err
	}
	s.At = s.At.Truncate(time.Second)
	told.At = s.At
	return d.take(t, c, s, told)
}

// take takes a step and writes what came of it on the ticket and into its history: what was due before, then the event
// itself with the deadlines that moved, then what it implies.
func (d *Desk) take(t *Ticket, c sla.Timeline, s sla.Step, told Event) ([]Event, error) {
	next, happened, err := c.Take(s)
	if err != nil {
		return nil, fmt.Errorf("clocks of ticket %d: %w", t.Number, err)
	}
	t.Clocks, t.Pauses, t.Stamps = next.Clocks, next.Pauses, next.Stamps
	terms := next.Agreed.Terms
	t.Promise, t.Level = &terms, terms.Level
	var before, after []Event
	place := func(h sla.Effect) *[]Event {
		if h.Then {
			return &after
		}
		return &before
	}
	for _, h := range happened {
		facts := map[string]string{"clock": string(h.Clock)}
		switch h.What {
		case sla.Warn:
			facts["alarm"], facts["due"] = h.Alarm, stamp(due(next.Clocks, h.Clock).Due)
			list := place(h)
			*list = append(*list, Event{Kind: Warned, Actor: system, At: s.At, Facts: facts})
		case sla.Breach:
			k, by := due(next.Clocks, h.Clock), next.Agreed
			if c.Agreed != nil && k.Terms == c.Agreed.ID() { // it broke under the terms that this step replaces
				by = c.Agreed
			}
			list := place(h)
			*list = append(*list, broken(next.Explain(by, k), s.At))
		case sla.Implied:
			after = append(after, Event{Kind: ImpliedBy, Actor: system, At: s.At, Text: "on record with what came later", Facts: facts})
		case sla.Moved:
			told = told.moved(h)
		case sla.Undone:
			told = told.with(map[string]string{string(h.Clock) + "_breach": "undone: it was met in time"})
		}
	}
	t.raise(next.Agreed, append(before[:len(before):len(before)], after...))
	was := t.Priority
	if t.Priority = priority(*t); was != t.Priority && was != 0 {
		told = told.with(map[string]string{"priority_was": fmt.Sprint(was), "priority": fmt.Sprint(t.Priority)})
	}
	if told.Kind != "" {
		before = append(before, told)
	}
	return append(before, after...), nil
}

// broken is the line of a breach, with its account in every language: English is its text, the others are facts under the
// language's code.
func broken(a sla.Account, at time.Time) Event {
	e := Event{Kind: Broken, Actor: system, At: at, Facts: map[string]string{
		"clock": string(a.Clock.Kind), "alarm": sla.AtBreach, "due": stamp(a.Clock.Due),
	}}
	for _, lang := range prompts.Written() {
		if account := a.In(written.In(lang)); lang == prompts.English {
			e.Text = account
		} else {
			e.Facts[string(lang)] = account
		}
	}
	return e
}

// Accounts gives the account of a breach by the code of its language, as it was told when the clock broke; nil for an event
// that is no breach. A language that came later is not among them.
func (e Event) Accounts() map[string]string {
	if e.Kind != Broken {
		return nil
	}
	accounts := map[string]string{}
	for _, lang := range prompts.Written() {
		text := e.Facts[string(lang)]
		if lang == prompts.English {
			text = e.Text
		}
		if text != "" {
			accounts[string(lang)] = text
		}
	}
	return accounts
}

const system = "system"

func stamp(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.UTC().Format(time.RFC3339)
}

func due(clocks []sla.Clock, kind sla.Kind) sla.Clock {
	for _, c := range clocks {
		if c.Kind == kind {
			return c
		}
	}
	return sla.Clock{}
}

// Owed is the clock that somebody owes something to next: the intervention, then the restore; whether it runs, stands
// still or is broken. False when nothing is promised, or all of it was done.
func (t Ticket) Owed() (sla.Clock, bool) {
	for _, k := range t.Clocks {
		if k.Kind != sla.Contact && k.MetAt.IsZero() && !k.Projected {
			return k, true
		}
	}
	return sla.Clock{}, false
}

// Stands tells why a clock of the ticket stands still now, if it does.
func (t Ticket) Stands(k sla.Clock) (sla.Reason, bool) {
	for _, p := range t.Pauses {
		if k.Paused && p.Until.IsZero() && t.Promise != nil && t.Promise.Stops.Stop(p.Why, k.Kind) {
			return p.Why, true
		}
	}
	return "", false
}

// Stood tells whether a clock of the ticket stood still for a while.
func (t Ticket) Stood(k sla.Clock) bool {
	return slices.ContainsFunc(t.Pauses, func(p sla.Pause) bool {
		return t.Promise != nil && t.Promise.Stops.Stop(p.Why, k.Kind) && p.Until.After(k.From) && p.From.Before(k.Due)
	})
}

// moved tells a deadline's difference in the event that brought it.
func (e Event) moved(h sla.Effect) Event {
	return e.with(map[string]string{string(h.Clock) + "_was": stamp(h.Was), string(h.Clock) + "_due": stamp(h.Becomes)})
}

// with is the event with more facts; the former ones stay as they were.
func (e Event) with(facts map[string]string) Event {
	e.Facts = maps.Clone(e.Facts)
	if e.Facts == nil {
		e.Facts = map[string]string{}
	}
	maps.Copy(e.Facts, facts)
	return e
}

// raise raises the escalation level where the policy says so.
func (t *Ticket) raise(a *sla.Agreement, alarms []Event) {
	for _, e := range alarms {
		line, ok := a.Alarm(sla.Kind(e.Facts["clock"]), e.Facts["alarm"])
		if !ok {
			continue
		}
		for _, do := range line.Do {
			if do == sla.Raise {
				t.Raised++
				e.Facts["raised"] = fmt.Sprint(t.Raised)
			}
		}
	}
}

// priority is the policy's, one step higher for each level of escalation.
func priority(t Ticket) sla.Priority {
	p := sla.PriorityOf(t.Level, t.Category())
	if p == 0 {
		return 0
	}
	return max(p-sla.Priority(t.Raised), 1)
}

// Look raises what is due on a ticket now: warnings and breaches, each once however often and by however many it is
// asked. It tells which.
func (d *Desk) Look(ctx context.Context, n Number, now time.Time) (Ticket, []Event, error) {
	var raised []Event
	t, err := d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		raised = nil
		if at, ok := sla.NextAlarm(t.Clocks); !ok || at.After(now) {
			return nil, nil
		}
		var err error
		raised, err = d.step(t, sla.Step{Kind: sla.Looked, At: now}, Event{})
		return raised, err
	})
	return t, raised, err
}

// Explain accounts for every clock of a ticket, by the terms under which each was set.
func (d *Desk) Explain(ctx context.Context, t Ticket) ([]sla.Account, error) {
	if len(t.Clocks) == 0 {
		return nil, nil
	}
	c, err := d.timeline(&t)
	if err != nil {
		return nil, err
	}
	var list []sla.Account
	for _, k := range t.Clocks {
		by := c.Agreed
		if k.Terms != "" && k.Terms != by.ID() { // kept or broken under former terms
			former, err := d.cfg.Store.Terms(ctx, k.Terms)
			if err == nil {
				by, err = d.ready(former)
			}
			if err != nil {
				return nil, fmt.Errorf("terms of the %s clock of ticket %d: %w", k.Kind, t.Number, err)
			}
		}
		list = append(list, c.Explain(by, k))
	}
	return list, nil
}

// Fold works the clocks of a ticket out from its history alone; the ticket's rows are a cache of it. terms finds terms by
// their id. A ticket from before terms were kept cannot be folded: sla.ErrNotBegun.
func Fold(events []Event, terms func(id string) (*sla.Agreement, error)) (sla.Timeline, error) {
	var c sla.Timeline
	claim, assessment := sla.Uncategorised, sla.Uncategorised
	for _, e := range events {
		for _, s := range steps(e) {
			switch e.Kind {
			case Opened, Categorised:
				claim = sla.Category(e.Facts["claim"])
			case Assessed:
				assessment = sla.Category(e.Facts["to"])
			}
			if s.Category = claim; assessment != sla.Uncategorised {
				s.Category = assessment
			}
			var err error
			if id := e.Facts["terms"]; id != "" {
				if s.Terms, err = terms(id); err != nil {
					return c, fmt.Errorf("terms %s of ticket %d: %w", id, e.Ticket, err)
				}
			}
			if c, _, err = c.Take(s); err != nil {
				return c, fmt.Errorf("folding event %s of ticket %d: %w", e.ID, e.Ticket, err)
			}
		}
	}
	return c, nil
}

// steps are what an event does to the clocks.
func steps(e Event) []sla.Step {
	at := func(k sla.StepKind) sla.Step { return sla.Step{Kind: k, At: e.At} }
	paused := func(k sla.StepKind, why sla.Reason) sla.Step { return sla.Step{Kind: k, At: e.At, Why: why} }
	stamped := func(k sla.Kind) sla.Step { return sla.Step{Kind: sla.Stamped, At: e.At, Clock: k} }
	if happened, late := e.late(); late {
		return lateSteps(e, happened)
	}
	answered := paused(sla.Resumed, sla.ForCustomer) // whoever takes the ticket up again waits no more
	reached := paused(sla.Resumed, sla.NoAccess)     // nobody needs to reach an installation any more
	switch e.Kind {
	case Opened:
		return []sla.Step{at(sla.Begun)}
	case Categorised, Assessed, TermsChanged:
		return []sla.Step{at(sla.Agreed)}
	case Warned, Broken:
		return []sla.Step{at(sla.Looked)}
	case Joined, Contacted:
		return []sla.Step{stamped(sla.Contact)}
	case Intervened:
		return []sla.Step{answered, stamped(sla.Intervention)}
	case RestoredAt:
		return []sla.Step{answered, reached, stamped(sla.Restore)}
	case AssignedTo, Accepted, Resumed:
		if e.Facts[factStays] != "" {
			return nil
		}
		return []sla.Step{answered}
	case WaitingFor:
		return []sla.Step{paused(sla.Paused, sla.ForCustomer)}
	case AccessGone:
		return []sla.Step{paused(sla.Paused, sla.NoAccess)}
	case AccessBack:
		return []sla.Step{paused(sla.Resumed, sla.NoAccess)}
	case ClosedAtKind, MarkedNoTicket:
		return []sla.Step{answered, reached, paused(sla.Paused, sla.Ended)}
	case NotRestored:
		return []sla.Step{{Kind: sla.Unmet, At: e.At, Clock: sla.Restore}}
	case Reopened:
		return []sla.Step{paused(sla.Resumed, sla.Ended)}
	}
	return nil
}

// record does to a ticket what an event does to the clocks, and gives the lines for the history. It is how every change
// of the clocks but the opening is made, so that the history folds to what stands in the rows.
func (d *Desk) record(t *Ticket, e Event, terms *sla.Agreement) ([]Event, error) {
	var lines []Event
	was, list := slices.Clone(t.Clocks), steps(e)
	for n, s := range list {
		if s.Category = t.Category(); terms != nil {
			s.Terms = terms
		}
		told := Event{}
		if n == len(list)-1 {
			told = e
		}
		more, err := d.step(t, s, told)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	for i := range lines { // an event of several steps tells the whole difference
		if lines[i].Kind != e.Kind || len(list) < 2 {
			continue
		}
		for _, k := range sla.Kinds() {
			if before, after := due(was, k).Due, due(t.Clocks, k).Due; !before.Equal(after) {
				lines[i] = lines[i].moved(sla.Effect{Clock: k, Was: before, Becomes: after})
			}
		}
	}
	return lines, nil
}
