package line

import (
	"testing"
	"time"
)

func TestStrangersAreRefusedAtALowerLoadThanThoseWhoAreKnown(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		legs            int
		use             float64
		lag             time.Duration
		stranger, known bool // refused
	}{
		{49, 0.9, 50 * ms, false, false}, // it is not the calls that are too many
		{50, 0.31, 5 * ms, false, false},
		{50, 0.32, 0, true, false},
		{50, 0, 6 * ms, true, false},
		{50, 0.42, 10 * ms, true, false},
		{50, 0.43, 0, true, true},
		{50, 0, 11 * ms, true, true},
	} {
		if s, k := tooMuch(c.legs, c.use, c.lag, true), tooMuch(c.legs, c.use, c.lag, false); s != c.stranger || k != c.known {
			t.Errorf("%d legs, use %.2f, lag %s: a stranger is refused %t, want %t; a trunk %t, want %t", c.legs, c.use, c.lag, s, c.stranger, k, c.known)
		}
	}
}
