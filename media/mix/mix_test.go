package mix_test

import (
	"testing"

	"pgregory.net/rapid"

	"hotline/media/g711"
	"hotline/media/mix"
	"hotline/prove"
)

// octets are n octets of one sample.
func octets(c g711.Codec, sample int16, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = c.EncodeSample(sample)
	}
	return b
}

// TestTheSumIsSaturated: each hears what the others say, added, and no louder than the law can say.
func TestTheSumIsSaturated(t *testing.T) {
	for _, c := range []g711.Codec{g711.ALaw, g711.MuLaw} {
		prove.Check(t, func(r *rapid.T) {
			var m mix.Mix
			var said [mix.Parties]int16
			for i := range said {
				said[i] = rapid.Int16().Draw(r, "sample")
				m.Put(i, octets(c, said[i], 160), c)
				m.Put(i, octets(c, said[i], 160), c)
				said[i] = c.DecodeSample(c.EncodeSample(said[i]))
			}
			for i := range said {
				sum := 0
				for j, v := range said {
					if i != j {
						sum += int(v)
					}
				}
				want := c.EncodeSample(int16(min(max(sum, -32768), 32767)))
				frame := make([]byte, 160)
				m.Frame(i, frame, c)
				for _, got := range frame {
					if got != want {
						r.Fatalf("seat %d hears %d of %v, want %d", i, c.DecodeSample(got), said, c.DecodeSample(want))
					}
				}
			}
		})
	}
}

// TestSoundIsNeitherRepeatedNorLate: a voice that counts, in packets of any length and at any instant, is heard in its order, and no
// sample twice; after a minute at a clock a tenth of a percent too fast or too slow it is not late.
func TestSoundIsNeitherRepeatedNorLate(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		packet := rapid.SampledFrom([]int{80, 160, 240, 320, 480}).Draw(r, "packet")
		drift := rapid.SampledFrom([]float64{0.999, 1, 1.001}).Draw(r, "drift")
		codec := g711.ALaw
		var m mix.Mix
		said, turns, misses := 0, 60000/20, 0
		for turn := range turns {
			for float64(said+packet) <= float64(turn*160)*drift {
				b := make([]byte, packet)
				for i := range b {
					b[i] = codec.EncodeSample(int16(200 + (said+i)/160%64*256))
				}
				m.Put(0, b, codec)
				said += packet
			}
			frame := make([]byte, 160)
			m.Frame(1, frame, codec)
			if frame[0] == codec.Silence() {
				misses++
			}
			if now, heard := said/160%64, int(codec.DecodeSample(frame[0])-150)/256; frame[0] != codec.Silence() && (now-heard+64)%64 > 7+packet/160 {
				r.Fatalf("turn %d: %d frames late", turn, (now-heard+64)%64)
			}
		}
		if misses > turns/50 {
			r.Fatalf("%d of %d turns are silent", misses, turns)
		}
	})
}
