package speech

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/studio"
)

// Samples are mono sound, 16-bit linear.
type Samples struct {
	Rate int // Hz, 8000 to 48000
	PCM  []int16
}

// Lasts is the length of the sound.
func (s Samples) Lasts() time.Duration {
	if s.Rate == 0 {
		return 0
	}
	return time.Duration(len(s.PCM)) * time.Second / time.Duration(s.Rate)
}

// largest is the most that a voice may write, in octets: a minute at 48 kHz in stereo is 11.5 MB.
const largest = 12 << 20

// studioRate is at which [studio.Master] takes sound.
const studioRate = 2 * studio.Rate

// readWAV reads what a voice wrote: PCM of 16 bits, 8 to 48 kHz, mono or stereo. A data chunk that says more than there is
// gives what there is: servers that send a sound while they make it do not know its length.
func readWAV(b []byte) (Samples, error) {
	if len(b) > largest {
		return Samples{}, fmt.Errorf("more than %d MB: %w", largest>>20, ErrRubbish)
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return Samples{}, fmt.Errorf("%d octets that are no WAV file: %w", len(b), ErrRubbish)
	}
	rate, channels := 0, 0
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		chunk := rest[:min(size, len(rest))]
		switch {
		case name == "fmt " && len(chunk) >= 16:
			tag, bits := binary.LittleEndian.Uint16(chunk), binary.LittleEndian.Uint16(chunk[14:])
			channels, rate = int(binary.LittleEndian.Uint16(chunk[2:])), int(binary.LittleEndian.Uint32(chunk[4:]))
			if (tag != 1 && tag != 0xfffe) || bits != 16 || channels < 1 || channels > 2 || rate < 8000 || rate > 48000 {
				return Samples{}, fmt.Errorf("a WAV file of format %d, %d bits, %d channels, %d Hz, and not 16-bit PCM of 8 to 48 kHz: %w", tag, bits, channels, rate, ErrRubbish)
			}
		case name == "data" && rate > 0:
			return Samples{rate, mono(chunk, channels)}, nil
		}
		rest = rest[min(size+size&1, len(rest)):]
	}
	return Samples{}, fmt.Errorf("a WAV file without sound: %w", ErrRubbish)
}

func mono(b []byte, channels int) []int16 {
	out := make([]int16, len(b)/2/channels)
	for i := range out {
		sum := 0
		for c := range channels {
			sum += int(int16(binary.LittleEndian.Uint16(b[2*(i*channels+c):])))
		}
		out[i] = int16(sum / channels)
	}
	return out
}

// resampled brings sound to the studio's rate by a windowed sinc; what the new rate cannot hold is filtered out.
func resampled(s Samples) []int16 {
	if s.Rate == studioRate {
		return s.PCM
	}
	step := float64(s.Rate) / studioRate
	pass := min(1, 1/step) * 0.95 // of the old rate's band
	const zeros = 16
	reach := float64(zeros) / pass
	out := make([]int16, int(float64(len(s.PCM))/step))
	for n := range out {
		at := float64(n) * step
		sum, weight := 0.0, 0.0
		for i := max(int(math.Ceil(at-reach)), 0); i <= min(int(at+reach), len(s.PCM)-1); i++ {
			t := at - float64(i)
			w := pass * (0.5 + 0.5*math.Cos(math.Pi*t/reach))
			if t != 0 {
				w *= math.Sin(math.Pi*pass*t) / (math.Pi * pass * t)
			}
			sum, weight = sum+w*float64(s.PCM[i]), weight+w
		}
		if weight < 0.5 { // at the ends
			weight = 1
		}
		out[n] = int16(math.Round(min(max(sum/weight, math.MinInt16), math.MaxInt16)))
	}
	return out
}

// ends are the silences that the voices that ship have too.
func ends(c prompts.Class) studio.Ends {
	switch c {
	case prompts.Infix:
		return studio.Ends{Lead: 20 * time.Millisecond, Tail: 40 * time.Millisecond}
	case prompts.Final:
		return studio.Ends{Lead: 20 * time.Millisecond, Tail: 150 * time.Millisecond}
	case prompts.Sound:
		return studio.Ends{} // music goes on at its beginning
	}
	return studio.Ends{Lead: 60 * time.Millisecond, Tail: 150 * time.Millisecond}
}

// Mastered is a sound as a prompt of a class: A-law, 8 kHz, with the level, ends and peaks of the voices that ship.
func Mastered(s Samples, c prompts.Class) (alaw []byte, err error) {
	pcm, err := studio.Master(resampled(s), ends(c))
	if err != nil {
		return nil, err
	}
	return g711.ALaw.Octets(pcm), nil
}

// Measured is what a listener would say of a sound in A-law.
func Measured(alaw []byte) studio.Measured { return studio.Measure(g711.ALaw.Samples(alaw)) }

// ForStudio is a recording at the rate at which the mastering takes it, 16 kHz.
func ForStudio(s Samples) Samples { return Samples{studioRate, resampled(s)} }

// AtTelephoneRate is a recording of [ForStudio] at 8 kHz, to be measured and not to be heard: what 8 kHz cannot hold folds back.
func AtTelephoneRate(s Samples) []int16 {
	out := make([]int16, len(s.PCM)/2)
	for i := range out {
		out[i] = s.PCM[2*i]
	}
	return out
}
