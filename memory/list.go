package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// List selects, sorts and pages tickets.
func (s *Store) List(_ context.Context, f tickets.Filter) ([]tickets.Ticket, int, error) {
	key, backwards := strings.CutPrefix(cmp.Or(f.Sort, "-number"), "-")
	order, ok := orders()[key]
	if !ok {
		return nil, 0, fmt.Errorf("sorting tickets by %q: %w", f.Sort, tickets.ErrNotFound)
	}
	s.mu.Lock()
	list := s.where(func(t tickets.Ticket) bool { return matches(t, f) })
	s.mu.Unlock()
	slices.SortStableFunc(list, func(a, b tickets.Ticket) int {
		c := cmp.Or(order(a, b), cmp.Compare(a.Number, b.Number))
		if backwards {
			return -c
		}
		return c
	})
	total := len(list)
	from := min(max(f.Offset, 0), total)
	until := min(from+min(cmp.Or(max(f.Limit, 0), 50), 500), total)
	return list[from:until], total, nil
}

func orders() map[string]func(a, b tickets.Ticket) int {
	return map[string]func(a, b tickets.Ticket) int{
		"number":    func(a, b tickets.Ticket) int { return cmp.Compare(a.Number, b.Number) },
		"opened_at": func(a, b tickets.Ticket) int { return a.OpenedAt.Compare(b.OpenedAt) },
		"priority":  func(a, b tickets.Ticket) int { return urgency(a) - urgency(b) },
		"due":       func(a, b tickets.Ticket) int { return dueOf(a).Compare(dueOf(b)) },
	}
}

// dueOf is when the ticket's next clock runs out; without one it comes last.
func dueOf(t tickets.Ticket) time.Time {
	if c, ok := sla.Next(t.Clocks); ok {
		return c.Due
	}
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
}

func matches(t tickets.Ticket, f tickets.Filter) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, t.State)) &&
		same(f.Contract, t.Contract) && same(f.Customer, t.Customer) && same(f.Assignee, t.Assignee) &&
		same(f.Category, t.Category()) && same(f.Level, t.Level) && same(f.Caller, t.Caller) &&
		(f.Since.IsZero() || !t.OpenedAt.Before(f.Since)) && (f.Until.IsZero() || t.OpenedAt.Before(f.Until)) &&
		strings.Contains(strings.ToLower(t.Name), strings.ToLower(f.Text))
}

// same tells whether a value passes a filter that is empty or equal.
func same[T ~string](want, is T) bool { return want == "" || want == is }
