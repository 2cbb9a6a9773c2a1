package memory

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// Outcomes lists the clocks of tickets opened between two instants.
func (s *Store) Outcomes(_ context.Context, since, until time.Time) ([]statistics.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []statistics.Outcome
	for _, t := range s.where(func(t tickets.Ticket) bool {
		return t.State != tickets.NotRequest && !t.OpenedAt.Before(since) && t.OpenedAt.Before(until)
	}) {
		o := statistics.Outcome{Ticket: t.Number, Contract: t.Contract, Name: t.Name, Level: t.Level, Category: t.Category(), Pauses: t.Pauses}
		if len(t.Clocks) == 0 {
			list = append(list, o)
		}
		for _, c := range t.Clocks {
			o.Clock, o.Due, o.Met, o.Broken, o.Spent = c.Kind, c.Due, !c.MetAt.IsZero(), !c.BrokenAt.IsZero(), c.Spent
			o.Account = s.account(t.Number, c)
			list = append(list, o)
		}
	}
	return list, nil
}

// account is what the history said when a clock broke, the last time that it did.
func (s *Store) account(n tickets.Number, c sla.Clock) map[string]string {
	if c.BrokenAt.IsZero() {
		return nil
	}
	for _, e := range slices.Backward(s.history[n]) {
		if e.Kind == tickets.Broken && e.Facts["clock"] == string(c.Kind) {
			return e.Accounts()
		}
	}
	return nil
}

// TimeSpent lists the time written down between two instants.
func (s *Store) TimeSpent(_ context.Context, since, until time.Time) ([]tickets.Spent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []tickets.Spent
	for n, lines := range s.history {
		for _, e := range lines {
			if e.Kind != tickets.TimeAdded || e.At.Before(since) || !e.At.Before(until) {
				continue
			}
			minutes, _ := strconv.Atoi(e.Facts["minutes"]) // written by the desk
			list = append(list, tickets.Spent{
				Ticket: n, Contract: s.tickets[n].Contract, At: e.At, Minutes: minutes, Who: e.Facts["who"], What: e.Text, By: e.Actor,
			})
		}
	}
	slices.SortStableFunc(list, func(a, b tickets.Spent) int { return a.At.Compare(b.At) })
	return list, nil
}
