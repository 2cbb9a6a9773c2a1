package audit

import (
	"testing"
	"time"
)

type part struct {
	Name string
	Days []int
}

type whole struct {
	ID     string
	At     time.Time
	Parts  []part
	Limits *part
	Stops  map[string][]string
}

func TestDocumentsThatSayTheSame(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	some := func(change func(*whole)) whole {
		w := whole{ID: "a", At: at, Parts: []part{{"x", []int{1, 2}}}, Limits: &part{Name: "l"}, Stops: map[string][]string{"customer": {"restore"}}}
		change(&w)
		return w
	}
	for name, c := range map[string]struct {
		change func(*whole)
		same   bool
	}{
		"nothing":                     {func(*whole) {}, true},
		"the zone of an instant":      {func(w *whole) { w.At = at.In(time.FixedZone("", 3600)) }, true},
		"an empty list for none":      {func(w *whole) { w.Limits.Days = []int{} }, true},
		"another pointer to the same": {func(w *whole) { w.Limits = &part{Name: "l"} }, true},
		"a text":                      {func(w *whole) { w.ID = "b" }, false},
		"an instant":                  {func(w *whole) { w.At = at.Add(1) }, false},
		"a part of a part":            {func(w *whole) { w.Parts[0].Days[1] = 3 }, false},
		"a part more":                 {func(w *whole) { w.Parts = append(w.Parts, part{}) }, false},
		"no limits":                   {func(w *whole) { w.Limits = nil }, false},
		"other limits":                {func(w *whole) { w.Limits.Name = "m" }, false},
		"another key":                 {func(w *whole) { w.Stops = map[string][]string{"access": {"restore"}} }, false},
		"another value":               {func(w *whole) { w.Stops["customer"] = nil }, false},
	} {
		if a, b := some(func(*whole) {}), some(c.change); Same(a, b) != c.same || Same(b, a) != c.same {
			t.Errorf("with %s changed they are the same: %v", name, !c.same)
		}
	}
	if !Same([]int{1}, []int{1}) || Same([]int{1}, []int{2}) {
		t.Error("of lists, which are no structs, it is told otherwise")
	}
}
