package media

import "sync"

// queued is how many blocks wait for the writer before seconds are lost.
const queued = 512

// block is one piece of a recording on its way to its sink.
type block struct {
	recording *Recording
	law       Law
	octets    []byte
	last      bool
}

// tape is the room of one recording: the second that is being filled, what is kept back behind it, and the packet that
// makes it full.
type tape [blockOctets + slack + 2*frameSamples]byte

// writer hands recorded blocks to their sinks, which may wait for a disk as no worker may.
type writer struct {
	queue   chan block
	free    sync.Pool // of *tape
	running sync.WaitGroup
}

func newWriter() *writer {
	return &writer{queue: make(chan block, queued), free: sync.Pool{New: func() any { return new(tape) }}}
}

func (w *writer) start() { w.running.Go(w.run) }

// stop writes what waits and comes back; the workers have stopped before.
func (w *writer) stop() {
	close(w.queue)
	w.running.Wait()
}

func (w *writer) run() {
	for b := range w.queue {
		r := b.recording
		if len(b.octets) > 0 {
			r.sink.Block(b.law, b.octets)
			r.sunk += len(b.octets)
		}
		if cap(b.octets) == len(tape{}) {
			w.free.Put((*tape)(b.octets[:len(tape{})]))
		}
		if !b.last {
			continue
		}
		r.stats.Samples = r.sunk
		close(r.flushed)
	}
}

// put queues a block without waiting; false when there is no room.
func (w *writer) put(b block) bool {
	select {
	case w.queue <- b:
		return true
	default:
		return false
	}
}

// tape gives an empty one, a recycled one where there is any.
func (w *writer) tape() []byte { return w.free.Get().(*tape)[:0] }
