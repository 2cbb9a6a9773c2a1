package mediatest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Speaker makes speech-like sound: a voice of 120 Hz with formants that move, in syllables. Used by one goroutine.
type Speaker struct {
	dice  *rand.Rand
	level float64 // of the voice
	noise float64 // root mean square of the room
}

// NewSpeaker makes a speaker in a room. level is that of the voice, noise the root mean square of the room.
func NewSpeaker(level, noise float64) *Speaker {
	return &Speaker{dice: rand.New(rand.NewPCG(4, 2)), level: level, noise: noise}
}

// Silence is the room, without the voice.
func (s *Speaker) Silence(d time.Duration) []int16 {
	out := make([]int16, d*8/time.Millisecond)
	for i := range out {
		out[i] = int16(s.dice.NormFloat64() * s.noise)
	}
	return out
}

// Speech speaks for d: syllables of 150 to 250 ms with short gaps.
func (s *Speaker) Speech(d time.Duration) []int16 {
	out := s.Silence(d)
	for at := 0; at < len(out); {
		n := 1200 + s.dice.IntN(800)
		first, second := 300+s.dice.Float64()*500, 900+s.dice.Float64()*1400
		for i := range min(n, len(out)-at) {
			envelope, v := math.Sin(math.Pi*float64(i)/float64(n)), 0.0
			for h := 1.0; h*120 < 3600; h++ {
				f := h * 120
				gain := 1/(1+math.Pow((f-first)/120, 2)) + 0.5/(1+math.Pow((f-second)/160, 2)) + 0.02
				v += gain * math.Sin(2*math.Pi*f*float64(at+i)/8000)
			}
			out[at+i] += int16(s.level * envelope * v)
		}
		at += n + 300 + s.dice.IntN(600)
	}
	return out
}
