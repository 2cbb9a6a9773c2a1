package statistics

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Part is the tickets that were opened on one day, within the month that a report is of.
type Part struct {
	Since, Until time.Time // when they were opened
	From, To     time.Time // the month: time that was spent on them counts within it
}

// KeptPart is what was kept of a part, with the mark of its tickets as they stand now. Sums is nil where nothing was kept, or where a
// ticket of the part was written since.
type KeptPart struct {
	Sums []Sum
	At   Mark
}

// PartSums are sums to be kept, added up after the mark was read.
type PartSums struct {
	Part
	At   Mark
	Sums []Sum
}

// partsOf are the days of a month, each from its midnight in zone.
func partsOf(since, until time.Time, zone *time.Location) (list []Part) {
	for day := since; day.Before(until); {
		next := time.Date(day.In(zone).Year(), day.In(zone).Month(), day.In(zone).Day()+1, 0, 0, 0, 0, zone)
		list = append(list, Part{Since: day, Until: next, From: since, To: until})
		day = next
	}
	return list
}

// SumsOfMonth adds up the tickets of a month such as "2026-11", which begins in zone; ErrBadMonth when the text is no month. Days that were
// over at now are added up once and kept, each until one of its tickets is written again, so that one ticket costs one day. With
// ErrNotKept there are sums all the same.
func SumsOfMonth(ctx context.Context, s Summaries, text string, zone *time.Location, now time.Time) ([]Sum, error) {
	all, err := daysOfMonth(ctx, s, text, zone, now)
	return merged(all), err
}

// daysOfMonth is SumsOfMonth day by day, in no order of the whole: a contract has a sum of each day.
func daysOfMonth(ctx context.Context, s Summaries, text string, zone *time.Location, now time.Time) ([]Sum, error) {
	since, until, err := month(text, zone)
	if err != nil {
		return nil, err
	}
	parts := partsOf(since, until, zone)
	kept, err := s.Parts(ctx, parts)
	if err != nil {
		return nil, fmt.Errorf("reading the days of %s: %w", text, err)
	}
	var all []Sum
	var fresh []PartSums
	for i, k := range kept {
		if k.At.Tickets == 0 {
			continue
		}
		if k.Sums == nil {
			if k.Sums, err = s.Sums(ctx, parts[i]); err != nil { // after the mark: what is written meanwhile makes them sums of a former mark
				return nil, fmt.Errorf("adding up the tickets of %s: %w", parts[i].Since.Format(time.DateOnly), err)
			}
			if !parts[i].Until.After(now) {
				fresh = append(fresh, PartSums{parts[i], k.At, k.Sums})
			}
		}
		all = append(all, k.Sums...)
	}
	if len(fresh) > 0 {
		if err := s.KeepParts(ctx, fresh); err != nil {
			return all, fmt.Errorf("keeping the days of %s: %w: %w", text, ErrNotKept, err)
		}
	}
	return all, nil
}

// merged adds up the sums of the same contract, level and category, and puts them into their order.
func merged(list []Sum) []Sum {
	SortSums(list)
	all := list[:0]
	for _, s := range list {
		last := len(all) - 1
		if last < 0 || (group{s.Contract, s.Level, s.Category}) != (group{all[last].Contract, all[last].Level, all[last].Category}) {
			all = append(all, s)
			continue
		}
		one := &all[last]
		one.Name, one.Tickets, one.Minutes = min(one.Name, s.Name), one.Tickets+s.Tickets, one.Minutes+s.Minutes
		one.Clocks.add(s.Clocks)
	}
	return slices.Clip(all)
}

// ReportOf is a month's report of sums alone: without medians, pauses and breaches.
func ReportOf(text string, sums []Sum) Report {
	r := Report{Month: text, Total: newSums(Line{}).Line}
	for _, s := range sums {
		l := newSums(Line{Contract: s.Contract, Name: s.Name, Level: s.Level, Category: s.Category, Tickets: s.Tickets, Minutes: s.Minutes}).Line
		for i, t := range s.Clocks {
			for _, c := range []*Clock{&l.Clocks[i], &r.Total.Clocks[i]} {
				c.Kept, c.Broken, c.Open = c.Kept+t.Kept, c.Broken+t.Broken, c.Open+t.Open
			}
		}
		r.Total.Tickets, r.Total.Minutes = r.Total.Tickets+s.Tickets, r.Total.Minutes+s.Minutes
		r.Lines = append(r.Lines, l)
	}
	return r
}
