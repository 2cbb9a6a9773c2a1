package media

import (
	"sync"
	"unsafe"

	"hotline/media/g711"
)

// maxQueued is how many blocks wait for the writer before seconds are lost.
const maxQueued = 512

// block is one piece of a recording on its way to its file.
type block struct {
	recording *Recording
	codec     g711.Codec
	octets    []byte
	last      bool
}

// The buffer of a recording grows by steps while its second fills: at any time most recordings are far from a whole one.
// The longest buffer has the second, what is kept back behind it, and the packet that makes it full.
const (
	bufferStep  = 2048 // octets; the allocator has a class for each multiple of it here
	bufferSteps = (blockOctets + slack + 2*frameSamples + bufferStep - 1) / bufferStep
	maxBuffer   = bufferSteps * bufferStep
)

// writer writes recorded blocks to their files, in one goroutine. It may wait for a disk, as no worker may.
type writer struct {
	queue   chan block
	free    [bufferSteps]sync.Pool // of buffers of one step, two, ...; each kept as *byte
	running sync.WaitGroup
}

func newWriter() *writer {
	return &writer{queue: make(chan block, maxQueued)}
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
		r.stats.Samples += r.file.write(b.codec, b.octets)
		w.recycle(b.octets)
		if b.last {
			close(r.file.flushed)
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

// buffer gives an empty one with room for n octets, at most maxBuffer; a recycled one where there is any.
func (w *writer) buffer(n int) []byte {
	step := (max(n, 1) - 1) / bufferStep
	if p, ok := w.free[step].Get().(*byte); ok {
		return unsafe.Slice(p, (step+1)*bufferStep)[:0]
	}
	return make([]byte, 0, (step+1)*bufferStep)
}

// recycle gives a buffer back.
func (w *writer) recycle(b []byte) {
	if n := cap(b); n > 0 && n%bufferStep == 0 && n <= maxBuffer {
		w.free[n/bufferStep-1].Put(unsafe.SliceData(b))
	}
}

// room gives a buffer room for n octets more: itself, or a longer one in its place.
func (w *writer) room(b []byte, n int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	longer := append(w.buffer(len(b)+n), b...)
	w.recycle(b)
	return longer
}
