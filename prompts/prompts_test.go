package prompts

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/icu.txt
var icu string

func open(t *testing.T, lang Language) *Book {
	t.Helper()
	b, err := Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// glued is a text without what only separates words, and without what two words lose when they become one (centotto, and
// the ventunmila that is also said ventunomila) or write and do not say (deux cents).
func glued(lang Language, text string) string {
	text = strings.NewReplacer(" ", "", "-", "", ",", "", ".", "").Replace(strings.ToLower(text))
	switch lang {
	case Italian:
		text = strings.NewReplacer("é", "e", "centott", "centoott", "unomila", "unmila").Replace(text)
	case French:
		text = strings.NewReplacer("cents", "cent", "vingts", "vingt").Replace(text)
	}
	return text
}

// heardAs is what the book says for a line of the oracle.
func heardAs(b *Book, kind string, n int) string {
	of2026 := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	switch kind {
	case "cardinal":
		return b.Spoken(Number(n))
	case "month":
		return strings.TrimPrefix(strings.TrimPrefix(b.entries[month(n)].Text, "of "), "de ")
	case "weekday":
		return strings.TrimSuffix(b.entries[weekday(n)].Text, ", den")
	case "ordinal":
		return strings.TrimPrefix(b.entries[ordinal(n)].Text, "the ")
	case "clock":
		return b.Spoken(Phrase{{Kind: Clock, At: time.Date(2026, 1, 1, n/60, n%60, 0, 0, time.UTC)}})
	case "date":
		return b.Spoken(Phrase{{Kind: Calendar, At: of2026}})
	case "year":
		return b.Spoken(Phrase{{Kind: Year, At: time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)}})
	}
	return ""
}

func TestNumbersDatesAndNamesAreThoseOfICU(t *testing.T) {
	books, checked := map[Language]*Book{}, map[Language]int{}
	for _, lang := range Languages() {
		books[lang] = open(t, lang)
	}
	for line := range strings.Lines(icu) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		n, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		lang, want := Language(f[0]), f[3]
		if got := heardAs(books[lang], f[1], n); glued(lang, got) != glued(lang, want) {
			t.Errorf("%s %s %d: %q, ICU says %q", lang, f[1], n, got, want)
		}
		checked[lang]++
	}
	for _, lang := range Languages() {
		if checked[lang] < 1900 {
			t.Errorf("%s: only %d lines of the oracle were read", lang, checked[lang])
		}
	}
}

// TestEveryNumberIsSaidWhole: none needs a piece that the catalogue has not, and no two of ten thousand, or of a million, sound the same.
func TestEveryNumberIsSaidWhole(t *testing.T) {
	for _, lang := range Languages() {
		b, said := open(t, lang), map[string]int{}
		for n := range 1_000_000 {
			if n > 9_999 && n%101 != 0 {
				continue
			}
			ids := b.grammar.cardinal(n)
			text := fmt.Sprint(ids)
			for _, id := range ids {
				if !b.Has(id) {
					t.Fatalf("%s: %d needs %s, which the catalogue has not", lang, n, id)
				}
			}
			if other, twice := said[text]; twice || len(ids) == 0 {
				t.Fatalf("%s: %d is said as %q, as %d is", lang, n, text, other)
			}
			said[text] = n
		}
	}
}

