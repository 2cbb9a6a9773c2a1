package mix_test

import (
	"slices"
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

// TestSoundIsNeitherRepeatedNorLate: a voice that counts, in packets of any lengths and at any instants, is heard in its order, and no
// sample twice; after a minute at a clock up to a tenth of a percent too fast or too slow it is not late, and where packets come evenly it is not silent.
func TestSoundIsNeitherRepeatedNorLate(t *testing.T) {
	const numbers, turns = 250, 60000 / 20
	codec := g711.ALaw
	var code []byte // an octet for each number: of one voice the sum is the octets that came
	var numberOf [256]int
	for o := range 256 {
		if byte(o) != codec.Silence() && len(code) < numbers {
			numberOf[o] = len(code)
			code = append(code, byte(o))
		}
	}
	prove.Check(t, func(r *rapid.T) {
		lengths := rapid.SliceOfN(rapid.SampledFrom([]int{80, 160, 240, 320, 480}), 1, 6).Draw(r, "packets")
		late := rapid.SliceOfN(rapid.IntRange(0, 500), 1, 12).Draw(r, "late, in samples")
		drift := rapid.Float64Range(0.999, 1.001).Draw(r, "drift")
		var m mix.Mix
		packet, said, last, same, misses := 0, 0, -1, 0, 0
		for turn := range turns {
			for n := lengths[packet%len(lengths)]; float64(said+n)/drift+float64(late[packet%len(late)]) <= float64(turn*160); n = lengths[packet%len(lengths)] {
				b := make([]byte, n)
				for i := range b {
					b[i] = code[(said+i)/160%numbers]
				}
				m.Put(0, b, codec)
				said, packet = said+n, packet+1
			}
			frame := make([]byte, 160)
			m.Frame(1, frame, codec)
			if frame[0] == codec.Silence() {
				misses++
				continue
			}
			for _, o := range frame {
				switch number := numberOf[o]; {
				case last < 0 || number != last && (number-last+numbers)%numbers < numbers/2:
					last, same = number, 1
				case number != last:
					r.Fatalf("turn %d: %d is heard after %d", turn, number, last)
				default:
					same++
				}
				if same > 160 {
					r.Fatalf("turn %d: %d is heard for more than its 160 samples", turn, last)
				}
			}
			if behind := (said/160%numbers - last + numbers) % numbers; behind > 7+slices.Max(lengths)/160 {
				r.Fatalf("turn %d: %d frames late", turn, behind)
			}
		}
		if evenly := len(lengths) == 1 && len(late) == 1; evenly && misses > turns/50 {
			r.Fatalf("%d of %d turns are silent", misses, turns)
		}
	})
}
