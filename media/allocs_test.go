package media

import (
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/latch"
	"hotline/media/rtp"
	"hotline/media/sdp"
	"hotline/media/srtp"
	"hotline/media/udp"
	"hotline/media/vad"
)

var (
	near    = Peer{Local: netip.MustParseAddr("192.0.2.10"), Remote: netip.MustParseAddr("192.0.2.1")}
	phoneAt = netip.MustParseAddrPort("192.0.2.1:4000")
)

// mute is a socket that gives one packet at each turn and takes every one.
type mute struct {
	packet []byte
	given  bool
	key    bool
	n      uint16
	from   netip.AddrPort
}

func (m *mute) Addr() netip.AddrPort { return m.from }
func (m *mute) Close() error         { return nil }

func (m *mute) Send([]byte, netip.AddrPort) {}

func (m *mute) Receive(b []byte) (int, netip.AddrPort, bool) {
	if m.given {
		return 0, netip.AddrPort{}, false
	}
	m.given = true
	m.n++
	s := rtp.Sender{SSRC: 1, Sequence: m.n}
	payloadType, length := uint8(8), len(m.packet)
	if m.key {
		payloadType, length = 101, rtp.HeaderSize+4
		dtmf.Event{Code: 5, End: m.n%2 == 0, Duration: 160}.Put(m.packet[rtp.HeaderSize:])
	}
	s.Put(m.packet[:length], payloadType, false, uint32(m.n)*frameSamples)
	return copy(b, m.packet[:length]), m.from, true
}

// encrypting encrypts what the socket gives.
type encrypting struct {
	*mute
	peer   *encryption
	plain  [maxDatagram]byte
	sealed srtp.Buffer
}

func (v *encrypting) Receive(b []byte) (int, netip.AddrPort, bool) {
	n, from, ok := v.mute.Receive(v.plain[:])
	if !ok {
		return 0, from, false
	}
	out, err := v.peer.out.Seal(&v.sealed, v.plain[:n])
	return copy(b, out), from, err == nil
}

// next lets a leg's socket give its next packet.
func next(l *Leg) {
	switch s := l.sockets.rtp.(type) {
	case *mute:
		s.given = false
	case *encrypting:
		s.given = false
	}
}

// discard is the file of a recording that nobody keeps.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }

func openDiscard(g711.Codec) (io.WriteCloser, error) { return discard{}, nil }

// bench is a worker with legs of its own, driven by hand.
func bench(t testing.TB, key bool) (*worker, *Leg) {
	t.Helper()
	e, err := New(Config{Bind: []netip.Addr{netip.IPv4Unspecified()}})
	if err != nil {
		t.Fatal(err)
	}
	e.epoch = time.Now()
	if err := e.makeWorkers(); err != nil {
		t.Fatal(err)
	}
	e.writer.start()
	t.Cleanup(func() {
		e.writer.stop()
		for _, w := range e.workers {
			w.close()
		}
	})
	socket := &mute{packet: make([]byte, 172), from: phoneAt, key: key}
	l := newLeg(e, near, pair{rtp: socket, rtcp: socket})
	w := e.workers[0]
	l.worker.Store(w)
	w.add(l)
	l.state, l.rtcp.next = open, time.Hour
	l.terms = sdp.Terms{EventsIn: 101, EventsOut: 101, Remote: phoneAt, Mux: true, Packet: frameSamples}
	l.in.latch = latch.New(phoneAt, phoneAt.Addr(), nil, 0)
	return w, l
}

