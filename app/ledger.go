package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"hotline/budgets"
)

// The ledger's times: what was spent is written with the next round of the chores, and what others spent is read a few rounds
// later, so that several nodes cannot spend a budget more than about once each.
const (
	spendingTime  = 24 * time.Hour // the longest span that a budget counts
	readingTime   = 6 * time.Second
	latecomers    = 200 // places read again: a node that wrote slowly has a place before those that are read already
	spendingsMost = 10_000
)

// ledger shares with the other nodes, and with the next process, what budgets were spent on. Safe for concurrent use.
type ledger struct {
	store budgets.Store
	node  string
	log   *slog.Logger

	mu      sync.Mutex
	pending []budgets.Spending

	exchanging sync.Mutex // guards what follows
	read       time.Time
	last       int64
	seen       map[int64]bool // places near last
}

func newLedger(s budgets.Store, log *slog.Logger) *ledger {
	return &ledger{store: s, node: newID(), log: log, seen: map[int64]bool{}}
}

// note takes one entry down; it does not wait.
func (l *ledger) note(s budgets.Spending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Node = l.node
	if l.pending = append(l.pending, s); len(l.pending) > spendingsMost {
		l.pending = l.pending[1:] // a store that is down for long: the newest count most
	}
}

// write brings what waits to the store.
func (l *ledger) write(ctx context.Context) error {
	l.mu.Lock()
	list := l.pending
	l.pending = nil
	l.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := l.store.Spend(ctx, list...)
	if err != nil {
		l.mu.Lock()
		l.pending = append(list, l.pending...)
		l.mu.Unlock()
	}
	return err
}

// exchange writes what waits, and gives what others have spent since the last time: at first all of a day.
func (l *ledger) exchange(ctx context.Context, now time.Time) []budgets.Spending {
	l.exchanging.Lock()
	defer l.exchanging.Unlock()
	err := l.write(ctx)
	if err != nil || now.Sub(l.read) < readingTime {
		l.complain(ctx, err)
		return nil
	}
	list, err := l.store.Spendings(ctx, l.last-latecomers, now.Add(-spendingTime))
	if err != nil {
		l.complain(ctx, err)
		return nil
	}
	l.read = now
	var others []budgets.Spending
	for _, s := range list {
		if !l.seen[s.Place] && s.Node != l.node {
			others = append(others, s)
		}
		l.seen[s.Place] = true
		l.last = max(l.last, s.Place)
	}
	for place := range l.seen {
		if place <= l.last-latecomers {
			delete(l.seen, place)
		}
	}
	return others
}

func (l *ledger) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		l.log.Debug("what budgets were spent on is shared later", "error", err)
	}
}

// share lets the budgets count what other nodes, and this one's former process, have spent.
func (a *App) share(ctx context.Context) {
	if others := a.ledger.exchange(ctx, time.Now()); len(others) > 0 {
		a.desk.Recall(others)
		a.dialler.Recall(others)
	}
}
