package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"hotline/media/g711"
	"hotline/media/rtp"
	"hotline/media/vad"
)

// End is why a recording ended.
type End byte

// The ends of a recording.
const (
	EndStopped  End = iota // Stop was called
	EndKey                 // the stop key
	EndSilence             // nothing was said any more
	EndNoSpeech            // nothing was said at all
	EndMax                 // the longest time
	EndGone                // the leg is over
)

// RecordOptions say when a recording ends by itself. The zero value never does.
type RecordOptions struct {
	Endpoint bool          // end when the speaker is silent for Silence, or says nothing for Initial
	Silence  time.Duration // 2.5 s by default
	Initial  time.Duration // 6 s by default
	Max      time.Duration // 0: no limit
	StopKey  Key           // 0: none; the key is taken off the queue
}

// Opener begins the file of a recording, in the codec in which its sound comes. It is called once, when the first second
// is there, and not at all for a recording without sound.
//
// The file is written by the engine's one writer, never by a worker. Write takes one second, or what is left at the end.
// It may wait for a disk, but then every recording waits, and beyond 512 seconds some are lost and counted. It must not
// keep the octets. Close is called by [Recording.Stop], in the goroutine of its caller.
type Opener func(g711.Codec) (io.WriteCloser, error)

// RecordStats sum a recording up.
type RecordStats struct {
	Codec   g711.Codec
	Samples int  // written to the file
	Missing int  // of them, silence or concealed sound in place of what never came
	Dropped int  // blocks lost because the disk was too slow
	Spoken  bool // somebody said something; only with Endpoint
}

// Recording is one recording under way.
type Recording struct {
	leg     *Leg
	options RecordOptions
	over    chan struct{} // closed when it has ended
	end     End           // written before over is closed
	stats   RecordStats   // written before the file is flushed
	file    recordingFile

	// What follows belongs to the worker.
	track      track
	endpointer *vad.Endpointer // nil: the recording does not end by silence
	judged     time.Duration   // instant up to which the endpointer has heard
}

// recordingFile is where the sound goes. It belongs to the writer, and to Stop once it is flushed.
type recordingFile struct {
	open    Opener
	file    io.WriteCloser // nil until the first second is there
	err     error          // the first fault; nothing is written after it
	flushed chan struct{}  // closed when everything is written
	closing sync.Once
}

// Record begins to write what is heard to a file, in the codec heard, with gaps filled and keys masked by silence. One
// recording a leg; the leg's ending when it is over. Stop must be called, however the recording ends.
func (l *Leg) Record(open Opener, o RecordOptions) (*Recording, error) {
	r := &Recording{leg: l, options: o, over: make(chan struct{}), file: recordingFile{open: open, flushed: make(chan struct{})}}
	if o.Endpoint {
		r.endpointer = vad.NewEndpointer(o.Silence, o.Initial)
	}
	busy := false
	err := l.askSoon(func(w *worker, l *Leg) {
		if busy = l.recording != nil; !busy {
			r.track = newTrack(r, l.terms.Codec, w.now)
			r.judged = w.now
			l.recording = r
		}
	})
	if busy {
		return nil, fmt.Errorf("recording a leg that is being recorded already")
	}
	return r, err
}

// Wait blocks until the recording has ended by itself or by the leg's end, or ctx has; it goes on after ctx.
func (r *Recording) Wait(ctx context.Context) (End, error) {
	select {
	case <-r.over:
		if r.end == EndGone {
			return r.end, r.leg.endedBy()
		}
		return r.end, nil
	case <-ctx.Done():
		return EndStopped, context.Cause(ctx)
	}
}

// Stop ends the recording, waits until all of it is written, and closes the file. The error is the first fault of the file.
// Idempotent.
func (r *Recording) Stop() (RecordStats, error) {
	r.leg.post(func(w *worker, l *Leg) {
		if l.recording == r {
			r.finish(w, EndStopped)
		}
	})
	<-r.file.flushed
	return r.stats, r.file.close()
}

// write appends a block; the first one opens the file. It returns how many octets were written.
func (f *recordingFile) write(c g711.Codec, octets []byte) (n int) {
	if f.err != nil || len(octets) == 0 {
		return 0
	}
	if f.file == nil {
		file, err := f.open(c)
		if err != nil {
			f.err = err
			return 0
		}
		f.file = file
	}
	n, f.err = f.file.Write(octets)
	return n
}

// close closes the file once, and gives its first fault.
func (f *recordingFile) close() error {
	f.closing.Do(func() {
		if f.file != nil {
			f.err = errors.Join(f.err, f.file.Close())
		}
	})
	return f.err
}

// packet takes a packet of sound. missing is how many packets are lost right before it.
func (r *Recording) packet(w *worker, p *rtp.Packet, codec g711.Codec, missing int) {
	t := &r.track
	at := t.place(p.Timestamp, codec, w.now)
	if missing > 0 {
		t.conceal(at, missing*len(p.Payload))
	}
	t.fill(at)
	r.judged = w.now
	r.judgeSound(w, p.Payload, codec)
	if r.leg.recording != r {
		return // the endpointer has heard enough: the frame is silence
	}
	sound := p.Payload
	if codec != t.codec { // a telephone that changed its codec in mid-recording; the packet itself stays as it is
		sound = w.buf.transcoded[:copy(w.buf.transcoded[:], sound)]
		g711.Transcode(sound, codec, t.codec)
	}
	t.put(at, sound)
}

// judgeSound gives the endpointer what was said.
func (r *Recording) judgeSound(w *worker, sound []byte, codec g711.Codec) {
	if r.endpointer == nil {
		return
	}
	for len(sound) > 0 && r.leg.recording == r {
		n := codec.Decode(w.buf.samples[:], sound)
		sound = sound[n:]
		r.judge(w, w.buf.samples[:n])
	}
}

// judge ends the recording when the endpointer says so.
func (r *Recording) judge(w *worker, samples []int16) {
	switch r.endpointer.Feed(samples) {
	case vad.SpeechEnded:
		r.finish(w, EndSilence)
	case vad.NeverSpoke:
		r.finish(w, EndNoSpeech)
	}
}

// keepTime lets the recording grow by silence when nothing comes, and ends it at its longest. The endpointer hears of
// silence sooner: who has stopped speaking does not wait for sound that may be late.
func (r *Recording) keepTime(w *worker) {
	if limit := r.options.Max; limit > 0 && w.now-r.track.began >= limit {
		r.finish(w, EndMax)
		return
	}
	r.track.fill(r.track.clock(w.now) - maxLate)
	if r.endpointer == nil {
		return
	}
	clear(w.buf.samples[:])
	for w.now-r.judged >= slack*time.Second/g711.Rate+frame && r.leg.recording == r {
		r.judged += frame
		r.judge(w, w.buf.samples[:])
	}
}

// finish ends the leg's recording and sends the rest of it to the writer.
func (r *Recording) finish(w *worker, why End) {
	r.leg.recording = nil
	r.end = why
	r.stats.Codec, r.stats.Spoken = r.track.codec, r.endpointer != nil && r.endpointer.Spoke()
	if last := r.track.finish(w.now); !w.engine.writer.put(last) {
		w.unwritten = append(w.unwritten, last)
	}
	close(r.over)
}

// writeAgain tries again to hand over last blocks: they are never dropped.
func (w *worker) writeAgain() {
	for len(w.unwritten) > 0 && w.engine.writer.put(w.unwritten[0]) {
		w.unwritten = w.unwritten[1:]
	}
}
