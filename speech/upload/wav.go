package upload

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"hotline/media/g711"
)

// The forms of sound in WAV files that are read (Microsoft's registry of wave formats).
const (
	formPCM        = 1
	formFloat      = 3
	formALaw       = 6
	formULaw       = 7
	formExtensible = 0xfffe // the form stands in the first octets of the GUID
)

// wavForm is what a format chunk says.
type wavForm struct{ tag, channels, rate, bits int }

// readWAV reads a WAV file. A data chunk that says more than there is gives what there is.
func readWAV(b []byte) (recording, error) {
	var f wavForm
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		chunk := rest[:min(size, uint64(len(rest)))]
		switch {
		case name == "fmt " && len(chunk) >= 16:
			f = wavForm{int(binary.LittleEndian.Uint16(chunk)), int(binary.LittleEndian.Uint16(chunk[2:])), int(binary.LittleEndian.Uint32(chunk[4:])), int(binary.LittleEndian.Uint16(chunk[14:]))}
			if f.tag == formExtensible && len(chunk) >= 26 {
				f.tag = int(binary.LittleEndian.Uint16(chunk[24:]))
			}
		case name == "data" && f.rate > 0:
			return f.samples(chunk)
		}
		rest = rest[min(size+size&1, uint64(len(rest))):]
	}
	return recording{}, errors.New("the WAV file has no sound; save it again")
}

// samples reads the sound of a data chunk.
func (f wavForm) samples(b []byte) (recording, error) {
	var sample func([]byte) int16
	switch {
	case f.tag == formPCM && f.bits == 8:
		sample = func(o []byte) int16 { return int16(int(o[0])-128) << 8 }
	case f.tag == formPCM && (f.bits == 16 || f.bits == 24 || f.bits == 32):
		sample = func(o []byte) int16 { return int16(binary.LittleEndian.Uint16(o[len(o)-2:])) }
	case f.tag == formFloat && f.bits == 32:
		sample = func(o []byte) int16 { return fromFloat(math.Float32frombits(binary.LittleEndian.Uint32(o))) }
	case f.tag == formALaw && f.bits == 8:
		sample = func(o []byte) int16 { return g711.ALaw.DecodeSample(o[0]) }
	case f.tag == formULaw && f.bits == 8:
		sample = func(o []byte) int16 { return g711.MuLaw.DecodeSample(o[0]) }
	default:
		return recording{}, fmt.Errorf("a WAV file of format %d with %d bits is not read; save it as PCM of 16 bits", f.tag, f.bits)
	}
	m, err := newMixer("wav", f.rate, f.channels)
	if err != nil {
		return recording{}, err
	}
	if f.tag == formALaw || f.tag == formULaw { // their highest octet, with the sign set
		m.full = sample([]byte{0xff ^ map[int]byte{formALaw: 0x55, formULaw: 0x7f}[f.tag]})
	}
	for width := f.bits / 8; len(b) >= width; b = b[width:] {
		m.add(sample(b[:width]))
	}
	return m.done(), nil
}

// fromFloat is a sample of -1 to 1; what lies beyond is clipped, and what is no number is silence.
func fromFloat(v float32) int16 {
	if v != v {
		return 0
	}
	return int16(math.Round(min(max(float64(v)*math.MaxInt16, math.MinInt16), math.MaxInt16)))
}
