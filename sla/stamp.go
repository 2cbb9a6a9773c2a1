package sla

import (
	"slices"
	"time"
)

// stamp notes that somebody acted. What comes later in the chain implies what comes before. The first instant counts, so
// that an act entered later stands where it is earlier than the one on record.
func (c *Timeline) stamp(s Step) []Effect {
	at := s.At
	if s.late() {
		at = s.Happened.Truncate(time.Second)
	}
	var list []Effect
	for _, k := range Kinds() {
		if stamp := c.Stamps.at(k); stamp.IsZero() || (s.late() && at.Before(*stamp)) {
			*stamp = at
			if k != s.Clock && slices.ContainsFunc(c.Clocks, func(x Clock) bool { return x.Kind == k && (s.late() || x.MetAt.IsZero()) }) {
				list = append(list, Effect{What: Implied, Clock: k})
			}
			if s.late() {
				c.judgeAnew(k)
			}
		}
		if k == s.Clock {
			return list
		}
	}
	return list
}

// unmeet takes back that a clock was met: the act did not hold. The time from the act until then is a pause, for nobody knew, and the
// clock runs on where it stood. One that was broken stays so, and one that was met in the very second in which it was due had nothing
// left: it broke then.
func (c *Timeline) unmeet(s Step) {
	stamp := c.Stamps.at(s.Clock)
	if stamp.IsZero() {
		return
	}
	met := *stamp
	*stamp = time.Time{}
	c.Pauses = append(c.Pauses, Pause{Why: Ended, From: met, Until: later(s.At, met)})
	slices.SortStableFunc(c.Pauses, func(a, b Pause) int { return a.From.Compare(b.From) })
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Kind == s.Clock {
			k.MetAt, k.Spent = time.Time{}, 0
		}
	}
}

// judgeAnew takes back how a clock ended, because it was met at another instant; with the intervention the restore begins
// at another one. A clock that was set under former terms keeps their due time.
func (c *Timeline) judgeAnew(kind Kind) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		former := k.Terms != "" && k.Terms != c.Agreed.id
		switch {
		case !k.settled():
		case !former && (k.Kind == kind || (k.Kind == Restore && kind == Intervention)):
			k.MetAt, k.BrokenAt, k.Spent = time.Time{}, time.Time{}, 0
		case k.Kind == kind:
			k.MetAt = *c.Stamps.at(kind)
			if !k.MetAt.After(k.BrokenAt) { // what was kept already is kept all the more
				k.BrokenAt = time.Time{}
			}
			k.Spent = c.Agreed.spent(k.From, k.MetAt, c.stopping(kind))
		}
	}
}

// verdicts tells what a step said of clocks: those that it broke, and those that it showed not to be broken.
func verdicts(before, after []Clock) []Effect {
	var list []Effect
	for _, k := range Kinds() {
		was, is := of(before, k).BrokenAt, of(after, k).BrokenAt
		switch {
		case was.Equal(is):
		case is.IsZero():
			list = append(list, Effect{What: Undone, Clock: k})
		default:
			list = append(list, Effect{What: Breach, Clock: k, Alarm: AtBreach, Then: true})
		}
	}
	return list
}
