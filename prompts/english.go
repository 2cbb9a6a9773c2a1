package prompts

import (
	"strings"
	"time"
)

type english struct{}

func (english) word(n int) string {
	small := [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tens := [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	if n < 20 {
		return small[n]
	}
	if n%10 == 0 {
		return tens[n/10]
	}
	return tens[n/10] + "-" + small[n%10]
}

// nth is the ordinal of a day of the month.
func (g english) nth(n int) string {
	if n > 20 && n%10 != 0 {
		tens, _, _ := strings.Cut(g.word(n), "-")
		return tens + "-" + g.nth(n%10)
	}
	switch word := g.word(n); n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	case 5, 12:
		return strings.TrimSuffix(word, "ve") + "fth"
	case 8:
		return "eighth"
	case 9:
		return "ninth"
	case 20, 30:
		return strings.TrimSuffix(word, "y") + "ieth"
	default:
		return word + "th"
	}
}

func (english) texts() []Entry {
	g := english{}
	entries := []Entry{{"thousand", "thousand", Infix}, {"and", "and", Infix}, {"hundred-hours", "hundred", Infix}, {"o-clock", "o'clock", Infix},
		{"today", "today.", Final}, {"tomorrow", "tomorrow.", Final}, {"on", "on", Infix},
		{"tonight", "tonight.", Final}, {"tomorrow-night", "tomorrow night.", Final}, {"at-the-end-of", "at the end of", Infix},
		{firstTime, "summer time", Infix}, {secondTime, "winter time", Infix}}
	for n := 1; n < 10; n++ {
		entries = append(entries, Entry{hundred(n), g.word(n) + " hundred", Infix})
	}
	for n := range 24 {
		text := g.word(n)
		if n == 0 {
			text = "midnight"
		}
		entries = append(entries, Entry{hour(n), text, Infix})
	}
	entries = append(entries, Entry{"noon", "noon", Infix})
	for n := 1; n < 60; n++ {
		text := g.word(n)
		if n < 10 {
			text = "oh " + text
		}
		entries = append(entries, Entry{minute(n), text, Infix})
	}
	for n := 1; n <= 31; n++ {
		entries = append(entries, Entry{ordinal(n), "the " + g.nth(n), Infix})
	}
	entries = append(entries, named(month, 1, "of %s", Final, "January February March April May June July August September October November December")...)
	entries = append(entries, named(weekday, 0, "%s", Infix, "Sunday Monday Tuesday Wednesday Thursday Friday Saturday")...)
	return entries
}

// cardinal is the British way: two hundred and five, one thousand and one.
func (g english) cardinal(n int) []ID {
	if n < 0 || n > 999_999 {
		return nil
	}
	var ids []ID
	if thousands := n / 1000; thousands > 0 {
		ids = append(g.cardinal(thousands), "thousand")
	}
	if h := n / 100 % 10; h > 0 {
		ids = append(ids, hundred(h))
	}
	rest := n % 100
	if rest > 0 && len(ids) > 0 {
		ids = append(ids, "and")
	}
	if rest > 0 || len(ids) == 0 {
		ids = append(ids, number(rest))
	}
	return ids
}

// clock is "fifteen thirty", "fifteen hundred", "nine o'clock", "midnight", "noon".
func (english) clock(t time.Time) []ID {
	h, m := t.Hour(), t.Minute()
	switch {
	case m == 0 && h == 0:
		return []ID{hour(0)}
	case m == 0 && h == 12:
		return []ID{"noon"}
	case m == 0 && h < 12:
		return []ID{hour(h), "o-clock"}
	case m == 0:
		return []ID{hour(h), "hundred-hours"}
	case h == 0:
		return []ID{number(0), minute(m)}
	}
	return []ID{hour(h), minute(m)}
}

func (english) day(t time.Time) []ID { return []ID{ordinal(t.Day()), month(int(t.Month()))} }

// year is said in two halves, twenty twenty-six, but for the first of a century.
func (g english) year(n int) []ID {
	century, rest := n/100, n%100
	if rest < 10 || century < 10 || century > 99 {
		return g.cardinal(n)
	}
	return []ID{number(century), number(rest)}
}

// deadline is "fifteen thirty today", "… tomorrow" or "… on Monday the third of April". Midnight ends a day, and says which:
// "midnight tonight", "… tomorrow night", "… at the end of Monday the third of April".
func (g english) deadline(due, now time.Time) []ID {
	ids, day := append(g.clock(due), twice(due)...), endOf(due)
	today, tomorrow, on := ID("today"), ID("tomorrow"), ID("on")
	if !day.Equal(due) {
		today, tomorrow, on = "tonight", "tomorrow-night", "at-the-end-of"
	}
	return append(ids, relative(day, now, today, tomorrow, on)...)
}
