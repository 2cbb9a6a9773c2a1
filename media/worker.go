package media

import (
	"fmt"
	"slices"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/rtp"
	"hotline/media/srtp"
	"hotline/media/timer"
	"hotline/media/udp"
)

const (
	few          = 200  // legs below which one worker with long ticks is enough
	frameSamples = 160  // samples, and octets, of 20 ms
	maxDatagram  = 2048 // octets read of one datagram; no G.711 packet of up to 200 ms is longer

	// maxBehind is how many quarters a worker makes up for after it was kept from running: eight frames, which a telephone's
	// buffer takes as they come. Beyond that the wheel jumps, and what is said next is a new talkspurt.
	maxBehind = 8 * slots
)

// worker moves the sound of its legs, in one goroutine. Others reach it by its mailbox, and read its load; everything else
// is used by its goroutine alone.
type worker struct {
	engine  *Engine
	timer   timer.Timer
	mailbox mailbox
	load    load

	now       time.Duration // instant of the present tick, since the engine's start
	wheel     wheel
	rtcp      *udp.Poller[*Leg] // nil where sockets are not the kernel's: then each is looked at
	buf       buffers
	unwritten []block // last blocks of recordings for which the writer had no room yet
}

// buffers are the room in which a worker handles one packet after the other.
type buffers struct {
	in            [maxDatagram]byte
	out           [rtp.HeaderSize + frameSamples]byte
	packet        [rtp.HeaderSize + 3*frameSamples]byte // a packet of more or less than 20 ms
	samples       [frameSamples]int16                   // decoded sound
	transcoded    [maxDatagram]byte                     // sound of the other codec, for a recording
	decrypted     srtp.Buffer
	encrypted     srtp.Buffer
	decryptedRTCP [maxDatagram]byte
	encryptedRTCP [maxDatagram]byte
	rtcpHeader    rtcp.Header
}

// newWorker makes a worker with what it needs of the kernel, if its sockets are the kernel's.
func newWorker(e *Engine) (*worker, error) {
	w := &worker{engine: e}
	if _, real := e.network.(udp.Kernel); !real {
		w.timer = timer.NewRuntime(e.now)
		return w, nil
	}
	t, err := timer.NewKernel(e.now)
	if err != nil {
		return nil, err
	}
	w.timer = t
	if w.rtcp, err = udp.NewPoller[*Leg](); err != nil {
		t.Close()
		return nil, fmt.Errorf("watching for reports: %w", err)
	}
	return w, nil
}

// close gives back what newWorker took.
func (w *worker) close() {
	w.timer.Close()
	if w.rtcp != nil {
		w.rtcp.Close()
	}
}

// post puts a command into the mailbox; false when the worker has stopped. Safe for concurrent use.
func (w *worker) post(c command) bool {
	if !w.mailbox.put(c) {
		return false
	}
	if c.soon || w.load.legs.Load() == 0 {
		w.timer.Wake()
	}
	return true
}

// stop has the worker end its legs and come back. Safe for concurrent use.
func (w *worker) stop() {
	w.mailbox.close()
	w.timer.Wake()
}

// run is the worker's goroutine. It turns the wheel until the worker is stopped. A tick is 10 ms while there are few legs, and 5
// ms when there are many or a leg is served between its turns. Without a leg there is no tick.
func (w *worker) run() {
	defer w.close()
	turned := w.engine.quarters()
	for w.carryOut() {
		if w.load.legs.Load() == 0 && len(w.unwritten) == 0 {
			w.load.note(0, quarter, 0)
			w.timer.Wait(timer.Never)
			turned = w.engine.quarters()
			continue
		}
		step := int64(2)
		if w.engine.legs.Load() >= few || w.wheel.short() {
			step = 1
		}
		if due := time.Duration(turned+step) * quarter; w.now < due {
			w.timer.Wait(due)
			continue
		}
		turned = w.tick(turned, turned+step)
		w.load.note(w.engine.now()-w.now, time.Duration(step)*quarter, w.load.legs.Load())
	}
	for _, legs := range w.wheel.slots {
		for _, l := range slices.Clone(legs) {
			w.end(l, ErrClosed)
		}
	}
	for _, b := range w.unwritten {
		w.engine.writer.queue <- b
	}
}

// carryOut carries out the commands that wait; false when the worker is to stop.
func (w *worker) carryOut() bool {
	w.now = w.engine.now()
	commands, closed := w.mailbox.take()
	for _, c := range commands {
		if owner := c.leg.worker.Load(); owner != w {
			owner.post(c) // the leg has moved in the meantime
			continue
		}
		c.do(w, c.leg)
	}
	w.mailbox.recycle(commands)
	return !closed
}

