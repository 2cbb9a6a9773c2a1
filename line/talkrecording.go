package line

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/tickets"
)

// The channels of a talk's file.
const (
	ofCustomer = iota
	ofEngineers
)

// gap stands, in silence, where nobody was joined for a while: in the menu of the engineer, or until the next one has accepted.
const gap = g711.Rate // samples

// talkRecording is the one recording of a talk: the customer in the first channel, and whoever of the engineers is joined in the second, mixed where
// there are two. Each leg's sound comes at its own pace; a sample is written when that of every leg that is recorded is there. Safe for
// concurrent use.
type talkRecording struct {
	id    string
	call  tickets.CallID
	spool Spool
	log   *slog.Logger
	keep  func(tickets.Recording)

	mu       sync.Mutex     // guards what follows
	at       time.Time      // of the first sample
	customer *side          // nil: nobody is joined
	joined   int            // engineers
	sides    map[*side]bool // that are recorded
	from     time.Time      // since when somebody is joined
	place    int            // of the sample at that instant
	file     io.WriteCloser
	codec    g711.Codec // of the file: that of the leg whose sound came first
	sums     [2][]int16 // samples that are not written yet
	written  int        // samples, of each channel
	failed   error
	over     bool // nobody more is recorded
	whole    bool // and the file is closed
	ended    sync.Once
}

// track is one leg's way into the file.
type track struct {
	*talkRecording
	channel int
	next    int // place of the next sample
	law     g711.Codec
}

// join begins to record an engineer, and the customer where nobody else is joined yet; nil where one of the legs cannot be recorded now.
func (r *talkRecording) join(customer, engineer *media.Leg) *side {
	r.mu.Lock()
	now := time.Now()
	if r.over {
		r.mu.Unlock()
		return nil
	}
	first := r.customer == nil
	if first {
		r.resume(now)
		if r.customer = r.record(customer, ofCustomer, now); r.customer == nil {
			r.mu.Unlock()
			return nil
		}
	}
	s := r.record(engineer, ofEngineers, now)
	var alone *side // the customer, whom nobody is joined to
	switch {
	case s != nil:
		r.joined++
	case first:
		alone, r.customer = r.customer, nil
	}
	r.mu.Unlock()
	if alone != nil {
		r.end(alone)
	}
	return s
}

// resume goes on behind all that is there.
func (r *talkRecording) resume(now time.Time) {
	r.from, r.place = now, r.written+max(len(r.sums[0]), len(r.sums[1]))
	if r.place == 0 {
		r.at = now
	} else {
		r.place += gap
	}
}

// record begins to record a leg; nil where that cannot be done now.
func (r *talkRecording) record(leg *media.Leg, channel int, now time.Time) *side {
	t := &track{talkRecording: r, channel: channel, next: max(r.written, r.place+int(now.Sub(r.from)*g711.Rate/time.Second))}
	rec, err := leg.Record(func(c g711.Codec) (io.WriteCloser, error) { t.law = c; return t, nil }, media.RecordOptions{})
	if err != nil {
		return nil
	}
	s := &side{rec, t}
	r.sides[s] = true
	return s
}

// leave ends the recording of an engineer, and that of the customer once nobody is joined any more.
func (r *talkRecording) leave(s *side) {
	r.end(s)
	r.mu.Lock()
	var last *side
	if r.joined--; r.joined == 0 {
		last, r.customer = r.customer, nil
	}
	r.mu.Unlock()
	if last != nil {
		r.end(last)
	}
}

// end ends the recording of a leg and waits until its sound is here.
func (r *talkRecording) end(s *side) {
	stats, err := s.Stop()
	if stats.Dropped > 0 {
		err = errors.Join(err, errors.New("the disk was too slow for some seconds"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole {
		return
	}
	r.failed = errors.Join(r.failed, err)
	delete(r.sides, s)
	r.write()
}

// Write takes a second of one leg. It keeps no octets of its caller's.
func (t *track) Write(octets []byte) (int, error) {
	r := t.talkRecording
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil && r.failed == nil {
		r.codec = t.law
		r.file, r.failed = r.spool.CreateTwo(r.id, r.codec)
	}
	if r.failed != nil {
		return 0, r.failed
	}
	at := t.next - r.written
	t.next += len(octets)
	sum, law := lengthened(r.sums[t.channel], at+len(octets)), t.law
	r.sums[t.channel] = sum
	for i, o := range octets {
		sum[at+i] = int16(min(max(int(law.DecodeSample(o))+int(sum[at+i]), math.MinInt16), math.MaxInt16))
	}
	r.write()
	return len(octets), r.failed
}

// lengthened has silence behind a sum, up to so many samples.
func lengthened(sum []int16, samples int) []int16 {
	return append(sum, make([]int16, max(samples-len(sum), 0))...)
}

// Close leaves the file to [talkRecording.Close].
func (*track) Close() error { return nil }

// write writes what every leg has brought; where none is recorded any more, all that is there.
func (r *talkRecording) write() {
	n := max(len(r.sums[0]), len(r.sums[1]))
	for s := range r.sides {
		n = min(n, s.track.next-r.written)
	}
	if n <= 0 || r.file == nil || r.failed != nil {
		return
	}
	both, codec := make([]byte, 2*n), r.codec
	for c, sum := range r.sums {
		sum = lengthened(sum, n)
		for i, s := range sum[:n] {
			both[2*i+c] = codec.EncodeSample(s)
		}
		r.sums[c] = append(sum[:0], sum[n:]...)
	}
	r.written += n
	_, err := r.file.Write(both)
	r.failed = errors.Join(r.failed, err)
}

// Close ends the recording of whoever is joined still, and has it kept.
func (r *talkRecording) Close() (err error) {
	r.ended.Do(func() {
		if r.finish(); r.file == nil {
			if err = r.failed; err != nil {
				r.log.Error("a talk is not recorded", "recording", r.id, "error", err)
			}
			return
		}
		kept := tickets.Recording{
			ID: r.id, Call: r.call, At: r.at, Seconds: float64(r.written) / g711.Rate, Law: r.codec.Name(),
			Partial: r.failed != nil, File: r.id + ".wav", Kind: tickets.Talk,
		}
		if err = r.failed; err != nil {
			r.log.Error("a talk is not kept whole", "recording", r.id, "error", err)
		} else if sum, err := r.spool.Sum(r.id); err == nil {
			kept.SHA256 = sum
		}
		r.keep(kept)
	})
	return err
}

// Discard ends the recording of whoever is joined still, and deletes it.
func (r *talkRecording) Discard() (err error) {
	r.ended.Do(func() {
		if r.finish(); r.file == nil {
			return
		}
		if err = r.spool.Remove(r.id); err != nil {
			r.log.Error("a talk whose recording was refused stays on the disk; the next start puts it on its ticket: erase it there", "recording", r.id, "error", err)
		}
	})
	return err
}

// finish ends the recording of every leg and writes all that is there. Nothing changes it afterwards.
func (r *talkRecording) finish() {
	r.mu.Lock()
	r.over = true
	recorded := slices.Collect(maps.Keys(r.sides))
	r.mu.Unlock()
	for _, s := range recorded {
		r.end(s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole = true; r.file != nil {
		r.write()
		r.failed = errors.Join(r.failed, r.file.Close())
	}
}
