package guard

import (
	"hash/maphash"
	"strconv"
	"testing"
	"time"
)

// TestARepeatIsCountedWhereAnotherMessageSharesItsPlace: which ones share a place is chance.
func TestARepeatIsCountedWhereAnotherMessageSharesItsPlace(t *testing.T) {
	r, now := newRetransmissions(), time.Unix(1e9, 0)
	message := []byte("INVITE 0")
	place := func(m []byte) uint64 { return maphash.Bytes(r.seed, m) % uint64(len(r.last)) }
	other := message
	for n := 1; string(other) == string(message) || place(other) != place(message); n++ {
		other = []byte("INVITE " + strconv.Itoa(n))
	}
	for _, c := range []struct {
		message []byte
		after   time.Duration
		want    uint64
	}{{message, 0, 0}, {other, time.Second, 0}, {message, time.Second, 1}, {other, time.Second, 2}, {message, 33 * time.Second, 2}, {message, time.Second, 3}} {
		now = now.Add(c.after)
		if r.note(c.message, now); r.count() != c.want {
			t.Errorf("after %q %d are counted, want %d", c.message, r.count(), c.want)
		}
	}
}
