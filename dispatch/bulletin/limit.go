package bulletin

import (
	"sync"
	"time"
)

// limit is how often one telephone may ring for alarms within a span.
type limit struct {
	within time.Duration
	most   int
}

// limits are the whole table: nobody is rung more often for alarms, however many there are.
func limits() []limit {
	return []limit{{time.Minute, 1}, {15 * time.Minute, 3}, {time.Hour, 5}, {3 * time.Hour, 10}}
}

// meter counts the calls to each telephone. The zero value is ready. Safe for concurrent use. A restart forgets it.
type meter struct {
	mu   sync.Mutex
	rung map[string][]time.Time // oldest first
}

// next is the earliest instant from now on at which a telephone may be rung.
func (m *meter) next(phone string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.free(phone, now)
}

func (m *meter) free(phone string, now time.Time) time.Time {
	at, list := now, m.rung[phone]
	for _, l := range limits() {
		if len(list) < l.most {
			continue
		}
		if again := list[len(list)-l.most].Add(l.within); again.After(at) {
			at = again
		}
	}
	return at
}

// take counts a call that begins now; false where there were too many.
func (m *meter) take(phone string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.free(phone, now).After(now) {
		return false
	}
	if m.rung == nil {
		m.rung = map[string][]time.Time{}
	}
	list := append(m.rung[phone], now)
	all := limits()
	if most := all[len(all)-1].most; len(list) > most {
		list = list[len(list)-most:]
	}
	m.rung[phone] = list
	return true
}
