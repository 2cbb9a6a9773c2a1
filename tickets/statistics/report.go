// Package statistics is how the tickets of a month kept their promises, by contract, level and category.
package statistics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// Store is what reports read. Safe for concurrent use.
type Store interface {
	// Outcomes lists the clocks of tickets that were opened in a span, by number. Those that are no request are left out.
	Outcomes(ctx context.Context, s Span) ([]Outcome, error)
	TimeSpent(ctx context.Context, s Span) ([]tickets.Spent, error) // written down in a span, in order
	Summaries
}

// Span is from one instant to before another one, of some contracts or of the whole house.
type Span struct {
	Since, Until time.Time
	Whole        bool                   // of every contract, and of none
	Contracts    []directory.ContractID // else of these alone
}

// Outcome is how one clock of one ticket ended, as a report reads it; a ticket without clocks has one without a clock.
type Outcome struct {
	Ticket   tickets.Number
	Contract directory.ContractID
	Name     string // the customer's
	Level    sla.LevelID
	Category sla.Category
	Pauses   []sla.Pause
	Clock    sla.Kind // empty: none
	Due      time.Time
	Met      bool
	Broken   bool
	Spent    time.Duration // working time until it was met
	// Account is where the time of a breach went, by the code of a language, as it was told when it broke; nil for none.
	Account map[string]string
}

// Report is one month by contract, level and category; a ticket belongs to the month in which it was opened, in the zone
// of the owner's own calendar.
type Report struct {
	Month    string
	Lines    []Line
	Total    Line // of all lines; it names no contract, level and category
	Breaches []Outcome
}

// Line is what the tickets of one contract, level and category came to.
type Line struct {
	Contract directory.ContractID
	Name     string
	Level    sla.LevelID
	Category sla.Category
	Tickets  int
	Minutes  int // of time spent on these tickets within the month; TimeSpent has all of it
	Pauses   int
	Paused   time.Duration // real time; a ticket that is closed is not paused
	Clocks   []Clock       // in the order of sla.Kinds
}

// Clock is one clock of a line. A clock that was met too late is broken. Open is neither: it still runs, or the
// ticket was closed without it.
type Clock struct {
	Clock              sla.Kind
	Kept, Broken, Open int
	Met                int           // in time or too late
	Median, P90        time.Duration // working time of those that were met, by nearest rank; nothing where Met is 0
}

// ErrBadMonth is a month that is not written as 2026-11.
var ErrBadMonth = errors.New("write the month as 2026-11")

// month gives the instants between which a month lies.
func month(text string, zone *time.Location) (since, until time.Time, err error) {
	since, err = time.ParseInLocation("2006-01", text, zone)
	if err != nil {
		return since, until, ErrBadMonth
	}
	return since, since.AddDate(0, 1, 0), nil
}

// Month makes the report of a month such as "2026-11", which begins in zone; ErrBadMonth when the text is
// no month. A pause that goes on is counted until now.
func Month(ctx context.Context, s Store, text string, zone *time.Location, now time.Time) (Report, error) {
	since, until, err := month(text, zone)
	if err != nil {
		return Report{}, err
	}
	return reportOf(ctx, s, text, Span{Since: since, Until: until, Whole: true}, now)
}

// MonthOf is Month of some contracts alone.
func MonthOf(ctx context.Context, s Store, contracts []directory.ContractID, text string, zone *time.Location, now time.Time) (Report, error) {
	since, until, err := month(text, zone)
	if err != nil {
		return Report{}, err
	}
	return reportOf(ctx, s, text, Span{Since: since, Until: until, Contracts: contracts}, now)
}

func reportOf(ctx context.Context, s Store, text string, span Span, now time.Time) (Report, error) {
	outcomes, err := s.Outcomes(ctx, span)
	if err != nil {
		return Report{}, fmt.Errorf("reading the tickets of %s: %w", text, err)
	}
	spent, err := s.TimeSpent(ctx, span)
	if err != nil {
		return Report{}, fmt.Errorf("reading the time spent in %s: %w", text, err)
	}
	return makeReport(text, outcomes, spent, now), nil
}

