package media

import (
	"sync"
	"unsafe"

	"hotline/media/g711"
)

// queued is how many blocks wait for the writer before seconds are lost.
const queued = 512

// block is one piece of a recording on its way to its file.
type block struct {
	recording *Recording
	codec     g711.Codec
	octets    []byte
	last      bool
}

// A recording's room grows by steps while its second fills: at any time most recordings are far from a whole one. The
// longest room has the second, what is kept back behind it, and the packet that makes it full.
const (
	tapeStep  = 2048 // octets; the allocator has a class for each multiple of it here
	tapeSteps = (blockOctets + slack + 2*frameSamples + tapeStep - 1) / tapeStep
	tapeMost  = tapeSteps * tapeStep
)

// writer writes recorded blocks to their files. It may wait for a disk, as no worker may.
type writer struct {
	queue   chan block
	free    [tapeSteps]sync.Pool // of tapes of one step, two, ...; each kept as *byte
	running sync.WaitGroup
}

func newWriter() *writer {
	return &writer{queue: make(chan block, queued)}
}

func (w *writer) start() { w.running.Go(w.run) }

// stop writes what waits and comes back; the workers have stopped before.
func (w *writer) stop() {
	close(w.queue)
	w.running.Wait()
}

func (w *writer) run() {
	for b := range w.queue {
		b.recording.write(b.codec, b.octets)
		w.giveBack(b.octets)
		if b.last {
			close(b.recording.flushed)
		}
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

// tape gives an empty one with room for n octets, at most tapeMost; a recycled one where there is any.
func (w *writer) tape(n int) []byte {
	step := (max(n, 1) - 1) / tapeStep
	if p, ok := w.free[step].Get().(*byte); ok {
		return unsafe.Slice(p, (step+1)*tapeStep)[:0]
	}
	return make([]byte, 0, (step+1)*tapeStep)
}

// giveBack lets a tape be recycled.
func (w *writer) giveBack(b []byte) {
	if n := cap(b); n > 0 && n%tapeStep == 0 && n <= tapeMost {
		w.free[n/tapeStep-1].Put(unsafe.SliceData(b))
	}
}

// room gives a tape room for n octets more: itself, or a longer one in its place.
func (w *writer) room(b []byte, n int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	longer := append(w.tape(len(b)+n), b...)
	w.giveBack(b)
	return longer
}
