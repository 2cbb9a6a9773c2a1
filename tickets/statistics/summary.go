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

// Summaries is what pages of a month read. Safe for concurrent use.
type Summaries interface {
	// Sums adds up the tickets of a part, as SumsOf does.
	Sums(ctx context.Context, p Part) ([]Sum, error)
	// Parts reads what was kept of parts of one month, in their order. Sums that were kept are not nil.
	Parts(ctx context.Context, list []Part) ([]KeptPart, error)
	// KeepParts keeps sums of parts. They take the place of former ones.
	KeepParts(ctx context.Context, list []PartSums) error
	// Summary reads the summary that was kept of a span, and the mark of the span's tickets as they stand now. kept is nil where
	// none was kept, or where a ticket of the span was written since.
	Summary(ctx context.Context, since, until time.Time) (kept *Summary, at Mark, err error)
	// KeepSummary keeps a summary that was added up after the mark was read. It takes the place of a former one.
	KeepSummary(ctx context.Context, since, until time.Time, at Mark, s Summary) error
	// Since is when the first ticket was opened; the zero time where there is none.
	Since(ctx context.Context) (time.Time, error)
}

// Mark is how the tickets of a span stand: how many there are, and the sum of their versions. A ticket stays in its span, no ticket is
// removed, and every change of one raises its version. So equal marks of one span are of the same tickets in the same versions.
type Mark struct{ Tickets, Versions int64 }

// Sum is what the tickets of one contract, level and category came to, without what depends on the time of the look.
type Sum struct {
	Contract directory.ContractID
	Name     string // the customer's; of several the first one by the alphabet of octets; empty without a contract
	Level    sla.LevelID
	Category sla.Category
	Tickets  int
	Minutes  int // of time spent within the span
	Clocks   Tallies
}

// Tally is how many of one clock were kept, broken, and neither.
type Tally struct{ Kept, Broken, Open int }

// Percent is how many of those that ended were kept, of a hundred and rounded down; -1: none ended.
func (t Tally) Percent() int {
	if ended := t.Kept + t.Broken; ended > 0 {
		return 100 * t.Kept / ended
	}
	return -1
}

// Tallies are those of the clocks, in the order of sla.Kinds.
type Tallies [3]Tally

// Count adds n clocks of a kind; those of an unknown kind are left out.
func (t *Tallies) Count(k sla.Kind, met, broken bool, n int) {
	i := slices.Index(sla.Kinds(), k)
	switch {
	case i < 0:
	case broken:
		t[i].Broken += n
	case met:
		t[i].Kept += n
	default:
		t[i].Open += n
	}
}

func (t *Tallies) add(o Tallies) {
	for i := range t {
		t[i].Kept, t[i].Broken, t[i].Open = t[i].Kept+o[i].Kept, t[i].Broken+o[i].Broken, t[i].Open+o[i].Open
	}
}

func (t Tallies) broken() (n int) {
	for _, k := range t {
		n += k.Broken
	}
	return n
}

// SumsOf adds outcomes up by contract, level and category, in that order. Time spent on other tickets is left out.
func SumsOf(outcomes []Outcome, spent []tickets.Spent) []Sum {
	sums, of := map[group]*Sum{}, map[tickets.Number]*Sum{}
	for _, o := range outcomes {
		g, name := group{o.Contract, o.Level, o.Category}, NameOf(o.Contract, o.Name)
		s := sums[g]
		if s == nil {
			s = &Sum{Contract: o.Contract, Name: name, Level: o.Level, Category: o.Category}
			sums[g] = s
		}
		s.Name = min(s.Name, name)
		if of[o.Ticket] == nil {
			s.Tickets++
		}
		of[o.Ticket] = s
		s.Clocks.Count(o.Clock, o.Met, o.Broken, 1)
	}
	for _, t := range spent {
		if s := of[t.Ticket]; s != nil {
			s.Minutes += t.Minutes
		}
	}
	list := make([]Sum, 0, len(sums))
	for _, s := range sums {
		list = append(list, *s)
	}
	SortSums(list)
	return list
}

// SortSums puts sums into the order of contract, level and category. A sum is large, so their places are sorted and not they.
func SortSums(list []Sum) {
	order := make([]*Sum, len(list))
	for i := range list {
		order[i] = &list[i]
	}
	slices.SortFunc(order, func(a, b *Sum) int {
		if c := cmp.Compare(a.Contract, b.Contract); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Category, b.Category))
	})
	sorted := make([]Sum, len(list))
	for i, s := range order {
		sorted[i] = *s
	}
	copy(list, sorted)
}

