package escalation

import (
	"cmp"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
)

// builder puts one plan's groups together: nobody stands in it twice.
type builder struct {
	facts    Facts
	request  Case
	now      time.Time
	plan     *Plan
	called   []oncall.EngineerID
	silenced map[oncall.EngineerID]bool
	talks    map[oncall.EngineerID]bool
}

// own rings who has the ticket in hand before the chain, on call or not, absent or not, unless that person chose silence.
func (b *builder) own(id oncall.EngineerID) {
	if id != "" {
		b.add(Step{SkipTalking: true}, b.attempts(Step{}, []rota.Place{{Engineer: id, Why: "has the ticket in hand"}}))
	}
}

// step puts the engineers of one step into the plan. It tells whether one of them can be rung at all, including those of an
// earlier group and those who are in a talk.
func (b *builder) step(s Step, places []rota.Place) (reached bool) {
	for _, p := range places {
		reached = reached || b.facts.Rings(p.Engineer)
	}
	b.add(s, b.attempts(s, places))
	return reached
}

func (b *builder) add(s Step, attempts []oncall.Attempt) {
	if len(attempts) == 0 {
		return
	}
	next := Group{AtOnce: s.AtOnce, Ring: cmp.Or(s.Ring, b.facts.Defaults.ring()), SkipTalking: s.SkipTalking, Attempts: attempts}
	if n := len(b.plan.Steps); n > 0 && b.plan.Steps[n-1].goesOn(next) {
		b.plan.Steps[n-1].Attempts = append(b.plan.Steps[n-1].Attempts, attempts...)
		return
	}
	b.plan.Steps = append(b.plan.Steps, next)
}

// goesOn tells whether a group is the same one after another as the one before it.
func (g Group) goesOn(next Group) bool {
	return !g.AtOnce && !next.AtOnce && g.Ring == next.Ring && g.SkipTalking == next.SkipTalking
}

// attempts are the telephones of places. Who chose silence is written down and not rung. An engineer who talks to another caller
// is left out if the step says so and somebody else is left. If all are busy they are still rung, since they may be free by then.
func (b *builder) attempts(s Step, places []rota.Place) (list []oncall.Attempt) {
	skip := s.SkipTalking && slices.ContainsFunc(places, func(p rota.Place) bool {
		return b.facts.Rings(p.Engineer) && !slices.Contains(b.facts.Talking, p.Engineer)
	})
	for _, p := range places {
		at := slices.IndexFunc(b.facts.Engineers, func(e oncall.Engineer) bool { return e.ID == p.Engineer })
		if at < 0 || slices.Contains(b.called, p.Engineer) {
			continue
		}
		e, contact := b.facts.Engineers[at], b.facts.contact(p.Engineer)
		if contact.Silence != nil {
			if !b.silenced[e.ID] {
				b.silenced[e.ID] = true
				b.plan.Silent = append(b.plan.Silent, Silent{e.ID, *contact.Silence})
			}
			continue
		}
		if skip && slices.Contains(b.facts.Talking, e.ID) {
			if !b.talks[e.ID] {
				b.talks[e.ID] = true
				b.plan.Skipped = append(b.plan.Skipped, e.ID)
			}
			continue
		}
		phones := contact.phones(e, b.request.Category, b.facts.Proofs, b.now)
		if len(phones) > 0 {
			b.called = append(b.called, e.ID)
		}
		for _, phone := range phones {
			list = append(list, oncall.Attempt{Engineer: e.ID, Name: e.Name, Level: p.Level, Phone: phone, Language: e.Language, Why: p.Why})
		}
	}
	return list
}
