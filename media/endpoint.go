package media

import (
	"math"
	"time"
)

// Verdict is what an [Endpointer] makes of what it has heard so far.
type Verdict byte

// The verdicts. SpeechEnded and NeverSpoke are given once, then the silence is counted anew.
const (
	Quiet       Verdict = iota // nothing is being said
	Speaking                   // something is
	SpeechEnded                // nothing was said for the hang-over, after something was
	NeverSpoke                 // nothing was said in the initial time
)

const (
	gateDepth = 18.0 // dB below the speaker's own level at which a frame is no speech of his
	rise      = 0.2  // share of a louder frame in the running level
	fall      = 0.01 // share of a softer one
	minLevel  = 40.0 // root mean square below which nothing is speech, -58 dBov
	sureAfter = 10   // frames of speech in a row that make somebody speak, 200 ms: the models must get to know the line first
)

// Endpointer tells when somebody who describes something has finished. It hears speech by the detector of six bands and
// believes it only within 18 dB of the speaker's running level, so that a room with other voices does not keep a
// recording open. Used by one goroutine.
type Endpointer struct {
	detector detector
	hangover int // frames
	initial  int
	quiet    int // frames since speech
	run      int // frames of speech in a row
	spoke    bool
	level    float64 // running power of the speaker
	frame    [frameSamples]int16
	filled   int
}

// NewEndpointer makes one; 0 means 2.5 s of silence at the end and 6 s at the beginning.
func NewEndpointer(hangover, initial time.Duration) *Endpointer {
	if hangover <= 0 {
		hangover = 2500 * time.Millisecond
	}
	if initial <= 0 {
		initial = 6 * time.Second
	}
	const frame = 20 * time.Millisecond
	return &Endpointer{detector: newDetector(), hangover: int(hangover / frame), initial: int(initial / frame)}
}

// Spoke tells whether anything was said so far.
func (e *Endpointer) Spoke() bool { return e.spoke }

// Feed hears samples of 8 kHz, any number of them.
func (e *Endpointer) Feed(samples []int16) Verdict {
	verdict := Quiet
	for len(samples) > 0 {
		n := copy(e.frame[e.filled:], samples)
		samples = samples[n:]
		if e.filled += n; e.filled < frameSamples {
			break
		}
		e.filled = 0
		if v := e.judge(&e.frame); v > verdict {
			verdict = v
		}
	}
	return verdict
}

func (e *Endpointer) judge(frame *[frameSamples]int16) Verdict {
	if e.speech(frame) {
		e.run++
	} else {
		e.run = 0
	}
	if e.run >= sureAfter || (e.spoke && e.run > 0) {
		e.spoke, e.quiet = true, 0
		return Speaking
	}
	e.quiet++
	switch {
	case e.spoke && e.quiet == e.hangover:
		return SpeechEnded
	case !e.spoke && e.quiet == e.initial:
		return NeverSpoke
	}
	return Quiet
}

// speech tells whether a frame is speech of the one who speaks.
func (e *Endpointer) speech(frame *[frameSamples]int16) bool {
	voiced := e.detector.speech(frame)
	power := 0.0
	for _, s := range frame {
		power += float64(s) * float64(s)
	}
	power /= frameSamples
	if !voiced || power < minLevel*minLevel {
		return false
	}
	share := fall
	if power > e.level {
		share = rise
	}
	if e.level == 0 {
		share = 1
	}
	loud := power >= e.level*math.Pow(10, -gateDepth/10)
	if loud {
		e.level += share * (power - e.level)
	}
	return loud
}
