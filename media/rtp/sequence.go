package rtp

import "time"

const (
	replayWindow = 64   // packets back in which a repeated packet is told from a late one
	maxDropout   = 3000 // packets by which a number may jump forward (RFC 3550 appendix A.1)

	// After so long without a packet, a number that has not risen is not a late packet: the sender has restarted. The marker
	// begins something, so that a shorter silence is enough for it.
	restartSilence       = 200 * time.Millisecond
	restartSilenceMarked = 50 * time.Millisecond
)

// Sequence follows the sequence numbers of one stream: repeated and late packets, restarts and loss (RFC 3550 appendix A.1
// and A.3). The zero value waits for the first packet.
type Sequence struct {
	started  bool
	highest  uint16
	cycles   uint32 // 65536 for each wrap
	base     uint32 // extended number of the first packet
	seen     uint64 // bit i: highest-i has come
	restart  uint16 // number that would confirm a restart
	awaiting bool   // restart is set
	received uint64
	missing  int           // packets missing right before the last accepted one
	before   uint64        // lost before the last restart
	last     time.Duration // instant of the last packet
}

// Accept takes the number of the next packet. fresh tells that the packet is new, newest that none of a higher number has
// come before it.
func (s *Sequence) Accept(n uint16, marker bool, now time.Duration) (fresh, newest bool) {
	quiet := now - s.last
	s.last = now
	if !s.started {
		s.start(n)
		return true, true
	}
	d := int16(n - s.highest)
	switch {
	case (d <= 0 || d >= maxDropout) && (quiet >= restartSilence || marker && quiet >= restartSilenceMarked):
		s.before = s.Lost()
		s.start(n)
		return true, true
	case d > 0 && d < maxDropout:
		if n < s.highest {
			s.cycles += 1 << 16
		}
		s.seen = s.seen<<uint(d) | 1
		s.missing = int(d) - 1
		s.highest, s.awaiting = n, false
		s.received++
		return true, true
	case d <= 0 && d > -replayWindow:
		bit := uint64(1) << uint(-d)
		if s.seen&bit != 0 {
			return false, false
		}
		s.seen |= bit
		s.received++
		return true, false
	case s.awaiting && n == s.restart:
		s.before = s.Lost()
		s.start(n)
		return true, true
	}
	s.awaiting, s.restart = true, n+1
	return false, false
}

func (s *Sequence) start(n uint16) {
	cycles := s.cycles
	if s.started {
		cycles += 1 << 16
	}
	*s = Sequence{
		last: s.last, started: true, highest: n, cycles: cycles, base: cycles + uint32(n) - uint32(s.received), seen: 1, received: s.received + 1,
		before: s.before,
	}
}

// NewStream begins anew for another stream of the same party. The counts go on.
func (s *Sequence) NewStream() { *s = Sequence{before: s.Lost(), received: s.received} }

// Started tells whether a packet of the stream has come.
func (s *Sequence) Started() bool { return s.started }

// Highest is the highest number so far, extended over wraps and restarts (RFC 3550 section 6.4.1).
func (s *Sequence) Highest() uint32 { return s.cycles + uint32(s.highest) }

// Extended is the number of an accepted packet without wraps. It rises over restarts (RFC 3550 section 6.4.1).
func (s *Sequence) Extended(n uint16) uint32 {
	return s.cycles + uint32(s.highest) - uint32(s.highest-n)
}

// TakeMissing is how many packets are missing right before the last accepted one. It tells of them once.
func (s *Sequence) TakeMissing() int {
	n := s.missing
	s.missing = 0
	return n
}

// Received is how many packets have come.
func (s *Sequence) Received() uint64 { return s.received }

// Lost is how many packets never came.
func (s *Sequence) Lost() uint64 {
	if !s.started {
		return s.before
	}
	expected := uint64(s.cycles + uint32(s.highest) - s.base + 1)
	if expected <= s.received {
		return s.before
	}
	return s.before + expected - s.received
}
