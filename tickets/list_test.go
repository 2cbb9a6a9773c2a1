package tickets_test

import (
	"slices"
	"testing"

	"hotline/tickets"
)

func TestWordsLookedForAreBoundedAndANumberIsOneWord(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, " ?! ": nil, "Rossi, S.p.A.": {"rossi", "s", "p", "a"}, "+39 06-12345": {"390612345"}, "ticket 417": {"ticket", "417"},
		"l'unità È ferma": {"l", "unità", "è", "ferma"}, "press the press": {"press", "the"}, "a b c d e f g h i j k l": {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
	} {
		if got := (tickets.Filter{Search: text}).Words(); !slices.Equal(got, want) {
			t.Errorf("%q is looked for as %q, want %q", text, got, want)
		}
	}
}
