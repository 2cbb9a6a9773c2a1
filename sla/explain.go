package sla

import "time"

// Part is one stretch of a clock's life: working time that counted, or a gap with its reason.
type Part struct {
	From    time.Time     `json:"from"`
	Until   time.Time     `json:"until"`
	Counts  bool          `json:"counts"`
	Spent   time.Duration `json:"spent"` // working time used up at Until
	Because string        `json:"because"`
}

// Explain accounts for every minute between the clock's start and its due time: the parts follow each other without a
// gap, and the last one's Spent is the limit.
func (h *Hours) Explain(c Clock) []Part {
	var parts []Part
	at, spent := c.From, time.Duration(0)
	for _, s := range h.Spans(c.From, c.Due) {
		if at.Before(s.From) {
			parts = append(parts, Part{From: at, Until: s.From, Spent: spent, Because: h.reason(at, s.From)})
		}
		spent += s.Duration()
		parts = append(parts, Part{From: s.From, Until: s.Until, Counts: true, Spent: spent, Because: "working time"})
		at = s.Until
	}
	return parts
}

// reason says why nothing counted between two instants: the holidays that lie in between, else the kind of gap.
func (h *Hours) reason(from, until time.Time) string {
	first, last := from.In(h.zone), until.In(h.zone)
	names := ""
	for day := first; day.Before(last); day = day.AddDate(0, 0, 1) {
		if e, ok := h.exceptions[day.Format(time.DateOnly)]; ok && len(e.Hours) == 0 {
			names = join(names, "closed on "+e.Date)
		} else if name := h.Holiday(day); name != "" {
			names = join(names, name)
		}
	}
	switch {
	case names != "":
		return names
	case first.YearDay() == last.YearDay() && first.Year() == last.Year():
		return "break"
	case last.Sub(first) > 30*time.Hour:
		return "weekend"
	}
	return "night"
}

func join(names, name string) string {
	if names == "" {
		return name
	}
	return names + ", " + name
}
