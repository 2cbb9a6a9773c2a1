// Package escalation is what is done so that a request reaches a human: who is rung in which order, what the caller is told,
// and what follows when nobody accepts. Pure and total: every request at every instant has a plan, and none is silent.
package escalation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/validation"
)

// The values of a policy that says nothing of its own.
const (
	RingTime = 20 * time.Second
	Rounds   = 2 // the chain is called once and repeated once
	Need     = 1 // engineers who must accept
	MostNeed = 2 // who are joined: a caller's line has room for two of them
)

// Policy is an escalation policy: how the engineers are rung for the requests that it serves.
type Policy struct {
	ID       string
	Name     string
	Serves   rota.Serves
	Steps    []Step
	Rounds   int      // how often the steps are walked; 0: twice
	Need     int      // how many engineers must accept; 0: one; of more than MostNeed so many
	Overflow []string // telephones that are rung once when all rounds were in vain
	Silence  *Silence // nobody is rung, by choice
	Version  int
}

// Step is one part of the chain: a level of a rota, or engineers by name.
type Step struct {
	Rota        rota.ID             // empty: the rota that serves the request
	Level       int                 // 0: every level, one after another
	Engineers   []oncall.EngineerID // rung by name, on call or not; then rota and level say nothing
	AtOnce      bool                // all telephones ring together; the first who accepts has it
	Ring        time.Duration       // how long a telephone rings; 0: 20 s
	SkipTalking bool
}

// Silence is the choice that nobody is rung. It is written down, and every plan repeats it.
type Silence struct {
	By  string
	Why string
	At  time.Time
}

// String is the choice in one line.
func (s Silence) String() string { return fmt.Sprintf("by the choice of %s: %s", s.By, s.Why) }

// Contact is how one engineer is rung. An engineer without one is rung on every telephone, the proven ones first. So is an
// engineer without a rule for the hour and the request.
type Contact struct {
	Engineer oncall.EngineerID
	Zone     string // of the hours
	Rules    []Rule
	Silence  *Silence     // never rung
	Test     *Appointment // test calls; nil: only those that somebody asks for
	Version  int
}

// Rule is one telephone of an engineer and when it is rung.
type Rule struct {
	Phone      string
	Hours      []sla.Interval // of every week, by the wall clock; none: always
	Categories []sla.Category // none: all
}

// Default is the policy of a house that has written none: every level of the rota, one telephone after another, twice.
func Default() Policy {
	return Policy{ID: "default", Name: "default", Steps: []Step{{SkipTalking: true}}}
}

// ErrPolicy is a policy or a contact that cannot be right; the message says what to change.
var ErrPolicy = errors.New("it cannot be used")

// Check refuses a policy that cannot be right.
func (p Policy) Check(engineers []oncall.Engineer, rotas []rota.Rota) error {
	switch {
	case strings.TrimSpace(p.Name) == "":
		return refused("name", errors.New("give it a name"))
	case p.Silence != nil && (strings.TrimSpace(p.Silence.By) == "" || strings.TrimSpace(p.Silence.Why) == ""):
		return refused("silence", errors.New("silence is a choice: say who made it and why"))
	case p.Silence == nil && len(p.Steps) == 0, len(p.Steps) > 50:
		return refused("steps", fmt.Errorf("it has %d steps; use 1 to 50", len(p.Steps)))
	case p.Rounds < 0 || p.Rounds > 10:
		return refused("rounds", fmt.Errorf("%d rounds; use 1 to 10", p.Rounds))
	case p.Need < 0 || p.Need > 5:
		return refused("need", fmt.Errorf("need %d; use 1 to 5", p.Need))
	case len(p.Overflow) > 10:
		return refused("overflow", fmt.Errorf("%d overflow numbers; use up to 10", len(p.Overflow)))
	}
	for i, s := range p.Steps {
		if err := s.check(engineers, rotas); err != nil {
			return refused(fmt.Sprintf("steps[%d]", i), fmt.Errorf("step %d: %w", i+1, err))
		}
	}
	return nil
}

