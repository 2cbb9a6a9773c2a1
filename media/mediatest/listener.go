package mediatest

import (
	"io"
	"math"
	"sync"

	"hotline/media/g711"
)

// Tone is a sine of hz, 8 kHz samples at a quarter of full scale.
func Tone(hz float64, samples int) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

// Loudness is the power of hz in samples of 8 kHz, by Goertzel's algorithm, as a share of all power: 1 for a pure tone. The
// race detector passes it over: whole data folders are searched for a tone.
//
//go:norace
func Loudness(samples []int16, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2, all float64
	for _, x := range samples {
		v := float64(x)
		s1, s2 = v+c*s1-s2, s1
		all += v * v
	}
	if all == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - c*s1*s2) / all / float64(len(samples))
}

// Listener is a recording that keeps what it hears in memory. Safe for concurrent use.
type Listener struct {
	mu     sync.Mutex
	codec  g711.Codec
	octets []byte
	blocks []int
}

// Open begins the recording: it is for media.Leg.Record.
func (l *Listener) Open(c g711.Codec) (io.WriteCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codec = c
	return l, nil
}

// Write hears a block.
func (l *Listener) Write(octets []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.octets = append(l.octets, octets...)
	l.blocks = append(l.blocks, len(octets))
	return len(octets), nil
}

// Close ends the recording; what was heard stays.
func (l *Listener) Close() error { return nil }

// Octets are what was heard, in the codec heard.
func (l *Listener) Octets() (g711.Codec, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.codec, append([]byte(nil), l.octets...)
}

// Samples are what was heard.
func (l *Listener) Samples() []int16 {
	codec, octets := l.Octets()
	return codec.Samples(octets)
}

// Blocks are the lengths of the blocks heard.
func (l *Listener) Blocks() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]int(nil), l.blocks...)
}
