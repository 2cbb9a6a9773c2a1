package app

import (
	"log/slog"
	"testing"
	"time"

	"hotline/budgets"
	"hotline/memory"
)

func TestBudgetsAreSharedAndOutlastARestart(t *testing.T) {
	store, now := memory.New(1), time.Now()
	a, b := newLedger(store, slog.New(slog.DiscardHandler)), newLedger(store, slog.New(slog.DiscardHandler))
	spend := func(l *ledger, key string) { l.note(budgets.Spending{Budget: budgets.KindPIN, Key: key, At: now}) }
	keys := func(l *ledger, at time.Time) (list string) {
		for _, s := range l.exchange(t.Context(), at) {
			list += s.Key
		}
		return list
	}
	spend(a, "1")
	spend(a, "2")
	if got := keys(a, now); got != "" {
		t.Errorf("a node reads back %q of its own", got)
	}
	spend(b, "3")
	if got := keys(b, now); got != "12" {
		t.Errorf("the other node reads %q", got)
	}
	if got := keys(a, now.Add(readingTime)); got != "3" {
		t.Errorf("the first node reads %q", got)
	}
	if got := keys(a, now.Add(2*readingTime)); got != "" {
		t.Errorf("the first node reads %q twice", got)
	}
	if got := keys(newLedger(store, slog.New(slog.DiscardHandler)), now); got != "123" {
		t.Errorf("the next process reads %q", got)
	}
	if got := keys(newLedger(store, slog.New(slog.DiscardHandler)), now.Add(25*time.Hour)); got != "" {
		t.Errorf("a day later a process reads %q", got)
	}
}
