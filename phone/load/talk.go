package load

import (
	"encoding/binary"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	headerSize = 12
	frameSize  = 160
	pressed    = 5 // packets of a key: 100 ms
	endings    = 3 // packets that say that it is released (RFC 4733 section 2.5.1.4)
	pause      = 6 // packets of sound between two keys: 120 ms
)

// talk is what a call sends.
type talk struct {
	sequence uint16
	stamp    uint32
	spurt    bool // the next packet of sound begins a talkspurt
	ssrc     uint32
	at       int // in the voice
	key      int // packets of the present key that were sent; 0: none is pressed
	code     byte
	start    uint32
	idle     int  // packets of sound before the next key
	tone     bool // waits for the tone
	// A tone counts from the last key on: it may sound before the wait for it begins.
	toneAhead, heardTone bool
	released             int64
	nextKey              time.Duration
	packet               [headerSize + frameSize]byte
}

func (t *talk) begin(id int) {
	t.sequence, t.stamp, t.ssrc, t.at = uint16(id*7), uint32(id)*977, 0x10000+uint32(id), id%50*frameSize
	t.idle = 15 // 300 ms after the answer
}

// speak sends one call's next 20 ms: a key or the voice.
func (k *Crowd) speak(c *call, now time.Duration) {
	t := &c.talk
	if c.plan.KeyEvery > 0 && t.key == 0 && c.keys == "" {
		switch {
		case t.nextKey == 0: // spread over the time
			t.nextKey = now + time.Duration(c.id%97)*c.plan.KeyEvery/97 + time.Second
		case now >= t.nextKey:
			c.keys, t.nextKey, t.idle = "5", now+c.plan.KeyEvery, 0
		}
	}
	if t.tone && t.heardTone {
		t.tone, t.heardTone, t.idle = false, false, 25 // it lasts 300 ms
	}
	if t.key == 0 && c.keys != "" && !t.tone {
		k.nextKey(c)
	}
	if t.key > 0 {
		k.press(c)
	} else {
		c.say(k.voice)
	}
	t.stamp += frameSize
}

// nextKey begins the next key of the plan when its time has come.
func (k *Crowd) nextKey(c *call) {
	t := &c.talk
	if t.idle > 0 {
		t.idle--
		return
	}
	key := c.keys[0]
	c.keys = c.keys[1:]
	switch {
	case key == ',':
		t.idle = 50
	case key == 't':
		t.tone = true
	default:
		t.heardTone, t.toneAhead = false, strings.HasPrefix(c.keys, "t")
		t.key, t.code, t.start, t.released = 1, codeOf(key), t.stamp, 0
	}
}

// codeOf is the event of a key (RFC 4733 section 3.2).
func codeOf(key byte) byte {
	switch key {
	case '*':
		return 10
	case '#':
		return 11
	}
	return key - '0'
}

func (c *call) say(voice []byte) {
	t := &c.talk
	t.at %= len(voice)
	n := copy(t.packet[headerSize:], voice[t.at:])
	copy(t.packet[headerSize+n:], voice)
	t.at += frameSize
	c.put(8, t.spurt, t.stamp, t.packet[:])
	t.spurt = false
}

// press sends one packet of the present key, the last one three times.
func (k *Crowd) press(c *call) {
	t := &c.talk
	b := t.packet[:headerSize+4]
	last := t.key == pressed
	b[headerSize], b[headerSize+1] = t.code, 10
	if last {
		b[headerSize+1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[headerSize+2:], uint16(t.key*frameSize))
	if last {
		t.released = k.unix(k.now())
		for range endings {
			c.put(101, false, t.start, b)
		}
		t.key, t.idle = 0, pause
		k.sums.keys++
		return
	}
	c.put(101, t.key == 1, t.start, b)
	t.key++
}

// put writes the header and sends. A packet that is not taken shows as a loss at the far end.
func (c *call) put(kind byte, marker bool, stamp uint32, b []byte) {
	t := &c.talk
	b[0], b[1] = 0x80, kind
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], t.sequence)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], t.ssrc)
	t.sequence++
	if c.seal != nil {
		b = c.seal.close(b)
	}
	_, _ = unix.Write(c.fd, b)
}