func TestNoPacketCostsAnAllocation(t *testing.T) {
	turn := func(w *worker, legs ...*Leg) func() {
		return func() {
			w.now += 20 * time.Millisecond
			for _, l := range legs {
				next(l)
				w.turn(l, w.now)
			}
		}
	}
	check := func(name string, f func()) {
		t.Helper()
		for range 100 {
			f()
		}
		if n := testing.AllocsPerRun(500, f); n > 0.01 {
			t.Errorf("%s: %.2f allocations a packet", name, n)
		}
	}
	w, l := bench(t, false)
	l.playback = &playback{sound: NewSound(make([]int16, 3777)), options: PlayOptions{Loop: true}, done: make(chan error, 1)}
	check("playing", turn(w, l))
	r := &Recording{leg: l, over: make(chan struct{}), file: recordingFile{open: openDiscard, flushed: make(chan struct{})}, endpointer: vad.NewEndpointer(time.Hour, time.Hour)}
	r.track = newTrack(r, g711.ALaw, w.now)
	r.track.buffer = make([]byte, 0, blockOctets+slack+2*frameSamples)
	l.recording = r
	check("playing and recording", turn(w, l))

	w, l = bench(t, true)
	check("keys", turn(w, l))

	w, a := bench(t, false)
	b := newLeg(a.engine, near, pair{rtp: &mute{packet: make([]byte, 172), from: phoneAt}})
	b.state, b.terms, b.in.latch, b.rtcp.next = open, a.terms, a.in.latch, time.Hour
	b.terms.Codec = g711.MuLaw
	a.bridge, b.bridge = bridge{partner: b, order: new(rtp.Reorder)}, bridge{partner: a, order: new(rtp.Reorder)}
	check("joined across the codecs", turn(w, a, b))
	b.terms.Packet = 240
	check("joined with packets of another length", turn(w, a, b))
	w, l = bench(t, false)
	l.terms.Packet = 240
	check("packets of 30 ms", turn(w, l))

	for _, profile := range []srtp.Profile{srtp.CM80, srtp.CM32, srtp.GCM128, srtp.GCM256} {
		w, l = bench(t, false)
		ours, theirs := sdp.NewCrypto(profile), sdp.NewCrypto(profile)
		var err error
		if l.encryption, err = newEncryption(ours, theirs); err != nil {
			t.Fatal(err)
		}
		peer, err := newEncryption(theirs, ours)
		if err != nil {
			t.Fatal(err)
		}
		l.sockets.rtp = &encrypting{mute: l.sockets.rtp.(*mute), peer: peer}
		l.playback = &playback{sound: NewSound(make([]int16, 3777)), options: PlayOptions{Loop: true}, done: make(chan error, 1)}
		if raced {
			for range 600 {
				turn(w, l)()
			}
		} else {
			check(fmt.Sprintf("playing with profile %d", profile), turn(w, l))
		}
		if l.in.sequence.Received() < 500 || l.in.foreign > 0 {
			t.Errorf("profile %d: %d packets heard, %d not understood", profile, l.in.sequence.Received(), l.in.foreign)
		}
	}
}

// The sockets of the kernel, and the wheel with its timer and its look for reports, cost none either.
func TestNoPacketOfTheKernelsCostsAnAllocation(t *testing.T) {
	w, l := bench(t, false)
	here := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	open := func() udp.Socket {
		s, err := udp.Kernel{}.Listen(here)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	far := open()
	l.sockets = pair{rtp: open(), rtcp: open()}
	w.rtcp.Add(l.sockets.rtcp, l)
	l.terms.Remote, l.terms.Mux, l.in.latch = far.Addr(), false, latch.New(far.Addr(), far.Addr().Addr(), nil, 0)
	l.playback = &playback{sound: NewSound(make([]int16, 3777)), options: PlayOptions{Loop: true}, done: make(chan error, 1)}
	packet, heard := make([]byte, 172), make([]byte, maxDatagram)
	s, n := rtp.Sender{SSRC: 1}, uint32(0)
	turned := int64(0)
	turn := func() {
		n++
		s.Put(packet, 8, false, n*frameSamples)
		far.Send(packet, l.sockets.rtp.Addr())
		w.now += 20 * time.Millisecond
		turned = w.tick(turned, turned+slots)
		for _, _, ok := far.Receive(heard); ok; _, _, ok = far.Receive(heard) {
		}
		w.timer.Wait(0)
	}
	for range 100 {
		turn()
	}
	if n := testing.AllocsPerRun(300, turn); n > 0.01 {
		t.Errorf("%.2f allocations a packet", n)
	}
	if l.in.sequence.Received() < 390 {
		t.Errorf("%d packets were heard", l.in.sequence.Received())
	}
}
