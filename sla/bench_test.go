package sla

import (
	"testing"
	"time"
)

// spans of the promise: a month below a microsecond, ten years below twenty, nothing on the heap.
func spans() map[string]time.Duration {
	return map[string]time.Duration{"a month": 174 * time.Hour, "ten years": 20000 * time.Hour} // of office hours
}

func BenchmarkAdd(b *testing.B) {
	h, from := hours(b, office()), rome(b, "2026-11-20 17:00")
	for name, d := range spans() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Add(from, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBetween(b *testing.B) {
	h, from := hours(b, office()), rome(b, "2026-11-20 17:00")
	for name, d := range spans() {
		until, err := h.Add(from, d)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if h.Between(from, until) != d {
					b.Fatal("wrong")
				}
			}
		})
	}
}

// BenchmarkYear is what the first question about a year costs.
func BenchmarkYear(b *testing.B) {
	h := hours(b, office())
	for b.Loop() {
		h.workOut(2026)
	}
}

func TestArithmeticAllocatesNothing(t *testing.T) {
	h, from := hours(t, office()), rome(t, "2026-11-20 17:00")
	for name, d := range spans() {
		until, _ := h.Add(from, d)
		if n := testing.AllocsPerRun(100, func() {
			_, _ = h.Add(from, d)
			h.Between(from, until)
			h.Open(from)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
