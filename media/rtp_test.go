package media

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func FuzzRTP(f *testing.F) {
	for _, p := range []rtp.Packet{
		{Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 7, Timestamp: 160, SSRC: 9}, Payload: []byte{1, 2, 3}},
		{Header: rtp.Header{Version: 2, Marker: true, CSRC: []uint32{1, 2}, PaddingSize: 4, Padding: true}, Payload: make([]byte, 160)},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x90, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseRTP(b)
		if err != nil {
			return
		}
		if !bytes.Equal(b[got.offset:got.offset+len(got.payload)], got.payload) || got.offset < rtpHeader {
			t.Fatalf("payload is not at its offset: %+v", got)
		}
		var want rtp.Packet
		if want.Unmarshal(b) != nil {
			return // the library is stricter about extensions; ours only steps over them
		}
		if want.PayloadType != got.payloadType || want.SequenceNumber != got.sequence || want.Timestamp != got.timestamp ||
			want.SSRC != got.ssrc || want.Marker != got.marker || !bytes.Equal(want.Payload, got.payload) {
			t.Fatalf("%+v, another reader says %+v", got, want.Header)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte{5, 0x8a, 3, 0x20}, uint32(160))
	f.Fuzz(func(t *testing.T, b []byte, timestamp uint32) {
		e, ok := parseEvent(b)
		if !ok {
			return
		}
		var k keypad
		first := k.packet(e, timestamp, 0)
		again := k.packet(e, timestamp, time.Millisecond)
		late := k.silence(time.Second)
		if n := first.n + again.n + late.n; n != 1 || !first.began {
			t.Fatalf("one packet twice made %d keys", n)
		}
	})
}

var (
	phoneAt    = netip.MustParseAddrPort("192.0.2.1:4000")
	behindNAT  = netip.MustParseAddrPort("192.0.2.1:61000")
	strangerAt = netip.MustParseAddrPort("198.51.100.9:4000")
)

// gateStep is one packet at the gate.
type gateStep struct {
	at   time.Duration
	from netip.AddrPort
	ssrc uint32
	n    uint16
	want verdict
}

func TestOnlyOurPartyIsHeard(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		steps []gateStep
	}{
		{"the described address at once", []gateStep{{20 * ms, phoneAt, 1, 10, newStream}, {40 * ms, phoneAt, 1, 11, ours}}},
		{"another port of the host after four in a row", []gateStep{
			{20 * ms, behindNAT, 1, 10, foreign}, {40 * ms, behindNAT, 1, 11, foreign},
			{60 * ms, behindNAT, 1, 12, foreign}, {80 * ms, behindNAT, 1, 13, newStream}, {100 * ms, behindNAT, 1, 14, ours},
		}},
		{"four that are not in a row prove nothing", []gateStep{
			{20 * ms, behindNAT, 1, 10, foreign}, {40 * ms, behindNAT, 1, 12, foreign},
			{60 * ms, behindNAT, 1, 14, foreign}, {80 * ms, behindNAT, 1, 16, foreign},
		}},
		{"a stranger beside a locked party", []gateStep{
			{20 * ms, phoneAt, 1, 10, newStream}, {30 * ms, strangerAt, 7, 1, foreign}, {50 * ms, strangerAt, 7, 2, foreign},
			{70 * ms, strangerAt, 7, 3, foreign}, {90 * ms, strangerAt, 7, 4, foreign}, {99 * ms, strangerAt, 7, 5, foreign},
		}},
		{"a stranger in the first second", []gateStep{
			{20 * ms, strangerAt, 7, 1, foreign}, {40 * ms, strangerAt, 7, 2, foreign},
			{60 * ms, strangerAt, 7, 3, foreign}, {80 * ms, strangerAt, 7, 4, foreign}, {100 * ms, phoneAt, 1, 1, newStream},
		}},
		{"a NAT that rebinds", []gateStep{{20 * ms, phoneAt, 1, 10, newStream}, {40 * ms, behindNAT, 1, 11, ours}, {60 * ms, behindNAT, 1, 12, ours}}},
		{"a new stream after a pause", []gateStep{{20 * ms, phoneAt, 1, 10, newStream}, {40 * ms, phoneAt, 2, 90, foreign}, {2000 * ms, phoneAt, 2, 91, newStream}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gate{sdp: phoneAt, signalling: phoneAt.Addr()}
			for i, s := range c.steps {
				if got := g.admit(&packet{ssrc: s.ssrc, sequence: s.n}, s.from, s.at); got != s.want {
					t.Fatalf("packet %d: %v, want %v", i, got, s.want)
				}
			}
		})
	}
}

func TestLossIsCountedThroughWrapsDuplicatesAndRestarts(t *testing.T) {
	var s sequence
	for _, n := range []uint16{65533, 65534, 65534, 1, 0, 2, 30000, 30001, 30003} {
		s.accept(n)
	}
	// 65535 never came, 30000 waits for 30001 to be believed, 30002 never came
	if s.received != 7 || s.lost() != 2 {
		t.Errorf("received %d, lost %d", s.received, s.lost())
	}
}