// refused is a policy or a contact that cannot be used for what is wrong with a field.
func refused(path string, err error) error {
	return fmt.Errorf("%w: %w", validation.Field(path, err), ErrPolicy)
}

func (s Step) check(engineers []oncall.Engineer, rotas []rota.Rota) error {
	switch {
	case s.Ring != 0 && (s.Ring < 5*time.Second || s.Ring > 2*time.Minute):
		return validation.Field("ring_seconds", fmt.Errorf("it rings for %s; use 5 s to 2 min", s.Ring))
	case s.Level < 0 || s.Level > 100:
		return validation.Field("level", fmt.Errorf("level %d; use 1 to 100, or 0 for every level", s.Level))
	}
	return s.known(engineers, rotas)
}

// Check refuses a contact that cannot be right: a telephone that the engineer does not have, hours without a zone.
func (c Contact) Check(e oncall.Engineer) error {
	if c.Silence != nil && (strings.TrimSpace(c.Silence.By) == "" || strings.TrimSpace(c.Silence.Why) == "") {
		return refused("silence", errors.New("silence is a choice: say who made it and why"))
	}
	if _, err := sla.Zone(c.Zone); err != nil {
		return refused("zone", err)
	}
	if err := c.Test.check(); err != nil {
		return err
	}
	for i, r := range c.Rules {
		if !slices.Contains(e.Phones, r.Phone) {
			return refused(fmt.Sprintf("rules[%d].phone", i), fmt.Errorf("rule %d: %s is no telephone of %s", i+1, r.Phone, e.ID))
		}
		for _, h := range r.Hours {
			if h.Day < 0 || h.Day > 6 || h.From < 0 || h.From >= 24*time.Hour || h.Until <= h.From || h.Until-h.From > 7*24*time.Hour {
				return refused(fmt.Sprintf("rules[%d].hours", i), fmt.Errorf("rule %d: hours from %s until %s: use a weekday, a time within it, and an end at most a week later", i+1, h.From, h.Until))
			}
		}
	}
	return nil
}

func (c Contact) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "" || c.Zone == "Local" {
		return nil, fmt.Errorf("zone %q is unknown; use a name such as Europe/Rome", c.Zone)
	}
	return zone, nil
}

// phones are the telephones on which an engineer is rung, in order. unruled tells that no rule fits the case, so every telephone
// is rung. A zone that cannot be read leaves the rule's hours open: in doubt it rings.
func (c Contact) phones(e oncall.Engineer, category sla.Category, proofs []oncall.Proof, now time.Time) (list []string) {
	zone, err := c.zone()
	for _, r := range c.Rules {
		fits := len(r.Categories) == 0 || slices.Contains(r.Categories, category)
		if fits && (len(r.Hours) == 0 || err != nil || within(r.Hours, zone, now)) && slices.Contains(e.Phones, r.Phone) && !slices.Contains(list, r.Phone) {
			list = append(list, r.Phone)
		}
	}
	if len(list) > 0 {
		return list
	}
	list = slices.Clone(e.Phones)
	slices.SortStableFunc(list, func(a, b string) int {
		return rank(oncall.Proven(proofs, e.ID, a, now)) - rank(oncall.Proven(proofs, e.ID, b, now))
	})
	return list
}

// rank puts what is proven first.
func rank(until time.Time) int {
	if until.IsZero() {
		return 1
	}
	return 0
}

// within tells whether an instant lies in hours of the week, by the wall clock (sla.WallClock).
func within(hours []sla.Interval, zone *time.Location, now time.Time) bool {
	y, m, d := now.In(zone).Date()
	return slices.ContainsFunc(hours, func(h sla.Interval) bool {
		for back := range 9 {
			day := time.Date(y, m, d-back, 0, 0, 0, 0, time.UTC)
			if day.Weekday() == h.Day && !now.Before(sla.WallClock(zone, day.Add(h.From))) && now.Before(sla.WallClock(zone, day.Add(h.Until))) {
				return true
			}
		}
		return false
	})
}
