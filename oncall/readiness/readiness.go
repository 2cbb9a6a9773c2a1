// Package readiness is whether somebody will really be reached: gaps ahead, and people on call whose telephone is not
// proven. Board, API, `hotline oncall check`, health and the morning letter all show what this one function says. Pure.
package readiness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// Report is how ready the house is between two instants.
type Report struct {
	From      time.Time
	Until     time.Time
	Ready     bool      // no gap, every shift covered or its proof still to come, and nobody without a proof
	Gaps      []RotaGap // nobody with a telephone is on call
	Uncovered []RotaGap // somebody is on call, and nobody with a proven telephone; within the next 7 days
	People    []Person  // whoever can be rung, by id
}

// RotaGap is a time in which a rota reaches nobody, nor does any other rota that its requests fall back to.
type RotaGap struct {
	Rota  rota.ID
	From  time.Time
	Until time.Time
}

// Person is somebody who can be rung.
type Person struct {
	Engineer oncall.EngineerID
	Name     string
	Ready    bool
	Why      string // what is missing
	Lacks    Lack   // the same in a word, for other languages
	Phones   []Phone
	OnCall   []OnCallShift // in the time that is looked at
	Silence  string
}

// Lack is what is missing for somebody to be reached.
type Lack string

// What may be missing.
const (
	LacksNothing Lack = ""
	Silent       Lack = "silent"  // by choice
	NoPhone      Lack = "phone"   // there is no telephone
	NoProof      Lack = "proof"   // no telephone is proven
	ProofEnds    Lack = "expires" // the proof runs out before a shift begins
)

// Phone is a telephone and until when it counts as proven.
type Phone struct {
	Phone  string
	Proven time.Time
}

// OnCallShift is one stretch of duty. It is covered when a proof of today still holds when it begins, or now where it has begun.
// A shift that begins in 7 days or later is neither: its proof is still to come.
type OnCallShift struct {
	Rota    rota.ID
	Level   int
	From    time.Time
	Until   time.Time
	Covered bool
	ToProve bool
}

// Of reports the readiness from now until an instant: of everybody who is on call in that time, and of everybody whom a policy
// names.
func Of(f escalation.Facts, now, until time.Time) Report {
	r := Report{From: now, Until: until, Ready: true, Gaps: []RotaGap{}, Uncovered: []RotaGap{}, People: []Person{}}
	people := map[oncall.EngineerID][]OnCallShift{}
	for _, p := range f.Policies {
		for _, s := range p.Steps {
			for _, id := range s.Engineers {
				people[id] = append(people[id], []OnCallShift{}...)
			}
		}
	}
	for _, s := range f.Rotas {
		for _, d := range s.Duties(now, until) {
			people[d.Engineer] = append(people[d.Engineer], OnCallShift{Rota: s.Rota().ID, Level: d.Level, From: d.From, Until: d.Until})
		}
	}
	for id, shifts := range people {
		if at := slices.IndexFunc(f.Engineers, func(e oncall.Engineer) bool { return e.ID == id }); at >= 0 {
			p := person(f, f.Engineers[at], shifts, now)
			r.Ready = r.Ready && (p.Ready || p.Silence != "")
			r.People = append(r.People, p)
		}
	}
	slices.SortFunc(r.People, func(a, b Person) int { return strings.Compare(string(a.Engineer), string(b.Engineer)) })
	r.gaps(f, now, until)
	r.Ready = r.Ready && len(r.Gaps)+len(r.Uncovered) == 0
	return r
}

// Now tells how it stands as the report begins: gap where a rota's requests reach nobody, covered where none of them reaches only
// people who have not proven a telephone within 7 days.
func (r Report) Now() (gap, covered bool) {
	runs := func(g RotaGap) bool { return !g.From.After(r.From) && r.From.Before(g.Until) }
	return slices.ContainsFunc(r.Gaps, runs), !slices.ContainsFunc(r.Uncovered, runs)
}

