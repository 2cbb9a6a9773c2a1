package sla

import (
	"fmt"
	"time"
)

// Open tells whether t lies in working time.
func (h *Hours) Open(t time.Time) bool {
	y, m, d := t.In(h.zone).Date()
	for _, s := range h.spans(y, m, d) {
		if !t.Before(s.From) && t.Before(s.Until) {
			return true
		}
	}
	return false
}

// NextOpen is t itself inside working time, else the next instant at which work begins.
func (h *Hours) NextOpen(t time.Time) (time.Time, error) {
	var open time.Time
	err := h.walk(t, func(s Span) bool {
		open = s.From
		return false
	})
	return open, err
}

// Add runs d of working time from t: four hours opened on Friday at 17:00 in office hours end on Monday at 12:00. A
// span of zero ends where it begins, also outside working time (PRODUCT rule of zero spans).
func (h *Hours) Add(t time.Time, d time.Duration) (time.Time, error) {
	t = t.Truncate(time.Second)
	if d <= 0 {
		return t, nil
	}
	end := t
	err := h.walk(t, func(s Span) bool {
		if length := s.Duration(); length < d {
			d -= length
			return true
		}
		end = s.From.Add(d)
		return false
	})
	return end, err
}

// Between is the working time between two instants; zero when until is not after from.
func (h *Hours) Between(from, until time.Time) time.Duration {
	var sum time.Duration
	for _, s := range h.Spans(from, until) {
		sum += s.Duration()
	}
	return sum
}

// Spans lists the working time between two instants: the parts of a clock that counted. At most ten years are looked
// at.
func (h *Hours) Spans(from, until time.Time) []Span {
	var list []Span
	_ = h.walk(from, func(s Span) bool { // a calendar that never opens has no spans
		if !s.From.Before(until) {
			return false
		}
		s.Until = earliest(s.Until, until)
		list = append(list, s)
		return s.Until.Before(until)
	})
	return merge(list)
}

// walk hands the working time from t on to take, span by span, until take is content.
func (h *Hours) walk(t time.Time, take func(Span) bool) error {
	y, m, d := t.In(h.zone).Date()
	for ahead := range horizon {
		for _, s := range h.spans(y, m, d+ahead) {
			s.From = latest(s.From, t)
			if s.From.Before(s.Until) && !take(s) {
				return nil
			}
		}
	}
	return fmt.Errorf("looking for working time from %s in calendar %s: %w", t.Format(time.DateOnly), h.calendar.ID, ErrNeverOpen)
}
