package memory

import (
	"context"
	"slices"
	"time"

	"hotline/budgets"
)

// ledger is what budgets were spent on.
type ledger struct {
	spendings []budgets.Spending
	spent     int64 // the last place
}

// Spend keeps entries of budgets.
func (s *Store) Spend(_ context.Context, list ...budgets.Spending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range list {
		s.spent++
		x.Place = s.spent
		s.spendings = append(s.spendings, x)
	}
	return nil
}

// Spendings reads the entries behind a place and an instant, in the order of their places.
func (s *Store) Spendings(_ context.Context, behind int64, after time.Time) ([]budgets.Spending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []budgets.Spending
	for _, x := range s.spendings {
		if x.Place > behind && x.At.After(after) {
			list = append(list, x)
		}
	}
	return list, nil
}

// ForgetSpendings forgets the entries from before an instant.
func (s *Store) ForgetSpendings(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spendings = slices.DeleteFunc(s.spendings, func(x budgets.Spending) bool { return x.At.Before(before) })
	return nil
}
