package access

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestGuessesOfOneSourceEndForAMinute(t *testing.T) {
	var r Refusals
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	guesser, neighbour, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("192.0.2.7")
	judged := 0
	for range 10_000 {
		if !r.Spent(guesser, now) {
			judged++
			r.Note(guesser, now)
		}
	}
	if judged != refusalsMost {
		t.Errorf("%d guesses were looked at", judged)
	}
	if !r.Spent(neighbour, now) || r.Spent(other, now) || r.Spent(guesser, now.Add(refusalTime)) {
		t.Error("the next address of the same network guesses on, others are touched, or the minute never ends")
	}
	for range 100 {
		r.Note(netip.MustParseAddr("127.0.0.1"), now)
	}
	if r.Spent(netip.MustParseAddr("127.0.0.1"), now) {
		t.Error("all who come by a proxy of this machine are refused for one of them")
	}
	for i := range 3 * sourcesMost {
		r.Note(netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)), now)
	}
	if len(r.counts) > sourcesMost {
		t.Errorf("%d sources are remembered", len(r.counts))
	}
}
