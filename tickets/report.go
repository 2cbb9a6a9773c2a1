package tickets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/sla"
)

// Outcome is how one clock of one ticket ended, as a report reads it; a ticket without clocks has one without a clock.
type Outcome struct {
	Ticket   Number
	Contract ContractID
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
	Lines    []ReportLine
	Total    ReportLine // of all lines; it names no contract, level and category
	Breaches []Outcome
}

// ReportLine is what the tickets of one contract, level and category came to.
type ReportLine struct {
	Contract ContractID
	Name     string
	Level    sla.LevelID
	Category sla.Category
	Tickets  int
	Minutes  int // of time spent on these tickets within the month; TimeSpent has all of it
	Pauses   int
	Paused   time.Duration // real time; a ticket that is closed is not paused
	Clocks   []ClockReport // in the order of sla.Kinds
}

// ClockReport is one clock of a line. A clock that was met too late is broken. Open is neither: it still runs, or the
// ticket was closed without it.
type ClockReport struct {
	Clock              sla.Kind
	Kept, Broken, Open int
	Met                int           // in time or too late
	Median, P90        time.Duration // working time of those that were met, by nearest rank; nothing where Met is 0
}

// ErrBadMonth is a month that is not written as 2026-11.
var ErrBadMonth = errors.New("write the month as 2026-11")

// month gives the instants between which a month lies.
func (d *Desk) month(text string) (since, until time.Time, err error) {
	zone := time.UTC
	if own, err := d.Terms(""); err == nil {
		zone = own.Hours.Zone()
	}
	since, err = time.ParseInLocation("2006-01", text, zone)
	if err != nil {
		return since, until, ErrBadMonth
	}
	return since, since.AddDate(0, 1, 0), nil
}

// Report makes the report of a month such as "2026-11"; ErrBadMonth when it is none. now closes the pauses that go on.
func (d *Desk) Report(ctx context.Context, month string, now time.Time) (Report, error) {
	since, until, err := d.month(month)
	if err != nil {
		return Report{}, err
	}
	outcomes, err := d.cfg.Store.Outcomes(ctx, since, until)
	if err != nil {
		return Report{}, fmt.Errorf("reading the tickets of %s: %w", month, err)
	}
	spent, err := d.cfg.Store.TimeSpent(ctx, since, until)
	if err != nil {
		return Report{}, fmt.Errorf("reading the time spent in %s: %w", month, err)
	}
	return makeReport(month, outcomes, spent, now), nil
}

// group is what a line is about.
type group struct {
	contract ContractID
	level    sla.LevelID
	category sla.Category
}

// sums are a line that is being added up.
type sums struct {
	ReportLine
	spans [3][]time.Duration // of the clocks that were met, in the order of sla.Kinds
}

func newSums(l ReportLine) *sums {
	for _, k := range sla.Kinds() {
		l.Clocks = append(l.Clocks, ClockReport{Clock: k})
	}
	return &sums{ReportLine: l}
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

func (s *sums) line() ReportLine {
	for k := range s.Clocks {
		slices.Sort(s.spans[k])
		s.Clocks[k].Median, s.Clocks[k].P90 = rank(s.spans[k], 50), rank(s.spans[k], 90)
	}
	return s.ReportLine
}

func makeReport(month string, outcomes []Outcome, spent []Spent, now time.Time) Report {
	r := Report{Month: month}
	lines, total := map[group]*sums{}, newSums(ReportLine{})
	of := map[Number]group{}
	for _, o := range outcomes {
		g := group{o.Contract, o.Level, o.Category}
		if lines[g] == nil {
			lines[g] = newSums(ReportLine{Contract: o.Contract, Name: o.Name, Level: o.Level, Category: o.Category})
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
	slices.SortFunc(r.Lines, func(a, b ReportLine) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Category, b.Category))
	})
	r.Total = total.line()
	return r
}

func (c *ClockReport) count(o Outcome) {
	switch {
	case o.Broken:
		c.Broken++
	case o.Met:
		c.Kept++
	default:
		c.Open++
	}
}

func (l *ReportLine) pause(pauses []sla.Pause, now time.Time) {
	for _, p := range pauses { // a former version let the others go on when a ticket ended
		if p.Why == sla.Ended && p.Until.IsZero() {
			now = p.From
		}
	}
	for _, p := range pauses {
		if p.Why == sla.Ended {
			continue
		}
		l.Pauses++
		if p.Until.IsZero() {
			p.Until = now
		}
		l.Paused += max(p.Until.Sub(p.From), 0).Truncate(time.Second)
	}
}

// rank is the smallest of sorted spans that is not below so many percent of them.
func rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

// TimeSpent lists the time spent in a month, oldest first.
func (d *Desk) TimeSpent(ctx context.Context, month string) ([]Spent, error) {
	since, until, err := d.month(month)
	if err != nil {
		return nil, err
	}
	list, err := d.cfg.Store.TimeSpent(ctx, since, until)
	if err != nil {
		return nil, fmt.Errorf("reading the time spent in %s: %w", month, err)
	}
	return list, nil
}
