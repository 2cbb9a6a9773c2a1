package dtmf

import "time"

const (
	together   = 340 * time.Millisecond // in which one press comes in two ways: 300 ms, and what a poll is late
	longest    = 10 * time.Second       // after which a key that is down counts: something may lie on it, or it hangs
	remembered = 4                      // presses that may still come in another way
)

// way is one way in which a press comes.
type way uint8

const (
	byEvent way = 1 << iota
	byTone
	byInfo
)

// press is one press as far as it is known.
type press struct {
	code    uint8
	ways    way // by which it has come
	down    way // of them, those by which the key is still down
	counted bool
	began   time.Duration
	ended   time.Duration // instant of the latest end
}

// Presses is what one packet or one moment of silence means.
type Presses struct {
	Began bool
	Keys  [4]Key // of presses that are over, in their order
	N     int
}

// Receiver makes keys out of the presses of one party. The same key in two ways within 300 ms is one press: it begins with
// the first of them and counts once, when the first of them ends. The zero value is ready. Used by one goroutine; now is any
// clock that does not run backwards.
type Receiver struct {
	events  events
	tones   *detector // nil until sound was listened to
	presses [remembered]press
	current [2]int // of presses, by events and by tones
	next    int    // of presses, overwritten next
	ways    way    // by which a key has come so far
}

// Event takes a packet of telephone-events with its marker and its sequence number, extended over wraps and restarts (RFC 3550 section 6.4.1).
func (r *Receiver) Event(e Event, marker bool, order, timestamp uint32, now time.Duration) Presses {
	var p Presses
	ends, begins, ended := r.events.packet(e, marker, order, timestamp, now)
	if ends {
		r.end(&p, byEvent, now)
	}
	if begins {
		r.begin(&p, byEvent, e.Code, now)
	}
	if ended {
		r.end(&p, byEvent, now)
	} else if r.events.over(now) { // its end came after it was given up: another way may tell of it only now
		r.presses[r.current[byEvent-1]].ended = now
	}
	return p
}

// MostSamples is how much sound may be given at once.
const MostSamples = 160

// Sound listens to samples of 8 kHz, at most MostSamples, for tones. timestamp is their place in the stream. strict asks for
// what no voice ever has, where tones are not the agreed way to press keys.
func (r *Receiver) Sound(samples []int16, timestamp uint32, strict bool, now time.Duration) Presses {
	var p Presses
	if r.tones == nil {
		r.tones = newDetector()
	}
	r.tones.arrived(r, &p, timestamp, len(samples), now)
	r.tones.hear(r, &p, samples, strict, now)
	return p
}

// Info takes a key that came by signalling; what is no key is passed over.
func (r *Receiver) Info(k Key, now time.Duration) Presses {
	var p Presses
	if code, err := k.Code(); err == nil {
		r.begin(&p, byInfo, code, now)
	}
	return p
}

// Silence ends presses of which nothing more has come.
func (r *Receiver) Silence(now time.Duration) Presses {
	var p Presses
	if r.events.silence(now) {
		r.end(&p, byEvent, now)
	}
	if r.tones != nil && r.tones.silence(now) {
		r.end(&p, byTone, now)
	}
	if r.Down() {
		for i := range r.presses {
			if press := &r.presses[i]; press.down != 0 && now-press.began >= longest {
				r.count(&p, press)
			}
		}
	}
	return p
}

// NewStream tells that another stream has taken the place of the one before.
func (r *Receiver) NewStream(now time.Duration) Presses {
	var p Presses
	if r.events.newStream() {
		r.end(&p, byEvent, now)
	}
	return p
}

// OutOfBand tells whether a key has come by events or by signalling, so that none need be looked for in the sound.
func (r *Receiver) OutOfBand() bool { return r.ways&^byTone != 0 }

// ForgetOutOfBand begins anew with what OutOfBand tells: another telephone may have taken the call over.
func (r *Receiver) ForgetOutOfBand() { r.ways = 0 }

// Pressed tells whether an event is under way.
func (r *Receiver) Pressed() bool { return r.events.pressed }

// Sounding tells whether a key is heard in the sound.
func (r *Receiver) Sounding() bool { return r.tones != nil && r.tones.down != 0 && !r.tones.over }

// Down tells whether a key is down that has not counted yet.
func (r *Receiver) Down() bool {
	if !r.Pressed() && !r.Sounding() {
		return false
	}
	for i := range r.presses {
		if p := &r.presses[i]; p.down != 0 && !p.counted {
			return true
		}
	}
	return false
}

// begin notes that a key went down. Where another way has told of the press, this one tells nothing new.
func (r *Receiver) begin(p *Presses, by way, code uint8, now time.Duration) {
	r.ways |= by
	at := r.same(by, code, now)
	if at < 0 {
		r.release(p)
		at = r.place()
		r.presses[at] = press{code: code, began: now}
		p.Began = true
	}
	press := &r.presses[at]
	press.ways |= by
	if by != byInfo {
		press.down |= by
		r.current[by-1] = at
		return
	}
	if press.down == 0 {
		press.ended = now
		r.count(p, press)
	}
}

// release counts the presses that are still down when another key is pressed: there is one finger on a keypad, and the end
// was lost or comes later.
func (r *Receiver) release(p *Presses) {
	for i := range r.presses {
		if press := &r.presses[(r.next+i)%remembered]; press.down != 0 {
			r.count(p, press)
		}
	}
}

// same is the oldest press that another way has told of and this one has not; -1 when there is none.
func (r *Receiver) same(by way, code uint8, now time.Duration) int {
	found := -1
	for i := range r.presses {
		p := &r.presses[i]
		if p.code != code || p.ways == 0 || p.ways&by != 0 || p.down == 0 && now-p.ended > together {
			continue
		}
		if found < 0 || p.began < r.presses[found].began {
			found = i
		}
	}
	return found
}

// place is where the next press is noted: over the oldest one that is over.
func (r *Receiver) place() int {
	for r.presses[r.next].down != 0 {
		r.next = (r.next + 1) % remembered
	}
	at := r.next
	r.next = (r.next + 1) % remembered
	return at
}

// end notes that a key came up.
func (r *Receiver) end(p *Presses, by way, now time.Duration) {
	press := &r.presses[r.current[by-1]]
	press.down &^= by
	press.ended = now
	r.count(p, press)
}

// count makes one key of a press, once.
func (r *Receiver) count(p *Presses, press *press) {
	if !press.counted {
		press.counted = true
		p.Keys[p.N] = Key(byCode[press.code])
		p.N++
	}
}
