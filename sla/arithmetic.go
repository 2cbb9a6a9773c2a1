package sla

import (
	"fmt"
	"time"
)

// patience bounds every search in years without a working hour; farthest bounds a span.
const (
	patience = 10
	farthest = 400
)

// Open tells whether t lies in working time: an opening instant does, a closing one does not.
func (h *Hours) Open(t time.Time) bool {
	unix := t.Unix()
	_, k := h.yearOf(unix)
	i := k.next(unix)
	return i < len(k.from) && k.from[i] <= unix
}

// NextOpen is t itself inside working time, else the next instant at which work begins.
func (h *Hours) NextOpen(t time.Time) (time.Time, error) {
	unix := t.Unix()
	y, k := h.yearOf(unix)
	for range patience {
		if i := k.next(unix); i < len(k.from) {
			if k.from[i] <= unix {
				return t, nil
			}
			return h.instant(k.from[i]), nil
		}
		y++
		k = h.year(y)
	}
	return time.Time{}, h.neverOpen(t)
}

func (h *Hours) instant(unix int64) time.Time { return time.Unix(unix, 0).In(h.zone) }

func (h *Hours) neverOpen(t time.Time) error {
	return fmt.Errorf("looking for working time from %s in calendar %s: %w", t.Format(time.DateOnly), h.calendar.ID, ErrNeverOpen)
}

// Add runs d of working time from t: four hours opened on Friday at 17:00 in office hours end on Monday at 12:00. It
// gives the earliest instant at which d is spent, so that an end which falls on a closing instant is that instant and
// not the next opening. A span of zero ends where it begins, also outside working time. Whole seconds; it does not
// allocate once the years between are worked out.
func (h *Hours) Add(t time.Time, d time.Duration) (time.Time, error) {
	t = t.Truncate(time.Second)
	if d <= 0 {
		return t, nil
	}
	y, k := h.yearOf(t.Unix())
	want := k.spent(t.Unix()) + seconds(d)
	for idle, last := 0, y+farthest; want > k.total; {
		if idle++; k.total > 0 {
			idle = 0
		}
		want -= k.total
		y++
		if k = h.year(y); idle > patience || y > last {
			return t, h.neverOpen(t)
		}
	}
	return h.instant(k.when(want)), nil
}

// Between is the working time between two instants; zero when until is not after from.
func (h *Hours) Between(from, until time.Time) time.Duration {
	a, b := from.Unix(), until.Unix()
	if a >= b {
		return 0
	}
	y, k := h.yearOf(a)
	sum := -k.spent(a)
	for b >= k.end {
		sum += k.total
		y++
		k = h.year(y)
	}
	return time.Duration(sum+k.spent(b)) * time.Second
}

// Spans lists the working time between two instants: the parts of a clock that counted.
func (h *Hours) Spans(from, until time.Time) []Span {
	var list []Span
	if !from.Before(until) {
		return nil
	}
	a, b := from.Unix(), until.Unix()
	y, k := h.yearOf(a)
	for {
		for i := k.next(a); i < len(k.from) && k.from[i] < b; i++ {
			s := Span{h.instant(max(k.from[i], a)), h.instant(min(k.until[i], b))}
			if n := len(list); n > 0 && list[n-1].Until.Equal(s.From) { // over New Year
				list[n-1].Until = s.Until
				continue
			}
			list = append(list, s)
		}
		if b <= k.end {
			return list
		}
		y++
		k = h.year(y)
	}
}
