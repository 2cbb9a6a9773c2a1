package likeness

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAHalfSecondIsFoundWhereItWasSaid compares what is found in stages with what every place compared whole gives: each half second of a
// voice, in the other's noise, at another level, among other words of the same voice.
func TestAHalfSecondIsFoundWhereItWasSaid(t *testing.T) {
	said := spoken(t, "it", "request-locked", "still-searching", "next-step")
	said = said[:min(len(said), 8*8000)]
	random := rand.New(rand.NewPCG(1, 2))
	for _, noise := range []int{0, 300, 1000} {
		heard := slices.Clone(said)
		for i, v := range said {
			heard[i] = v/3 + int16(noise*(random.IntN(2001)-1000)/3000)
		}
		judged := 0
		for at := 0; at+4000 <= len(said); at += 4000 {
			part := said[at : at+4000]
			best, place := Correlate(heard, part)
			every := make([]int, len(part))
			for i := range every {
				every[i] = i
			}
			whole := pick(part, every)
			there := whole.match(heard[at:])
			if there < 0.5 { // hardly anything but noise
				continue
			}
			if judged++; place != at || best < there-1e-9 {
				t.Errorf("noise %d: the half second from sample %d is found at %d with %.3f; there it is %.3f", noise, at, place, best, there)
			}
		}
		if judged < 10 {
			t.Errorf("noise %d: %d half seconds are judged", noise, judged)
		}
	}
}
