package paging_test

import (
	"errors"
	"testing"
	"time"

	"hotline/paging"
)

// FuzzCursor: a cursor is one that a page gave, and gives its place back, or it is refused.
func FuzzCursor(f *testing.F) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 1000, time.UTC)
	for _, p := range []paging.Position{
		{Sort: "due", At: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), Number: 417}, {Sort: "-number", Number: 1}, {Sort: "priority", Rank: 9, Number: 2},
		{Sort: "-started", At: at, ID: "a/b c"},
	} {
		f.Add(p.Cursor())
	}
	f.Add("bm8")
	f.Add("eyJzIjoiZHVlIn0=")
	f.Fuzz(func(t *testing.T, text string) {
		for _, sort := range []string{"due", "priority", "-number"} {
			p, given, err := paging.Place(text, sort)
			if err != nil {
				if !errors.Is(err, paging.ErrCursor) || given {
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
