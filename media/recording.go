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

const (
	blockOctets  = 8000     // one second
	slack        = 1600     // octets kept back for packets that come in another order: 200 ms
	patience     = 2 * 8000 // samples that may all be late before there is silence in their place
	maskBack     = 320      // octets before a key's first packet that may hold its tone: 40 ms
	maxConcealed = 3        // lost packets in a row that are concealed; a longer loss stays silent
	farAhead     = 2 * 8000 // samples a timestamp may run ahead of the clock before it counts as a new stream
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
	Missing int  // of them, silence in place of what never came
	Dropped int  // blocks lost because the disk was too slow
	Spoken  bool // somebody said something; only with Endpoint
}

// Recording is one recording under way.
type Recording struct {
	leg     *Leg
	open    Opener
	options RecordOptions
	over    chan struct{} // closed when it has ended
	flushed chan struct{} // closed when everything is written
	end     End           // written before over is closed
	stats   RecordStats   // written before flushed is closed
	closing sync.Once

	// What follows belongs to the writer, and after flushed to Stop.
	file io.WriteCloser // nil until the first second is there
	err  error          // the first fault of the file; nothing is written after it

	// What follows belongs to the worker.
	codec   g711.Codec
	settled bool // codec is that of a packet
	began   time.Duration
	handed  int // samples handed on
	buffer  []byte
	based   bool
	base    uint32 // timestamp of the recording's first sample
	ear     *vad.Endpointer

	told time.Duration // instant up to which the ear has heard
	gap  int           // packets lost right before the one at hand
}

// Record begins to write what is heard to a file, in the codec heard, with gaps filled and keys masked by silence. One
// recording a leg; the leg's ending when it is over. Stop must be called, however the recording ends.
func (l *Leg) Record(open Opener, o RecordOptions) (*Recording, error) {
	r := &Recording{
		leg: l, open: open, options: o, over: make(chan struct{}), flushed: make(chan struct{}),
	}
	if o.Endpoint {
		r.ear = vad.NewEndpointer(o.Silence, o.Initial)
	}
	busy := false
	err := l.askSoon(func(w *worker, l *Leg) {
		if busy = l.recording != nil; !busy {
			r.buffer = w.engine.writer.tape(0)
			r.codec, r.began, r.told = l.terms.Codec, w.now, w.now
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
			return r.end, r.leg.ending()
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
			w.finishRecording(l, EndStopped)
		}
	})
	<-r.flushed
	r.closing.Do(func() {
		if r.file != nil {
			r.err = errors.Join(r.err, r.file.Close())
		}
	})
	return r.stats, r.err
}

// write is the writer's: it appends a block to the file, which the first one opens.
func (r *Recording) write(c g711.Codec, octets []byte) {
	if r.err != nil || len(octets) == 0 {
		return
	}
	if r.file == nil {
		file, err := r.open(c)
		if err != nil {
			r.err = err
			return
		}
		r.file = file
	}
	n, err := r.file.Write(octets)
	r.stats.Samples += n
	r.err = err
}

// written is the number of samples so far.
func (r *Recording) written() int { return r.handed + len(r.buffer) }

// clock is the number of samples that there should be by now.
func (r *Recording) clock(now time.Duration) int { return int((now - r.began) * 8 / time.Millisecond) }

// record puts one packet at its place. A packet later than 200 ms of what was recorded after it is lost; a gap is silence.
func (w *worker) record(l *Leg, r *Recording, p *rtp.Packet, codec g711.Codec) {
	if !r.settled && len(r.buffer) == 0 && r.handed == 0 {
		r.codec = codec
	}
	r.settled = true
	at := r.written() + int(int32(p.Timestamp-r.base-uint32(r.written())))
	if !r.based || at > r.clock(w.now)+farAhead || at < r.written()-farAhead {
		w.fill(r, r.clock(w.now)-slack)
		at = r.written()
		r.based, r.base = true, p.Timestamp-uint32(at)
	}
	if r.gap > 0 {
		w.makeUpFor(r, at, r.gap*len(p.Payload))
		r.gap = 0
	}
	w.fill(r, at)
	r.told = w.now
	w.listen(l, r, p.Payload, codec)
	if l.recording != r {
		return // the ear has heard enough: the frame is silence
	}
	sound := p.Payload
	if codec != r.codec {
		sound = w.recode(p.Payload, codec, r.codec)
	}
	if skip := r.handed - at; skip > 0 {
		sound, at = sound[min(skip, len(sound)):], r.handed
	}
	place := at - r.handed
	over := copy(r.buffer[min(place, len(r.buffer)):], sound)
	for rest := sound[over:]; len(rest) > 0; {
		r.buffer = w.engine.writer.room(r.buffer, 1)
		k := min(len(rest), cap(r.buffer)-len(r.buffer))
		r.buffer = append(r.buffer, rest[:k]...)
		rest = rest[k:]
		w.hand(r)
	}
}

