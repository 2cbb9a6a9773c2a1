package prompts

import (
	"strings"
	"time"
)

type french struct{}

// word is the cardinal below a hundred, of sixties and of eighties: soixante et onze, quatre-vingt-onze.
func (g french) word(n int) string {
	small := [...]string{"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
		"treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"}
	tens := [...]string{"", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"}
	if n < len(small) {
		return small[n]
	}
	ten, rest := tens[n/10], n%10
	if n > 60 {
		rest = n % 20
	}
	switch {
	case n == 80:
		return ten + "s"
	case rest == 0:
		return ten
	case n < 80 && rest%10 == 1:
		return ten + " et " + small[rest]
	}
	return ten + "-" + small[rest]
}

// feminine is the number of hours or of minutes: une, vingt et une.
func (g french) feminine(n int) string {
	word := g.word(n)
	if word == "un" || strings.HasSuffix(word, " un") {
		word += "e"
	}
	return word
}

func (g french) texts() []Entry {
	entries := []Entry{{"thousand", "mille", Infix}, {"hour-zero", "zéro heure", Infix},
		{"today", "aujourd'hui.", Final}, {"tomorrow", "demain.", Final}, {"on", "le", Infix},
		{"tonight", "ce soir.", Final}, {"tomorrow-night", "demain soir.", Final}, {"at-the-end-of", "à la fin du", Infix},
		{firstTime, "heure d'été", Infix}, {secondTime, "heure d'hiver", Infix}}
	for n := 1; n < 10; n++ {
		text := "cent" // the s of "deux cents" is not heard
		if n > 1 {
			text = g.word(n) + " cent"
		}
		entries = append(entries, Entry{hundred(n), text, Infix})
	}
	for n := range 24 {
		text := g.feminine(n) + " heures"
		switch n {
		case 0:
			text = "minuit"
		case 1:
			text = "une heure"
		case 12:
			text = "midi"
		}
		entries = append(entries, Entry{hour(n), text, Infix})
	}
	for n := 1; n < 60; n++ {
		entries = append(entries, Entry{minute(n), g.feminine(n), Infix})
	}
	for n := 1; n <= 31; n++ {
		plain := g.word(n)
		if n == 1 {
			plain = "premier"
		}
		entries = append(entries, Entry{ordinal(n), plain, Infix}, Entry{ordinal(n) + "-article", "le " + plain, Infix})
	}
	entries = append(entries, named(month, 1, "%s.", Final, "janvier février mars avril mai juin juillet août septembre octobre novembre décembre")...)
	entries = append(entries, named(weekday, 0, "%s", Infix, "dimanche lundi mardi mercredi jeudi vendredi samedi")...)
	return entries
}

// cardinal is mille, deux mille, deux cent un.
func (g french) cardinal(n int) []ID {
	var ids []ID
	switch thousands := n / 1000; {
	case n < 0 || n > 999_999:
		return nil
	case thousands == 1:
		ids = append(ids, "thousand")
	case thousands > 1:
		ids = append(g.cardinal(thousands), "thousand")
	}
	return belowThousand(ids, n)
}

// clock is "quinze heures trente", "midi", "minuit", "zéro heure cinq".
func (french) clock(t time.Time) []ID {
	ids := []ID{hour(t.Hour())}
	if m := t.Minute(); m > 0 {
		if t.Hour() == 0 {
			ids[0] = "hour-zero"
		}
		ids = append(ids, minute(m))
	}
	return ids
}

func (french) day(t time.Time) []ID { return article(t) }

// year is one cardinal: deux mille vingt-six.
func (g french) year(n int) []ID { return g.cardinal(n) }

// deadline is "quinze heures trente aujourd'hui", "… demain" or "… le lundi treize avril". Midnight ends a day, and says which:
// "minuit ce soir", "… demain soir", "… à la fin du lundi treize avril".
func (g french) deadline(due, now time.Time) []ID {
	ids, day := append(g.clock(due), twice(due)...), endOf(due)
	today, tomorrow, on := ID("today"), ID("tomorrow"), ID("on")
	if !day.Equal(due) {
		today, tomorrow, on = "tonight", "tomorrow-night", "at-the-end-of"
	}
	return append(ids, relative(day, now, today, tomorrow, on)...)
}
