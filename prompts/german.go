package prompts

import (
	"strings"
	"time"
)

type german struct{}

// word is the cardinal below a hundred: the unit stands before the ten.
func (german) word(n int) string {
	small := [...]string{"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf",
		"dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"}
	tens := [...]string{"", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"}
	if n < len(small) {
		return small[n]
	}
	if n%10 == 0 {
		return tens[n/10]
	}
	small[1] = "ein" // einundzwanzig
	return small[n%10] + "und" + tens[n/10]
}

// nth is the ordinal of a day of the month, without its ending.
func (g german) nth(n int) string {
	switch {
	case n == 1:
		return "erst"
	case n == 3:
		return "dritt"
	case n == 7:
		return "siebt"
	case n == 8:
		return "acht"
	case n < 20:
		return g.word(n) + "t"
	}
	return g.word(n) + "st"
}

// oclock is an hour: ein Uhr, not eins.
func (g german) oclock(n int) string {
	if n == 1 {
		return "ein Uhr"
	}
	return g.word(n) + " Uhr"
}

func (g german) texts() []Entry {
	entries := []Entry{{"thousand", "tausend", Infix}, {"one-thousand", "eintausend", Infix}, {"hundreds", "hundert", Infix},
		{"today", "heute um", Infix}, {"tomorrow", "morgen um", Infix},
		{firstTime, "Sommerzeit.", Final}, {secondTime, "Winterzeit.", Final}}
	for n := 1; n < 10; n++ {
		entries = append(entries, Entry{hundred(n), strings.TrimSuffix(g.oclock(n), " Uhr") + "hundert", Infix})
	}
	for n := range 25 {
		entries = append(entries, Entry{hour(n), g.oclock(n), Infix}, Entry{hour(n) + "-final", g.oclock(n) + ".", Final})
	}
	for n := 1; n < 60; n++ {
		entries = append(entries, Entry{minute(n), g.word(n) + ".", Final}) // inside a sentence it is the number
	}
	for n := 1; n <= 31; n++ {
		entries = append(entries, Entry{ordinal(n), g.nth(n) + "en", Infix}, Entry{ordinal(n) + "-article", "der " + g.nth(n) + "e", Infix})
	}
	for n, name := range strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember") {
		entries = append(entries, Entry{month(n + 1), name + ".", Final}, Entry{month(n+1) + "-at", name + ", um", Infix})
	}
	entries = append(entries, named(weekday, 0, "%s, den", Infix, "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag")...)
	return entries
}

// cardinal is written as one word: zweihundertfünf, eintausendeins. Before tausend, eins is ein.
func (g german) cardinal(n int) []ID {
	if n < 0 || n > 999_999 {
		return nil
	}
	var ids []ID
	switch thousands := n / 1000; {
	case thousands%100 == 1:
		if thousands > 1 {
			ids = g.cardinal(thousands - 1)
		}
		ids = append(ids, "one-thousand")
	case thousands > 0:
		ids = append(g.cardinal(thousands), "thousand")
	}
	return belowThousand(ids, n)
}

// clock is "fünfzehn Uhr dreißig", "ein Uhr", "null Uhr fünf".
func (german) clock(t time.Time) []ID {
	ids := []ID{hour(t.Hour())}
	if m := t.Minute(); m > 0 {
		ids = append(ids, number(m))
	}
	return ids
}

func (german) day(t time.Time) []ID { return article(t) }

// year is zweitausendsechsundzwanzig, and in hundreds before the year 2000: neunzehnhundertneunundneunzig.
func (g german) year(n int) []ID {
	if n < 1100 || n > 1999 {
		return g.cardinal(n)
	}
	ids := []ID{number(n / 100), "hundreds"}
	if n%100 > 0 {
		ids = append(ids, number(n%100))
	}
	return ids
}

// deadline names the day first: "heute um fünfzehn Uhr dreißig", "morgen um …", "Montag, den dreizehnten April, um …". Midnight
// ends the day that it is said with: "heute um vierundzwanzig Uhr".
func (g german) deadline(due, now time.Time) []ID {
	var ids []ID
	day := endOf(due)
	switch days(day, now) {
	case 0:
		ids = []ID{"today"}
	case 1:
		ids = []ID{"tomorrow"}
	default:
		ids = date(day)
		ids[len(ids)-1] += "-at"
	}
	h, m, which := due.Hour(), due.Minute(), twice(due)
	if !day.Equal(due) {
		h = 24
	}
	switch {
	case which != nil && m > 0:
		ids = append(ids, hour(h), number(m))
	case which != nil:
		ids = append(ids, hour(h))
	case m > 0:
		ids = append(ids, hour(h), minute(m))
	default:
		ids = append(ids, hour(h)+"-final")
	}
	return append(ids, which...)
}
