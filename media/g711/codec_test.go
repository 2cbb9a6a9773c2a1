package g711_test

import (
	"fmt"
	"testing"

	"hotline/media/g711"
)

func TestEveryNameAndTypeOfACodecLeadsBackToIt(t *testing.T) {
	for _, c := range []struct {
		codec       g711.Codec
		rtp, name   string
		payloadType uint8
	}{{g711.ALaw, "PCMA", "alaw", 8}, {g711.MuLaw, "PCMU", "ulaw", 0}} {
		if c.codec.String() != c.rtp || c.codec.Name() != c.name || c.codec.PayloadType() != c.payloadType {
			t.Errorf("%s is called %q and has payload type %d", c.codec, c.codec.Name(), c.codec.PayloadType())
		}
		if got, ok := g711.OfPayloadType(c.payloadType); got != c.codec || !ok {
			t.Errorf("payload type %d is %s, %v", c.payloadType, got, ok)
		}
	}
	for _, other := range []uint8{3, 9, 13, 101} {
		if got, ok := g711.OfPayloadType(other); ok {
			t.Errorf("payload type %d is %s", other, got)
		}
	}
}

// G.711 has 256 levels: each octet is its own sample again, and the other codec's nearest level is at most one step off.
func TestEachOctetIsItselfAgain(t *testing.T) {
	for _, c := range []g711.Codec{g711.ALaw, g711.MuLaw} {
		for b := range 256 {
			s := c.DecodeSample(byte(b))
			if got := c.EncodeSample(s); c.DecodeSample(got) != s {
				t.Errorf("%s: octet %#x is %d, and then octet %#x", c, b, s, got)
			}
		}
		if s := c.DecodeSample(c.Silence()); s < 0 || s > 8 {
			t.Errorf("%s: silence is %d", c, s)
		}
	}
}

func TestTranscodingKeepsTheLevel(t *testing.T) {
	for _, way := range [][2]g711.Codec{{g711.ALaw, g711.MuLaw}, {g711.MuLaw, g711.ALaw}, {g711.ALaw, g711.ALaw}} {
		for b := range 256 {
			octet := []byte{byte(b)}
			before := int(way[0].DecodeSample(octet[0]))
			g711.Transcode(octet, way[0], way[1])
			after := int(way[1].DecodeSample(octet[0]))
			if off := after - before; off*off > (before/16)*(before/16)+16*16 {
				t.Errorf("%s to %s: %d became %d", way[0], way[1], before, after)
			}
		}
	}
}

func ExampleCodec_Samples() {
	octets := g711.ALaw.Octets([]int16{0, 1000, -8000})
	fmt.Println(len(octets), g711.ALaw.Samples(octets))
	// Output: 3 [8 1008 -8064]
}
