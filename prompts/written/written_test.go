package written

import (
	"strings"
	"testing"

	"hotline/prompts"
)

func TestEachLanguageHasTheSameWordsWithTheSameGaps(t *testing.T) {
	languages := prompts.Written()
	first := In(languages[0])
	if len(first) < 100 {
		t.Fatalf("%d words: the file is not read", len(first))
	}
	for _, lang := range languages[1:] {
		words := In(lang)
		if len(words) != len(first) {
			t.Errorf("%s has %d words, %s has %d", lang, len(words), languages[0], len(first))
		}
		for id, text := range first {
			other, ok := words[id]
			if !ok {
				t.Errorf("%s has no %s", lang, id)
			}
			if strings.Count(text, "%") != strings.Count(other, "%") {
				t.Errorf("%s: %q and %q have different gaps", id, text, other)
			}
		}
	}
}

func TestEachWrittenLanguageIsAFileHere(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(prompts.Written()) {
		t.Errorf("%d files for %d languages", len(entries), len(prompts.Written()))
	}
	for _, lang := range prompts.Written() {
		if text, err := files.ReadFile(string(lang) + ".txt"); err != nil || len(Read(string(text))) != len(In(lang)) {
			t.Errorf("%s: %v", lang, err)
		}
	}
	for lang, reads := range map[prompts.Language]prompts.Language{"xx": prompts.Italian, prompts.German: prompts.English} {
		if In(lang).Text("clock-contact") != In(reads).Text("clock-contact") {
			t.Errorf("a letter for %q is not in %q", lang, reads)
		}
	}
}

func TestAnUnknownIDIsShownAsItIs(t *testing.T) {
	w := In(prompts.English)
	if w.Category("") != "request without a category" || w.Category("blocking") != "blocking anomaly" || w.Category("strange") != "strange" || w.Clock("restore") != "restore" || w.Text("nothing") != "nothing" {
		t.Errorf("%v", w)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a: b\n# c: d\ne: \"\"\nf:g\n")
	f.Fuzz(func(t *testing.T, text string) {
		for id, words := range Read(text) {
			if strings.HasPrefix(id, "#") || strings.ContainsAny(words, "\n") {
				t.Errorf("%q: %q", id, words)
			}
		}
	})
}

// BenchmarkIn: an explanation asks for the words of every language once for each part of each clock.
func BenchmarkIn(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		In(prompts.English)
	}
}
