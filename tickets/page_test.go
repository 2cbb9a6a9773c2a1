package tickets_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hotline/tickets"
)

// FuzzCursor: a cursor is one that a page gave, and gives its place back, or it is refused.
func FuzzCursor(f *testing.F) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 1000, time.UTC)
	for _, p := range []tickets.Position{
		{Sort: "due", At: tickets.Never(), Number: 417}, {Sort: "-number", Number: 1}, {Sort: "priority", Rank: 9, Number: 2},
		{Sort: "-started", At: at, Call: "a/b c"},
	} {
		f.Add(p.Cursor())
	}
	f.Add("bm8")
	f.Add("eyJzIjoiZHVlIn0=")
	f.Fuzz(func(t *testing.T, text string) {
		for _, sort := range []string{"", "due", "priority", "-number"} {
			p, given, err := tickets.Filter{Sort: sort, After: text}.Place()
			if err != nil {
				if !errors.Is(err, tickets.ErrCursor) || given {
					t.Fatalf("%q: %v, %v", text, given, err)
				}
				continue
			}
			if given != (text != "") || given && p.Cursor() != text {
				t.Fatalf("%q is read as %+v", text, p)
			}
		}
	})
}

func TestWordsLookedForAreBoundedAndANumberIsOneWord(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, " ?! ": nil, "Rossi, S.p.A.": {"rossi", "s", "p", "a"}, "+39 06-12345": {"390612345"}, "ticket 417": {"ticket", "417"},
		"l'unità È ferma": {"l", "unità", "è", "ferma"}, "a b c d e f g h i j k l": {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
	} {
		if got := (tickets.Filter{Search: text}).Words(); !slices.Equal(got, want) {
			t.Errorf("%q is looked for as %q, want %q", text, got, want)
		}
	}
}
