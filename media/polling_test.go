package media

import (
	"net/netip"
	"testing"
	"time"

	"hotline/media/rtp"
)

// queue is a socket at which packets wait.
type queue struct {
	mute
	waiting [][]byte
	looks   int
}

func (q *queue) Receive(b []byte) (int, netip.AddrPort, bool) {
	q.looks++
	if len(q.waiting) == 0 {
		return 0, netip.AddrPort{}, false
	}
	n := copy(b, q.waiting[0])
	q.waiting = q.waiting[1:]
	return n, q.from, true
}

// come lets n packets of a length arrive.
func (q *queue) come(n, octets int) {
	for range n {
		q.n++
		s := rtp.Sender{SSRC: 1, Sequence: q.n}
		b := make([]byte, rtp.HeaderSize+octets)
		s.Put(b, 8, false, uint32(q.n)*uint32(octets))
		q.waiting = append(q.waiting, b)
	}
}

func TestPacketsOfEveryLengthAndBunchesOfThemAreTakenAtTheirTurn(t *testing.T) {
	for _, c := range []struct {
		name   string
		octets int
		come   []int // packets by the turn, again and again
		wait   int   // that may be left
	}{
		{"20 ms", 160, []int{1}, 0},
		{"10 ms", 80, []int{2}, 0},
		{"30 ms", 240, []int{1, 0, 1}, 0},
		{"60 ms", 480, []int{1, 0, 0}, 0},
		{"one late by a turn", 160, []int{1, 0, 2, 1}, 0},
		{"three at once", 160, []int{0, 0, 3}, 0},
		{"the last of a bunch a turn later", 160, []int{0, 0, 0, 0, 4, 2, 1, 1, 1, 1}, 0},
		{"some lost", 160, []int{1, 0, 1, 1, 0, 0, 1}, 0},
		{"a clock that is faster", 160, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}, 2},
	} {
		w, l := bench(t, false)
		q := &queue{mute: mute{from: phoneAt}}
		l.sockets.rtp = q
		for turn := range 600 {
			q.come(c.come[turn%len(c.come)], c.octets)
			w.now += 20 * time.Millisecond
			w.turn(l, w.now)
			if len(q.waiting) > c.wait {
				t.Fatalf("%s: %d packets wait after turn %d", c.name, len(q.waiting), turn)
			}
		}
		if c.name == "20 ms" && q.looks > 640 {
			t.Errorf("%d looks for 600 packets", q.looks)
		}
	}
}
