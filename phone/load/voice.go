package load

import (
	"fmt"
	"math"
	"os"

	"hotline/media/g711"
	"hotline/media/wav"
)

// Voice reads a WAV file as what everybody says.
func Voice(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading what to say: %w", err)
	}
	defer file.Close()
	format, octets, err := wav.Read(file)
	if err != nil {
		return nil, fmt.Errorf("reading what to say: %w", err)
	}
	if len(octets) < frameSize {
		return nil, fmt.Errorf("reading what to say: %s holds less than 20 ms", name)
	}
	c, encoded := format.Codec()
	if !encoded {
		return g711.ALaw.Octets(format.Samples(octets)), nil
	}
	g711.Transcode(octets, c, g711.ALaw)
	return octets, nil
}

// vowel is a second of something like "ah", which comes and goes four times: enough to be heard as speech.
func vowel() []byte {
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = vowelAt(i)
	}
	return g711.ALaw.Octets(pcm)
}

// vowelAt is one sample of the crowd's own voice: harmonics of 125 Hz under a slow swell.
func vowelAt(i int) int16 {
	swell := 0.5 - 0.5*math.Cos(2*math.Pi*4*float64(i)/8000)
	sum := 0.0
	for h := 1.0; h <= 12; h++ {
		sum += math.Sin(2*math.Pi*125*h*float64(i)/8000+h) / h
	}
	return int16(3500 * swell * sum)
}

// steady is how many octets of a packet must repeat the eighth before them to be the 1000 Hz tone.
const steady = 144

// isTone tells the tone after which a caller speaks, 1000 Hz at 8000 samples, from everything else: each octet is that
// of eight samples before, and it is no silence. The first and the fifth of a period lie on different sides.
func isTone(payload []byte) bool {
	if len(payload) < 152 {
		return false
	}
	same, crossed := 0, 0
	for i := 8; i < len(payload); i++ {
		if payload[i] == payload[i-8] {
			same++
		}
		if (payload[i]^payload[i-4])&0x80 != 0 && (payload[i]^0x55)&0x7f > quiet {
			crossed++
		}
	}
	return same >= steady && crossed >= steady/2
}

// quiet is the A-law magnitude below which an octet may be the noise of a pause.
const quiet = 0x20