// TimeSpent lists the time spent in a month, oldest first; ErrBadMonth as for Month.
func TimeSpent(ctx context.Context, s Store, text string, zone *time.Location) ([]tickets.Spent, error) {
	since, until, err := month(text, zone)
	if err != nil {
		return nil, err
	}
	list, err := s.TimeSpent(ctx, Span{Since: since, Until: until, Whole: true})
	if err != nil {
		return nil, fmt.Errorf("reading the time spent in %s: %w", text, err)
	}
	return list, nil
}

// group is what a line is about.
type group struct {
	contract directory.ContractID
	level    sla.LevelID
	category sla.Category
}

// NameOf is whose the tickets of a contract are, by the name on one of them. Those without a contract are of many, and of nobody alone.
func NameOf(c directory.ContractID, name string) string {
	if c == "" {
		return ""
	}
	return name
}

// sums are a line that is being added up.
type sums struct {
	Line
	spans [3][]time.Duration // of the clocks that were met, in the order of sla.Kinds
}

func newSums(l Line) *sums {
	for _, k := range sla.Kinds() {
		l.Clocks = append(l.Clocks, Clock{Clock: k})
	}
	return &sums{Line: l}
}

// ticket adds a ticket, clock one of its clocks.
func (s *sums) ticket(o Outcome, now time.Time) {
	s.Tickets++
	s.pause(o.Pauses, now)
}

func (s *sums) clock(o Outcome) {
	k := slices.Index(sla.Kinds(), o.Clock)
	if k < 0 {
		return
	}
	s.Clocks[k].count(o)
	if o.Met {
		s.Clocks[k].Met++
		s.spans[k] = append(s.spans[k], o.Spent)
	}
}

func (s *sums) line() Line {
	for k := range s.Clocks {
		slices.Sort(s.spans[k])
		s.Clocks[k].Median, s.Clocks[k].P90 = rank(s.spans[k], 50), rank(s.spans[k], 90)
	}
	return s.Line
}

func makeReport(month string, outcomes []Outcome, spent []tickets.Spent, now time.Time) Report {
	r := Report{Month: month}
	lines, total := map[group]*sums{}, newSums(Line{})
	of := map[tickets.Number]group{}
	for _, o := range outcomes {
		g := group{o.Contract, o.Level, o.Category}
		if lines[g] == nil {
			lines[g] = newSums(Line{Contract: o.Contract, Name: NameOf(o.Contract, o.Name), Level: o.Level, Category: o.Category})
		}
		_, seen := of[o.Ticket]
		of[o.Ticket] = g
		for _, s := range []*sums{lines[g], total} {
			if !seen {
				s.ticket(o, now)
			}
			s.clock(o)
		}
		if o.Broken {
			r.Breaches = append(r.Breaches, o)
		}
	}
	for _, s := range spent {
		if g, ok := of[s.Ticket]; ok {
			lines[g].Minutes += s.Minutes
			total.Minutes += s.Minutes
		}
	}
	for _, l := range lines {
		r.Lines = append(r.Lines, l.line())
	}
	slices.SortFunc(r.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Category, b.Category))
	})
	r.Total = total.line()
	return r
}

func (c *Clock) count(o Outcome) {
	switch {
	case o.Broken:
		c.Broken++
	case o.Met:
		c.Kept++
	default:
		c.Open++
	}
}

// pause adds a ticket's pauses. Time in which a ticket was paused for two reasons counts once.
func (l *Line) pause(pauses []sla.Pause, now time.Time) {
	for _, p := range pauses { // a former version let the others go on when a ticket ended
		if p.Why == sla.Ended && p.Until.IsZero() {
			now = p.From
		}
	}
	var list []sla.Pause
	for _, p := range pauses {
		if p.Why == sla.Ended {
			continue
		}
		l.Pauses++
		if p.Until.IsZero() {
			p.Until = now
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b sla.Pause) int { return a.From.Compare(b.From) })
	var counted time.Time // until here all pauses are counted
	for _, p := range list {
		if p.From.Before(counted) {
			p.From = counted
		}
		if p.Until.After(p.From) {
			l.Paused += p.Until.Sub(p.From).Truncate(time.Second)
			counted = p.Until
		}
	}
}

// rank is the smallest of sorted spans that is not below so many percent of them.
func rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}
