package media

import (
	"bytes"
	"net/netip"
	"testing"

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

var phoneAt = netip.MustParseAddrPort("192.0.2.1:4000")

func TestLossIsCountedThroughWrapsDuplicatesAndRestarts(t *testing.T) {
	var s sequence
	for _, n := range []uint16{65533, 65534, 65534, 1, 0, 2, 30000, 30001, 30003} {
		s.accept(n, false, 0)
	}
	// 65535 never came, 30000 waits for 30001 to be believed, 30002 never came
	if s.received != 7 || s.lost() != 2 {
		t.Errorf("received %d, lost %d", s.received, s.lost())
	}
}
