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
func (j *Jitter) Duration() time.Duration {
	return time.Duration(j.mean * float64(time.Second) / clockRate)
}
