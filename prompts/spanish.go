package prompts

import (
	"strings"
	"time"
)

type spanish struct{}

// word is the cardinal below a hundred: one word up to veintinueve, then treinta y uno.
func (spanish) word(n int) string {
	small := [...]string{"cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce",
		"trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno", "veintidós",
		"veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve"}
	tens := [...]string{"", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"}
	switch {
	case n < len(small):
		return small[n]
	case n%10 == 0:
		return tens[n/10]
	}
	return tens[n/10] + " y " + small[n%10]
}

// short is a number that ends in one, before mil: un, veintiún, treinta y un.
func (g spanish) short(n int) string {
	if n == 21 {
		return "veintiún"
	}
	return strings.TrimSuffix(g.word(n), "o")
}

// shortened tells whether a number below a hundred loses its end before mil.
func (spanish) shortened(n int) bool { return n%10 == 1 && n != 11 }

func (g spanish) texts() []Entry {
	entries := []Entry{{"thousand", "mil", Infix}, {"hundred", "cien", Infix}, {"hour-zero", "las cero", Infix}, {"noon", "las doce del mediodía", Infix},
		{"today", "de hoy.", Final}, {"tomorrow", "del día de mañana.", Final}, {"of", "del", Infix},
		{firstTime, "horario de verano", Infix}, {secondTime, "horario de invierno", Infix}}
	for n, text := range strings.Fields("ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos") {
		entries = append(entries, Entry{hundred(n + 1), text, Infix})
	}
	for n := range 100 {
		if g.shortened(n) {
			entries = append(entries, Entry{number(n) + "-short", g.short(n), Infix})
		}
	}
	for n := range 24 {
		text := "las " + g.word(n)
		switch n {
		case 0:
			text = "la medianoche"
		case 1:
			text = "la una"
		case 21:
			text = "las veintiuna"
		}
		entries = append(entries, Entry{hour(n), text, Infix})
	}
	for n := 1; n < 60; n++ {
		entries = append(entries, Entry{minute(n), "y " + g.word(n), Infix})
	}
	for n := 1; n <= 31; n++ {
		entries = append(entries, Entry{ordinal(n), g.word(n), Infix}, Entry{ordinal(n) + "-article", "el " + g.word(n), Infix})
	}
	entries = append(entries, named(month, 1, "de %s.", Final, "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")...)
	entries = append(entries, named(weekday, 0, "%s", Infix, "domingo lunes martes miércoles jueves viernes sábado")...)
	return entries
}

// cardinal is mil, dos mil, veintiún mil; cien by itself and before mil, ciento before anything else.
func (g spanish) cardinal(n int) []ID {
	var ids []ID
	switch thousands := n / 1000; {
	case n < 0 || n > 999_999:
		return nil
	case thousands == 1:
		ids = append(ids, "thousand")
	case thousands > 1:
		ids = g.cardinal(thousands)
		if g.shortened(thousands % 100) {
			ids[len(ids)-1] += "-short"
		}
		ids = append(ids, "thousand")
	}
	if n%1000 == 100 {
		return append(ids, "hundred")
	}
	return belowThousand(ids, n)
}

// clock is "las quince y treinta", "la una", "las doce del mediodía", "la medianoche", "las cero y cinco".
func (spanish) clock(t time.Time) []ID {
	h, m := t.Hour(), t.Minute()
	switch {
	case m == 0 && h == 12:
		return []ID{"noon"}
	case m == 0:
		return []ID{hour(h)}
	case h == 0:
		return []ID{"hour-zero", minute(m)}
	}
	return []ID{hour(h), minute(m)}
}

func (spanish) day(t time.Time) []ID { return article(t) }

// year is one cardinal: dos mil veintiséis.
func (g spanish) year(n int) []ID { return g.cardinal(n) }

// deadline is "las quince y treinta de hoy", "… del día de mañana" (de mañana alone would be the morning) or "… del lunes trece de
// abril". Midnight ends the day that it is said with.
func (g spanish) deadline(due, now time.Time) []ID {
	ids, day := append(g.clock(due), twice(due)...), endOf(due)
	return append(ids, relative(day, now, "today", "tomorrow", "of")...)
}
