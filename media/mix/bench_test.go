package mix_test

import (
	"testing"

	"hotline/media/g711"
	"hotline/media/mix"
)

// BenchmarkTurn is what the sum costs in 20 ms of a talk of three: three packets in, three frames out.
func BenchmarkTurn(b *testing.B) {
	for name, codec := range map[string]g711.Codec{"A-law": g711.ALaw, "mu-law": g711.MuLaw} {
		b.Run(name, func(b *testing.B) {
			var m mix.Mix
			said, frame := octets(codec, 4000, 160), make([]byte, 160)
			for b.Loop() {
				for seat := range mix.Parties {
					m.Put(seat, said, codec)
				}
				for seat := range mix.Parties {
					m.Frame(seat, frame, codec)
				}
			}
		})
	}
}
