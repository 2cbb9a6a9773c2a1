package media

import (
	"slices"
	"time"
)

const (
	slots   = 4                    // slots of the wheel: 20 ms in quarters of 5 ms
	quarter = 5 * time.Millisecond // one slot
	frame   = slots * quarter      // one turn of the wheel, and the sound that each leg sends at its turn
)

// wheel holds the legs of one worker. Each leg has its turn once in 20 ms, in one of four slots. Some are served between
// their turns too: those that are polled, and those with a packet that waits for its instant.
type wheel struct {
	slots  [slots][]*Leg
	polled []*Leg // received from at every tick: a key is down, or they are joined
	paced  []*Leg // a packet of theirs waits for its instant
}

// place is where a leg is on its worker's wheel.
type place struct {
	slot, index   int
	polled, paced bool
}

// add takes a leg into the emptiest slot.
func (w *wheel) add(l *Leg) {
	best := 0
	for i := range w.slots {
		if len(w.slots[i]) < len(w.slots[best]) {
			best = i
		}
	}
	w.insert(l, best)
}

func (w *wheel) insert(l *Leg, slot int) {
	l.place.slot, l.place.index = slot, len(w.slots[slot])
	w.slots[slot] = append(w.slots[slot], l)
}

// take takes a leg out of its slot. The last leg of the slot takes its index.
func (w *wheel) take(l *Leg) {
	legs := w.slots[l.place.slot]
	last := legs[len(legs)-1]
	legs[l.place.index], last.place.index = last, l.place.index
	legs[len(legs)-1] = nil
	w.slots[l.place.slot] = legs[:len(legs)-1]
}

// remove takes a leg off the wheel.
func (w *wheel) remove(l *Leg) {
	w.take(l)
	if l.place.paced {
		l.place.paced = false
		w.paced = slices.DeleteFunc(w.paced, func(o *Leg) bool { return o == l })
	}
	if l.place.polled {
		l.place.polled = false
		w.polled = slices.DeleteFunc(w.polled, func(o *Leg) bool { return o == l })
	}
}

// crowd is by how many legs a slot may exceed another one before it is crowded.
const crowd = 16

// move brings a leg's turn forward to another slot. It tells whether it did: where all legs want the same slot, their turns
// must stay apart.
func (w *wheel) move(l *Leg, slot int) bool {
	if slot == l.place.slot {
		return true
	}
	if len(w.slots[slot]) > crowd+2*len(w.slots[l.place.slot]) {
		return false
	}
	w.take(l)
	w.insert(l, slot)
	return true
}

// poll has a leg received from at every tick.
func (w *wheel) poll(l *Leg) {
	if !l.place.polled {
		l.place.polled = true
		w.polled = append(w.polled, l)
	}
}

// pace has a leg's waiting packets looked at at every tick.
func (w *wheel) pace(l *Leg) {
	if !l.place.paced {
		l.place.paced = true
		w.paced = append(w.paced, l)
	}
}

// short tells whether a leg is served between its turns, so that ticks must be short.
func (w *wheel) short() bool { return len(w.polled) > 0 || len(w.paced) > 0 }
