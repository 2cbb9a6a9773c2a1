package rota

import (
	"fmt"
	"slices"
	"time"

	"hotline/sla"
)

// piece is a place of one turn or shift, before swaps, overrides and absences.
type piece struct {
	Place
	group       int // 0 for shifts; a layer that covers begins the next one, at every level
	from, until time.Time
}

// The order within a level: shifts by their Order and then as they stand in the rota, after them the layers as they stand.
const (
	mostShifts = 1 << 20
	besides    = 1 << 60
)

// longestShift is a week, and a day for the turn of the clocks.
const longestShift = 8

// pieces lists what of the shifts and layers touches [from, until).
func (s *Schedule) pieces(from, until time.Time) []piece {
	var list []piece
	for i, sh := range s.rota.Shifts {
		day := s.dayOf(from, -longestShift)
		day = day.AddDate(0, 0, (int(sh.Day-day.Weekday())+7)%7)
		for ; ; day = day.AddDate(0, 0, 7) {
			begin, end := sla.WallClock(s.zone, day.Add(sh.From)), sla.WallClock(s.zone, day.Add(sh.From+sh.Length))
			if !begin.Before(until) {
				break
			}
			if begin.Before(end) && end.After(from) {
				list = append(list, piece{Place{Engineer: sh.Engineer, Level: sh.Level, Why: fmt.Sprintf("shift %d", i+1), order: sh.Order*mostShifts + i}, 0, begin, end})
			}
		}
	}
	groups := map[int]int{}
	for i, l := range s.layers {
		if !l.Beside {
			groups[l.Level]++
		}
		for _, w := range l.walls(s.dayOf(from, -1), s.dayOf(until, 2)) {
			p := piece{Place{Engineer: l.Turns[w.turn].Engineer, Level: l.Level, Why: "layer " + l.Name, order: besides + i}, groups[l.Level], sla.WallClock(s.zone, w.from), sla.WallClock(s.zone, w.until)}
			list = append(list, l.follow(p, from, until)...)
		}
	}
	return list
}

// dayOf is the midnight of an instant's date on the wall, so many days later.
func (s *Schedule) dayOf(t time.Time, later int) time.Time {
	y, m, d := t.In(s.zone).Date()
	return time.Date(y, m, d+later, 0, 0, 0, 0, time.UTC)
}

// follow cuts a piece to [from, until), and to the hours of the calendar that the layer follows.
func (l layer) follow(p piece, from, until time.Time) []piece {
	if !p.from.Before(until) || !from.Before(p.until) || !p.from.Before(p.until) {
		return nil
	}
	if l.hours == nil {
		return []piece{p}
	}
	begin, end := p.from, p.until
	if begin.Before(from) {
		begin = from.Truncate(time.Second) // spans are in whole seconds
	}
	if end.After(until) {
		end = until.Truncate(time.Second).Add(time.Second)
	}
	var list []piece
	keep := func(a, b time.Time) {
		if a.Before(b) {
			q := p
			q.from, q.until = a, b
			list = append(list, q)
		}
	}
	closed := begin
	for _, open := range l.hours.Spans(begin, end) {
		if l.Follow.Closed {
			keep(closed, open.From)
		} else {
			keep(open.From, open.Until)
		}
		closed = open.Until
	}
	if l.Follow.Closed {
		keep(closed, end)
	}
	return list
}

// wall is a part of a turn on the wall, as if that were UTC's.
type wall struct {
	turn        int
	from, until time.Time
}

// walls lists the parts of the layer's turns that touch [from, until), both on the wall.
func (l layer) walls(from, until time.Time) []wall {
	at, turn := l.start, 0
	if from.After(at) {
		at = at.Add(from.Sub(at) / l.cycle * l.cycle)
	}
	if !l.until.IsZero() && l.until.Before(until) {
		until = l.until
	}
	var list []wall
	for at.Before(until) {
		end := at.Add(l.lengths[turn])
		w := wall{turn, at, end}
		if w.until.After(until) {
			w.until = until
		}
		if w.until.After(from) && l.Turns[turn].Engineer != "" {
			list = append(list, l.within(w)...)
		}
		at, turn = end, (turn+1)%len(l.Turns)
	}
	return list
}

// within cuts a part to the layer's hours of the week.
func (l layer) within(w wall) []wall {
	if len(l.Hours) == 0 {
		return []wall{w}
	}
	var list []wall
	for _, h := range l.Hours {
		day := w.from.Truncate(24*time.Hour).AddDate(0, 0, -longestShift)
		for day = day.AddDate(0, 0, (int(h.Day-day.Weekday())+7)%7); day.Before(w.until); day = day.AddDate(0, 0, 7) {
			part := w
			if from := day.Add(h.From); from.After(part.from) {
				part.from = from
			}
			if until := day.Add(h.Until); until.Before(part.until) {
				part.until = until
			}
			if part.from.Before(part.until) {
				list = append(list, part)
			}
		}
	}
	slices.SortFunc(list, func(a, b wall) int { return a.from.Compare(b.from) })
	return list
}