func person(f escalation.Facts, e oncall.Engineer, shifts []OnCallShift, now time.Time) Person {
	p := Person{Engineer: e.ID, Name: e.Name, Phones: []Phone{}, OnCall: []OnCallShift{}}
	best := time.Time{}
	for _, phone := range e.Phones {
		until := oncall.Proven(f.Proofs, e.ID, phone, now)
		p.Phones = append(p.Phones, Phone{phone, until})
		if until.After(best) {
			best = until
		}
	}
	for _, s := range shifts {
		begins := later(s.From, now)
		s.Covered = begins.Before(best)
		s.ToProve = !s.Covered && !begins.Before(now.Add(oncall.ProofTime))
		p.OnCall = append(p.OnCall, s)
	}
	for _, c := range f.Contacts {
		if c.Engineer == e.ID && c.Silence != nil {
			p.Silence = c.Silence.String()
		}
	}
	first := slices.IndexFunc(p.OnCall, func(s OnCallShift) bool { return !s.Covered && !s.ToProve })
	switch {
	case p.Silence != "":
		p.Why, p.Lacks = "is not rung "+p.Silence, Silent
	case len(e.Phones) == 0:
		p.Why, p.Lacks = "has no telephone: push messages and letters wake nobody", NoPhone
	case best.IsZero():
		p.Why, p.Lacks = "has proven no telephone by key and sound within 7 days", NoProof
	case first >= 0:
		p.Lacks = ProofEnds
		p.Why = fmt.Sprintf("has a proof that runs out before the shift of %s begins", p.OnCall[first].From.Format("2006-01-02 15:04"))
	}
	p.Ready = p.Why == ""
	return p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// gaps finds the times in which a rota's requests reach nobody: neither by it nor by the rotas that serve everything.
func (r *Report) gaps(f escalation.Facts, now, until time.Time) {
	var wide []*rota.Schedule // that whatever has no better one falls back to
	for _, s := range f.Rotas {
		if s.Rota().ID == rota.Main || everything(s.Rota().Serves) {
			wide = append(wide, s)
		}
	}
	rings := func(id oncall.EngineerID) bool {
		at := slices.IndexFunc(r.People, func(p Person) bool { return p.Engineer == id })
		return at >= 0 && len(r.People[at].Phones) > 0 && r.People[at].Silence == ""
	}
	for _, s := range f.Rotas {
		id := s.Rota().ID
		chain := []*rota.Schedule{s}
		for _, w := range wide {
			if w != s {
				chain = append(chain, w)
			}
		}
		if id == rota.Main && len(chain) > 1 { // a rota that serves everything goes before it, and falls back to it
			continue
		}
		r.Gaps = append(r.Gaps, free(id, chain, now, until, rings)...)
		r.Uncovered = append(r.Uncovered, r.uncovered(id, chain, now, until)...)
	}
}

func everything(s rota.Serves) bool {
	return len(s.Contracts)+len(s.Products)+len(s.Categories)+len(s.Levels)+len(s.Languages) == 0
}

// free lists when none of the schedules reaches anybody.
func free(id rota.ID, chain []*rota.Schedule, from, until time.Time, reached func(oncall.EngineerID) bool) []RotaGap {
	if !from.Before(until) {
		return nil
	}
	list := []RotaGap{{id, from.In(chain[0].Zone()), until.In(chain[0].Zone())}}
	for _, s := range chain {
		var next []RotaGap
		for _, g := range list {
			for _, one := range s.Gaps(g.From, g.Until, reached) {
				next = append(next, RotaGap{id, one.From.In(chain[0].Zone()), one.Until.In(chain[0].Zone())})
			}
		}
		list = next
	}
	return list
}

// uncovered lists when somebody with a telephone is on call in the schedules, and nobody whose shift is covered or whose proof
// is still to come. Call it when the gaps are known.
func (r *Report) uncovered(id rota.ID, chain []*rota.Schedule, from, until time.Time) []RotaGap {
	list := []RotaGap{{id, from.In(chain[0].Zone()), until.In(chain[0].Zone())}}
	for _, s := range chain {
		for _, p := range r.People {
			for _, on := range p.OnCall {
				if on.Rota == s.Rota().ID && p.Silence == "" && (on.Covered || on.ToProve) {
					list = without(list, on.From, on.Until)
				}
			}
		}
	}
	for _, g := range r.Gaps {
		if g.Rota == id {
			list = without(list, g.From, g.Until)
		}
	}
	return list
}

// without cuts a time out of others.
func without(list []RotaGap, from, until time.Time) (next []RotaGap) {
	for _, g := range list {
		if !from.Before(g.Until) || !g.From.Before(until) {
			next = append(next, g)
			continue
		}
		if g.From.Before(from) {
			next = append(next, RotaGap{g.Rota, g.From, from.In(g.From.Location())})
		}
		if until.Before(g.Until) {
			next = append(next, RotaGap{g.Rota, until.In(g.From.Location()), g.Until})
		}
	}
	return next
}

// Lines says the report to people, one fact a line; none where the house is ready. Times are in the zone given.
func (r Report) Lines(zone *time.Location) (list []string) {
	at := func(t time.Time) string { return t.In(zone).Format("Mon 2006-01-02 15:04 MST") }
	for _, g := range r.Gaps {
		list = append(list, fmt.Sprintf("rota %s: nobody with a telephone is on call from %s until %s", g.Rota, at(g.From), at(g.Until)))
	}
	for _, g := range r.Uncovered {
		list = append(list, fmt.Sprintf("rota %s: nobody with a proven telephone is on call from %s until %s", g.Rota, at(g.From), at(g.Until)))
	}
	for _, p := range r.People {
		if !p.Ready {
			list = append(list, fmt.Sprintf("%s (%s) %s", p.Name, p.Engineer, p.Why))
		}
	}
	return list
}
