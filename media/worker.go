package media

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/rtp"
	"hotline/media/srtp"
)

// maxBehind is how many quarters a worker makes up for after it was kept from running: eight frames, which a telephone's
// buffer takes as they come. Beyond that the wheel jumps, and what is said next is a new talkspurt.
const maxBehind = 8 * slots

// lagTicks is over how many ticks the lateness is smoothed, some 2.5 s: one stall of the machine is none, and a carrier
// that is told to try again later stays away for longer than it lasted.
const lagTicks = 512

// command is a change of a leg, made by the worker that owns it: at its next tick, or at once when somebody would hear
// the difference.
type command struct {
	leg  *Leg
	do   func(w *worker, l *Leg)
	soon bool
}

// worker moves the sound of its legs. Everything below the mailbox is used by its goroutine alone.
type worker struct {
	engine *Engine
	pace   pacer
	load   atomic.Int32 // legs owned
	lag    atomic.Int64 // how far its ticks are behind, smoothed
	use    use

	mu     sync.Mutex // the mailbox
	inbox  []command
	closed bool

	spare      []command
	wheel      [slots][]*Leg
	watched    []*Leg // polled at every tick: a key is under way, or joined
	paced      []*Leg // a packet of theirs waits for its instant
	mail       *mailroom
	now        time.Duration
	in         [maxDatagram]byte
	scratch    [maxDatagram]byte
	frame      [frameSamples]int16 // what the ear of a recording hears
	out        [rtp.HeaderSize + frameSamples]byte
	long       [rtp.HeaderSize + 3*frameSamples]byte // a packet of more or less than 20 ms
	parcel     [rtp.HeaderSize + 3*frameSamples]byte // a packet that had to wait, or is made up
	unveiled   srtp.Buffer                           // a packet that was decrypted, and one to be sent
	veiled     srtp.Buffer
	plain      [maxDatagram]byte // the same for reports
	cipher     [maxDatagram]byte
	rtcpHeader rtcp.Header
	pending    []block // last blocks for which the writer had no room yet
}

// newWorker makes a worker with what it needs of the kernel, on the kernel's own wire.
func newWorker(e *Engine) (*worker, error) {
	w := &worker{engine: e}
	if _, real := e.wire.(kernel); !real {
		w.pace = newSleeper(e.now)
		return w, nil
	}
	t, err := newTimer(e.now)
	if err != nil {
		return nil, err
	}
	w.pace = t
	if w.mail, err = newMailroom(); err != nil {
		t.close()
		return nil, fmt.Errorf("watching for reports: %w", err)
	}
	return w, nil
}

func (w *worker) close() {
	w.pace.close()
	w.mail.close()
}

// post puts a command into the mailbox; false when the worker has stopped.
func (w *worker) post(c command) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.inbox = append(w.inbox, c)
	if c.soon || w.load.Load() == 0 {
		w.pace.rouse()
	}
	return true
}

func (w *worker) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.pace.rouse()
}

// run turns the wheel until the worker is stopped: 10 ms a tick while there are few legs, 5 ms when there are many or a
// key is under way, and no tick at all without a leg.
func (w *worker) run() {
	defer w.close()
	turned := w.quarters()
	for w.take() {
		if w.load.Load() == 0 && len(w.pending) == 0 {
			w.use.note(0, quarter, 0)
			w.pace.wait(far)
			turned = w.quarters()
			continue
		}
		step := int64(2)
		if w.engine.legs.Load() >= few || len(w.watched) > 0 || len(w.paced) > 0 {
			step = 1
		}
		if due := time.Duration(turned+step) * quarter; w.now < due {
			w.pace.wait(due)
			continue
		}
		turned = w.tick(turned, turned+step)
		w.use.note(w.engine.now()-w.now, time.Duration(step)*quarter, w.load.Load())
	}
	for _, legs := range w.wheel {
		for _, l := range slices.Clone(legs) {
			w.end(l, ErrClosed)
		}
	}
	for _, b := range w.pending {
		w.engine.writer.queue <- b
	}
}

// quarters is the number of the present quarter of the wheel.
func (w *worker) quarters() int64 { return int64(w.engine.now() / quarter) }

// take carries out the commands that wait; false when the worker is to stop.
func (w *worker) take() bool {
	w.now = w.engine.now()
	w.mu.Lock()
	commands, closed := w.inbox, w.closed
	w.inbox = w.spare[:0]
	w.mu.Unlock()
	for _, c := range commands {
		if owner := c.leg.worker.Load(); owner != w {
			owner.post(c) // the leg has moved in the meantime
			continue
		}
		c.do(w, c.leg)
	}
	clear(commands)
	w.spare = commands
	return !closed
}

