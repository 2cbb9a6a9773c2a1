package console

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"hotline/prompts"
	"hotline/storage"
	"hotline/tickets"
)

// mostWaiting is how many tickets of a kind are looked at for the next one.
const mostWaiting = 200

// next goes to the open ticket whose clock runs out next, of those that the engineer has in hand or nobody has, and that this call
// has not gone to yet. After the last one it begins anew.
func (s *session) next() error {
	var list []tickets.Ticket
	err := s.asked(func(ctx context.Context) (err error) {
		list, err = s.waiting(ctx)
		return err
	})
	if err != nil {
		return s.trouble("looking for the next open ticket", err)
	}
	if len(list) == 0 {
		return s.sayAnew(prompts.P("console-none-open"))
	}
	var again prompts.Phrase
	t, fresh := s.unseen(list)
	if !fresh {
		clear(s.seen)
		t, again = list[0], prompts.P("console-from-first")
	}
	s.seen[t.Number] = true
	return s.open(t.Number, again)
}

// unseen is the first ticket that this call has not gone to.
func (s *session) unseen(list []tickets.Ticket) (tickets.Ticket, bool) {
	for _, t := range list {
		if !s.seen[t.Number] {
			return t, true
		}
	}
	return tickets.Ticket{}, false
}

// waiting lists what waits for the engineer: by the clock that runs out next, then by number.
func (s *session) waiting(ctx context.Context) ([]tickets.Ticket, error) {
	nobodys, err := s.cfg.Desk.List(ctx, tickets.Filter{States: []tickets.State{tickets.Open}, Sort: "due", Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	own, err := s.cfg.Desk.List(ctx, tickets.Filter{
		States: []tickets.State{tickets.Assigned, tickets.InProgress}, Assignee: string(s.who.ID), Sort: "due", Limit: mostWaiting,
	})
	list := append(nobodys.Items, own.Items...)
	slices.SortFunc(list, func(a, b tickets.Ticket) int {
		return cmp.Or(tickets.DueOf(a).Compare(tickets.DueOf(b)), cmp.Compare(a.Number, b.Number))
	})
	return list, err
}

// byNumber goes to the ticket whose number is keyed.
func (s *session) byNumber() error {
	if err := s.say(prompts.P("console-enter-number")); err != nil {
		return err
	}
	digits, err := s.entry(mostDigits)
	if err != nil || digits == "" {
		return err
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil {
		err = s.asked(func(ctx context.Context) error {
			_, err := s.cfg.Desk.Ticket(ctx, tickets.Number(n))
			return err
		})
	}
	switch {
	case errors.Is(err, strconv.ErrRange), errors.Is(err, strconv.ErrSyntax), errors.Is(err, storage.ErrNotFound): // keys A to D are no digits
		return s.sayAnew(prompts.P("console-no-ticket"))
	case err != nil:
		return s.trouble("reading a ticket", err)
	}
	return s.open(tickets.Number(n), nil)
}
