package oracle

import (
	"strconv"
	"time"
)

// wall is what the clock of a zone has shown.
type wall struct {
	zone  *time.Location
	shown int64 // the latest minute so far, in minutes since 1970 on the wall
}

// look reads the wall at an instant; instants must not go back. An hour that is shown again shows nothing later.
func (w *wall) look(at time.Time) {
	t := at.In(w.zone)
	now := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC).Unix() / 60
	w.shown = max(w.shown, now)
}

const (
	dayLen   = 24 * 60
	lookBack = 4 * 60 // minutes before the start, in which the wall may have shown later times
	highest  = 3      // level that is looked at
)

// Walk stands at each of so many minutes from an instant on, which is one of a whole minute, and tells who is on call then:
// "1 anna 1 marco 2 sara", in the order in which they are called. It can be walked once.
func (r *Rota) Walk(from time.Time, minutes int, tell func(at time.Time, who string)) {
	w := wall{zone: r.zone, shown: -1 << 40}
	for i := range r.layers {
		if c := r.layers[i].follows; c != nil {
			c.wall.shown = -1 << 40
		}
	}
	for n := -lookBack; n < minutes; n++ {
		at := from.Add(time.Duration(n) * time.Minute)
		w.look(at)
		for i := range r.layers {
			if c := r.layers[i].follows; c != nil {
				c.wall.look(at)
			}
		}
		if n >= 0 {
			tell(at, r.who(at, w.shown))
		}
	}
}

// person is somebody at a place.
type person struct {
	id    string
	order int
	added bool
}

func (r *Rota) who(at time.Time, shown int64) string {
	text := ""
	for level := 1; level <= highest; level++ {
		for _, p := range r.level(level, at, shown) {
			text += strconv.Itoa(level) + " " + p.id + " "
		}
	}
	return text
}

// level stacks the layers of one level and takes the highest stack that leaves somebody.
func (r *Rota) level(level int, at time.Time, shown int64) []person {
	stacks := [][]person{nil}
	for _, s := range r.shifts {
		if s.Level == level && weekly(s.Day, s.From, s.From+s.Length, shown) {
			stacks[0] = append(stacks[0], person{id: s.Engineer, order: s.Order})
		}
	}
	for i := range r.layers {
		l := &r.layers[i]
		if l.Level != level {
			continue
		}
		if !l.Beside {
			stacks = append(stacks, nil)
		}
		if id := l.turn(shown); id != "" {
			stacks[len(stacks)-1] = append(stacks[len(stacks)-1], person{id: id, order: 1 << 20})
		}
	}
	for n := len(stacks) - 1; n >= 0; n-- {
		left := r.changed(stacks[n], level, at)
		for _, p := range left {
			if !p.added {
				return left
			}
		}
	}
	return r.changed(nil, level, at)
}

// turn is whose turn it is; nobody's outside the layer's times.
func (l *layer) turn(shown int64) string {
	if shown < l.start || (l.Until != "" && shown >= l.until) {
		return ""
	}
	for shown >= l.ends {
		l.cursor = (l.cursor + 1) % len(l.Turns)
		l.ends += l.length(l.cursor)
	}
	if len(l.Hours) > 0 && !open(l.Hours, shown) {
		return ""
	}
	if l.follows != nil && open(l.follows.Week, l.follows.wall.shown) == l.Follow.Closed {
		return ""
	}
	return l.Turns[l.cursor].Engineer
}

func open(week []interval, shown int64) bool {
	for _, i := range week {
		if weekly(i.Day, i.From, i.Until, shown) {
			return true
		}
	}
	return false
}

// weekly tells whether the wall shows a time of something that comes every week; it may have begun on any of the last days.
func weekly(day int, from, until, shown int64) bool {
	today := shown / dayLen
	for back := int64(0); back <= 8; back++ {
		date := today - back
		weekday := int((date + 4) % 7) // 1 January 1970 was a Thursday
		if weekday == day && shown >= date*dayLen+from/minuteOf && shown < date*dayLen+until/minuteOf {
			return true
		}
	}
	return false
}

// changed puts swaps, overrides and absences over a stack.
func (r *Rota) changed(stack []person, level int, at time.Time) []person {
	var list []person
	for _, p := range stack {
		at := len(list)
		for at > 0 && list[at-1].order > p.order {
			at--
		}
		list = append(list, person{})
		copy(list[at+1:], list[at:])
		list[at] = p
	}
	during := func(from, until time.Time) bool { return !at.Before(from) && at.Before(until) }
	for _, w := range r.swaps {
		for i := range list {
			if list[i].id == w.Engineer && during(w.From, w.Until) {
				list[i].id = w.With
			} else if list[i].id == w.With && during(w.BackFrom, w.BackUntil) {
				list[i].id = w.Engineer
			}
		}
	}
	for _, o := range r.overrides {
		if o.Level != level || !during(o.From, o.Until) {
			continue
		}
		if o.Engineer == "" {
			list = append(list, person{id: o.Instead, added: true})
			continue
		}
		first := true
		var kept []person
		for _, p := range list {
			if p.id != o.Engineer {
				kept = append(kept, p)
			} else if first && o.Instead != "" {
				kept, first = append(kept, person{id: o.Instead, added: p.added}), false
			}
		}
		list = kept
	}
	var left []person
	for _, p := range list {
		away, twice := false, false
		for _, a := range r.absences {
			away = away || (a.Engineer == p.id && during(a.From, a.Until))
		}
		for _, q := range left {
			twice = twice || q.id == p.id
		}
		if !away && !twice {
			left = append(left, p)
		}
	}
	return left
}
