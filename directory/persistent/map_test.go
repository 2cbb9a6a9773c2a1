package persistent

import (
	"maps"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"hotline/prove"
)

// TestAMapIsWhatAPlainMapWouldBeAndOldOnesStay: any row of edits, and every map on the way is still what it was.
func TestAMapIsWhatAPlainMapWouldBeAndOldOnesStay(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		plain := map[int]int{}
		for i := range rapid.IntRange(0, 300).Draw(t, "size") {
			plain[i] = i
		}
		m := Of(maps.Clone(plain))
		type moment struct {
			m     Map[int, int]
			plain map[int]int
		}
		var past []moment
		for step := range rapid.IntRange(0, 300).Draw(t, "edits") {
			key := rapid.IntRange(0, 400).Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				m, plain[key] = m.With(key, step), step
			} else {
				m = m.Without(key)
				delete(plain, key)
			}
			if step%50 == 0 {
				past = append(past, moment{m, maps.Clone(plain)})
			}
		}
		for _, p := range append(past, moment{m, plain}) {
			if got := maps.Collect(p.m.All()); !reflect.DeepEqual(got, p.plain) || p.m.Len() != len(p.plain) {
				t.Fatalf("the map is %v of %d, want %v", got, p.m.Len(), p.plain)
			}
			for key := range 402 {
				got, there := p.m.Get(key)
				if want, ok := p.plain[key]; got != want || there != ok || p.m.At(key) != want {
					t.Fatalf("key %d: %d, %v, want %d, %v", key, got, there, want, ok)
				}
			}
		}
	})
}

func TestTheZeroValueIsAnEmptyMap(t *testing.T) {
	var none Map[string, int]
	if none.Len() != 0 || none.At("x") != 0 || none.With("x", 1).At("x") != 1 || none.Without("x").Len() != 0 {
		t.Error("the zero value is no empty map")
	}
}
