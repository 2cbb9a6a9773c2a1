package line

import (
	"time"

	"hotline/media"
)

// talkCheck is the time between two looks at whether joined legs are heard.
const talkCheck = time.Second

// talkDetector tells when two joined legs have talked: each was heard in half of the looks within the time that makes a talk.
// Half is enough because some telephones send nothing while nobody speaks. Telephone.Join asks it at every look. Used by one
// goroutine.
type talkDetector struct {
	begun time.Time
	legs  []*media.Leg
	in    []uint64 // packets of each, at the last look
	heard []int    // looks in which something new had come
	done  bool
}

// newTalkDetector begins to count now.
func newTalkDetector(legs ...*media.Leg) *talkDetector {
	d := &talkDetector{begun: time.Now(), legs: legs, heard: make([]int, len(legs))}
	for _, l := range legs {
		d.in = append(d.in, l.Stats().PacketsIn)
	}
	return d
}

// detected looks, and is true once: at the look at which the legs have talked for so long.
func (d *talkDetector) detected(talk time.Duration) bool {
	if d.done {
		return false
	}
	d.done = time.Since(d.begun) >= talk
	for i, l := range d.legs {
		if in := l.Stats().PacketsIn; in > d.in[i] {
			d.in[i] = in
			d.heard[i]++
		}
		d.done = d.done && time.Duration(d.heard[i])*talkCheck*2 >= talk
	}
	return d.done
}