// tick serves the slots from the one after turned up to the present, and returns the new place.
func (w *worker) tick(turned, due int64) int64 {
	w.engine.counts.ticks.Add(1)
	lag, late := w.lag.Load(), w.now-time.Duration(due)*quarter
	w.lag.Store(lag + (int64(min(late, maxBehind*quarter))-lag)/lagTicks)
	w.flush()
	w.collect()
	for i := 0; i < len(w.watched); i++ {
		l := w.watched[i]
		if l.state == alive {
			if late > frame {
				l.looks.twice() // its partner waits for all that came meanwhile
			}
			w.peek(l)
			w.keepOrder(l)
		}
		if l.state != alive || (l.partner == nil && !l.pad.Pressed()) {
			l.watched = false
			w.watched = slices.Delete(w.watched, i, i+1)
			i--
		}
	}
	w.leaveAll()
	if behind := int64(w.now/quarter) - due; behind > maxBehind {
		due += behind - maxBehind
		turned = due - 1
		w.lookAll()
	}
	for ; turned < due; turned++ {
		at := time.Duration(turned+1) * quarter
		legs := w.wheel[(turned+1)%slots]
		for i := len(legs) - 1; i >= 0; i-- { // a leg that ends is swapped with the last
			if (len(legs)-1-i)%srtp.Together == 0 {
				w.fetch(legs[max(0, i-srtp.Together+1) : i+1])
			}
			w.serve(legs[i], at)
		}
	}
	return turned
}

// lookAll has each leg take at its next turn all that came while this worker was kept from running: turns that were jumped
// over will not ask for it, and until then it would make all that follows late.
func (w *worker) lookAll() {
	for _, legs := range w.wheel {
		for _, l := range legs {
			l.looks.twice()
		}
	}
}

// serve is one leg's turn: hear what came, say what is to be said, look whether anybody is still there.
func (w *worker) serve(l *Leg, due time.Duration) {
	w.drain(l)
	if l.state != alive || !l.open {
		return
	}
	if w.now-due > 20*time.Millisecond {
		w.engine.counts.late.Add(1)
	}
	w.say(l, due)
	w.keepTime(l)
}

// keepTime does what happens by the clock and not by packets.
func (w *worker) keepTime(l *Leg) {
	if p := l.pad.Silence(w.now); p.N > 0 {
		w.pressed(l, p)
	}
	if l.recording != nil {
		w.recordTime(l, l.recording)
	}
	if w.now >= l.nextReport {
		w.report(l)
	}
	w.touched(l)
	limit := w.engine.cfg.Timeout
	if l.terms.Held() {
		limit = w.engine.cfg.HoldTimeout
		if l.heardAt.Load() != 0 {
			l.heardAt.Store(int64(w.now))
		}
	}
	if w.now-l.active > limit {
		w.end(l, ErrTimeout)
	}
}

// alive notes a sign of life that is no sound.
func (w *worker) alive(l *Leg) {
	l.active = w.now
	if l.heardAt.Load() != 0 {
		l.heardAt.Store(int64(w.now))
	}
}

// add takes a leg into the emptiest slot.
func (w *worker) add(l *Leg) {
	best := 0
	for i := range w.wheel {
		if len(w.wheel[i]) < len(w.wheel[best]) {
			best = i
		}
	}
	w.seat(l, best)
	w.load.Add(1)
	w.mail.enter(l)
}

func (w *worker) seat(l *Leg, slot int) {
	l.slot, l.place = slot, len(w.wheel[slot])
	w.wheel[slot] = append(w.wheel[slot], l)
}

// unseat takes a leg off the wheel.
func (w *worker) unseat(l *Leg) {
	legs := w.wheel[l.slot]
	last := legs[len(legs)-1]
	legs[l.place], last.place = last, l.place
	legs[len(legs)-1] = nil
	w.wheel[l.slot] = legs[:len(legs)-1]
}

// remove lets a leg go.
func (w *worker) remove(l *Leg) {
	w.unseat(l)
	w.load.Add(-1)
	w.mail.leave(l)
	w.unpace(l)
	if l.watched {
		l.watched = false
		w.watched = slices.DeleteFunc(w.watched, func(o *Leg) bool { return o == l })
	}
}

// watch has a leg polled at every tick.
func (w *worker) watch(l *Leg) {
	if !l.watched {
		l.watched = true
		w.watched = append(w.watched, l)
	}
}

// end closes a leg for good.
func (w *worker) end(l *Leg, why error) {
	if l.state != alive {
		return
	}
	l.state = ended
	l.err = why
	w.split(l)
	w.finishPlaying(l, why)
	w.finishPress(l, why)
	if l.recording != nil {
		w.finishRecording(l, EndGone)
	}
	w.remove(l)
	w.engine.legs.Add(-1)
	w.goodbye(l)
	l.final = l.stats()
	_ = w.engine.disown(l.sockets)
	close(l.done)
	l.over()
}
