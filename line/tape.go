package line

import (
	"errors"
	"io"
	"sync"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// tape records a talk: what comes from the caller in the first channel, and what comes from the telephone that is joined in the second.
// It is used by the goroutine of [Telephone.Join]. The zero value with a nil ring.Tape records nothing.
type tape struct {
	*ring.Tape
	telephone *Telephone
	caller    *leg
	running   *taping // nil: none
}

// taping is one recording under way.
type taping struct {
	id    string
	at    time.Time
	legs  [2]*media.Recording
	both  *twoTracks
	spool Spool
}

// begin begins a recording, unless one runs. Where the caller is recorded already, in the talk of another telephone, it does nothing:
// that one may end before this one, and the next look tries again.
func (p *tape) begin() {
	if p.Tape == nil || p.running != nil {
		return
	}
	spool, id := p.telephone.board.cfg.Spool, p.Name()
	t := &taping{id: id, at: time.Now(), spool: spool, both: &twoTracks{create: func(c g711.Codec) (io.WriteCloser, error) { return spool.CreateTwo(id, c) }}}
	for i, sound := range []*media.Leg{p.caller.sound, p.telephone.sound} {
		rec, err := sound.Record(t.both.opener(i), media.RecordOptions{})
		if err != nil {
			if i > 0 {
				_, _ = t.legs[0].Stop() // it has no second yet, and so no file
			}
			return
		}
		t.legs[i] = rec
	}
	p.running = t
}

// stop ends the recording and has it kept. It waits until all of it is written.
func (p *tape) stop() {
	t := p.running
	if t == nil {
		return
	}
	p.running = nil
	var failed error
	for _, rec := range t.legs {
		stats, err := rec.Stop()
		if stats.Dropped > 0 {
			err = errors.Join(err, errors.New("the disk was too slow for some seconds"))
		}
		failed = errors.Join(failed, err)
	}
	failed = errors.Join(failed, t.both.close())
	r := tickets.Recording{
		ID: t.id, Call: tickets.CallID(p.caller.id), At: t.at, Seconds: float64(t.both.samples) / g711.Rate, Law: t.both.codec.Name(),
		Partial: failed != nil, File: t.id + ".wav", Kind: tickets.Talk,
	}
	if failed != nil {
		p.telephone.board.cfg.Log.Error("a talk is not kept whole", "recording", t.id, "error", failed)
	}
	if r.Seconds == 0 {
		return
	}
	if sum, err := t.spool.Sum(t.id); err == nil && failed == nil {
		r.SHA256 = sum
	}
	p.Keep(r)
}

// twoTracks is a file of two channels whose sound comes from two recordings, each at its own pace: an octet is written when the other
// channel's of the same instant is there. Safe for concurrent use.
type twoTracks struct {
	create func(g711.Codec) (io.WriteCloser, error)

	mu      sync.Mutex // guards what follows
	file    io.WriteCloser
	codec   g711.Codec // of the file: that of the track which came first
	waiting [2][]byte
	samples int // written, of each channel
	err     error
}

// opener begins a track.
func (s *twoTracks) opener(i int) media.Opener {
	return func(c g711.Codec) (io.WriteCloser, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.file == nil && s.err == nil {
			s.codec = c
			s.file, s.err = s.create(c)
		}
		return track{s, i, c}, s.err
	}
}

// track is one of the two.
type track struct {
	*twoTracks
	place int
	codec g711.Codec
}

// Write takes a second of one channel. It keeps no octets of its caller's.
func (t track) Write(octets []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := len(t.waiting[t.place])
	t.waiting[t.place] = append(t.waiting[t.place], octets...)
	g711.Transcode(t.waiting[t.place][from:], t.codec, t.twoTracks.codec)
	t.write(min(len(t.waiting[0]), len(t.waiting[1])))
	return len(octets), t.err
}

// Close leaves the file to [twoTracks.close].
func (t track) Close() error { return nil }

// write writes so many samples of both.
func (s *twoTracks) write(n int) {
	if s.err != nil || n == 0 {
		return
	}
	both := make([]byte, 0, 2*n)
	for i := range n {
		both = append(both, s.waiting[0][i], s.waiting[1][i])
	}
	for i := range s.waiting {
		s.waiting[i] = append(s.waiting[i][:0], s.waiting[i][n:]...)
	}
	var written int
	written, s.err = s.file.Write(both)
	s.samples += written / 2
}

// close fills up the shorter channel with silence and ends the file.
func (s *twoTracks) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return s.err
	}
	longest := max(len(s.waiting[0]), len(s.waiting[1]))
	for i := range s.waiting {
		for len(s.waiting[i]) < longest {
			s.waiting[i] = append(s.waiting[i], s.codec.Silence())
		}
	}
	s.write(longest)
	return errors.Join(s.err, s.file.Close())
}
