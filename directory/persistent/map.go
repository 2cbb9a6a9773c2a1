// Package persistent has maps that never change: an edit makes a new map and leaves the old one as it is.
package persistent

import (
	"iter"
	"maps"
)

// Map is a persistent map: With and Without return another map and leave this one as it is, so that readers never wait. A map is
// a shared map and some entries on top of it. When these entries are a fixed part of the shared map, both are merged into a new
// one. So the average cost of a change does not grow with the map. Reading costs one look or two. Its zero value is empty. Safe
// for concurrent use.
type Map[K comparable, V any] struct {
	base map[K]V        // shared with older and newer maps; nobody writes it
	top  map[K]entry[V] // over base
	n    int
}

type entry[V any] struct {
	value V
	gone  bool
}

// few is how many entries stand on top whatever the size of the map.
const few = 64

// Of makes a map of a plain one, which must not be written afterwards.
func Of[K comparable, V any](m map[K]V) Map[K, V] { return Map[K, V]{base: m, n: len(m)} }

// Len counts the entries.
func (m Map[K, V]) Len() int { return m.n }

// Get finds the value of a key.
func (m Map[K, V]) Get(key K) (V, bool) {
	if e, ok := m.top[key]; ok {
		return e.value, !e.gone
	}
	v, ok := m.base[key]
	return v, ok
}

// At is the value of a key, or the zero value.
func (m Map[K, V]) At(key K) V {
	v, _ := m.Get(key)
	return v
}

// All visits the entries in no order.
func (m Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, e := range m.top {
			if !e.gone && !yield(k, e.value) {
				return
			}
		}
		for k, v := range m.base {
			if _, covered := m.top[k]; !covered && !yield(k, v) {
				return
			}
		}
	}
}

// With is the map with a value under a key.
func (m Map[K, V]) With(key K, value V) Map[K, V] {
	if _, there := m.Get(key); !there {
		m.n++
	}
	return m.over(key, entry[V]{value: value})
}

// Without is the map without a key.
func (m Map[K, V]) Without(key K) Map[K, V] {
	if _, there := m.Get(key); !there {
		return m
	}
	m.n--
	return m.over(key, entry[V]{gone: true})
}

// over puts one entry on top. The root of the map's size on top of it keeps both costs low: of copying what is on top, each
// time, and of melting the whole, now and then.
func (m Map[K, V]) over(key K, e entry[V]) Map[K, V] {
	top := make(map[K]entry[V], len(m.top)+1)
	maps.Copy(top, m.top)
	top[key] = e
	next := Map[K, V]{base: m.base, top: top, n: m.n}
	if len(top) > few && len(top)*len(top) > len(m.base) {
		return Of(maps.Collect(next.All()))
	}
	return next
}
