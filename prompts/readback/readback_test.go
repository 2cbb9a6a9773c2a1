package readback_test

import (
	"cmp"
	"os"
	"strings"
	"testing"
	"time"

	"hotline/prompts"
	"hotline/prompts/readback"
)

// goal is what a language's voice must reach.
type goal struct {
	sentences    float64 // share that is understood
	digits, keys int     // that may be misheard
	short        float64 // share that is understood
}

// goals are those of every language: of whole sentences 95 %, of digits and of keys all. Italian misses one key, and is held to that: of
// one sentence the ear hears nothing. Of short clips there is no goal but what was measured: "sessanta" is "settanta" to this ear.
func goals() map[prompts.Language]goal {
	all := map[prompts.Language]goal{}
	for _, lang := range prompts.Languages() {
		all[lang] = goal{sentences: 0.95}
	}
	all[prompts.Italian] = goal{sentences: 0.95, keys: 1, short: 0.9}
	return all
}

// TestReadBack listens to every clip of the voices that ship: in Italian, or in the languages that HOTLINE_READBACK names (`make readback`).
// A recogniser is trained the first time.
func TestReadBack(t *testing.T) {
	for name := range strings.SplitSeq(cmp.Or(os.Getenv("HOTLINE_READBACK"), string(prompts.Italian)), ",") {
		lang := prompts.Language(strings.TrimSpace(name))
		t.Run(string(lang), func(t *testing.T) { readsBack(t, lang) })
	}
}

func readsBack(t *testing.T, lang prompts.Language) {
	want, ok := goals()[lang]
	if !ok {
		t.Fatalf("there is no goal for %q", lang)
	}
	began := time.Now()
	ear, err := readback.Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	trained := time.Since(began)
	heard, err := readback.Judge(ear, lang)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]readback.Verdict{"sentences": heard.Sentences, "digits": heard.Digits, "keys": heard.Keys, "short clips": heard.Short} {
		t.Logf("%s: %d of %d %s", lang, v.Right, v.All, name)
		for _, w := range v.Wrong {
			t.Logf("%s: %s", lang, w)
		}
	}
	t.Logf("%s: %s until the recogniser stood, %s in all", lang, trained.Round(time.Second), time.Since(began).Round(time.Second))
	if got := heard.Sentences.Share(); got < want.sentences {
		t.Errorf("%s: %.1f %% of the sentences are understood; want %.1f", lang, 100*got, 100*want.sentences)
	}
	if n := len(heard.Digits.Wrong); n > want.digits {
		t.Errorf("%s: %d digits are misheard; want %d at most", lang, n, want.digits)
	}
	if n := len(heard.Keys.Wrong); n > want.keys {
		t.Errorf("%s: %d names of keys are misheard; want %d at most", lang, n, want.keys)
	}
	if got := heard.Short.Share(); got < want.short {
		t.Errorf("%s: %.1f %% of the short clips are understood; want %.1f", lang, 100*got, 100*want.short)
	}
}
