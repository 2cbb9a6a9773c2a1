package dispatch_test

import "time"

// habit is what somebody's telephone does when it is rung.
type habit int

// The habits. A machine presses the key that accepts, and must never be taken for a person.
const (
	isBusy habit = iota
	isDead
	isSilent
	isMailbox   // greets and beeps
	isQuietBox  // picks up and says nothing
	isWell      // picks up, hears the brief, presses 1 and talks
	isSlow      // the same, and takes its time
	passes      // presses 2
	hangsUp     // in the brief
	isLost      // presses 1, and the line breaks in the talk
	regretsIt   // presses 1 and hangs up before anybody has talked
	wantsToHear // presses 3, hears the message, then 1
	isInBand    // its keys are tones in the sound: presses 1, and the code that is asked for
	isMachine   // the same tones, played by a machine: 1 over and over, and no code
	isCustomer  // picks up, and is asked for no key
)

// act presses the keys of the habit, and hangs up.
func (l *nightLeg) act() {
	press := func(least, most time.Duration, key byte) bool {
		if !lets(l.ctx, l.street.between(l.address, least, most)) {
			return false
		}
		l.street.night.say("%s presses %c", l.address, key)
		l.keys <- key
		return true
	}
	switch l.does {
	case isWell, isLost, regretsIt:
		press(3*time.Second, 8*time.Second, '1')
	case isSlow:
		press(10*time.Second, 20*time.Second, '1')
	case passes:
		press(3*time.Second, 10*time.Second, '2')
	case wantsToHear:
		_ = press(3*time.Second, 8*time.Second, '3') && press(9*time.Second, 14*time.Second, '1')
	case isInBand:
		press(3*time.Second, 8*time.Second, '1')
		l.keysTheCode()
	case isMachine:
		for range 20 {
			if !press(500*time.Millisecond, 3*time.Second, '1') {
				return
			}
		}
	case hangsUp:
		if lets(l.ctx, l.street.between(l.address, time.Second, 8*time.Second)) {
			l.end(errBye)
		}
	}
}

// keysTheCode presses what the line has asked for; the trace does not tell which, as it is not of the night's dice.
func (l *nightLeg) keysTheCode() {
	select {
	case code := <-l.asked:
		heard := l.other.Load()
		for _, k := range []byte(code) {
			if !lets(l.ctx, l.street.between(l.address, 700*time.Millisecond, 2*time.Second)) || l.other.Load() != heard {
				return // what is asked now is not for the code, of which nobody knows the digits
			}
			l.keys <- k
		}
		l.street.night.say("%s has keyed the code", l.address)
	case <-l.ctx.Done():
	}
}

// takes notes the key that was asked for.
func (l *nightLeg) takes(k byte) (byte, error) {
	l.last = (l.last + string(k))[max(0, len(l.last)-1):]
	l.took = k
	return k, nil
}

// accepted tells whether the keys that were asked for are those of somebody who accepts.
func (l *nightLeg) accepted() bool {
	if l.KeysInSound() {
		return l.code != "" && l.last == l.code
	}
	return l.took == '1'
}
