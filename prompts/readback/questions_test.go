package readback

import (
	"slices"
	"strings"
	"testing"

	"hotline/prompts"
)

func TestAVoiceMakesItsPausesBetweenPhrases(t *testing.T) {
	for text, want := range map[string][2]string{
		"Se va bene, prema uno. | Per un altro, prema due.": {"se va bene <sil> prema uno <sil> per un altro <sil> prema due", "se_va_bene prema_uno per_un_altro prema_due"},
		"Linea dei tecnici.": {"linea dei tecnici", "linea_dei_tecnici"},
		"un tecnico":         {"un tecnico", "un_tecnico"},
	} {
		if got := withPauses(text); got != want[0] {
			t.Errorf("%q has the pauses %q; want %q", text, got, want[0])
		}
		if got := phrases(text); got != want[1] || strings.ReplaceAll(got, linked, " ") != Words(text) {
			t.Errorf("%q has the phrases %q; want %q", text, got, want[1])
		}
	}
}

func TestWordsThatSoundAlikeAreNotToldApart(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		distance int
		differ   bool
	}{
		{"s e t t e", "s e t t e", 0, false}, {"s e t t e", "o t t o", 3, true}, {"u n o", "u n a", 1, false}, {"e", "o", 1, false}, {"", "d u e", 3, true},
		{"p r e m a", "p r e m e r e", 3, false},
	} {
		a, b := strings.Fields(c.a), strings.Fields(c.b)
		if got := distance(a, b); got != c.distance || distance(b, a) != got {
			t.Errorf("%q and %q are %d apart; want %d", c.a, c.b, got, c.distance)
		}
		if got := soundsOtherwise(a, b); got != c.differ {
			t.Errorf("%q and %q sound otherwise: %v", c.a, c.b, got)
		}
	}
}

// TestEveryWordHasManyOthers: of a language's words, a word of a sentence is told from 40 at least, and from none that sounds as it does.
func TestEveryWordHasManyOthers(t *testing.T) {
	v, err := vocabularyOf(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	sounds := map[string][]string{}
	for _, w := range v.words {
		sounds[w] = strings.Split(w, "")
	}
	const text = "Per parlare con un tecnico, prema uno."
	g := otherwise(text, v.words, sounds)
	for i, w := range strings.Fields(Words(text)) {
		if len(g[i]) < 41 || len(g[i]) > others+1 || g[i][0] != w || slices.Contains(g[i][1:], w) {
			t.Errorf("%s is told from %d words", w, len(g[i])-1)
		}
		for _, other := range g[i][1:] {
			if !soundsOtherwise(sounds[w], sounds[other]) {
				t.Errorf("%s is told from %s", w, other)
			}
		}
	}
}

// TestNoSentenceIsJudgedByWhoWasToldIt: each has a part, no part is much larger than another, and what is no whole sentence has none.
func TestNoSentenceIsJudgedByWhoWasToldIt(t *testing.T) {
	clips, err := Clips(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	report := &Report{}
	var list []asked
	in := map[int]int{}
	for _, c := range clips {
		if c.Class == prompts.Whole {
			in[partOf(c)]++
			list = append(list, asked{clip: c, verdict: &report.Sentences})
		} else if partOf(c) != parts {
			t.Errorf("%s is in part %d", c.ID, partOf(c))
		}
	}
	for part := range parts {
		if in[part] < len(list)/parts-20 || len(report.lessons(list, part)) != len(list)-in[part] {
			t.Errorf("part %d has %d sentences of %d, and its ear is told %d", part, in[part], len(list), len(report.lessons(list, part)))
		}
		for _, l := range report.lessons(list, part) {
			for i, a := range list {
				if name(i) == l.name && partOf(a.clip) == part {
					t.Errorf("%s is told to the ear that judges it", a.clip.ID)
				}
			}
		}
	}
	if n := len(report.lessons(list, parts)); n != len(list) {
		t.Errorf("who judges digits is told %d sentences of %d", n, len(list))
	}
}
