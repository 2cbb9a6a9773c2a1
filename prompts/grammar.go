package prompts

import (
	"fmt"
	"strings"
	"time"
)

// grammar puts numbers, times and dates together from recorded pieces, as one language does it.
type grammar interface {
	cardinal(n int) []ID              // 0 to 999,999; others are silent
	clock(t time.Time) []ID           // time of day
	day(t time.Time) []ID             // day and month by themselves
	year(n int) []ID                  // of a date
	deadline(due, now time.Time) []ID // time and, where it is not today's, the day
	word(n int) string                // 0 to 99
	texts() []Entry                   // everything but the words of 0 to 99 and the digits
}

func grammarOf(lang Language) grammar {
	switch lang {
	case English:
		return english{}
	case German:
		return german{}
	case French:
		return french{}
	case Spanish:
		return spanish{}
	}
	return italian{}
}

// pieces are the texts of which a grammar speaks.
func pieces(g grammar) []Entry {
	var entries []Entry
	for n := range 10 {
		id := ID(fmt.Sprintf("digit-%d", n))
		entries = append(entries, Entry{id, g.word(n), Infix}, Entry{id + "-comma", g.word(n) + ",", Infix},
			Entry{id + "-final", g.word(n) + ".", Final})
	}
	for n := range 100 {
		entries = append(entries, Entry{number(n), g.word(n), Infix})
	}
	return append(entries, g.texts()...)
}

// named are names, one a word of a list, numbered from first on; the format is what is spoken of each.
func named(id func(int) ID, first int, format string, class Class, names string) (entries []Entry) {
	for n, name := range strings.Fields(names) {
		entries = append(entries, Entry{id(first + n), fmt.Sprintf(format, name), class})
	}
	return entries
}

func number(n int) ID  { return ID(fmt.Sprintf("n-%d", n)) }
func hundred(n int) ID { return ID(fmt.Sprintf("hundred-%d", n)) }
func hour(n int) ID    { return ID(fmt.Sprintf("hour-%d", n)) }
func minute(n int) ID  { return ID(fmt.Sprintf("minute-%d", n)) }
func month(n int) ID   { return ID(fmt.Sprintf("month-%d", n)) }
func weekday(n int) ID { return ID(fmt.Sprintf("weekday-%d", n)) }
func ordinal(n int) ID { return ID(fmt.Sprintf("day-%d", n)) }

// date is weekday, day and month: every language here says them in this order.
func date(t time.Time) []ID {
	return []ID{weekday(int(t.Weekday())), ordinal(t.Day()), month(int(t.Month()))}
}

// article is day and month, where a day by itself has an article: il tre aprile.
func article(t time.Time) []ID {
	return []ID{ordinal(t.Day()) + "-article", month(int(t.Month()))}
}

// belowThousand adds the hundreds of a number, and what is left of it, to its thousands.
func belowThousand(ids []ID, n int) []ID {
	if h := n / 100 % 10; h > 0 {
		ids = append(ids, hundred(h))
	}
	if rest := n % 100; rest > 0 || len(ids) == 0 {
		ids = append(ids, number(rest))
	}
	return ids
}

// relative names the day of a deadline behind its time: today, tomorrow, or on which date.
func relative(day, now time.Time, today, tomorrow, on ID) []ID {
	switch days(day, now) {
	case 0:
		return []ID{today}
	case 1:
		return []ID{tomorrow}
	}
	return append([]ID{on}, date(day)...)
}

// days is how many calendar days lie between two instants in the zone of the first.
func days(due, now time.Time) int {
	now = now.In(due.Location())
	a := time.Date(due.Year(), due.Month(), due.Day(), 0, 0, 0, 0, time.UTC)
	b := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return int(a.Sub(b) / (24 * time.Hour))
}

// endOf is an instant of the day that a deadline is said with: midnight is the end of a day, all else lies in its own.
func endOf(due time.Time) time.Time {
	if due.Hour() == 0 && due.Minute() == 0 {
		return due.Add(-time.Minute)
	}
	return due
}

// Which of the two it is, where the wall clock shows a time twice.
const (
	firstTime  ID = "clock-summer"
	secondTime ID = "clock-winter"
)

// twice tells which of two times it is in the hour that autumn repeats, for nobody else could know; else nothing.
func twice(t time.Time) []ID {
	back := func(at time.Time) time.Duration { // how far the wall clock is set back at an instant
		_, before := at.Add(-time.Second).Zone()
		_, after := at.Zone()
		return time.Duration(before-after) * time.Second
	}
	since, until := t.ZoneBounds()
	switch {
	case !until.IsZero() && until.Sub(t) <= back(until):
		return []ID{firstTime}
	case !since.IsZero() && t.Sub(since) < back(since):
		return []ID{secondTime}
	}
	return nil
}
