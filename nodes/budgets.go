package nodes

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"hotline/budgets"
)

// What was spent is written with the next round of maintenance. What others spent is read a few rounds later, so that several nodes
// cannot spend a budget more than about once each.
const (
	SpendingTime  = 24 * time.Hour // the longest span that a budget counts
	readingTime   = 6 * time.Second
	latecomers    = 200 // places read again: a node that wrote slowly has a place before those that are read already
	spendingsMost = 10_000
)

// BudgetStore keeps what budgets were spent on. storage.Facts implements it.
type BudgetStore interface {
	Spend(ctx context.Context, list ...budgets.Spending) error
	Spendings(ctx context.Context, after int64, since time.Time) ([]budgets.Spending, error)
}

// Budget counts what it is spent on. tickets.Desk and dialplan.Dialler are such budgets.
type Budget interface{ Recall(list []budgets.Spending) }

// Budgets shares with the other nodes, and with the next process, what budgets were spent on. Safe for concurrent use.
type Budgets struct {
	store BudgetStore
	node  string
	log   *slog.Logger

	mu      sync.Mutex
	pending []budgets.Spending

	exchanging sync.Mutex // guards what follows
	read       time.Time
	last       int64
	seen       map[int64]bool // places near last
}

// NewBudgets makes the budgets of a node; it starts nothing.
func NewBudgets(s BudgetStore, node string, log *slog.Logger) *Budgets {
	return &Budgets{store: s, node: node, log: log, seen: map[int64]bool{}}
}

// Note takes one entry down; it does not wait. The desk and the dial plan call it.
func (b *Budgets) Note(s budgets.Spending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Node = b.node
	if b.pending = append(b.pending, s); len(b.pending) > spendingsMost {
		b.pending = b.pending[1:] // a store that is down for long: the newest count most
	}
}

// Flush brings what waits to the store.
func (b *Budgets) Flush(ctx context.Context) error {
	b.mu.Lock()
	list := b.pending
	b.pending = nil
	b.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := b.store.Spend(ctx, list...)
	if err != nil {
		b.mu.Lock()
		b.pending = append(list, b.pending...)
		b.mu.Unlock()
	}
	return err
}

// exchange writes what waits, and gives what others have spent since the last time: at first all of a day. Nothing is read where less
// than the pause has passed since then.
func (b *Budgets) exchange(ctx context.Context, now time.Time, pause time.Duration) []budgets.Spending {
	b.exchanging.Lock()
	defer b.exchanging.Unlock()
	err := b.Flush(ctx)
	if err != nil || now.Sub(b.read) < pause {
		b.Complain(ctx, err)
		return nil
	}
	list, err := b.store.Spendings(ctx, b.last-latecomers, now.Add(-SpendingTime))
	if err != nil {
		b.Complain(ctx, err)
		return nil
	}
	b.read = now
	var others []budgets.Spending
	for _, s := range list {
		if !b.seen[s.Place] && s.Node != b.node {
			others = append(others, s)
		}
		b.seen[s.Place] = true
		b.last = max(b.last, s.Place)
	}
	for place := range b.seen {
		if place <= b.last-latecomers {
			delete(b.seen, place)
		}
	}
	return others
}

// Complain logs that sharing did not work.
func (b *Budgets) Complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		b.log.Debug("what budgets were spent on is shared later", "error", err)
	}
}

// Share lets budgets count what other nodes, and this one's former process, have spent. Call it from time to time.
func (b *Budgets) Share(ctx context.Context, budgets ...Budget) {
	b.shareAfter(ctx, readingTime, budgets)
}

// ShareNow is Share without a pause since the last time, for who is about to spend what no two nodes may.
func (b *Budgets) ShareNow(ctx context.Context, budgets ...Budget) { b.shareAfter(ctx, 0, budgets) }

func (b *Budgets) shareAfter(ctx context.Context, pause time.Duration, budgets []Budget) {
	others := b.exchange(ctx, time.Now(), pause)
	if len(others) == 0 {
		return
	}
	for _, to := range budgets {
		to.Recall(others)
	}
}
