package media

import (
	"context"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/rtp"
)

// Key is one key of a telephone: '0' to '9', '*', '#', 'A' to 'D'. Keys may be digits of a PIN, so never log one.
type Key = dtmf.Key

// ErrNotAKey is the error of a character that no telephone has.
var ErrNotAKey = dtmf.ErrNotAKey

// Event is a telephone-event of a key (RFC 4733 section 2.3).
type Event = dtmf.Event

// ParseEvent reads the payload of a telephone-event; false when it is none of a key's.
func ParseEvent(b []byte) (Event, bool) {
	if !dtmf.Shaped(b) {
		return Event{}, false
	}
	return dtmf.ParseEvent(b)
}

// listenForTones gives sound to the ear for keys, where no other way of keys was agreed on, or where tones are listened to
// all the same. Once a key has come in another way it is not looked for in the sound any more.
func (w *worker) listenForTones(l *Leg, p *rtp.Packet, codec g711.Codec) {
	agreed := l.terms.EventsIn == 0
	if !agreed && (!l.toned || l.partner != nil) || l.pad.Told() {
		return
	}
	at := p.Timestamp
	for sound := p.Payload; len(sound) > 0; {
		n := codec.Decode(w.frame[:], sound)
		w.pressed(l, l.pad.Sound(w.frame[:n], at, !agreed, w.now))
		sound, at = sound[n:], at+uint32(n)
	}
}

// HearTones has the leg listen for keys in the sound although events were agreed on, until one of them comes: for somebody
// who was asked for a key and whose gateway may send only tones. It asks more of a tone than where tones are the agreed
// way, and does not listen while the leg is joined to another.
func (l *Leg) HearTones() {
	_ = l.post(func(_ *worker, l *Leg) { l.toned = true })
}

// whileDown is how often a wait that is over looks again whether the key that is down has come up.
const whileDown = 20 * time.Millisecond

// Key takes the next key, waiting for it; keys typed ahead come first, also after the leg's end.
func (l *Leg) Key(ctx context.Context) (Key, error) {
	k, _, err := l.nextKey(ctx, nil)
	return k, err
}

// KeyWithin is Key with an end: none when no key went down within wait. A key that is down by then is waited for, since it
// counts when it comes up, or after 10 s.
func (l *Leg) KeyWithin(ctx context.Context, wait time.Duration, none error) (Key, error) {
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		k, over, err := l.nextKey(ctx, t.C)
		switch {
		case !over:
			return k, err
		case l.down.Load():
			t.Reset(whileDown)
			continue
		}
		select {
		case k := <-l.keys: // it came up just now
			return k, nil
		default:
			return 0, none
		}
	}
}

// nextKey takes the next key, or tells that end has come first.
func (l *Leg) nextKey(ctx context.Context, end <-chan time.Time) (k Key, over bool, err error) {
	select {
	case k := <-l.keys:
		return k, false, nil
	default:
	}
	select {
	case k := <-l.keys:
		return k, false, nil
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	case <-l.done:
		return 0, false, l.err
	case <-end:
		return 0, true, nil
	}
}

// takes tells whether a packet is looked at. Both codecs are always taken: telephones switch without a word. So is a key's
// event at whatever dynamic payload type, unless the other side has said that another codec is meant by it.
func (l *Leg) takes(p *rtp.Packet) bool {
	switch p.PayloadType {
	case 0, 8, rtp.ComfortNoise, l.terms.EventsIn, l.terms.EventsOut:
		return true
	}
	return p.PayloadType >= rtp.FirstDynamic && l.terms.Others&(1<<(p.PayloadType-rtp.FirstDynamic)) == 0 && dtmf.Shaped(p.Payload)
}
