package prompts

import "time"

type italian struct{}

// word is the cardinal below a hundred: the vowel of the tens falls before uno and otto, and tre is accented at the end
// of a compound.
func (italian) word(n int) string {
	small := [...]string{"zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici",
		"tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove"}
	tens := [...]string{"", "", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"}
	if n < 20 {
		return small[n]
	}
	ten, unit := tens[n/10], n%10
	switch unit {
	case 0:
		return ten
	case 1, 8:
		return ten[:len(ten)-1] + small[unit]
	case 3:
		return ten + "tré"
	}
	return ten + small[unit]
}

func (italian) texts() []Entry {
	g := italian{}
	entries := []Entry{{"thousand", "mille", Infix}, {"thousands", "mila", Infix},
		{"today", "di oggi.", Final}, {"tomorrow", "di domani.", Final}, {"of", "di", Infix}, {"hour-zero", "le ore zero", Infix},
		{firstTime, "ora legale", Infix}, {secondTime, "ora solare", Infix}}
	for n := 1; n < 10; n++ {
		text := "cento"
		if n > 1 {
			text = g.word(n) + "cento"
		}
		entries = append(entries, Entry{hundred(n), text, Infix})
	}
	for n := range 24 {
		text := "le ore " + g.word(n)
		switch n {
		case 0:
			text = "mezzanotte"
		case 1:
			text = "l'una"
		case 12:
			text = "mezzogiorno"
		}
		entries = append(entries, Entry{hour(n), text, Infix})
	}
	for n := 1; n < 60; n++ {
		entries = append(entries, Entry{minute(n), "e " + g.word(n), Infix})
	}
	for n := 1; n <= 31; n++ {
		plain, article := g.word(n), "il "
		switch n {
		case 1:
			plain = "primo"
		case 8, 11:
			article = "l'"
		}
		entries = append(entries, Entry{ordinal(n), plain, Infix}, Entry{ordinal(n) + "-article", article + plain, Infix})
	}
	entries = append(entries, named(month, 1, "%s", Final, "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre")...)
	entries = append(entries, named(weekday, 0, "%s", Infix, "domenica lunedì martedì mercoledì giovedì venerdì sabato")...)
	return entries
}

// cardinal is written as one word: mille, duemila, centomila.
func (g italian) cardinal(n int) []ID {
	var ids []ID
	switch thousands := n / 1000; {
	case n < 0 || n > 999_999:
		return nil
	case thousands == 1:
		ids = append(ids, "thousand")
	case thousands > 1:
		ids = append(g.cardinal(thousands), "thousands")
	}
	return belowThousand(ids, n)
}

func (italian) clock(t time.Time) []ID {
	ids := []ID{hour(t.Hour())}
	if m := t.Minute(); m > 0 {
		ids = append(ids, minute(m))
	}
	return ids
}

func (italian) day(t time.Time) []ID { return article(t) }

// year is one cardinal: duemilaventisei.
func (g italian) year(n int) []ID { return g.cardinal(n) }

// deadline is "le ore quindici e trenta di oggi", "… di domani" or "… di lunedì tre aprile". Midnight ends the day that it
// is said with; the minutes after it are those of the next one: "le ore zero e trenta di domani".
func (g italian) deadline(due, now time.Time) []ID {
	ids := append(g.clock(due), twice(due)...)
	if due.Hour() == 0 && due.Minute() > 0 {
		ids[0] = "hour-zero"
	}
	day := endOf(due)
	return append(ids, relative(day, now, "today", "tomorrow", "of")...)
}
