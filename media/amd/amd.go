// Package amd detects whether a machine has answered a call (answering machine detection). A mailbox speaks on and on, and then
// beeps. It may take a machine for a human, but never a human for a machine: not one who says a name, asks who it is, stands in a
// loud room, or stands beside a machine that beeps. Package line feeds it what a called telephone sends.
package amd

import (
	"math"
	"time"

	"hotline/media/vad"
)

// Sign is what was heard.
type Sign byte

// The signs. Greeting is given once, after 8 s of speech without a pause of 0.8 s: nobody who was rung speaks so long to
// somebody who speaks too, but a radio may. Beep is given once, after 2.5 s of speech, then a steady tone, then silence. A
// tone of 1.5 s without speech is a fax machine, and counts as a beep.
const (
	Nothing Sign = iota
	Greeting
	Beep
)

const (
	frame      = 160             // samples
	second     = 8000 / frame    // frames
	unbroken   = 8 * second      // speech that is a greeting
	spokeFirst = 5 * second / 2  // speech that must come before a beep
	pause      = second * 8 / 10 // silence that ends what is said
	afterwards = 3 * second      // how long after speech a beep still belongs to it
	recently   = 10 * second     // how long ago that speech may have been: a greeting has pauses
	shortest   = second / 5      // of a beep, 200 ms
	longest    = 5 * second / 2  // 2.5 s
	stillness  = second * 2 / 5  // after a beep: music goes on
	fax        = second * 3 / 2

	audible = 260.0 // root mean square of a frame with speech, -42 dBov
	loud    = 580.0 // of a greeting: what is softer may be our own echo, -35 dBov
	lively  = 4.0   // dB by which the level of speech varies at least: a room or a motor is steadier
	pure    = 100.0 // power of a tone, divided by the power of everything else: 20 dB
	silent  = 30.0  // power of a tone, divided by the power of the silence after it: 15 dB

	lineLow, lineHigh = 380.0, 500.0 // Hz: what exchanges play while they ring or are busy (ITU-T E.180)

	never = 365 * 24 * time.Hour // the endpointer only tells speech from silence here
)

// Detector hears one call. Used by one goroutine.
type Detector struct {
	speech   *vad.Endpointer
	frame    [frame]int16
	filled   int
	current  utterance
	ended    int // frames since the end of what was said last
	spoke    int // frames since so much was said that a beep may follow
	tone     steady
	greeted  bool
	signaled bool
}

// utterance is what is being said without a pause.
type utterance struct {
	frames, quiet, loud int     // in all, since the last one with speech, and loud ones
	sum, squares        float64 // of the levels, dB
}

// length is how many frames it has up to the last one with speech; 0 when it is too steady for a voice.
func (u *utterance) length() int {
	n := float64(u.frames)
	if n == 0 || u.squares/n-(u.sum/n)*(u.sum/n) < lively*lively {
		return 0
	}
	return u.frames - u.quiet
}

// steady is a tone under way, and the stillness after it.
type steady struct {
	hz, power float64
	frames    int
	follows   bool // so much was said before it
	still     int
}

// New makes a detector.
func New() *Detector {
	return &Detector{speech: vad.NewEndpointer(never, never), ended: afterwards, spoke: recently}
}

// Feed hears samples of 8 kHz, any number of them, and gives the most important sign in them.
func (d *Detector) Feed(samples []int16) Sign {
	sign := Nothing
	for len(samples) > 0 {
		n := copy(d.frame[d.filled:], samples)
		samples = samples[n:]
		if d.filled += n; d.filled < frame {
			break
		}
		d.filled = 0
		sign = max(sign, d.judge())
	}
	return sign
}

// judge takes the whole frame.
func (d *Detector) judge() Sign {
	power, hz, clean := sine(&d.frame)
	speaks := d.speech.Feed(d.frame[:]) == vad.Speaking && power >= audible*audible
	if !d.signaled && d.beep(power, hz, clean) {
		d.signaled = true
		return Beep
	}
	d.follow(speaks && d.tone.frames < shortest/2, power)
	u := &d.current
	if d.spoke++; u.length() >= spokeFirst {
		d.spoke = 0
	}
	if !d.greeted && u.length() >= unbroken && 3*u.loud >= u.frames {
		d.greeted = true
		return Greeting
	}
	return Nothing
}

// follow takes one frame of what is being said.
func (d *Detector) follow(speaks bool, power float64) {
	u := &d.current
	if !speaks && u.frames == 0 {
		d.ended++
		return
	}
	level := 10 * math.Log10(power+1)
	u.frames, u.sum, u.squares = u.frames+1, u.sum+level, u.squares+level*level
	if power >= loud*loud {
		u.loud++
	}
	if u.quiet++; speaks {
		u.quiet = 0
	}
	if u.quiet >= pause {
		d.ended = u.quiet
		*u = utterance{}
	}
}

// beep follows a steady tone, and tells when it is the beep of a machine.
func (d *Detector) beep(power, hz float64, clean bool) bool {
	t := &d.tone
	sounds := clean && power >= audible*audible
	switch {
	case sounds && t.still == 0 && t.frames > 0 && math.Abs(hz-t.hz) <= 10:
		t.frames++
		t.power = max(t.power, power)
	case sounds:
		follows := d.spoke < recently && (d.current.frames > 0 || d.ended < afterwards)
		*t = steady{hz: hz, power: power, frames: 1, follows: follows}
	case t.frames >= shortest && (t.still > 0 || power*silent < t.power):
		if t.still++; power*silent >= t.power {
			*t = steady{} // something goes on: music, or a voice
		}
	case t.frames >= shortest && t.still == 0 && power <= t.power:
		t.still++ // the frame in which it ends
	default:
		*t = steady{}
	}
	if t.follows {
		return t.still >= stillness && t.frames <= longest
	}
	return t.frames >= fax && (t.hz < lineLow || t.hz > lineHigh)
}

// sine measures a frame: its power, and the frequency of the one sine that it is, if it is one. Of a sine each two
// neighbours of a sample add up to 2 cos w times that sample; what does not fit is everything else.
func sine(x *[frame]int16) (power, hz float64, clean bool) {
	var xy, yy, ss float64
	for i := 1; i < frame-1; i++ {
		y, s := float64(x[i]), float64(x[i-1])+float64(x[i+1])
		xy, yy, ss = xy+s*y, yy+y*y, ss+s*s
	}
	power = yy / (frame - 2)
	if yy == 0 {
		return 0, 0, false
	}
	c := xy / (2 * yy)
	if c <= -1 || c >= 1 {
		return power, 0, false
	}
	rest := max(ss-xy*xy/yy, 0) / (2 + 4*c*c)
	hz = math.Acos(c) * 8000 / (2 * math.Pi)
	return power, hz, yy >= pure*rest && hz >= 350 && hz <= 3000
}
