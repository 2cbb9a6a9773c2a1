package dtmf_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
)

// The keypad of ITU-T Q.23.
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
)

const (
	field = "123A456B789C*0#D"
	frame = 160
)

// dial makes the sound of keys: so many milliseconds each, pauses between them.
func dial(keys string, on, off int, level, noise float64, twist float64) []byte {
	dice := rand.New(rand.NewPCG(1, 2))
	var out []byte
	at := 0
	put := func(ms int, low, high float64) {
		for range ms * 8 {
			t := 2 * math.Pi * float64(at) / 8000
			s := level*(math.Sin(low*t)*boolean(low)+twist*math.Sin(high*t)*boolean(high)) + noise*dice.NormFloat64()
			out = append(out, g711.ALaw.EncodeSample(int16(max(-32000, min(32000, s)))))
			at++
		}
	}
	put(137, 0, 0)
	for _, k := range keys {
		for i, c := range field {
			if c == k {
				put(on, rows[i/4], columns[i%4])
			}
		}
		put(off, 0, 0)
	}
	put(200, 0, 0)
	return out
}

func boolean(hz float64) float64 {
	if hz > 0 {
		return 1
	}
	return 0
}

// keysIn is what a receiver hears in sound that comes in packets of 20 ms.
func keysIn(codec g711.Codec, sound []byte, strict bool) string {
	var r dtmf.Receiver
	heard, pcm := "", make([]int16, frame)
	for at := 0; at+frame <= len(sound); at += frame {
		codec.Decode(pcm, sound[at:])
		p := r.Sound(pcm, uint32(at), strict, time.Duration(at)*time.Millisecond/8)
		for _, k := range p.Keys[:p.N] {
			heard += k.String()
		}
	}
	return heard
}

func TestKeysAreHeardInTheSound(t *testing.T) {
	const all = "159D26A037*B48#C"
	for name, sound := range map[string][]byte{
		"as a telephone sends them": dial(all, 100, 100, 6000, 0, 1),
		"short":                     dial(all, 60, 60, 6000, 0, 1),
		"soft":                      dial(all, 80, 80, 300, 0, 1),
		"the upper tone louder":     dial(all, 80, 80, 4000, 0, 1.6),
		"the lower tone louder":     dial(all, 80, 80, 4000, 0, 0.75),
		"in noise, 20 dB below":     dial(all, 80, 80, 4000, 400, 1),
	} {
		if got := keysIn(g711.ALaw, sound, false); got != all {
			t.Errorf("%s: heard %q", name, got)
		}
	}
	if got := keysIn(g711.ALaw, dial("11223", 80, 60, 6000, 0, 1), false); got != "11223" {
		t.Errorf("the same key twice: heard %q", got)
	}
	for name, sound := range map[string][]byte{
		"far too short":       dial(all, 15, 60, 6000, 0, 1),
		"twisted beyond 9 dB": dial(all, 80, 80, 2000, 0, 3),
		"noise alone":         dial("", 0, 5000, 0, 3000, 1),
	} {
		if got := keysIn(g711.ALaw, sound, false); got != "" {
			t.Errorf("%s: heard %q", name, got)
		}
	}
}

func TestTonesOutsideTheAgreementAreHeardFromTelephonesAndFromNothingElse(t *testing.T) {
	const all = "159D26A037*B48#C"
	for name, sound := range map[string][]byte{
		"as a telephone sends them": dial(all, 100, 100, 6000, 0, 1),
		"as a gateway makes them":   dial(all, 80, 80, 2000, 0, 1),
		"soft":                      dial(all, 100, 80, 300, 0, 1),
		"the upper tone louder":     dial(all, 100, 80, 4000, 0, 1.6),
		"in noise, 20 dB below":     dial(all, 100, 80, 4000, 400, 1),
	} {
		if got := keysIn(g711.ALaw, sound, true); got != all {
			t.Errorf("%s: heard %q", name, got)
		}
	}
	for name, sound := range map[string][]byte{
		"shorter than a finger": dial(all, 45, 60, 6000, 0, 1),
		"noise alone":           dial("", 0, 5000, 0, 3000, 1),
	} {
		if got := keysIn(g711.ALaw, sound, true); got != "" {
			t.Errorf("%s: heard %q", name, got)
		}
	}
}

func TestAKeyThatWePassOnIsUnderstood(t *testing.T) {
	for _, codec := range []g711.Codec{g711.ALaw, g711.MuLaw} {
		sound, pcm := make([]byte, 0, 4000), make([]int16, frame)
		for _, k := range "0123456789*#ABCD" {
			for at := 0; at < 800; at += frame {
				dtmf.Key(k).Tone(at, pcm)
				for _, s := range pcm {
					sound = append(sound, codec.EncodeSample(s))
				}
			}
			for range 640 {
				sound = append(sound, codec.Silence())
			}
		}
		if heard := keysIn(codec, sound, false); heard != "0123456789*#ABCD" {
			t.Errorf("%s: heard %q", codec, heard)
		}
	}
}
