package prompts

import (
	"strings"
	"testing"
)

// TestEverySpokenPromptHasANumberOfItsOwn: one that somebody can key, the same in every language; what is no speech has none.
func TestEverySpokenPromptHasANumberOfItsOwn(t *testing.T) {
	spoken := map[ID]bool{}
	for _, lang := range Languages() {
		b := open(t, lang)
		entries, err := Catalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			n := NumberOf(e.ID)
			if e.Class == Sound {
				if n != 0 {
					t.Errorf("%s is no speech and has number %d", e.ID, n)
				}
				continue
			}
			spoken[e.ID] = true
			if found, ok := b.Numbered(n); n < 100 || n > 9999 || !ok || found != e {
				t.Errorf("%s %s has number %d, under which %q is found; write the next free number into numbers.txt", lang, e.ID, n, found.ID)
			}
		}
	}
	lines := 0
	for line := range strings.Lines(numbersFile) {
		_, id, found := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(line, "#") || !found {
			continue
		}
		if lines++; !spoken[ID(id)] && !strings.HasPrefix(id, "former ") {
			t.Errorf("%s has a number and is no prompt any more: write former before its name, so that nobody else gets the number", id)
		}
	}
	if r := registered(); lines != len(r.numbers) || lines != len(r.ids) {
		t.Errorf("%d lines give %d prompts %d numbers: something stands twice", lines, len(r.numbers), len(r.ids))
	}
}

// TestANumberStaysThatOfItsPrompt: studios have printed them.
func TestANumberStaysThatOfItsPrompt(t *testing.T) {
	for id, n := range map[ID]int{"welcome": 101, "enter-pin": 109, "menu": 140, "goodbye": 318, "letter-a": 361, "digit-0": 1001, "n-21": 1052, "weekday-6": 1311} {
		if got := NumberOf(id); got != n {
			t.Errorf("%s has number %d, want %d", id, got, n)
		}
	}
}

func TestTheNextPromptIsTheOneOfTheNextNumber(t *testing.T) {
	for _, lang := range Languages() {
		b := open(t, lang)
		entries, _ := Catalogue(lang)
		seen := map[int]bool{}
		n := 0
		for range entries {
			if n = b.NextNumber(n); seen[n] {
				break
			}
			seen[n] = true
		}
		if spoken := len(entries) - 3; len(seen) != spoken || n != 101 {
			t.Errorf("%s: %d prompts follow one after the other, and then number %d; want %d and the first again", lang, len(seen), n, spoken)
		}
	}
	if _, ok := open(t, English).Numbered(7); ok {
		t.Error("there is a prompt number 7")
	}
}
