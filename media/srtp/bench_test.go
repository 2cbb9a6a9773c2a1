package srtp

import (
	"encoding/binary"
	"testing"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

// calls is how many calls take turns, so that no key is at hand when its next packet comes.
const calls = 1000

// frame is a packet of 20 ms of G.711.
func frame(sequence uint16) []byte {
	b := make([]byte, headerSize+160)
	b[0], b[1] = 2<<6, 8
	binary.BigEndian.PutUint16(b[2:], sequence)
	return b
}

// A packet of 20 ms encrypted and decrypted again, each of another call than the one before, by ours and by the twin.
func BenchmarkPacket(b *testing.B) {
	for p := range profiles {
		key, salt := make([]byte, Profile(p).KeySize()), make([]byte, Profile(p).SaltSize())
		b.Run(profiles[p].name+"/ours", func(b *testing.B) {
			var both [calls]struct {
				out Sender
				in  Receiver
			}
			for i := range both {
				var err error
				if both[i].out, err = NewSender(Profile(p), key, salt, nil); err != nil {
					b.Fatal(err)
				}
				if both[i].in, err = NewReceiver(Profile(p), key, salt, nil); err != nil {
					b.Fatal(err)
				}
			}
			var veiled, plain Buffer
			packet := frame(0)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				binary.BigEndian.PutUint16(packet[2:], uint16(n/calls))
				c := &both[n%calls]
				sealed, err := c.out.Seal(&veiled, packet)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.in.Open(&plain, sealed); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(profiles[p].name+"/twin", func(b *testing.B) {
			var both [calls]struct{ out, in *pion.Context }
			for i := range both {
				var err error
				if both[i].out, err = pion.CreateContext(key, salt, profiles[p].twin); err != nil {
					b.Fatal(err)
				}
				if both[i].in, err = pion.CreateContext(key, salt, profiles[p].twin, pion.SRTPReplayProtection(window)); err != nil {
					b.Fatal(err)
				}
			}
			var veiled, plain [MaxPacket]byte
			var header rtp.Header
			packet := frame(0)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				binary.BigEndian.PutUint16(packet[2:], uint16(n/calls))
				c := &both[n%calls]
				sealed, err := c.out.EncryptRTP(veiled[:0], packet, &header)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.in.DecryptRTP(plain[:0], sealed, &header); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
