package numbers

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestWhatIsKeptIsTheResultOfThatVeryText(t *testing.T) {
	m, asked := newCache(), map[string]int{}
	work := func(text string) string { asked[text]++; return "<" + text + ">" }
	for range 2 {
		for n := range 5000 { // more than there are slots
			text := fmt.Sprint(n)
			if got := m.of(text, work); got != "<"+text+">" {
				t.Fatalf("%s gives %s", text, got)
			}
		}
	}
	m.of("1", work)
	before := asked["1"]
	if m.of("1", work); asked["1"] != before {
		t.Error("a result that is kept is worked out again")
	}
	long := strings.Repeat("1", longest+1)
	m.of(long, work)
	if m.of(long, work); asked[long] != 2 {
		t.Error("a text of any length is kept")
	}
}

func TestAPlanMayBeAskedByManyAtOnce(t *testing.T) {
	plan, err := For("IT")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range 200 {
				text := fmt.Sprintf("06555%04d", n)
				if got := plan.E164(text); got != "+39"+text {
					t.Errorf("%s is %s", text, got)
				}
				if got := plan.Shown(text); !strings.HasPrefix(got, "+39 06 ") {
					t.Errorf("%s is shown as %s", text, got)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkANumberThatWasAskedForBefore(b *testing.B) {
	plan, err := For("IT")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		plan.E164("065551239")
	}
}