func TestWhatIsHeard(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.April, day, hour, minute, 59, 0, rome)
	}
	now := at(1, 10, 0)
	for _, c := range []struct {
		phrase  Phrase
		italian string
		english string
	}{
		{Number(21), "ventuno", "twenty-one"},
		{Number(33), "trentatré", "thirty-three"},
		{Number(2028), "due mila ventotto", "two thousand and twenty-eight"},
		{Digits("417"), "quattro uno sette.", "four one seven."},
		{Join(P("announce-ticket"), DigitsInside("417"), P("announce-open")), "La sua richiesta numero quattro uno sette, è aperta.", "Your ticket number four one seven, is open."},
		{Digits("+39 06 1234"), "tre nove, zero sei uno, due tre quattro.", "three nine, zero six one, two three four."},
		{Phrase{{Kind: Clock, At: at(1, 1, 0)}}, "l'una", "one o'clock"},
		{Phrase{{Kind: Clock, At: at(1, 15, 0)}}, "le ore quindici", "fifteen hundred"},
		{Phrase{{Kind: Clock, At: at(1, 15, 30)}}, "le ore quindici e trenta", "fifteen thirty"},
		{Phrase{{Kind: Clock, At: at(1, 0, 5)}}, "mezzanotte e cinque", "zero oh five"},
		{Phrase{{Kind: Clock, At: at(1, 12, 0)}}, "mezzogiorno", "noon"},
		{Phrase{{Kind: Day, At: at(1, 0, 0)}}, "il primo aprile", "the first of April"},
		{Phrase{{Kind: Day, At: at(8, 0, 0)}}, "l'otto aprile", "the eighth of April"},
		{Phrase{{Kind: Day, At: at(11, 0, 0)}}, "l'undici aprile", "the eleventh of April"},
		{Phrase{{Kind: Calendar, At: at(3, 0, 0)}}, "venerdì tre aprile", "Friday the third of April"},
		{Phrase{{Kind: Year, At: at(3, 0, 0)}}, "due mila ventisei", "twenty twenty-six"},
		{When(at(1, 15, 30), now), "le ore quindici e trenta di oggi.", "fifteen thirty today."},
		{When(at(2, 9, 0), now), "le ore nove di domani.", "nine o'clock tomorrow."},
		{When(at(13, 9, 5), now), "le ore nove e cinque di lunedì tredici aprile", "nine oh five on Monday the thirteenth of April"},
		{When(at(2, 0, 0), now), "mezzanotte di oggi.", "midnight tonight."},
		{When(at(3, 0, 0), now), "mezzanotte di domani.", "midnight tomorrow night."},
		{When(at(14, 0, 0), now), "mezzanotte di lunedì tredici aprile", "midnight at the end of Monday the thirteenth of April"},
		{When(at(1, 0, 0), now), "mezzanotte di martedì trentuno marzo", "midnight at the end of Tuesday the thirty-first of March"}, // over
		{When(at(2, 0, 30), now), "le ore zero e trenta di domani.", "zero thirty tomorrow."},
		{When(at(1, 0, 30), at(1, 0, 10)), "le ore zero e trenta di oggi.", "zero thirty today."},
		{When(at(2, 1, 0), now), "l'una di domani.", "one o'clock tomorrow."},
		{When(at(1, 12, 0), now), "mezzogiorno di oggi.", "noon today."},
		{When(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(rome), time.Date(2026, 10, 24, 18, 0, 0, 0, time.UTC)), "le ore due e trenta ora legale di domani.", "two thirty summer time tomorrow."},
		{When(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC).In(rome), time.Date(2026, 10, 24, 18, 0, 0, 0, time.UTC)), "le ore due e trenta ora solare di domani.", "two thirty winter time tomorrow."},
		{When(time.Date(2026, 10, 25, 2, 0, 0, 0, time.UTC).In(rome), time.Date(2026, 10, 24, 18, 0, 0, 0, time.UTC)), "le ore tre di domani.", "three o'clock tomorrow."},
		{Phrase{{Kind: Name, Text: "Rossi S.p.A."}}, "Rossi, esse pi a", "Rossi, S, P, A"},
		{Phrase{{Kind: Name, Text: "Öl & Co"}}, "Un cliente", "A customer"},
		{P("no-such-id"), "", ""},
		{Number(-1), "", ""},
	} {
		for lang, want := range map[Language]string{Italian: c.italian, English: c.english} {
			if got := open(t, lang).Spoken(c.phrase); got != want {
				t.Errorf("%s: %v is heard as %q, want %q", lang, c.phrase, got, want)
			}
		}
	}
}

