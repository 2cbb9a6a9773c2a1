package rtp

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/media/g711"
	"hotline/prove"
)

// packetOf is packet number n of a stream of 20 ms; each octet is the number.
func packetOf(n uint16) *Packet {
	frame := make([]byte, HeaderSize+160)
	for i := range frame {
		frame[i] = byte(n)
	}
	return &Packet{Sequence: n, Timestamp: 160 * uint32(n), Frame: frame, Payload: frame[HeaderSize:]}
}

// Whatever the network does, packets leave in the order of their numbers, none twice, none changed, and none is kept for
// longer than 40 ms; also where their numbers and timestamps begin anew at zero.
func TestPacketsLeaveInOrderAndInTime(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		var r Reorder
		first, clock := rapid.OneOf(rapid.Just(100), rapid.IntRange(65300, 65536)).Draw(t, "first number"), rapid.Uint32().Draw(t, "clock")
		now, last, left, came := time.Duration(0), 0, 0, map[int]bool{}
		leave := func(p *Packet) {
			behind := int(int32(p.Timestamp - clock)) // samples since number 0
			n := behind / 160
			if n <= last {
				t.Fatalf("%d leaves after %d", n, last)
			}
			if behind%160 != 0 || len(p.Payload) == 0 || len(p.Payload)%160 != 0 {
				t.Fatalf("%d octets at %d", len(p.Payload), behind)
			}
			if came[n] && (p.Sequence != uint16(n) || !bytes.Equal(p.Payload, packetOf(uint16(n)).Payload)) {
				t.Fatalf("packet %d leaves with the number %d and %d octets of %d", n, p.Sequence, len(p.Payload), p.Payload[0])
			}
			last = n
			left++
		}
		rest := func() {
			for {
				p, _, ok := r.Next()
				if !ok {
					return
				}
				leave(&p)
			}
		}
		numbers := rapid.SliceOfN(rapid.IntRange(-3, 6), 1, 120).Draw(t, "steps")
		n := first
		for _, step := range numbers {
			n = max(1, n+step)
			now += 20 * time.Millisecond
			if r.Expire(now) {
				rest()
			}
			p := packetOf(uint16(n))
			p.Timestamp = clock + 160*uint32(n)
			came[n] = true
			if r.Put(p, g711.ALaw, now) {
				leave(p)
			}
			rest()
		}
		if r.n > waiting {
			t.Fatalf("%d packets wait", r.n)
		}
		if r.Expire(now + reorderWait); r.n > 0 && r.release != r.n {
			t.Fatalf("%d packets wait for longer than %s", r.n, reorderWait)
		}
		rest()
		if r.n != 0 || left == 0 {
			t.Fatalf("%d packets are kept, %d left", r.n, left)
		}
	})
}

func TestALostPacketIsConcealedAndALongLossIsNot(t *testing.T) {
	for _, c := range []struct {
		name string
		lost uint16
		want int // packets that Next gives
	}{{"one", 1, 2}, {"three", 3, 2}, {"four", 4, 1}} {
		var r Reorder
		for n := uint16(1); n <= 5; n++ {
			r.Put(packetOf(n), g711.ALaw, 0)
		}
		if r.Put(packetOf(6+c.lost), g711.ALaw, 0) || r.Expire(reorderWait-1) || !r.Expire(reorderWait) {
			t.Fatalf("%s: the packet behind the loss does not wait for 40 ms", c.name)
		}
		got := 0
		for _, _, ok := r.Next(); ok; _, _, ok = r.Next() {
			got++
		}
		if got != c.want {
			t.Errorf("%s lost: %d packets go on, want %d", c.name, got, c.want)
		}
	}
}
