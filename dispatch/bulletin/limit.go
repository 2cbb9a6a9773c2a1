package bulletin

import (
	"context"
	"slices"
	"sync"
	"time"

	"hotline/budgets"
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

// shareTime is how long a telephone that is about to ring waits for what other nodes have rung.
const shareTime = 500 * time.Millisecond

// Limits count the calls for alarms to each telephone. Safe for concurrent use. The limits hold for all nodes together, since
// they share what they have spent, and across a restart.
type Limits struct {
	spent func(budgets.Spending)
	share func(ctx context.Context)

	mu   sync.Mutex
	rung map[string][]time.Time // oldest first
}

// NewLimits counts from nothing. spent notes each call, for [Limits.Recall] of other nodes. share writes at once what was noted,
// and reads what others have written. Both may be nil.
func NewLimits(spent func(budgets.Spending), share func(ctx context.Context)) *Limits {
	if spent == nil {
		spent = func(budgets.Spending) {}
	}
	if share == nil {
		share = func(context.Context) {}
	}
	return &Limits{spent: spent, share: share, rung: map[string][]time.Time{}}
}

// Recall counts the calls that other nodes, or a former process, have made. Entries of other budgets are passed over.
func (m *Limits) Recall(list []budgets.Spending) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range list {
		if s.Budget == budgets.KindAlarm {
			m.add(s.Key, s.At)
		}
	}
}

// next is the earliest instant from now on at which a telephone may be rung.
func (m *Limits) next(phone string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.free(phone, now)
}

func (m *Limits) free(phone string, now time.Time) time.Time {
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

// take counts a call that begins now; false where there were too many. It first reads what other nodes have rung, and tells them
// of this call at once. Without the store it counts what this node knows.
func (m *Limits) take(ctx context.Context, phone string, now time.Time) bool {
	m.exchange(ctx)
	if !m.count(phone, now) {
		return false
	}
	m.spent(budgets.Spending{Budget: budgets.KindAlarm, Key: phone, At: now})
	m.exchange(ctx)
	return true
}

func (m *Limits) count(phone string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.free(phone, now).After(now) {
		return false
	}
	m.add(phone, now)
	return true
}

// add counts one call, in the order of time; m.mu is held.
func (m *Limits) add(phone string, at time.Time) {
	list := m.rung[phone]
	place, _ := slices.BinarySearchFunc(list, at, time.Time.Compare)
	list = slices.Insert(list, place, at)
	all := limits()
	if most := all[len(all)-1].most; len(list) > most {
		list = list[len(list)-most:]
	}
	m.rung[phone] = list
}

func (m *Limits) exchange(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shareTime)
	defer cancel()
	m.share(ctx)
}
