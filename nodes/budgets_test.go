package nodes

import (
	"log/slog"
	"testing"
	"time"

	"hotline/budgets"
	"hotline/memory"
)

func TestBudgetsAreSharedAndOutlastARestart(t *testing.T) {
	store, now := memory.New(1), time.Now()
	a, b := NewBudgets(store, "a", slog.New(slog.DiscardHandler)), NewBudgets(store, "b", slog.New(slog.DiscardHandler))
	spend := func(l *Budgets, key string) { l.Note(budgets.Spending{Budget: budgets.KindPIN, Key: key, At: now}) }
	keys := func(l *Budgets, at time.Time) (list string) {
		for _, s := range l.exchange(t.Context(), at, readingTime) {
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
	if got := keys(NewBudgets(store, "c", slog.New(slog.DiscardHandler)), now); got != "123" {
		t.Errorf("the next process reads %q", got)
	}
	if got := keys(NewBudgets(store, "c", slog.New(slog.DiscardHandler)), now.Add(25*time.Hour)); got != "" {
		t.Errorf("a day later a process reads %q", got)
	}
}

// counted is a budget that keeps what it is told.
type counted struct{ keys string }

func (c *counted) Recall(list []budgets.Spending) {
	for _, s := range list {
		c.keys += s.Key
	}
}

func TestWhoCannotWaitSharesAtOnce(t *testing.T) {
	store := memory.New(1)
	a, b := NewBudgets(store, "a", slog.New(slog.DiscardHandler)), NewBudgets(store, "b", slog.New(slog.DiscardHandler))
	var heard counted
	for _, key := range []string{"1", "2"} {
		a.Note(budgets.Spending{Budget: budgets.KindAlarm, Key: key, At: time.Now()})
		a.ShareNow(t.Context())
		b.ShareNow(t.Context(), &heard)
		b.Share(t.Context(), &heard)
	}
	if heard.keys != "12" {
		t.Errorf("the other node has heard %q", heard.keys)
	}
}