// tick serves the slots from the one after turned up to due, and returns the new place.
func (w *worker) tick(turned, due int64) int64 {
	w.engine.counts.ticks.Add(1)
	late := w.now - time.Duration(due)*quarter
	w.load.noteLag(late)
	w.engine.noteLate(late, w.now)
	w.writeAgain()
	w.receiveReports()
	w.betweenTurns(late)
	w.sendPaced()
	if behind := int64(w.now/quarter) - due; behind > maxBehind {
		due += behind - maxBehind
		turned = due - 1
		w.pollAllTwice()
	}
	for ; turned < due; turned++ {
		at := time.Duration(turned+1) * quarter
		legs := w.wheel.slots[(turned+1)%slots]
		for i := len(legs) - 1; i >= 0; i-- { // a leg that ends is swapped with the last
			if (len(legs)-1-i)%srtp.Together == 0 {
				prefetch(&w.buf.decrypted, legs[max(0, i-srtp.Together+1):i+1])
			}
			w.turn(legs[i], at)
		}
	}
	return turned
}

// betweenTurns receives from the legs that are polled at every tick. late is how late the tick is.
func (w *worker) betweenTurns(late time.Duration) {
	for i := 0; i < len(w.wheel.polled); i++ {
		l := w.wheel.polled[i]
		if l.state != over {
			if late > frame {
				l.in.polls.twice() // its partner waits for all that came meanwhile
			}
			w.pollBetweenTurns(l)
			l.bridge.expire(w)
		}
		if l.state == over || (!l.bridge.joined() && !l.in.keys.Pressed()) {
			l.place.polled = false
			w.wheel.polled = slices.Delete(w.wheel.polled, i, i+1)
			i--
		}
	}
}

// pollAllTwice has each leg take at its next turn all that came while this worker was kept from running. The turns that were
// jumped over will not ask for it, and packets that stay there make all that follow late.
func (w *worker) pollAllTwice() {
	for _, legs := range w.wheel.slots {
		for _, l := range legs {
			l.in.polls.twice()
		}
	}
}

// turn is one leg's turn: it receives what came, sends what is due, and looks whether anybody is still there.
func (w *worker) turn(l *Leg, due time.Duration) {
	w.receiveTurn(l)
	if l.state != open {
		return
	}
	if w.now-due > frame {
		w.engine.counts.late.Add(1)
	}
	w.sendTurn(l, due)
	w.keepTime(l)
}

// keepTime does what happens by the clock and not by packets.
func (w *worker) keepTime(l *Leg) {
	if p := l.in.keys.Silence(w.now); p.N > 0 {
		w.pressed(l, p)
	}
	if l.recording != nil {
		l.recording.keepTime(w)
	}
	if w.now >= l.rtcp.next {
		w.sendReport(l)
	}
	if l.liveness.request.Swap(false) {
		l.liveness.sign(w.now)
		l.out.budget.confirm()
	}
	limit := w.engine.cfg.Timeout
	if l.terms.Held() {
		limit = w.engine.cfg.HoldTimeout
		l.liveness.held(w.now)
	}
	if w.now-l.liveness.last > limit {
		w.end(l, ErrTimeout)
	}
}

// add makes a leg one of the worker's.
func (w *worker) add(l *Leg) {
	w.wheel.add(l)
	w.load.legs.Add(1)
	if w.rtcp != nil {
		w.rtcp.Add(l.sockets.rtcp, l)
	}
}

// remove lets a leg go.
func (w *worker) remove(l *Leg) {
	w.wheel.remove(l)
	w.load.legs.Add(-1)
	if w.rtcp != nil {
		w.rtcp.Remove(l.sockets.rtcp)
	}
}

// end closes a leg for good.
func (w *worker) end(l *Leg, why error) {
	if l.state == over {
		return
	}
	opened := l.state == open
	l.state = over
	w.unjoin(l)
	w.endPlayback(l, why)
	w.endKeyPress(l, why)
	if l.recording != nil {
		l.recording.finish(w, EndGone)
	}
	w.remove(l)
	w.engine.legs.Add(-1)
	if opened {
		w.sendGoodbye(l)
	}
	l.ending.err, l.ending.stats = why, l.stats()
	_ = w.engine.giveBack(l.sockets)
	close(l.ending.done)
	l.ending.run()
}
