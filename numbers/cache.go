package numbers

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Reading a number costs some 40 µs, and each call asks for the same few several times.
const (
	slots   = 1024
	longest = 64 // octets of a text whose result is kept: no number is as long
)

// cache keeps results by their texts, at most one a slot, so that it never grows. Nil keeps nothing. Safe for concurrent
// use.
type cache struct {
	seed  maphash.Seed
	slots [slots]atomic.Pointer[result]
}

type result struct{ text, is string }

func newCache() *cache { return &cache{seed: maphash.MakeSeed()} }

// of gives what work makes of a text.
func (m *cache) of(text string, work func(string) string) string {
	if m == nil || len(text) > longest {
		return work(text)
	}
	slot := &m.slots[maphash.String(m.seed, text)%slots]
	if r := slot.Load(); r != nil && r.text == text {
		return r.is
	}
	r := &result{strings.Clone(text), strings.Clone(work(text))} // copies: a piece of a message keeps the whole of it
	slot.Store(r)
	return r.is
}
