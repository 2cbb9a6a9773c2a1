package line

import (
	"testing"
	"time"
)

func TestStrangersAreRefusedAtALowerLoadThanThoseWhoAreKnown(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		pressure
		stranger, known bool // refused
	}{
		{pressure{49, 0.9, 50 * ms, 50 * ms}, false, false}, // it is not the calls that are too many
		{pressure{50, 0.31, 5 * ms, 50 * ms}, false, false}, // a stall of the machine
		{pressure{50, 0.32, 0, 0}, true, false},
		{pressure{50, 0, 6 * ms, 0}, true, false},
		{pressure{50, 0.42, 10 * ms, 15 * ms}, true, false},
		{pressure{50, 0.43, 0, 0}, true, true},
		{pressure{50, 0, 11 * ms, 0}, true, true},
		{pressure{50, 0.33, 0, 16 * ms}, true, false},
		{pressure{50, 0.34, 0, 16 * ms}, true, true}, // the first sign
	} {
		if s, k := c.tooMuch(true), c.tooMuch(false); s != c.stranger || k != c.known {
			t.Errorf("%+v: a stranger is refused %t, want %t; a trunk %t, want %t", c.pressure, s, c.stranger, k, c.known)
		}
	}
}
