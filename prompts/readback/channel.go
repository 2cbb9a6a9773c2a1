package readback

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"hotline/media/g711"
	"hotline/media/wav"
)

// rate is that of a telephone, 8 kHz.
const rate = 8000

// resampled brings sound from one rate to 8 kHz, by a windowed sinc that lets pass what lies below 3.6 kHz.
func resampled(pcm []int16, from float64) []float64 {
	const (
		zeros  = 8   // of the sinc, on each side
		points = 256 // of the table between two zeros
	)
	var table [zeros*points + 2]float64
	for i := range table {
		x := float64(i) / points
		table[i] = 0.5 + 0.5*math.Cos(math.Pi*x/zeros)
		if x > 0 {
			table[i] *= math.Sin(math.Pi*x) / (math.Pi * x)
		}
	}
	step, cut := from/rate, min(1, 3600*2/from)
	out := make([]float64, int(float64(len(pcm))/step))
	width := zeros / cut
	for i := range out {
		at := float64(i) * step
		sum := 0.0
		for k := max(0, int(at-width)+1); k <= min(len(pcm)-1, int(at+width)); k++ {
			sum += float64(pcm[k]) * table[int(math.Abs(float64(k)-at)*cut*points)]
		}
		out[i] = sum * cut
	}
	return out
}

// throughTelephone makes a teacher's sound what a telephone hears of it: 8 kHz, A-law, some noise; and levelled.
func throughTelephone(pcm []int16, from float64, r *rand.Rand) []int16 {
	x := resampled(pcm, from)
	power := 0.0
	for _, v := range x {
		power += v * v
	}
	gain := 2000 / (math.Sqrt(power/float64(len(x)+1)) + 1)
	hiss := 4 + 16*r.Float64()
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(max(-32000, min(32000, v*gain+hiss*r.NormFloat64())))
	}
	return g711.ALaw.Samples(g711.ALaw.Octets(out))
}

// writeRaw writes linear sound of 8 kHz without a header.
func writeRaw(name string, pcm []int16) error {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return os.WriteFile(name, b, 0o600)
}

// readWAV reads what a teacher has written: linear sound of 16 bits, mono, at any rate.
func readWAV(name string) (pcm []int16, hz float64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, err
	}
	for at := 12; at+8 <= len(b); {
		kind, size := string(b[at:at+4]), int(binary.LittleEndian.Uint32(b[at+4:]))
		at += 8
		chunk := b[at:min(at+size, len(b))]
		switch {
		case kind == "fmt " && len(chunk) >= 16:
			hz = float64(binary.LittleEndian.Uint32(chunk[4:]))
		case kind == "data" && hz > 0:
			return wav.Linear.Samples(chunk), hz, nil
		}
		at += len(chunk)
	}
	return nil, 0, fmt.Errorf("%s is no sound", name)
}

// writeWAV writes linear sound of any rate.
func writeWAV(name string, pcm []int16, hz int) error {
	b := wav.Header(wav.Linear, 2*len(pcm))
	binary.LittleEndian.PutUint32(b[24:], uint32(hz)) // samples a second
	binary.LittleEndian.PutUint32(b[28:], uint32(2*hz))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return os.WriteFile(name, b, 0o600)
}

// cut gives what lies between silences of some length, with a little of them on both sides.
func cut(pcm []int16, silence int) (parts [][]int16) {
	peak := 0
	for _, s := range pcm {
		peak = max(peak, int(s), -int(s))
	}
	from, last := -1, 0 // the part's first sample, and the last one that is heard
	for i, s := range pcm {
		if max(int(s), -int(s)) < peak/500 {
			continue
		}
		if from >= 0 && i-last > silence {
			parts, from = append(parts, pcm[from:last+silence/4]), -1
		}
		if from < 0 {
			from = max(0, i-silence/4)
		}
		last = i
	}
	if from >= 0 {
		parts = append(parts, pcm[from:min(len(pcm), last+silence/4)])
	}
	return parts
}
