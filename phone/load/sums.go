package load

import (
	"slices"
	"time"
)

// sums are what a crowd counts; Measure takes the difference of two of them.
type sums struct {
	up         int // now
	dialled    int
	completed  int
	byThem     int // hung up by the far end
	unanswered int
	broken     int // answers that could not be used, packets that were not encrypted as agreed
	refused    map[int]int
	retryAfter int
	repeats    int // requests of ours that were repeated
	repeated   int // answers that came again
	keys       int
	packets    int
	late, lost int
	gaps       int
	skipped    int // slots of our own that were missed
	callTime   time.Duration

	spreads
}

// spreads are the times that were measured.
type spreads struct {
	setup, firstPacket, deviation, reaction, own histogram
}

// Spread is where the values of a span lie, in milliseconds.
type Spread struct {
	Count               int
	P50, P99, P999, Max float64
}

const (
	fine   = 50 * time.Microsecond
	coarse = 4000 // buckets of fine: 200 ms; beyond, values are kept one by one
)

// histogram counts spans of time. The zero value is ready.
type histogram struct {
	counts []uint32
	beyond []int64
	n      int
	most   int64
}

func (h *histogram) add(ns int64) {
	if h.counts == nil {
		h.counts = make([]uint32, coarse)
	}
	ns = max(ns, 0)
	h.n++
	h.most = max(h.most, ns)
	if i := ns / int64(fine); i < coarse {
		h.counts[i]++
		return
	}
	h.beyond = append(h.beyond, ns)
}

func (h *histogram) reset() {
	clear(h.counts)
	h.beyond, h.n, h.most = nil, 0, 0
}

// at is the value below which a share of all lie, to 50 µs.
func (h *histogram) at(share float64) float64 {
	left := int(share * float64(h.n))
	for i, n := range h.counts {
		if left -= int(n); left < 0 {
			return float64(min(int64(i+1)*int64(fine), h.most)) / 1e6
		}
	}
	slices.Sort(h.beyond)
	if len(h.beyond) == 0 {
		return float64(h.most) / 1e6
	}
	return float64(h.beyond[min(left, len(h.beyond)-1)]) / 1e6
}

func (h *histogram) spread() Spread {
	if h.n == 0 {
		return Spread{}
	}
	return Spread{h.n, h.at(0.5), h.at(0.99), h.at(0.999), float64(h.most) / 1e6}
}