func TestWhatIsReadNamesTheCustomerAndWritesFigures(t *testing.T) {
	got := open(t, English).Text(Join(Phrase{{Kind: Name, Text: "Öl & Co"}}, P("ticket"), DigitsInside("417"), P("announce-open"), Digits("417"), Pause(time.Second), P("ticket-yours-only"), Number(3)))
	if want := "Öl & Co ticket number 417 is open. 417. The ticket is yours. 3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEveryLanguageHasEveryText: the sentences are the same everywhere; of what pieces numbers and times are made is each grammar's own.
func TestEveryLanguageHasEveryText(t *testing.T) {
	sentences := func(lang Language) map[ID]Class {
		texts, err := catalogues.ReadFile("catalogue/" + string(lang) + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		entries, err := readCatalogue(string(texts))
		if err != nil || len(entries) < 270 {
			t.Fatalf("%s: %d sentences, %v", lang, len(entries), err)
		}
		all := map[ID]Class{}
		for _, e := range entries {
			all[e.ID] = e.Class
		}
		return all
	}
	first := sentences(Languages()[0])
	for _, lang := range Languages()[1:] {
		these := sentences(lang)
		for id := range first {
			if _, ok := these[id]; !ok {
				t.Errorf("%s lacks %s", lang, id)
			}
		}
		for id, class := range these {
			if want, ok := first[id]; !ok || class != want {
				t.Errorf("%s: %s is %q, in %s it is %q", lang, id, class, Languages()[0], want)
			}
		}
	}
}

func TestWhatIsReadByWhoHearsALanguage(t *testing.T) {
	for lang, want := range map[Language]Language{Italian: Italian, English: English, German: English, French: English, Spanish: English, "": Italian, "xx": Italian} {
		if got := WrittenFor(lang); got != want {
			t.Errorf("who hears %q reads %q, want %q", lang, got, want)
		}
	}
}

func TestEveryDeadlineOfFourYearsCanBeSaidWhole(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		b := open(t, lang)
		now := time.Date(2026, 1, 1, 8, 0, 0, 0, rome)
		for due := now; due.Year() < 2030; due = due.Add(437 * time.Minute) {
			for _, id := range b.grammar.deadline(due, now) {
				if !b.Has(id) {
					t.Fatalf("%s: %v needs %s, which the catalogue has not", lang, due, id)
				}
			}
		}
	}
}

func FuzzCatalogue(f *testing.F) {
	f.Add("a: b\n# c\nd+: e | f\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := readCatalogue(text)
		seen := map[ID]bool{}
		for _, e := range entries {
			if seen[e.ID] || e.Text == "" {
				t.Errorf("%q was taken, %v", fmt.Sprint(e), err)
			}
			seen[e.ID] = true
		}
	})
}

func TestNamesOfTheHouseAreSpokenOrReplaced(t *testing.T) {
	for lang, want := range map[Language][]string{Italian: {"Un collega", "contratto di assistenza", "contratto Extended"}, English: {"A colleague", "service contract", "Extended contract"}} {
		b := open(t, lang)
		for n, p := range []Phrase{Engineer("ciro", "Ciro"), Level("gold"), Level("extended")} {
			if got := b.Spoken(p); got != want[n] {
				t.Errorf("%s: %q, want %q", lang, got, want[n])
			}
		}
		clip := b.Say(Engineer("ciro", "Ciro"))[0]
		if clip.Name != "Ciro" || clip.Whose != "ciro" || clip.Of != EngineerName || b.Text(Engineer("ciro", "Ciro")) != "Ciro" {
			t.Errorf("%s: an engineer's clip is %+v", lang, clip)
		}
		if clip := b.Say(Level("gold"))[0]; clip.Whose != "gold" || clip.Of != LevelName {
			t.Errorf("%s: a level's clip is %+v", lang, clip)
		}
	}
}

// An engineer's name is spelt where no voice speaks it: the first word, and the first letter of the last one.
func TestAnEngineersNameIsSpelt(t *testing.T) {
	b, err := Open(Italian)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Anna": "anna", "Renée de Vries": "reneev", "Ždeněk O'Hara-Łuk": "zdeneko", "李": "", "": "", "Wolfeschlegelsteinhausen Bergerdorff": "wolfeschlege",
	} {
		got := ""
		for _, c := range b.Say(Engineer("id", name)) {
			for _, l := range c.Spelt {
				got += strings.TrimPrefix(string(l.ID), "letter-")
			}
		}
		if got != want {
			t.Errorf("%q is spelt %q, want %q", name, got, want)
		}
	}
}
