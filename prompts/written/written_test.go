package written

import (
	"strings"
	"testing"

	"hotline/prompts"
)

func TestEachLanguageHasTheSameWordsWithTheSameGaps(t *testing.T) {
	languages := prompts.Languages()
	first := In(languages[0])
	if len(first) < 20 {
		t.Fatalf("%d words: the file is not read", len(first))
	}
	for _, lang := range languages[1:] {
		words := In(lang)
		if len(words) != len(first) {
			t.Errorf("%s has %d words, %s has %d", lang, len(words), languages[0], len(first))
		}
		for id, text := range first {
			other, ok := words[id]
			if !ok || other == "" {
				t.Errorf("%s has no %s", lang, id)
			}
			if strings.Count(text, "%") != strings.Count(other, "%") {
				t.Errorf("%s: %q and %q have different gaps", id, text, other)
			}
		}
	}
}

func TestAnUnknownIDIsShownAsItIs(t *testing.T) {
	w := In(prompts.English)
	if w.Category("") != "request without a category" || w.Category("blocking") != "blocking anomaly" || w.Category("strange") != "strange" || w.Clock("restore") != "restore" || w.Text("nothing") != "nothing" {
		t.Errorf("%v", w)
	}
}
