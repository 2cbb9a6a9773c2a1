package readback_test

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/prompts"
	"hotline/prompts/readback"
)

// goal is what a language's voice must reach besides: of the whole sentences 95 % must be understood, and every digit and every name of a key.
type goal struct {
	words, short float64 // share of the sentences that is understood word by word, and of the short clips: a little less than was measured
}

// sentences is the share of the whole sentences that must be understood.
const sentences = 0.95

func goals() map[prompts.Language]goal {
	return map[prompts.Language]goal{
		prompts.Italian: {words: 0.97, short: 0.96},
		prompts.German:  {words: 0.95, short: 0.91},
		prompts.English: {words: 0.85, short: 0.94},
		prompts.French:  {words: 0.82, short: 0.96},
		prompts.Spanish: {words: 0.98, short: 0.98},
	}
}

// languages are those that are listened to: Italian, or those that HOTLINE_READBACK names (`make readback`).
func languages() (list []prompts.Language) {
	for name := range strings.SplitSeq(cmp.Or(os.Getenv("HOTLINE_READBACK"), string(prompts.Italian)), ",") {
		list = append(list, prompts.Language(strings.TrimSpace(name)))
	}
	return list
}

// TestReadBack listens to every clip of the voices that ship. A recogniser is trained the first time.
func TestReadBack(t *testing.T) {
	for _, lang := range languages() {
		t.Run(string(lang), func(t *testing.T) { readsBack(t, lang) })
	}
}

func open(t *testing.T, lang prompts.Language) (*readback.Recogniser, []readback.Clip) {
	t.Helper()
	began := time.Now()
	ear, err := readback.Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	clips, err := readback.Clips(lang)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s until the recogniser stood", lang, time.Since(began).Round(time.Second))
	return ear, clips
}

func readsBack(t *testing.T, lang prompts.Language) {
	want, ok := goals()[lang]
	if !ok {
		t.Fatalf("there is no goal for %q", lang)
	}
	ear, clips := open(t, lang)
	began := time.Now()
	heard, err := readback.Judge(ear, clips, func(readback.Clip) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]readback.Verdict{"sentences": heard.Sentences, "sentences word by word": heard.Words, "digits": heard.Digits, "keys": heard.Keys, "short clips": heard.Short} {
		t.Logf("%s: %d of %d %s", lang, v.Right, v.All, name)
		for _, w := range v.Wrong {
			t.Logf("%s: %s", lang, w)
		}
	}
	t.Logf("%s: listened for %s", lang, time.Since(began).Round(time.Second))
	for _, v := range []struct {
		name      string
		got, want float64
	}{
		{"the sentences, as a whole,", heard.Sentences.Share(), sentences},
		{"the sentences, word by word,", heard.Words.Share(), want.words},
		{"the short clips", heard.Short.Share(), want.short},
	} {
		if v.got < v.want {
			t.Errorf("%s: %.1f %% of %s are understood; want %.1f", lang, 100*v.got, v.name, 100*v.want)
		}
	}
	for _, w := range slices.Concat(heard.Digits.Wrong, heard.Keys.Wrong) {
		t.Errorf("%s: a digit or a key is misheard: %s", lang, w)
	}
}

// TestReadBackHearsAWrongWord: a voice with wrong words is complained of, though the ear is told that they are right. In one sentence of five
// a word is another than the catalogue has it, and every digit is the next one. `make test` looks at the digits alone: each part of the
// sentences needs an ear of its own, and `make readback` takes that time.
func TestReadBackHearsAWrongWord(t *testing.T) {
	for _, lang := range languages() {
		t.Run(string(lang), func(t *testing.T) { hearsWrongWords(t, lang) })
	}
}

func hearsWrongWords(t *testing.T, lang prompts.Language) {
	ear, clips := open(t, lang)
	clips, changed, err := readback.Falsify(lang, clips)
	if err != nil {
		t.Fatal(err)
	}
	least := 60
	if os.Getenv("HOTLINE_READBACK") == "" {
		least = 30
		maps.DeleteFunc(changed, func(id prompts.ID, _ string) bool { return !strings.HasPrefix(string(id), "digit-") })
	}
	heard, err := readback.Judge(ear, clips, func(c readback.Clip) bool { return changed[c.ID] != "" })
	if err != nil {
		t.Fatal(err)
	}
	caught := map[prompts.ID]bool{}
	for _, w := range slices.Concat(heard.Sentences.Wrong, heard.Words.Wrong, heard.Keys.Wrong, heard.Digits.Wrong) {
		caught[w.ID] = true
	}
	for id, what := range changed {
		if !caught[id] {
			t.Logf("%s: nobody notices in %s: %s", lang, id, what)
		}
	}
	t.Logf("%s: %d of %d wrong clips are complained of", lang, len(caught), len(changed))
	if len(changed) < least || float64(len(caught)) < 0.95*float64(len(changed)) {
		t.Errorf("%s: %d of %d wrong clips are complained of; want 95 %% of %d or more", lang, len(caught), len(changed), least)
	}
}
