package report

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/prompts/written/writtentest"
	"hotline/sla"
	"hotline/tickets/statistics"
)

func month(customer string) statistics.Report {
	line := statistics.Line{
		Contract: "rossi", Name: customer, Level: "extended", Category: sla.NonBlocking, Tickets: 2, Paused: 90 * time.Second,
		Clocks: []statistics.Clock{{Clock: sla.Contact, Kept: 1, Met: 1, Median: 90 * time.Second, P90: 90 * time.Second}, {Clock: sla.Intervention, Broken: 1}, {Clock: sla.Restore}},
	}
	return statistics.Report{Month: "2026-11", Lines: []statistics.Line{line}, Total: line}
}

func TestACellIsNoFormulaWhateverStandsBeforeTheSign(t *testing.T) {
	for _, cell := range []string{"=1+1", "+1", "-1", "@x", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "＝1", "\u3000＝1", "＋1", "－1", "＠x", "\tx", "\rx", "\u2028=1", "\x01=1", "\u200b \u00a0=1", "\uf020＝1", "\ufe0f=1", "\u034f=1", "\u3164=1", "\u0378=1", "\U000e0001=1"} {
		if got := safe(cell); got != "'"+cell {
			t.Errorf("%q is written as %q", cell, got)
		}
	}
	for _, cell := range []string{"", "Rossi", "1-2", "a=b", "è", "2026-11-23", " Rossi"} {
		if got := safe(cell); got != cell {
			t.Errorf("%q is written as %q", cell, got)
		}
	}
}

func FuzzACellIsNoFormula(f *testing.F) {
	f.Add("=cmd|' /c calc'!A1")
	f.Add("\u200b\u00a0＝x")
	f.Add("\uf020＝")
	sign := regexp.MustCompile(`^[\s\p{Z}\p{C}]*[=+\-@＝＋－＠]`)
	f.Fuzz(func(t *testing.T, cell string) {
		if got := safe(cell); strings.ToValidUTF8(got, "") == got && sign.MatchString(got) {
			t.Fatalf("%q stays a formula: %q", cell, got)
		}
	})
}

func TestAnItalianSpreadsheetGetsItsMarkSemicolonsAndDecimalCommas(t *testing.T) {
	r := Reader{Language: prompts.Italian, Words: written.In(prompts.Italian), Levels: map[sla.LevelID]string{"extended": "Extended"}}
	got := string(Lines(month("Rossi S.p.A."), r, "it"))
	if !strings.HasPrefix(got, "\ufeffmese;contratto;cliente;") || !strings.Contains(got, "2026-11;rossi;Rossi S.p.A.;Extended;anomalia non bloccante;2;0;0;1,5;1;0;0;1,5;1,5;0;1;0;;;") {
		t.Errorf("%s", got)
	}
	if plain := string(Lines(month("Rossi S.p.A."), r, Plain)); !strings.HasPrefix(plain, "mese,") || !strings.Contains(plain, ",1.5,") {
		t.Errorf("%s", plain)
	}
}

func TestALongNameCutsOffNeitherCategoryNorClock(t *testing.T) {
	name := strings.Repeat("Società di lunghissimo nome ", 8)
	svg := string(Plot(month(name), Reader{Language: prompts.Italian, Words: written.In(prompts.Italian)}))
	for _, want := range []string{"anomalia non bloccante: contatto<", "anomalia non bloccante: intervento<", "…, extended", "Tempi di 2026-11", "rispettati: 1", "superati: 1"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the plot has no %q:\n%s", want, svg)
		}
	}
}

// TestNumbersStayWithinThePicture: of bars and of the legend, however many clocks they count.
func TestNumbersStayWithinThePicture(t *testing.T) {
	text := regexp.MustCompile(`<text x="([0-9.]+)" y="([0-9.]+)">([^<]*)</text>`)
	for _, lang := range prompts.Written() {
		for _, n := range []int{1, 99, 1000, 123456} {
			r := month("Rossi S.p.A.")
			r.Lines[0].Clocks = []statistics.Clock{{Clock: sla.Contact, Kept: n, Broken: n, Open: n}, {Clock: sla.Intervention, Kept: 3 * n}, {Clock: sla.Restore, Kept: n, Broken: n}}
			r.Total = r.Lines[0]
			found := text.FindAllStringSubmatch(string(Plot(r, Reader{Language: lang, Words: written.In(lang)})), -1)
			if len(found) != 6 {
				t.Fatalf("%s, %d: %d texts", lang, n, len(found))
			}
			for i, m := range found {
				x, err := strconv.ParseFloat(m[1], 64)
				if err != nil {
					t.Fatal(err)
				}
				limit := 980.0
				if i < 2 { // of the legend, whose next square follows
					limit = x + 150 - 18
				}
				if end := x + wide(m[3]); end > limit {
					t.Errorf("%s, %d: %q at %s ends at %.0f, want it before %.0f", lang, n, m[3], m[1], end, limit)
				}
			}
		}
	}
}

// wide is how wide a text of size 12 is in DejaVu Sans, a wide font; of letters it is the mean width.
func wide(text string) (sum float64) {
	for _, c := range text {
		switch {
		case c == ' ', c == ':', c == '/':
			sum += 12 * 0.337
		case c >= '0' && c <= '9':
			sum += 12 * 0.636
		default:
			sum += 12 * 0.55
		}
	}
	return sum
}

// TestAThirdLanguageIsData: tables and plot, written with the words of a pretend language, have no word of another.
func TestAThirdLanguageIsData(t *testing.T) {
	r := month("Rossi S.p.A.")
	r.Lines = append(r.Lines, statistics.Line{Level: "on_request", Category: sla.Question, Tickets: 1})
	r.Breaches = []statistics.Outcome{{Ticket: 417, Contract: "rossi", Name: "Rossi S.p.A.", Clock: sla.Contact, Due: time.Unix(0, 0), Account: map[string]string{"xx": "ж"}}}
	reader := Reader{Language: "xx", Words: writtentest.Pretend()}
	known := []string{"Rossi S.p.A.", "Rossi S…", "rossi", "extended", "on_request", "1970-01-01T00:00:00Z"}
	for name, text := range map[string]string{
		"lines": string(Lines(r, reader, Plain)), "breaches": string(Breaches(r, reader, Plain)),
		"plot": regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(Plot(r, reader)), " "),
	} {
		if foreign := writtentest.Foreign(text, known...); foreign != nil || len(text) < 50 {
			t.Errorf("%s: %q are no words of the language:\n%s", name, foreign, text)
		}
	}
}
