package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"hotline/paging"
	"hotline/sla"
	"hotline/tickets"
)

// List selects, sorts and pages tickets.
func (s *Store) List(_ context.Context, f tickets.Filter) (paging.Page[tickets.Ticket], error) {
	var none paging.Page[tickets.Ticket]
	_, backwards, err := f.Order()
	if err != nil {
		return none, err
	}
	behind, given, err := f.Place()
	if err != nil {
		return none, fmt.Errorf("listing tickets: %w", err)
	}
	s.mu.Lock()
	list := s.where(func(t tickets.Ticket) bool { return f.Matches(t) && s.says(t, f) })
	s.mu.Unlock()
	compare := func(a, b paging.Position) int {
		if backwards {
			return b.Compare(a)
		}
		return a.Compare(b)
	}
	slices.SortFunc(list, func(a, b tickets.Ticket) int { return compare(f.Position(a), f.Position(b)) })
	total := len(list)
	if given {
		list = slices.DeleteFunc(list, func(t tickets.Ticket) bool { return compare(f.Position(t), behind) <= 0 })
	}
	return paging.Paged(list, f.Limit, f.Position).Counted(total), nil
}

// Live counts the tickets to which somebody owes something, by priority.
func (s *Store) Live(context.Context) (map[sla.Priority]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[sla.Priority]int{}
	for _, t := range s.tickets {
		if t.State.Live() {
			counts[t.Priority]++
		}
	}
	return counts, nil
}

// same tells whether a value passes a filter that is empty or equal.
func same[T ~string](want, is T) bool { return want == "" || want == is }

const shortest = 3 // letters of a word's beginning that is looked for

// says tells whether every word looked for stands in the customer's name or in what people said in the history, or begins
// the ticket's or the caller's number. The twin knows no other forms of a word than the one that was written. s.mu is held.
func (s *Store) says(t tickets.Ticket, f tickets.Filter) bool {
	if f.Search == "" {
		return true
	}
	said := tickets.Words(t.Name)
	for _, e := range s.history[t.Number] {
		said = append(said, tickets.Words(e.Searchable())...)
	}
	for _, t := range s.heard(t.Number) {
		said = append(said, tickets.Words(t.Text())...)
	}
	words := f.Words()
	for _, w := range words {
		number := strings.HasPrefix(fmt.Sprint(t.Number), w) || utf8.RuneCountInString(w) >= shortest && strings.HasPrefix(tickets.Digits(t.Caller), w)
		begins := utf8.RuneCountInString(w) >= shortest && slices.ContainsFunc(said, func(is string) bool { return strings.HasPrefix(is, w) })
		if !number && !begins && !slices.Contains(said, w) {
			return false
		}
	}
	return len(words) > 0
}
