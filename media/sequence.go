package media

import "time"

const (
	replayWindow = 64   // packets back in which a duplicate is told from a latecomer
	maxDropout   = 3000 // packets a sequence may jump forward (RFC 3550 appendix A.1)

	quietRestart = 200 * time.Millisecond // without a packet, after which a number that has not risen is no latecomer: the sender has restarted
	quietMarker  = 50 * time.Millisecond  // the same for a packet with a marker, which begins something
)

// sequence follows the sequence numbers of one stream: duplicates, latecomers, restarts and loss
// (RFC 3550 appendix A.1 and A.3). The zero value waits for the first packet.
type sequence struct {
	started  bool
	highest  uint16
	cycles   uint32 // 65536 for each wrap
	base     uint32 // extended number of the first packet
	seen     uint64 // bit i: highest-i has come
	restart  uint16 // number that would confirm a restart
	awaiting bool
	received uint64
	skipped  int           // packets missing right before the last accepted one
	before   uint64        // lost before the last restart
	last     time.Duration // instant of the last packet
}

// accept tells whether a packet is new and whether it is the newest so far.
func (s *sequence) accept(n uint16, marker bool, now time.Duration) (fresh, newest bool) {
	quiet := now - s.last
	s.last = now
	if !s.started {
		s.start(n)
		return true, true
	}
	d := int16(n - s.highest)
	switch {
	case (d <= 0 || d >= maxDropout) && (quiet >= quietRestart || marker && quiet >= quietMarker):
		s.before = s.lost()
		s.start(n)
		return true, true
	case d > 0 && d < maxDropout:
		if n < s.highest {
			s.cycles += 1 << 16
		}
		s.seen = s.seen<<uint(d) | 1
		s.skipped = int(d) - 1
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
		s.before = s.lost()
		s.start(n)
		return true, true
	}
	s.awaiting, s.restart = true, n+1
	return false, false
}

func (s *sequence) start(n uint16) {
	cycles := s.cycles
	if s.started {
		cycles += 1 << 16
	}
	*s = sequence{
		last: s.last, started: true, highest: n, cycles: cycles, base: cycles + uint32(n) - uint32(s.received), seen: 1, received: s.received + 1,
		before: s.before,
	}
}

// extended is the number of an accepted packet without wraps; it rises over restarts (RFC 3550 section 6.4.1).
func (s *sequence) extended(n uint16) uint32 {
	return s.cycles + uint32(s.highest) - uint32(s.highest-n)
}

// lost is how many packets never came.
func (s *sequence) lost() uint64 {
	if !s.started {
		return s.before
	}
	expected := uint64(s.cycles + uint32(s.highest) - s.base + 1)
	if expected <= s.received {
		return s.before
	}
	return s.before + expected - s.received
}
