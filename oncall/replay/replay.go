// Package replay runs the nights that really were through another rota or policy: who would have been rung, when, and who not.
// Pure: what a telephone did in a night is a fact, and it does the same in the replay.
package replay

import (
	"fmt"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
)

// Night is one search as it really was.
type Night struct {
	Ticket int64
	At     time.Time // when the first telephone was rung
	Case   escalation.Case
	By     string // policy and rotas of its plan, with their versions; empty where no plan was kept
	Rang   []Rang // in the order in which they rang
}

// Rang is a telephone that was rung.
type Rang struct {
	Engineer oncall.EngineerID
	Phone    string
	At       time.Time
	Lasted   time.Duration // from the first ring to the end of what was said
	Result   string        // in the words of the call's record
	Accepted bool
	Known    bool // false: the telephone was not rung in that night, so nobody knows what it would have done
}

// Account is what would have happened.
type Account struct {
	Ticket   int64
	At       time.Time
	By       string // policy and rotas of that night, with their versions
	Was      []Rang
	Would    []Rang
	Caller   escalation.Told   // what the caller would have been told
	Accepted oncall.EngineerID // who would have accepted; empty: nobody of whom it is known
	When     time.Time
	Maybe    []oncall.EngineerID // rung before that, or in vain, without anybody knowing what they would have done
	Unrung   []oncall.EngineerID // rung in that night, and not in the replay
}

// unknown is the result of a telephone that was not rung in that night. It is taken for one that nobody picks up.
const unknown = "unknown: it was not rung that night"

// Run plays one night with other facts. It walks the plan's groups and rounds in virtual time. A telephone that was rung in that
// night takes as long and answers as it did then; any other rings for its whole time. The replay ends when as many have accepted
// as the policy needs.
func Run(n Night, f escalation.Facts) Account {
	plan := escalation.For(n.Case, f, n.At)
	a := Account{Ticket: n.Ticket, At: n.At, By: n.By, Was: n.Rang, Would: []Rang{}, Caller: plan.Caller, Maybe: []oncall.EngineerID{}, Unrung: []oncall.EngineerID{}}
	w := walk{night: n, account: &a, now: n.At, need: plan.Need, used: map[string]int{}}
	for range plan.Rounds {
		for _, g := range plan.Steps {
			if w.need > 0 {
				w.group(g)
			}
		}
	}
	for _, last := range plan.OverflowAttempts("") {
		if w.need > 0 {
			w.group(escalation.Group{Ring: plan.OverflowRing, Attempts: []oncall.Attempt{last}})
		}
	}
	for _, r := range n.Rang {
		same := func(o Rang) bool { return o.Engineer == r.Engineer }
		if !slices.ContainsFunc(a.Would, same) && !slices.Contains(a.Unrung, r.Engineer) {
			a.Unrung = append(a.Unrung, r.Engineer)
		}
	}
	return a
}

// walk is one replay under way.
type walk struct {
	night    Night
	account  *Account
	now      time.Time
	need     int
	used     map[string]int // how often a telephone has rung
	accepted []oncall.EngineerID
}

// group rings one group: one telephone after the other, or all at once until the first accept.
func (w *walk) group(g escalation.Group) {
	began, end := w.now, w.now
	for _, attempt := range g.Attempts {
		if w.need == 0 && !g.AtOnce {
			break
		}
		r := w.ring(attempt, g)
		if g.AtOnce {
			r.At = began
		}
		w.account.Would = append(w.account.Would, r)
		if over := r.At.Add(r.Lasted); over.After(end) {
			end = over
		}
		switch {
		case r.Accepted && !slices.Contains(w.accepted, r.Engineer) && w.need > 0:
			w.accepted = append(w.accepted, r.Engineer)
			if w.need--; len(w.accepted) == 1 {
				w.account.Accepted, w.account.When = r.Engineer, r.At.Add(r.Lasted)
			}
		case !r.Known && !slices.Contains(w.account.Maybe, r.Engineer):
			w.account.Maybe = append(w.account.Maybe, r.Engineer)
		}
		if !g.AtOnce {
			w.now = end
		}
	}
	w.now = end
}

// ring is what the next ringing of a telephone gives: what it gave in that night at the same turn, or at its last one.
func (w *walk) ring(a oncall.Attempt, g escalation.Group) Rang {
	r := Rang{Engineer: a.Engineer, Phone: a.Phone, At: w.now, Lasted: g.Ring, Result: unknown}
	turn := w.used[a.Phone]
	w.used[a.Phone]++
	for _, was := range w.night.Rang {
		if was.Phone != a.Phone {
			continue
		}
		r.Known, r.Result, r.Accepted, r.Lasted = true, was.Result, was.Accepted, was.Lasted
		if turn--; turn < 0 {
			break
		}
	}
	return r
}

// Line says an account to people, in the zone given.
func (a Account) Line(zone *time.Location) string {
	text := fmt.Sprintf("ticket %d, %s: ", a.Ticket, a.At.In(zone).Format("2006-01-02 15:04 MST"))
	if len(a.Would) == 0 {
		text += fmt.Sprintf("nobody is rung; the caller is told: %s", a.Caller)
	}
	for i, r := range a.Would {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s at %s after %s (%s)", r.Engineer, r.Phone, r.At.Sub(a.At).Round(time.Second), r.Result)
	}
	switch {
	case a.Accepted != "":
		text += fmt.Sprintf("; %s accepts after %s", a.Accepted, a.When.Sub(a.At).Round(time.Second))
	case len(a.Maybe) > 0:
		text += fmt.Sprintf("; nobody knows whether %v would have accepted", a.Maybe)
	default:
		text += "; nobody accepts"
	}
	if len(a.Unrung) > 0 {
		text += fmt.Sprintf("; not rung any more: %v", a.Unrung)
	}
	if a.By != "" {
		text += "; that night by " + a.By
		if len(a.Was) == 0 {
			text += ", and nobody was rung"
		}
	}
	return text
}
