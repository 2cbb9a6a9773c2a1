package load

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stream is what a call hears, judged by the kernel's timestamps. A packet's deviation is how much later it came than
// the earliest packet of its talkspurt allows, by its sequence number. A marker bit begins a talkspurt, whose phase is its
// own (RFC 3550 section 5.1).
type stream struct {
	answered int64 // ns since 1970
	seen     bool
	base     int64 // arrival of the packet numbered first, had it come as early as the earliest
	first    uint16
	last     uint16
	lastAt   int64
}

// gap is the time without a packet that a caller hears.
const gap = int64(60 * time.Millisecond)

// A call's socket is drained every fourth turn, with one system call for up to six datagrams: the kernel's timestamps tell
// when they came.
const (
	deaf  = 6
	every = 4
)

// ear receives, one system call a call and turn.
type ear struct {
	heads [deaf]mmsghdr
	iovs  [deaf]unix.Iovec
	bufs  [deaf][512]byte
	oobs  [deaf][64]byte
}

type mmsghdr struct {
	head unix.Msghdr
	n    uint32
	_    [4]byte
}

func (e *ear) init() {
	for i := range e.heads {
		e.iovs[i].Base = &e.bufs[i][0]
		e.iovs[i].SetLen(len(e.bufs[i]))
		h := &e.heads[i].head
		h.Iov, h.Control = &e.iovs[i], &e.oobs[i][0]
		h.SetIovlen(1)
	}
}

// take receives what waits at a socket, at most six.
func (e *ear) take(fd int) int {
	for i := range e.heads {
		e.heads[i].head.SetControllen(len(e.oobs[i]))
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&e.heads[0])), deaf, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// listen drains a call's socket.
func (k *Crowd) listen(c *call) {
	for {
		n := k.hear.take(c.fd)
		for i := range n {
			m := &k.hear.heads[i]
			b := k.hear.bufs[i][:m.n]
			if len(b) < headerSize || b[1]&0x7f != 8 {
				continue
			}
			if c.seal != nil && !c.seal.opens(b) {
				k.sums.broken++
			}
			k.packet(c, b, stampOf(k.hear.oobs[i][:m.head.Controllen]))
		}
		if n < deaf {
			return
		}
	}
}

// packet judges one packet of sound.
func (k *Crowd) packet(c *call, b []byte, at int64) {
	s, t := &c.from, &c.talk
	marker, sequence := b[1]&0x80 != 0, binary.BigEndian.Uint16(b[2:])
	k.sums.packets++
	if (t.tone || t.toneAhead) && isTone(b[headerSize:]) {
		t.heardTone = true
	}
	if marker && t.released != 0 && at > t.released {
		k.sums.reaction.add(at - t.released)
		t.released = 0
	}
	if !s.seen {
		k.sums.firstPacket.add(at - s.answered)
	} else {
		if jump := sequence - s.last; jump > 1 && jump < 1000 {
			k.sums.lost += int(jump) - 1
		}
		if at-s.lastAt > gap && !marker {
			k.sums.gaps++
		}
	}
	s.last, s.lastAt = sequence, at
	if !s.seen || marker {
		s.seen, s.first, s.base = true, sequence, at
		return
	}
	late := at - s.base - int64(sequence-s.first)*int64(frame)
	if late < 0 {
		s.base += late
		late = 0
	}
	k.sums.deviation.add(late)
	if late > int64(frame) {
		k.sums.late++
	}
}
