package rtp

import (
	"bytes"
	"testing"

	pion "github.com/pion/rtp"
)

func FuzzPacket(f *testing.F) {
	for _, p := range []pion.Packet{
		{Header: pion.Header{Version: 2, PayloadType: 8, SequenceNumber: 7, Timestamp: 160, SSRC: 9}, Payload: []byte{1, 2, 3}},
		{Header: pion.Header{Version: 2, Marker: true, CSRC: []uint32{1, 2}, PaddingSize: 4, Padding: true}, Payload: make([]byte, 160)},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x90, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Parse(b)
		if err != nil {
			return
		}
		if len(got.Frame) < HeaderSize || !bytes.Equal(got.Frame[HeaderSize:], got.Payload) {
			t.Fatalf("the payload is not behind room for a header: %+v", got)
		}
		var want pion.Packet
		if want.Unmarshal(b) != nil {
			return // the library is stricter about extensions; ours only steps over them
		}
		if want.PayloadType != got.PayloadType || want.SequenceNumber != got.Sequence || want.Timestamp != got.Timestamp ||
			want.SSRC != got.SSRC || want.Marker != got.Marker || !bytes.Equal(want.Payload, got.Payload) {
			t.Fatalf("%+v, another reader says %+v", got, want.Header)
		}
	})
}