// Summary is a month as a page shows it. It holds nothing that depends on when it was made.
type Summary struct {
	Total                         Group
	Contracts, Levels, Categories Groups
}

// Groups are tickets by what they share. Where there are more than GroupsShown of them, those with the most broken promises are left, the
// worst one first.
type Groups struct {
	All  int // that there are
	List []Group
}

// Group is tickets that share something.
type Group struct {
	Key              string // the contract, level or category
	Name             string // the customer's; of contracts alone
	Tickets, Minutes int
	Clocks           Tallies
}

// GroupsShown is how many groups a page shows: a browser is not given thousands. The spreadsheet has them all.
const GroupsShown = 100

// Summarise makes the summary of sums in any order.
func Summarise(sums []Sum) Summary {
	by := func(key func(*Sum) (key, name string)) Groups {
		at, list := map[string]int{}, []Group{}
		for i := range sums {
			k, name := key(&sums[i])
			place, known := at[k]
			if !known {
				place = len(list)
				at[k], list = place, append(list, Group{Key: k, Name: name})
			}
			list[place].Name = min(list[place].Name, name)
			list[place].add(&sums[i])
		}
		return worst(list)
	}
	v := Summary{
		Contracts:  by(func(s *Sum) (string, string) { return string(s.Contract), s.Name }),
		Levels:     by(func(s *Sum) (string, string) { return string(s.Level), "" }),
		Categories: by(func(s *Sum) (string, string) { return string(s.Category), "" }),
	}
	for i := range sums {
		v.Total.add(&sums[i])
	}
	return v
}

func (g *Group) add(s *Sum) {
	g.Tickets, g.Minutes = g.Tickets+s.Tickets, g.Minutes+s.Minutes
	g.Clocks.add(s.Clocks)
}

// Group is a line without its medians and pauses.
func (l Line) Group() Group {
	g := Group{Key: string(l.Contract), Name: l.Name, Tickets: l.Tickets, Minutes: l.Minutes}
	for _, c := range l.Clocks {
		if i := slices.Index(sla.Kinds(), c.Clock); i >= 0 {
			g.Clocks[i] = Tally{c.Kept, c.Broken, c.Open}
		}
	}
	return g
}

// worst leaves so many groups as are shown: those with the most broken promises, then those with the most tickets. Where all are shown they
// stand in the order of their keys, and so do those that are alike.
func worst(list []Group) Groups {
	v := Groups{All: len(list), List: make([]Group, min(len(list), GroupsShown))}
	type place struct {
		broken, tickets int
		key             string
		at              int
	}
	order := make([]place, len(list))
	for i := range list {
		order[i] = place{key: list[i].Key, at: i}
		if len(list) > GroupsShown {
			order[i].broken, order[i].tickets = list[i].Clocks.broken(), list[i].Tickets
		}
	}
	slices.SortFunc(order, func(a, b place) int {
		if c := cmp.Or(b.broken-a.broken, b.tickets-a.tickets); c != 0 {
			return c
		}
		return cmp.Compare(a.key, b.key)
	})
	for i := range v.List {
		v.List[i] = list[order[i].at]
	}
	return v
}

// ErrNotKept is a summary that is right and could not be kept: the next one who asks waits for it too.
var ErrNotKept = errors.New("the summary is not kept")

// SummaryOf is the summary of a month such as "2026-11", which begins in zone; ErrBadMonth when the text is no month. A month that was
// over at now is added up once and kept, until one of its tickets is written again. With ErrNotKept there is a summary all the same.
func SummaryOf(ctx context.Context, s Summaries, text string, zone *time.Location, now time.Time) (Summary, error) {
	since, until, err := month(text, zone)
	if err != nil {
		return Summary{}, err
	}
	kept, at, err := s.Summary(ctx, since, until)
	if err != nil {
		return Summary{}, fmt.Errorf("reading the summary of %s: %w", text, err)
	}
	if kept != nil {
		return *kept, nil
	}
	sums, err := daysOfMonth(ctx, s, text, zone, now) // after the mark: what is written meanwhile makes the summary one of a former mark
	if err != nil && !errors.Is(err, ErrNotKept) {
		return Summary{}, err
	}
	v := Summarise(sums)
	if err != nil || until.After(now) {
		return v, err
	}
	if err := s.KeepSummary(ctx, since, until, at, v); err != nil {
		return v, fmt.Errorf("keeping the summary of %s: %w: %w", text, ErrNotKept, err)
	}
	return v, nil
}
