package memory

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// summaryTables are the summaries that were kept.
type summaryTables struct {
	summaries map[span]keptSummary
	parts     map[[2]span]statistics.PartSums // by the day, and by the month
}

type span struct{ since, until int64 } // nanoseconds since 1970

type keptSummary struct {
	at statistics.Mark
	statistics.Summary
}

func spanOf(since, until time.Time) span { return span{since.UnixNano(), until.UnixNano()} }

// Outcomes lists the clocks of tickets that were opened in a span.
func (s *Store) Outcomes(_ context.Context, of statistics.Span) ([]statistics.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []statistics.Outcome
	for _, t := range s.where(func(t tickets.Ticket) bool {
		return t.State != tickets.NotRequest && !t.OpenedAt.Before(of.Since) && t.OpenedAt.Before(of.Until) && ofContracts(of, t.Contract)
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

// ofContracts tells whether a span is also one of a contract.
func ofContracts(of statistics.Span, c directory.ContractID) bool {
	return of.Whole || slices.Contains(of.Contracts, c)
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

// TimeSpent lists the time written down in a span.
func (s *Store) TimeSpent(_ context.Context, of statistics.Span) ([]tickets.Spent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []tickets.Spent
	for n, lines := range s.history {
		for _, e := range lines {
			if e.Kind != tickets.TimeAdded || e.At.Before(of.Since) || !e.At.Before(of.Until) || !ofContracts(of, s.tickets[n].Contract) {
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

// Sums adds up the tickets of a part.
func (s *Store) Sums(ctx context.Context, p statistics.Part) ([]statistics.Sum, error) {
	outcomes, _ := s.Outcomes(ctx, statistics.Span{Since: p.Since, Until: p.Until, Whole: true}) // memory does not fail
	spent, _ := s.TimeSpent(ctx, statistics.Span{Since: p.From, Until: p.To, Whole: true})
	return statistics.SumsOf(outcomes, spent), nil
}

// mark is how the tickets of a span stand; s.mu is held.
func (s *Store) mark(since, until time.Time) (at statistics.Mark) {
	for _, t := range s.tickets {
		if !t.OpenedAt.Before(since) && t.OpenedAt.Before(until) {
			at.Tickets, at.Versions = at.Tickets+1, at.Versions+int64(t.Version)
		}
	}
	return at
}

// partKey is under which a part is kept.
func partKey(p statistics.Part) [2]span {
	return [2]span{spanOf(p.Since, p.Until), spanOf(p.From, p.To)}
}

// Parts reads what was kept of parts.
func (s *Store) Parts(_ context.Context, list []statistics.Part) (kept []statistics.KeptPart, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		k := statistics.KeptPart{At: s.mark(p.Since, p.Until)}
		if one, ok := s.parts[partKey(p)]; ok && one.At == k.At {
			k.Sums = slices.Clone(one.Sums)
		}
		kept = append(kept, k)
	}
	return kept, nil
}

// KeepParts keeps sums of parts.
func (s *Store) KeepParts(_ context.Context, list []statistics.PartSums) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		p.Sums = append([]statistics.Sum{}, p.Sums...)
		s.parts[partKey(p.Part)] = p
	}
	return nil
}

// Summary reads what was kept of a span, and the mark of its tickets.
func (s *Store) Summary(_ context.Context, since, until time.Time) (*statistics.Summary, statistics.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.mark(since, until)
	if kept, ok := s.summaries[spanOf(since, until)]; ok && kept.at == at {
		return &kept.Summary, at, nil
	}
	return nil, at, nil
}

// KeepSummary keeps a summary.
func (s *Store) KeepSummary(_ context.Context, since, until time.Time, at statistics.Mark, v statistics.Summary) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summaries[spanOf(since, until)] = keptSummary{at, v}
	return nil
}

// Since is when the first ticket was opened.
func (s *Store) Since(context.Context) (first time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tickets {
		if first.IsZero() || t.OpenedAt.Before(first) {
			first = t.OpenedAt
		}
	}
	return first, nil
}
