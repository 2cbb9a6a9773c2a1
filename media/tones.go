package media

import "math"

const (
	toneBlock  = 102  // samples of one look, 12.75 ms
	toneOn     = 3    // looks in a row that make a key, 38 ms (ITU-T Q.24 asks for 40 ms)
	toneOff    = 2    // looks without it that end the key
	toneShare  = 0.70 // of the sound's power that must be in the two tones: speech never has it
	toneFloor  = 60.0 // root mean square below which nothing is a key, -55 dBov
	toneAbove  = 6.0  // times the power of the next strongest tone of the same group
	twistHigh  = 6.3  // upper tone over lower one, 8 dB (ITU-T Q.24)
	twistLow   = 0.40 // lower over upper, 4 dB
	pressedFor = 100  // ms that a key passed on in another way sounds
)

// rows and columns are the keypad's tones in hertz (ITU-T Q.23), keys its field.
var (
	toneRows    = [4]float64{697, 770, 852, 941}
	toneColumns = [4]float64{1209, 1336, 1477, 1633}
)

const toneKeys = "123A456B789C*0#D"

// toneEar hears keys in the sound itself, of telephones that send no telephone-events. Its worker uses it alone.
type toneEar struct {
	factors [8]float64
	block   [toneBlock]float64
	n       int
	last    int // key of the last look, from 1; 0 for none
	run     int
	down    int // the key that is pressed; 0 for none
	off     int
}

func newToneEar() *toneEar {
	e := &toneEar{}
	for i, hz := range append(toneRows[:], toneColumns[:]...) {
		e.factors[i] = 2 * math.Cos(2*math.Pi*hz/8000)
	}
	return e
}

// hear takes sound. began tells that a key went down, ended is the key that came up.
func (e *toneEar) hear(law Law, sound []byte) (began bool, ended Key) {
	for _, b := range sound {
		e.block[e.n] = float64(law.Sample(b))
		if e.n++; e.n < toneBlock {
			continue
		}
		e.n = 0
		b, k := e.step(e.look())
		began = began || b
		if k != 0 {
			ended = k
		}
	}
	return began, ended
}

// step follows the looks.
func (e *toneEar) step(key int) (began bool, ended Key) {
	if key == e.last {
		e.run++
	} else {
		e.last, e.run = key, 1
	}
	switch {
	case e.down != 0 && key == e.down:
		e.off = 0
	case e.down != 0:
		if e.off++; e.off >= toneOff {
			ended = Key(toneKeys[e.down-1])
			e.down = 0
		}
	}
	if e.down == 0 && key != 0 && e.run >= toneOn {
		e.down, e.off, began = key, 0, true
	}
	return began, ended
}

// look tells which key's two tones a block consists of, from 1; 0 for none (Goertzel's algorithm).
func (e *toneEar) look() int {
	total := 0.0
	for _, x := range e.block {
		total += x * x
	}
	if total < toneFloor*toneFloor*toneBlock {
		return 0
	}
	var power [8]float64
	for i, f := range e.factors {
		a, b := 0.0, 0.0
		for _, x := range e.block {
			a, b = x+f*a-b, a
		}
		power[i] = a*a + b*b - f*a*b
	}
	row, column := strongest(power[:4]), strongest(power[4:])
	if row < 0 || column < 0 {
		return 0
	}
	low, high := power[row], power[4+column]
	switch {
	case high > twistHigh*low, low*twistLow > high:
		return 0
	case 2*(low+high) < toneShare*toneBlock*total:
		return 0
	}
	return 4*row + column + 1
}

// strongest is the tone that stands out of its group; -1 when none does.
func strongest(group []float64) int {
	best := 0
	for i, p := range group {
		if p > group[best] {
			best = i
		}
	}
	for i, p := range group {
		if i != best && p*toneAbove > group[best] {
			return -1
		}
	}
	return best
}

// keyTone is one frame of a key's sound, from sample at on: -10 dBm0 the lower tone, -8 the upper one (ITU-T Q.23).
func keyTone(k Key, at int, to []byte, law Law) {
	for i := range len(toneKeys) {
		if toneKeys[i] != byte(k) {
			continue
		}
		low, high := toneRows[i/4]*2*math.Pi/8000, toneColumns[i%4]*2*math.Pi/8000
		for n := range to {
			t := float64(at + n)
			to[n] = law.Octet(int16(5200*math.Sin(low*t) + 6500*math.Sin(high*t)))
		}
	}
}

// listenForTones gives sound to the ear for keys, where no other way of keys was agreed on.
func (w *worker) listenForTones(l *Leg, sound []byte, law Law) {
	if l.terms.hears != 0 || l.signalled {
		return
	}
	if l.tones == nil {
		l.tones = newToneEar()
	}
	began, ended := l.tones.hear(law, sound)
	p := presses{began: began}
	l.pad.sounding = l.tones.down != 0
	if ended != 0 {
		p.keys[0], p.n = ended, 1
	}
	if p.began || p.n > 0 {
		w.pressed(l, p)
	}
}
