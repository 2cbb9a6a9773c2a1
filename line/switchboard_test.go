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
		{pressure{legs: 49, use: 0.9, lag: 50 * ms}, false, false}, // it is not the calls that are too many
		{pressure{legs: 50, use: 0.31, lag: 5 * ms}, false, false},
		{pressure{legs: 50, use: 0.32}, true, false},
		{pressure{legs: 50, lag: 6 * ms}, true, false},
		{pressure{legs: 50, use: 0.42, lag: 10 * ms}, true, false},
		{pressure{legs: 50, use: 0.43}, true, true},
		{pressure{legs: 50, lag: 11 * ms}, true, true},
	} {
		c.judge(t, c.stranger, c.known)
	}
}

// The first late instant is a sign of too many calls only when calls become more.
func TestCallsDoNotBecomeManyMoreOnceAnInstantWasLate(t *testing.T) {
	for _, c := range []struct {
		pressure
		stranger, known bool // refused
	}{
		{pressure{legs: 1449, use: 0.41, crowded: 1400}, true, false},
		{pressure{legs: 1450, use: 0.41, crowded: 1400}, true, true},
		{pressure{legs: 1400, use: 0.41}, true, false},                 // no instant was late
		{pressure{legs: 101, use: 0.41, crowded: 100}, true, false},    // an attack, or a stall: the calls are as many as before
		{pressure{legs: 300, use: 0.29, crowded: 100}, false, false},   // far from what the line holds
		{pressure{legs: 49, use: 0.41, crowded: 1}, false, false},      // too few to be what makes it late
		{pressure{legs: 1300, use: 0.30, crowded: 1400}, false, false}, // some have gone
	} {
		c.judge(t, c.stranger, c.known)
	}
}

func (p pressure) judge(t *testing.T, stranger, known bool) {
	t.Helper()
	if s, k := p.tooMuch(true), p.tooMuch(false); s != stranger || k != known {
		t.Errorf("%+v: a stranger is refused %t, want %t; a trunk %t, want %t", p, s, stranger, k, known)
	}
}
