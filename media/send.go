package media

import (
	"time"

	"hotline/media/rtp"
)

// keepAlive is how long a joined leg may send nothing before a frame of silence shows that it is there. A telephone, a
// network or a machine that is late by less must not have its sound overtaken by that silence.
const keepAlive = time.Second

// sender is the stream that a leg sends. Its worker uses it alone: nobody else writes sequence numbers, timestamps or the
// SSRC.
type sender struct {
	stream     rtp.Sender
	mark       bool          // the next packet of sound begins a talkspurt
	sentAt     time.Duration // instant of the last packet
	until      time.Duration // end of the sound sent so far, by the instants at which it was due; 0 for none yet
	quietUntil time.Duration // until then no silence is sent: a key is being pressed
	packets    *packetizer   // nil until packets of another length than 20 ms are sent
	budget     budget
}

// budget is what may go to a party that nobody knows before its own sound has come. Its description may name a victim, at
// which the line would play 64 kbit/s. Nothing goes out before a request in the dialog, which the ACK is, has shown that
// the signalling's source is not forged.
type budget struct {
	limited   bool // the party is unverified
	heard     bool // a packet came from where our sound goes
	confirmed bool // a request came in the dialog
	packets   int  // that may still go out
	moves     int  // to other addresses
}

const (
	unheardPackets = 40 // packets to an address from which none has come: 0.8 s
	// maxMoves is how often an unverified party may move its sound to another address and get new packets for it. A normal call
	// moves a few times: it is held, resumed and transferred. An attacker would point it at one victim after the other.
	maxMoves = 4
)

// move begins anew for another address.
func (b *budget) move() {
	b.heard = false
	if b.confirmed && b.moves < maxMoves {
		b.moves++
		b.packets = unheardPackets
	}
}

// confirm tells that a request came in the dialog.
func (b *budget) confirm() {
	if !b.confirmed {
		b.confirmed, b.packets = true, unheardPackets
	}
}

// exhausted tells whether the next packet must not go out. One that may is counted.
func (b *budget) exhausted() bool {
	if !b.limited || b.heard {
		return false
	}
	b.packets--
	return b.packets < 0
}

// mayReport tells whether reports may go out.
func (b *budget) mayReport() bool { return !b.limited || b.heard }

// catchUp moves the timestamp on over the time in which nothing was sent: on purpose, or because this machine was kept from
// it. What is sent next is a new talkspurt then.
func (s *sender) catchUp(due time.Duration) {
	if missed := due - s.until; s.until > 0 && missed >= quarter {
		s.stream.Timestamp += uint32(missed * 8 / time.Millisecond)
		s.mark = true
	} else if s.until > 0 {
		due = max(due, s.until)
	}
	s.until = due + frame
}

// sendTurn sends the leg's next 20 ms, due at an instant: a key, a sound, or silence, so that the far end and every NAT on
// the way keep seeing media. Nothing is sent while the other side holds, while a partner's sound is passed on, and after a
// key that has stopped what was played, until what comes next begins.
func (w *worker) sendTurn(l *Leg, due time.Duration) {
	s := &l.out
	switch {
	case l.terms.Held():
		s.mark = true
		return
	case w.now < s.until && due < s.until-quarter:
		return // the sound began between two turns, and is ahead of this one
	case l.playback != nil && l.playback.over && l.keyPress == nil:
		w.endPlayback(l, nil)
	}
	if l.keyPress == nil && l.playback == nil && l.bridge.three == nil && (w.now < s.quietUntil || l.bridge.partner != nil && w.now-s.sentAt < keepAlive) {
		return
	}
	if s.budget.exhausted() {
		s.mark = true
		return
	}
	if l.bridge.partner != nil && (l.keyPress != nil || l.playback != nil) {
		l.bridge.partner.bridge.stamps.known = false // what the partner says goes on behind this
	}
	s.catchUp(due)
	if l.keyPress != nil {
		l.keyPress.send(w, l)
		return
	}
	w.sendFrame(l, due)
}

// sendFrame sends 20 ms of what is played, of what the two others of three say, or of silence.
func (w *worker) sendFrame(l *Leg, due time.Duration) {
	s, codec := &l.out, l.terms.Codec
	payload := w.buf.out[rtp.HeaderSize:]
	if p := l.playback; p != nil {
		p.over = !p.sound.frame(&p.at, payload, codec, p.options.Loop)
	} else if c := l.bridge.three; c != nil {
		c.frame(l, payload)
	} else {
		for i := range payload {
			payload[i] = codec.Silence()
		}
	}
	if l.packetLength() == frameSamples {
		s.packets.flush(w, l)
		w.send(l, w.buf.out[:], codec.PayloadType(), s.mark, s.stream.Timestamp)
	} else {
		w.packetize(l, payload, s.stream.Timestamp, s.mark, due)
	}
	s.stream.Timestamp += frameSamples
	s.mark = false
}

// send puts the header before a payload, encrypts the packet where that was agreed on, and hands it on.
func (w *worker) send(l *Leg, packet []byte, payloadType uint8, marker bool, timestamp uint32) {
	l.out.stream.Put(packet, payloadType, marker, timestamp)
	if b, ok := l.encryption.encrypt(&w.buf, packet); ok {
		l.sockets.rtp.Send(b, l.in.latch.Target())
	}
	l.out.sentAt = w.now
	w.engine.counts.out.Add(1)
}
