package oracle

import "time"

// Pause is a stretch that does not count, in Unix seconds of whole minutes; Until 0: it goes on.
type Pause struct{ From, Until int64 }

const (
	lookBack = 3 * 60   // minutes before the start, in which the wall may have shown later times
	quarter  = 15       // minutes; no clock turns but at a quarter of an hour
	farthest = 60 * 366 // days
)

// walker stands at a minute and knows what the wall has shown.
type walker struct {
	c      *Calendar
	at     int64 // Unix seconds of the minute's start
	offset int64 // minutes from UTC
	shown  int64 // the latest minute that the wall has shown so far, in minutes since 1970 on the wall
	date   int64
	today  *day
}

func (c *Calendar) walker(from int64) *walker {
	start := from - from%minute
	w := &walker{c: c, at: start - lookBack*minute, date: -1 << 40, shown: -1 << 40}
	w.look()
	for w.at < start {
		w.next()
	}
	return w
}

func (w *walker) next() {
	w.at += minute
	w.look()
}

// look reads the wall.
func (w *walker) look() {
	if utc := w.at / minute; utc%quarter == 0 || w.today == nil {
		_, seconds := time.Unix(w.at, 0).In(w.c.zone).Zone()
		w.offset = int64(seconds) / minute
	}
	if now := w.at/minute + w.offset; now > w.shown {
		w.shown = now
	}
	if date := w.shown / dayLen; date != w.date {
		w.date, w.today = date, w.c.on(date)
	}
}

func (w *walker) open() bool { return w.today[w.shown%dayLen] }

// Due walks until limit seconds of working time have passed outside the pauses. stopped tells that a pause which goes
// on came first: then due is when it would be without it. warn is when mark seconds had passed; 0 when the
// clock came to stand before.
func (c *Calendar) Due(from, limit, mark int64, pauses []Pause) (due, warn int64, stopped bool) {
	w, spent := c.walker(from), int64(0)
	for end := from + farthest*dayLen*minute; w.at < end; w.next() {
		begin := max(w.at, from)
		if spent == mark && warn == 0 && !stopped {
			warn = begin
		}
		if spent == limit {
			return begin, warn, stopped
		}
		in, forever := paused(w.at, begin, pauses)
		stopped = stopped || forever
		if (in && !stopped) || !w.open() {
			continue
		}
		left := w.at + minute - begin
		if spent+left >= mark && warn == 0 && !stopped {
			warn = begin + mark - spent
		}
		if spent+left >= limit {
			return begin + limit - spent, warn, stopped
		}
		spent += left
	}
	return 0, 0, false
}

// Count walks from one instant to another and counts the working seconds outside the pauses.
func (c *Calendar) Count(from, until int64, pauses []Pause) (sum int64) {
	for w := c.walker(from); w.at < until; w.next() {
		begin, end := max(w.at, from), min(w.at+minute, until)
		if in, _ := paused(w.at, begin, pauses); !in && w.open() {
			sum += end - begin
		}
	}
	return sum
}

// UsedUp walks up to an instant and tells when limit seconds of working time had passed outside the pauses, if that was
// before it; else 0. A pause that goes on is one like the others here.
func (c *Calendar) UsedUp(from, limit, until int64, pauses []Pause) int64 {
	spent := int64(0)
	for w := c.walker(from); w.at < until; w.next() {
		begin, end := max(w.at, from), min(w.at+minute, until)
		if in, _ := paused(w.at, begin, pauses); in || !w.open() {
			continue
		}
		if spent+end-begin >= limit {
			if at := begin + limit - spent; at < until {
				return at
			}
			return 0
		}
		spent += end - begin
	}
	return 0
}

// paused tells whether the minute lies in a pause, and whether that goes on, be it by another pause that takes over.
func paused(at, begin int64, pauses []Pause) (in, forever bool) {
	for n := 0; n < len(pauses); n++ {
		switch p := pauses[n]; {
		case p.From <= begin && p.Until == 0:
			return true, true
		case p.From <= at && at < p.Until:
			in, at, begin, n = true, p.Until, p.Until, -1
		}
	}
	return in, false
}