// recode is a packet of a telephone that changed its codec in mid-recording. The packet itself stays as it is.
func (w *worker) recode(b []byte, from, to g711.Codec) []byte {
	n := copy(w.scratch[:], b)
	g711.Transcode(w.scratch[:n], from, to)
	return w.scratch[:n]
}

// makeUpFor puts sound in place of a short loss before sample at. A longer gap was a pause, or is silent like one; what
// comes late after all takes its place.
func (w *worker) makeUpFor(r *Recording, at, lost int) {
	missing := at - r.written()
	if missing <= 0 || missing > lost || missing > maxConcealed*frameSamples || len(r.buffer) == 0 || len(r.buffer)+missing > tapeMost {
		return
	}
	end := len(r.buffer)
	r.buffer = w.engine.writer.room(r.buffer, missing)[:end+missing]
	r.codec.Conceal(r.buffer[:end], r.buffer[end:])
	r.stats.Missing += missing
	w.hand(r)
}

// fill appends silence up to sample at.
func (w *worker) fill(r *Recording, at int) {
	for r.written() < at {
		k := min(at-r.written(), frameSamples)
		r.buffer = w.engine.writer.room(r.buffer, k)
		for range k {
			r.buffer = append(r.buffer, r.codec.Silence())
		}
		r.stats.Missing += k
		w.hand(r)
	}
}

// hand gives the oldest second to the writer once the slack behind it is full.
func (w *worker) hand(r *Recording) {
	if len(r.buffer) < blockOctets+slack {
		return
	}
	next := append(w.engine.writer.tape(len(r.buffer)-blockOctets), r.buffer[blockOctets:]...)
	if w.engine.writer.put(block{recording: r, codec: r.codec, octets: r.buffer[:blockOctets]}) {
		r.buffer = next
	} else {
		r.stats.Dropped++
		w.engine.counts.dropped.Add(1)
		r.buffer = r.buffer[:copy(r.buffer, next)]
		w.engine.writer.giveBack(next)
	}
	r.handed += blockOctets
}

// listen gives the ear what was said.
func (w *worker) listen(l *Leg, r *Recording, sound []byte, codec g711.Codec) {
	if r.ear == nil {
		return
	}
	for len(sound) > 0 && l.recording == r {
		n := codec.Decode(w.frame[:], sound)
		sound = sound[n:]
		w.heard(l, r, r.ear.Feed(w.frame[:n]))
	}
}

func (w *worker) heard(l *Leg, r *Recording, v vad.Verdict) {
	switch v {
	case vad.SpeechEnded:
		w.finishRecording(l, EndSilence)
	case vad.NeverSpoke:
		w.finishRecording(l, EndNoSpeech)
	}
}

// recordTime lets the recording grow by silence when nothing comes, and ends it at its longest. The ear hears of silence
// sooner: whoever has stopped speaking does not wait for sound that may be late.
func (w *worker) recordTime(l *Leg, r *Recording) {
	now := r.clock(w.now)
	if limit := r.options.Max; limit > 0 && w.now-r.began >= limit {
		w.finishRecording(l, EndMax)
		return
	}
	w.fill(r, now-patience)
	if r.ear == nil {
		return
	}
	clear(w.frame[:])
	for w.now-r.told >= slack*time.Millisecond/8+frame && l.recording == r {
		r.told += frame
		w.heard(l, r, r.ear.Feed(w.frame[:]))
	}
}

// mask silences the end of what was recorded, where the tone of a key may have begun before its first packet.
func (r *Recording) mask() {
	for i := max(0, len(r.buffer)-maskBack); i < len(r.buffer); i++ {
		r.buffer[i] = r.codec.Silence()
	}
}

// finishRecording ends the leg's recording and sends the rest of it to the writer.
func (w *worker) finishRecording(l *Leg, why End) {
	r := l.recording
	l.recording = nil
	w.fill(r, r.clock(w.now)-slack)
	r.end = why
	r.stats.Codec, r.stats.Spoken = r.codec, r.ear != nil && r.ear.Spoke()
	r.handed += len(r.buffer)
	last := block{recording: r, codec: r.codec, octets: r.buffer, last: true}
	r.buffer = nil // the writer's, and then another recording's
	if !w.engine.writer.put(last) {
		w.pending = append(w.pending, last)
	}
	close(r.over)
}

// flush tries again to hand over last blocks: they are never dropped.
func (w *worker) flush() {
	for len(w.pending) > 0 && w.engine.writer.put(w.pending[0]) {
		w.pending = w.pending[1:]
	}
}
