package rtp

import "time"

// clockRate is the rate of G.711's timestamps in hertz (RFC 3551 table 4).
const clockRate = 8000

// Jitter measures how unevenly the packets of one stream arrive (RFC 3550 appendix A.8). The zero value waits for the first.
type Jitter struct {
	started bool
	transit int32   // of the last packet, in samples
	mean    float64 // smoothed, in samples
}

// Arrived takes the timestamp of the newest packet.
func (j *Jitter) Arrived(timestamp uint32, now time.Duration) {
	transit := int32(uint32(now*8/time.Millisecond) - timestamp)
	if j.started {
		d := float64(transit - j.transit)
		j.mean += (max(d, -d) - j.mean) / 16
	}
	j.transit, j.started = transit, true
}

// NewStream begins anew for another stream. The mean stays.
func (j *Jitter) NewStream() { j.started = false }

// Samples is the jitter in samples, as reports have it.
func (j *Jitter) Samples() uint32 { return uint32(j.mean) }

// Duration is the jitter as a time.
func (j *Jitter) Duration() time.Duration { return Duration(j.mean) }

// Duration is a number of samples as a time.
func Duration(samples float64) time.Duration {
	return time.Duration(samples * float64(time.Second) / clockRate)
}

// Losses counts the packets of ours that the other party has lost, by its reports. A report has the count of one
// receiver (RFC 3550 section 6.4.1): when our sound moves to another one and back, the first one counts all that went to
// the second as lost. The zero value has no losses.
type Losses struct {
	total    uint64
	known    bool   // the receiver has reported since the sound moved to it
	receiver uint32 // SSRC of who counts
	counted  int32  // the highest of its counts
	highest  uint16 // number of our newest packet that it had; before its first report, of the newest before the move
}

// Total is how many of our packets were lost.
func (s *Losses) Total() uint64 { return s.total }

// Moved tells that our packets from number next on go to another address.
func (s *Losses) Moved(next uint16) { s.known, s.highest = false, next-1 }

// Reported takes the count of a receiver that has our packets up to number highest. A receiver cannot have lost more packets
// than went to it since its last report; what it counts beyond them is not believed.
func (s *Losses) Reported(receiver uint32, lost int32, highest uint16) {
	went := int32(int16(highest - s.highest))
	if went < 0 {
		return // the report is from before the move
	}
	more := lost
	if s.known && receiver == s.receiver {
		more = lost - s.counted
	} else {
		s.known, s.receiver, s.counted = true, receiver, lost
	}
	if more > 0 && more <= went {
		s.total += uint64(more)
	}
	s.counted, s.highest = max(s.counted, lost), highest
}
