package web

import (
	"context"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// clock is one promise as pages show it: a bar, and the same in words.
type clock struct {
	sla.Clock
	Name    string        // in the page's language
	How     string        // kept, late, broken, paused, projected, near or running: a class of the style sheet
	Words   string        // how it stands: "still 1 h 20 min of working time"
	Percent int           // of the limit that is used up
	Left    time.Duration // working time
	Account string        // where every minute went, in one sentence; empty in a list
}

// callBack is the promise to call a customer back, as a clock of the wall; nil where the customer waits for none.
func (r *request) callBack(lines []tickets.Event) *clock {
	due := tickets.CallBackDue(lines)
	switch {
	case due.IsZero():
		return nil
	case r.Now.After(due):
		return &clock{Name: r.T("page-call-back"), How: "broken", Words: r.T("page-clock-broken", r.Instant(due))}
	}
	return &clock{Name: r.T("page-call-back"), How: "running", Words: r.T("page-call-back-due", r.Instant(due))}
}

// nearPercent is how much of a limit may be used up before the bar warns.
const nearPercent = 75

// standing works out how a clock stands at an instant from its account.
func (r *request) standing(a sla.Account) clock {
	k := clock{Clock: a.Clock, Name: r.Words.Clock(string(a.Clock.Kind))}
	spent := spentBy(a, r.Now)
	if k.Limit > 0 {
		k.Percent = int(min(100, 100*spent/k.Limit))
		k.Left = max(0, k.Limit-spent)
	}
	switch {
	case !k.MetAt.IsZero() && !k.BrokenAt.IsZero():
		k.How, k.Words, k.Percent = "late", r.T("page-clock-late", r.Instant(k.MetAt)), 100
	case !k.MetAt.IsZero():
		k.How, k.Words = "kept", r.T("page-clock-kept", r.Instant(k.MetAt))
	case !k.BrokenAt.IsZero() || !k.Projected && !k.Paused && r.Now.After(k.Due):
		k.How, k.Words, k.Percent = "broken", r.T("page-clock-broken", r.Instant(k.Due)), 100
	case k.Projected:
		k.How, k.Words, k.Percent = "projected", r.T("page-clock-projected", r.Instant(k.Due)), 0
	case k.Paused:
		k.How, k.Words = "paused", r.T("page-clock-paused", r.Span(k.Left))
	default:
		k.How, k.Words = "running", r.T("page-clock-left", r.Instant(k.Due), r.Span(k.Left))
		if k.Percent >= nearPercent {
			k.How = "near"
		}
	}
	return k
}

// spentBy is the working time of an account that is used up at an instant.
func spentBy(a sla.Account, now time.Time) time.Duration {
	var spent time.Duration
	for _, p := range a.Parts {
		switch {
		case !p.Counts || !p.From.Before(now):
		case !p.Until.After(now):
			spent = p.Spent
		default:
			return spent + now.Sub(p.From)
		}
	}
	return spent
}

// clocks are those of a ticket as they stand now.
func (s *server) clocks(ctx context.Context, r *request, t tickets.Ticket) ([]clock, error) {
	accounts, err := s.Desk.Explain(ctx, t)
	list := make([]clock, 0, len(accounts))
	for _, a := range accounts {
		k := r.standing(a)
		k.Account = a.In(r.Words)
		list = append(list, k)
	}
	return list, err
}

// next is the clock that the board shows of a ticket. It is one that is broken and not met yet, else the one that breaks first,
// else one that is paused, else none.
func next(list []clock) *clock {
	var first *clock
	rank := func(k *clock) int {
		switch k.How {
		case "broken":
			return 0
		case "running", "near":
			return 1
		case "paused":
			return 2
		}
		return 3
	}
	for i := range list {
		k := &list[i]
		if rank(k) < 3 && (first == nil || rank(k) < rank(first) || rank(k) == rank(first) && k.Due.Before(first.Due)) {
			first = k
		}
	}
	return first
}
