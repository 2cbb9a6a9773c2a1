package app

import "sync"

// shelf holds the last good value of something, for the time in which the store is down. Safe for concurrent use.
type shelf[T any] struct {
	mu    sync.Mutex
	value T
	full  bool
}

func (s *shelf[T]) put(v T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.full = v, true
}

func (s *shelf[T]) get() (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.full
}
