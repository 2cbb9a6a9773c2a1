package media

import (
	"time"

	"hotline/media/g711"
)

const (
	blockOctets  = g711.Rate        // one second
	slack        = g711.Rate / 5    // octets kept back for packets that come in another order: 200 ms
	maxLate      = 2 * g711.Rate    // samples that may all be late before there is silence in their place
	maxAhead     = 2 * g711.Rate    // samples that a timestamp may run ahead of the clock before it counts as a new stream
	maskBack     = g711.Rate / 25   // octets before a key's first packet that may hold its tone: 40 ms
	maxConcealed = 3 * frameSamples // samples of a loss that is concealed; a longer loss stays silent
)

// track puts the sound of a recording at its place in time, and hands full seconds to the writer. Its worker uses it alone.
type track struct {
	recording *Recording
	writer    *writer
	codec     g711.Codec
	settled   bool // codec is that of a packet
	began     time.Duration
	handed    int    // samples handed to the writer
	buffer    []byte // what comes behind them
	based     bool
	base      uint32 // timestamp of the first sample, when based
}

func newTrack(r *Recording, codec g711.Codec, now time.Duration) track {
	w := r.leg.engine.writer
	return track{recording: r, writer: w, codec: codec, began: now, buffer: w.buffer(0)}
}

// written is the number of samples so far.
func (t *track) written() int { return t.handed + len(t.buffer) }

// clock is the number of samples that there should be by now.
func (t *track) clock(now time.Duration) int { return int((now - t.began) * 8 / time.Millisecond) }

// place is the sample at which a packet belongs. A stream that begins, or whose timestamps jump, begins now.
func (t *track) place(timestamp uint32, codec g711.Codec, now time.Duration) int {
	if !t.settled && t.written() == 0 {
		t.codec = codec
	}
	t.settled = true
	at := t.written() + int(int32(timestamp-t.base-uint32(t.written())))
	if !t.based || at > t.clock(now)+maxAhead || at < t.written()-maxAhead {
		t.fill(t.clock(now) - slack)
		at = t.written()
		t.based, t.base = true, timestamp-uint32(at)
	}
	return at
}

// newStream has the next packet begin anew: the timestamps are those of another stream.
func (t *track) newStream() { t.based = false }

// put puts sound at a sample. Sound later than the slack is lost.
func (t *track) put(at int, sound []byte) {
	if skip := t.handed - at; skip > 0 {
		sound, at = sound[min(skip, len(sound)):], t.handed
	}
	place := at - t.handed
	over := copy(t.buffer[min(place, len(t.buffer)):], sound)
	for rest := sound[over:]; len(rest) > 0; {
		t.buffer = t.writer.room(t.buffer, 1)
		n := min(len(rest), cap(t.buffer)-len(t.buffer))
		t.buffer = append(t.buffer, rest[:n]...)
		rest = rest[n:]
		t.handOver()
	}
}

// conceal puts sound in the place of a short loss before a sample. A gap longer than the loss was a pause, or is silent like
// one. What comes late after all takes its place.
func (t *track) conceal(at, lost int) {
	missing := at - t.written()
	if missing <= 0 || missing > lost || missing > maxConcealed || len(t.buffer) == 0 || len(t.buffer)+missing > maxBuffer {
		return
	}
	end := len(t.buffer)
	t.buffer = t.writer.room(t.buffer, missing)[:end+missing]
	t.codec.Conceal(t.buffer[:end], t.buffer[end:])
	t.recording.stats.Missing += missing
	t.handOver()
}

// fill appends silence up to a sample.
func (t *track) fill(at int) {
	for t.written() < at {
		n := min(at-t.written(), frameSamples)
		t.buffer = t.writer.room(t.buffer, n)
		for range n {
			t.buffer = append(t.buffer, t.codec.Silence())
		}
		t.recording.stats.Missing += n
		t.handOver()
	}
}

// handOver gives the oldest second to the writer once the slack behind it is full. A second that the writer has no room for
// is lost.
func (t *track) handOver() {
	if len(t.buffer) < blockOctets+slack {
		return
	}
	next := append(t.writer.buffer(len(t.buffer)-blockOctets), t.buffer[blockOctets:]...)
	if t.writer.put(block{recording: t.recording, codec: t.codec, octets: t.buffer[:blockOctets]}) {
		t.buffer = next
	} else {
		t.recording.stats.Dropped++
		t.recording.leg.engine.counts.dropped.Add(1)
		t.buffer = t.buffer[:copy(t.buffer, next)]
		t.writer.recycle(next)
	}
	t.handed += blockOctets
}

// mask silences the end, where the tone of a key may have begun before its first packet.
func (t *track) mask() {
	for i := max(0, len(t.buffer)-maskBack); i < len(t.buffer); i++ {
		t.buffer[i] = t.codec.Silence()
	}
}

// finish gives the last block.
func (t *track) finish(now time.Duration) block {
	t.fill(t.clock(now) - slack)
	t.handed += len(t.buffer)
	last := block{recording: t.recording, codec: t.codec, octets: t.buffer, last: true}
	t.buffer = nil // the writer's, and then another recording's
	return last
}
