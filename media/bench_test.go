package media

import (
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/rtp"
	"hotline/media/sdp"
	"hotline/media/srtp"
)

// BenchmarkTurn is what one leg's turn of 20 ms costs without the kernel: one packet heard and one sent.
func BenchmarkTurn(b *testing.B) {
	turn := func(b *testing.B, w *worker, legs ...*Leg) {
		for b.Loop() {
			w.now += frame
			for _, l := range legs {
				next(l)
				w.turn(l, w.now)
			}
		}
	}
	playing := func(l *Leg) {
		l.playback = &playback{sound: NewSound(make([]int16, 3777)), options: PlayOptions{Loop: true}, done: make(chan error, 1)}
	}
	b.Run("silence", func(b *testing.B) {
		w, l := bench(b, false)
		turn(b, w, l)
	})
	b.Run("prompt", func(b *testing.B) {
		w, l := bench(b, false)
		playing(l)
		turn(b, w, l)
	})
	b.Run("prompt in packets of 30 ms", func(b *testing.B) {
		w, l := bench(b, false)
		l.terms.Packet = 240
		playing(l)
		turn(b, w, l)
	})
	b.Run("SRTP", func(b *testing.B) {
		w, l := bench(b, false)
		sealedBoth(b, l)
		playing(l)
		turn(b, w, l)
	})
	joined := func(b *testing.B, packet int) {
		w, a := bench(b, false)
		c := secondLeg(w, a)
		c.terms.Packet = packet
		turn(b, w, a, c)
	}
	b.Run("bridge", func(b *testing.B) { joined(b, frameSamples) })
	b.Run("bridge of 20 and 30 ms", func(b *testing.B) { joined(b, 240) })
	b.Run("three", func(b *testing.B) {
		w, legs := threeLegs(b)
		turn(b, w, legs...)
	})
	b.Run("three of two laws", func(b *testing.B) {
		w, legs := threeLegs(b)
		legs[1].terms.Codec = g711.MuLaw
		turn(b, w, legs...)
	})
}

// threeLegs are three that talk to each other.
func threeLegs(b *testing.B) (*worker, []*Leg) {
	w, first := bench(b, false)
	c := &conference{legs: [...]*Leg{first, secondLeg(w, first), secondLeg(w, first)}}
	for _, l := range c.legs {
		l.bridge = bridge{three: c, order: new(rtp.Reorder)}
	}
	return w, c.legs[:]
}

// secondLeg is a partner of a bench's leg.
func secondLeg(w *worker, a *Leg) *Leg {
	c := newLeg(a.engine, near, pair{rtp: &mute{packet: make([]byte, 172), from: phoneAt}})
	c.worker.Store(w)
	c.state, c.terms, c.in.latch, c.rtcp.next = open, a.terms, a.in.latch, time.Hour
	a.bridge, c.bridge = bridge{partner: c, order: new(rtp.Reorder)}, bridge{partner: a, order: new(rtp.Reorder)}
	return c
}

// sealedBoth encrypts what a bench's leg hears and sends.
func sealedBoth(b testing.TB, l *Leg) {
	b.Helper()
	ours, theirs := sdp.NewCrypto(srtp.CM80), sdp.NewCrypto(srtp.CM80)
	var err error
	if l.encryption, err = newEncryption(ours, theirs); err != nil {
		b.Fatal(err)
	}
	peer, err := newEncryption(theirs, ours)
	if err != nil {
		b.Fatal(err)
	}
	l.sockets.rtp = &encrypting{mute: l.sockets.rtp.(*mute), peer: peer}
}
