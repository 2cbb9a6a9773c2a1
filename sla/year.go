package sla

import (
	"slices"
	"time"
)

// year is the working time of one calendar year, worked out once: spans in Unix seconds, in order and apart from each
// other, with the working time that lies before each. Sums and sought instants are then two binary searches.
type year struct {
	begin, end  int64 // first instants of this year and of the next
	from, until []int64
	before      []int64 // working seconds of the year before the span
	total       int64
	holidays    map[date]string
}

// year gives one year, from the shelf where it is there. Two who work the same year out get the same result.
func (h *Hours) year(y int) *year {
	at := y - firstKept
	if at < 0 || at >= yearsKept {
		return h.workOut(y)
	}
	if known := h.years[at].Load(); known != nil {
		return known
	}
	known := h.workOut(y)
	h.years[at].Store(known)
	return known
}

// yearOf gives the year in which an instant lies, by the calendar's zone.
func (h *Hours) yearOf(unix int64) (int, *year) {
	y := time.Unix(unix, 0).In(h.zone).Year()
	known := h.year(y)
	for unix < known.begin { // where the turn of the clocks falls on a new year's midnight
		y--
		known = h.year(y)
	}
	for unix >= known.end {
		y++
		known = h.year(y)
	}
	return y, known
}

func (h *Hours) workOut(y int) *year {
	wall := h.turns(y)
	first := time.Date(y, time.January, 1, 0, 0, 0, 0, time.UTC)
	k := &year{begin: wall.first(first.Unix()), end: wall.first(first.AddDate(1, 0, 0).Unix()), holidays: map[date]string{}}
	for _, d := range h.holidaysOf(y) {
		k.holidays[dateOf(d.date)] = d.name
	}
	for day := first; day.Year() == y; day = day.AddDate(0, 0, 1) {
		_, holiday := k.holidays[dateOf(day)]
		midnight := day.Unix()
		for _, s := range sorted(h.stretches(day, holiday)) {
			k.add(wall.first(midnight+s.from), wall.first(midnight+s.until))
		}
	}
	for i := range k.from {
		k.before = append(k.before, k.total)
		k.total += k.until[i] - k.from[i]
	}
	return k
}

func sorted(list []stretch) []stretch {
	if len(list) < 2 {
		return list
	}
	return slices.SortedFunc(slices.Values(list), func(a, b stretch) int { return int(a.from - b.from) })
}

// add puts a span behind the others, or lengthens the last one where it begins in it or at its end.
func (k *year) add(from, until int64) {
	n := len(k.from)
	switch {
	case from >= until:
	case n > 0 && from <= k.until[n-1]:
		k.until[n-1] = max(k.until[n-1], until)
	default:
		k.from, k.until = append(k.from, from), append(k.until, until)
	}
}

// spent is the working time of the year before an instant.
func (k *year) spent(unix int64) int64 {
	i := k.next(unix)
	if i == len(k.from) {
		return k.total
	}
	return k.before[i] + max(unix-k.from[i], 0)
}

// next is the index of the first span that ends after an instant.
func (k *year) next(unix int64) int {
	low, high := 0, len(k.until)
	for low < high {
		if middle := int(uint(low+high) >> 1); k.until[middle] > unix {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// when is the earliest instant at which so much working time of the year is spent; want is above 0 and at most total.
func (k *year) when(want int64) int64 {
	low, high := 0, len(k.from)
	for low < high { // the last span with less than want before it
		if middle := int(uint(low+high) >> 1); k.before[middle] < want {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return k.from[low-1] + want - k.before[low-1]
}

// turns are the offsets of a zone around one year.
type turns []turn

// turn is an offset from UTC and the instant until which it holds.
type turn struct{ until, offset int64 }

// step is less than the time between any two turns of any clock.
const step = 12 * 60 * 60

// turns are those around a year.
func (h *Hours) turns(y int) turns {
	at := time.Date(y, time.January, -2, 0, 0, 0, 0, time.UTC).Unix()
	return turnsBetween(h.zone, at, time.Date(y+1, time.January, 4, 0, 0, 0, 0, time.UTC).Unix())
}

// turnsBetween finds the instants at which a zone's offset changes. It looks twice a day and halves the span where the offset
// differs. Time.ZoneBounds does not serve: it never returns for zones that change at midnight, such as Cairo's.
func turnsBetween(zone *time.Location, at, last int64) turns {
	var list turns
	offset := offsetOf(zone, at)
	for ; at < last; at += step {
		next := offsetOf(zone, at+step)
		if next == offset {
			continue
		}
		low, high := at, at+step
		for high-low > 1 {
			if middle := (low + high) / 2; offsetOf(zone, middle) == offset {
				low = middle
			} else {
				high = middle
			}
		}
		list = append(list, turn{high, offset})
		offset = next
	}
	return append(list, turn{1 << 62, offset})
}

func offsetOf(zone *time.Location, unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}

// WallClock is the first instant at which the wall clock of a zone shows a time or a later one, by the rule of Interval. A time
// that spring skips comes where the clocks jump. A time that autumn repeats comes the first time. Of shown only the date and the
// time of day count, in whatever zone it carries.
func WallClock(zone *time.Location, shown time.Time) time.Time {
	y, m, d := shown.Date()
	wall := time.Date(y, m, d, shown.Hour(), shown.Minute(), shown.Second(), 0, time.UTC).Unix()
	const around = 2 * daySeconds // more than any offset
	return time.Unix(turnsBetween(zone, wall-around, wall+around).first(wall), 0).In(zone)
}

// first is the first instant at which the wall shows a time or a later one; the time is given as if the wall were UTC's.
func (w turns) first(shown int64) int64 {
	began := int64(-1 << 62)
	for _, t := range w {
		if at := max(shown-t.offset, began); at < t.until {
			return at
		}
		began = t.until
	}
	return shown - w[len(w)-1].offset
}
