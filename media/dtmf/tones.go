package dtmf

import (
	"math"
	"time"
)

const (
	toneBlock  = 102  // samples of one look, 12.75 ms
	toneOn     = 3    // looks in a row that make a key, 38 ms (ITU-T Q.24 asks for 40 ms)
	toneOff    = 2    // looks without it that end the key
	toneShare  = 0.70 // of the sound's power that must be in the two tones: speech never has it
	toneFloor  = 60.0 // root mean square below which nothing is a key, -55 dBov
	toneAbove  = 6.0  // times the power of the next strongest tone of the same group
	twistHigh  = 6.3  // upper tone over lower one, 8 dB (ITU-T Q.24)
	twistLow   = 0.40 // lower over upper, 4 dB
	toneGap    = 320  // samples missing after a silence that make a tone another press: 40 ms
	strictOn   = 5    // looks in a row where tones are not the agreed way, 64 ms
	strictEven = 1.6  // times the softest look's power that the loudest may have there, 2 dB: a voice never keeps its level so
)

// rows and columns are the keypad's tones in hertz (ITU-T Q.23), toneKeys its field.
var (
	toneRows    = [4]float64{697, 770, 852, 941}
	toneColumns = [4]float64{1209, 1336, 1477, 1633}
)

const toneKeys = "123A456B789C*0#D"

// detector hears keys in the sound itself.
type detector struct {
	factors  [8]float64
	block    [toneBlock]float64
	n        int
	last     int // key of the last look, from 1; 0 for none
	run      int // looks in a row with it
	soft     float64
	loud     float64 // powers of the run's softest and loudest look
	down     int     // the key that is pressed; 0 for none
	off      int
	over     bool // no sound came any more: the key that is down counts no longer, and begins no other
	expected uint32
	heard    time.Duration // instant of the last sound
}

func newDetector() *detector {
	d := &detector{}
	for i, hz := range append(toneRows[:], toneColumns[:]...) {
		d.factors[i] = 2 * math.Cos(2*math.Pi*hz/8000)
	}
	return d
}

// hear takes sound.
func (d *detector) hear(r *Receiver, p *Presses, sound []int16, strict bool, now time.Duration) {
	for _, s := range sound {
		d.block[d.n] = float64(s)
		if d.n++; d.n < toneBlock {
			continue
		}
		d.n = 0
		key, power := d.look()
		d.step(r, p, key, power, strict, now)
	}
}

// arrived notes the place of a packet in the stream. After a silence, sound that does not go on where the one before
// stopped begins anew; what was late or lost in the middle of a tone is the same tone.
func (d *detector) arrived(r *Receiver, p *Presses, timestamp uint32, samples int, now time.Duration) {
	missing := int32(timestamp - d.expected)
	if d.down != 0 && now-d.heard >= eventSilence && (missing < 0 || missing >= toneGap) {
		d.lift(r, p, now)
		d.n, d.last, d.run = 0, 0, 0
	}
	d.expected, d.heard = timestamp+uint32(samples), now
}

// silence tells whether a key is down of which no more sound has come: it is over.
func (d *detector) silence(now time.Duration) bool {
	if d.down == 0 || d.over || now-d.heard < eventSilence {
		return false
	}
	d.over = true
	return true
}

// lift ends the key that is down.
func (d *detector) lift(r *Receiver, p *Presses, now time.Duration) {
	if !d.over {
		r.end(p, byTone, now)
	}
	d.down, d.over, d.off = 0, false, 0
}

// step follows the looks.
func (d *detector) step(r *Receiver, p *Presses, key int, power float64, strict bool, now time.Duration) {
	switch {
	case key != d.last:
		d.last, d.run = key, 1
	case d.run == 1: // the first look of a tone holds its beginning and says nothing about its level
		d.run, d.soft, d.loud = 2, power, power
	default:
		d.run++
		d.soft, d.loud = min(d.soft, power), max(d.loud, power)
	}
	if key == d.down {
		d.off = 0
	} else if d.down != 0 {
		if d.off++; d.off >= toneOff {
			d.lift(r, p, now)
		}
	}
	if d.down == 0 && key != 0 && d.sure(strict) {
		d.down, d.off = key, 0
		code, _ := Key(toneKeys[key-1]).Code()
		r.begin(p, byTone, code, now)
	}
}

// sure tells whether the looks so far are a key.
func (d *detector) sure(strict bool) bool {
	if !strict {
		return d.run >= toneOn
	}
	return d.run >= strictOn && d.loud <= strictEven*d.soft
}

// look tells which key's two tones a block consists of, from 1, and their power; 0 for none (Goertzel's algorithm).
func (d *detector) look() (key int, both float64) {
	total := 0.0
	for _, x := range d.block {
		total += x * x
	}
	if total < toneFloor*toneFloor*toneBlock {
		return 0, 0
	}
	var power [8]float64
	for i, f := range d.factors {
		a, b := 0.0, 0.0
		for _, x := range d.block {
			a, b = x+f*a-b, a
		}
		power[i] = a*a + b*b - f*a*b
	}
	row, column := strongest(power[:4]), strongest(power[4:])
	if row < 0 || column < 0 {
		return 0, 0
	}
	low, high := power[row], power[4+column]
	switch {
	case high > twistHigh*low, low*twistLow > high:
		return 0, 0
	case 2*(low+high) < toneShare*toneBlock*total:
		return 0, 0
	}
	return 4*row + column + 1, low + high
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

// Tone is the next samples of a key's sound, from sample at on: -10 dBm0 the lower tone, -8 the upper one (ITU-T Q.23).
func (k Key) Tone(at int, to []int16) {
	for i := range len(toneKeys) {
		if toneKeys[i] != byte(k) {
			continue
		}
		low, high := toneRows[i/4]*2*math.Pi/8000, toneColumns[i%4]*2*math.Pi/8000
		for n := range to {
			t := float64(at + n)
			to[n] = int16(5200*math.Sin(low*t) + 6500*math.Sin(high*t))
		}
	}
}
