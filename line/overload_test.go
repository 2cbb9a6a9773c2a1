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
		{pressure{legs: 150, strangers: 150, lag: 50 * ms}, true, false}, // without the strangers nobody would be refused
		{pressure{legs: 199, strangers: 150, use: 0.9, lag: 50 * ms}, true, false},
		{pressure{legs: 200, strangers: 150, lag: 11 * ms}, true, true},
	} {
		c.judge(t, c.stranger, c.known)
	}
}

// A sign of shortage is one of too many calls only when calls become more, and near what the line holds.
func TestCallsDoNotBecomeManyMoreOnceTheMachineIsShort(t *testing.T) {
	for _, c := range []struct {
		pressure
		stranger, known bool // refused
	}{
		{pressure{legs: 1449, use: 0.41, highest: 1450}, true, false},
		{pressure{legs: 1450, use: 0.41, highest: 1450}, true, true},
		{pressure{legs: 1450, use: 0.41}, true, false},
		{pressure{legs: 101, use: 0.41, highest: 150}, true, false},  // an attack, or a stall: the calls are as many as before
		{pressure{legs: 300, use: 0.29, highest: 150}, false, false}, // far from what the line holds
		{pressure{legs: 49, use: 0.41, highest: 49}, false, false},   // too few to be what makes it late
	} {
		c.judge(t, c.stranger, c.known)
	}
}

func TestTheFirstSignOfShortageIsRememberedUntilTheMachineHasRested(t *testing.T) {
	var o overload
	for i, c := range []struct {
		pressure
		want int
	}{
		{pressure{legs: 500, rest: 0.30}, 0},
		{pressure{legs: 600, rest: 0.24}, 600 + spare}, // hardly a processor at rest
		{pressure{legs: 640, rest: 0.10}, 600 + spare},
		{pressure{legs: 400, rest: 0.34}, 600 + spare},
		{pressure{legs: 400, rest: 0.35}, 0},
		{pressure{legs: 410, rest: 0.90, late: true}, 410 + spare}, // a late tick
		{pressure{legs: 450, rest: 0.90, late: true}, 410 + spare},
		{pressure{legs: 450, rest: 0.30}, 410 + spare},
		{pressure{legs: 450, rest: 0.90}, 0},
	} {
		if got := o.highest(c.pressure); got != c.want {
			t.Errorf("%d: %+v: at most %d legs, want %d", i, c.pressure, got, c.want)
		}
	}
}

func (p pressure) judge(t *testing.T, stranger, known bool) {
	t.Helper()
	if s, k := p.tooMuch(true), p.tooMuch(false); s != stranger || k != known {
		t.Errorf("%+v: a stranger is refused %t, want %t; a trunk %t, want %t", p, s, stranger, k, known)
	}
}
