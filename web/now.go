package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// liveCall is a caller who is on the line now.
type liveCall struct {
	ID        tickets.CallID
	Caller    string // as people write it; empty: withheld
	Transport string // cdr.Browser: from the customers' pages
	Name      string // of the customer whose number it is; empty: not known
	Since     time.Time
	Ticket    tickets.Number // 0: none yet
	Results   []rung         // telephones that were rung for this caller and are through
}

// rung is a telephone that is rung, talks, or is through.
type rung struct {
	Ticket   tickets.Number // 0: of none
	Name     string
	Since    time.Time
	Answered time.Time // zero: it still rings
	Result   string    // in words of the trade; empty: it rings, or talks
}

// now is what goes on at this moment.
type now struct {
	page
	Calls []liveCall
	Rung  []rung
}

// of is what goes on for one ticket.
func (n now) of(t tickets.Number) now {
	return now{
		n.page,
		slices.DeleteFunc(n.Calls, func(c liveCall) bool { return c.Ticket != t }),
		slices.DeleteFunc(n.Rung, func(r rung) bool { return r.Ticket != t }),
	}
}

// liveMost is how many calls, and how many telephones, a board shows.
const liveMost = 50

// now finds out who is on the line and who is being rung, on this node.
func (s *server) now(r *request, engineers []oncall.Engineer) now {
	v := now{page: r.page}
	names := namesOf(engineers)
	if s.Calls != nil {
		for _, c := range s.Calls() {
			v.Calls = append(v.Calls, s.liveCall(c, names))
		}
	}
	if s.Feed != nil {
		for _, a := range s.Feed.Alive() {
			v.Rung = append(v.Rung, rung{Ticket: a.Ticket, Name: r.whose(a.Whose, names), Since: a.Since, Answered: a.Answered})
		}
	}
	v.Calls, v.Rung = v.Calls[:min(len(v.Calls), liveMost)], v.Rung[:min(len(v.Rung), liveMost)]
	return v
}

func (s *server) liveCall(c cdr.Call, n names) liveCall {
	v := liveCall{ID: c.ID, Caller: s.Plan.Shown(c.From), Transport: c.Transport, Since: c.Started, Ticket: c.Ticket}
	if owner, ok := s.Desk.Owner(c.From); ok {
		v.Name = owner.Name
	}
	for _, l := range c.Legs {
		v.Results = append(v.Results, rung{Name: n.of(l.Engineer), Since: l.Started, Answered: l.Answered, Result: l.Result})
	}
	return v
}

// whose names whom a telephone belongs to: an engineer, the operator, the customer.
func (r *request) whose(id string, n names) string {
	switch id {
	case "operator":
		return r.T("page-actor-operator")
	case "customer":
		return r.T("page-actor-caller")
	}
	return n.of(id)
}

// givenUp is a caller who hung up, or whose line was lost, before anybody of ours spoke to them, and whom nobody has called back.
type givenUp struct {
	callRow
	Since time.Time // when they were gone
}

// How far back those who gave up are looked for, and in how many calls.
const (
	givenUpSince = 24 * time.Hour
	givenUpCalls = 200
)

// givenUp finds the callers of the last day who hung up, or whose line was lost, and still wait, the newest first. One with a ticket waits while it is
// open, has had no contact, and is blocking or has no category. One without a ticket waits until the next call from the same
// number.
func (s *server) givenUp(ctx context.Context, r *request) ([]givenUp, error) {
	found, err := s.Store.Calls(ctx, cdr.Filter{Since: r.Now.Add(-givenUpSince), Limit: givenUpCalls})
	if err != nil {
		return nil, fmt.Errorf("reading the calls of the last day: %w", err)
	}
	again, seen := map[string]bool{}, map[tickets.Number]bool{}
	var list []givenUp
	for _, c := range found.Items { // the newest first
		later := c.From != "" && again[c.From]
		again[c.From] = true
		if c.Ending != "caller hung up" && c.Ending != "line lost" || seen[c.Ticket] && c.Ticket != 0 {
			continue
		}
		seen[c.Ticket] = true
		open := !later
		if c.Ticket != 0 {
			if open, err = s.waitsForContact(ctx, c.Ticket); err != nil {
				return nil, err
			}
		}
		if open {
			list = append(list, givenUp{s.callRow(c), cmp.Or(c.Ended, c.Started)})
		}
	}
	return list, nil
}

// waitsForContact tells whether a ticket is one that a human should have spoken about, and none has.
func (s *server) waitsForContact(ctx context.Context, n tickets.Number) (bool, error) {
	t, err := s.Desk.Ticket(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading ticket %d: %w", n, err)
	}
	urgent := t.Category() == sla.Blocking || t.Category() == ""
	return urgent && t.State.Live() && t.State != tickets.Waiting && sla.Met(t.Clocks, sla.Contact).IsZero(), nil
}

// wallPage is the board on a wall: three lists that somebody can act on.
type wallPage struct {
	page
	Doing   now
	GivenUp []givenUp
	Rows    []ticketRow // what breaks next
	System  system
	Duty    []dutyRow
}

// wallRows is how many tickets a wall shows: what stands below is not read from there.
const wallRows = 12

// wall shows the board without forms, in large letters.
func (s *server) wall(w http.ResponseWriter, r *request) {
	ctx := r.Context()
	r.Title = "page-wall"
	var p wallPage
	duty, _, engineers, err := s.duty(ctx, r)
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	found, err := s.Desk.List(ctx, tickets.Filter{States: liveStates(), Sort: "due", Limit: wallRows})
	if err == nil {
		p.Rows, err = s.rows(ctx, r, found.Items, engineers)
	}
	if err == nil {
		p.GivenUp, err = s.givenUp(ctx, r)
	}
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	p.Rows = slices.DeleteFunc(p.Rows, func(t ticketRow) bool { return t.Next == nil })
	p.Doing, p.System, p.Duty, p.page = s.now(r, engineers), s.system(ctx), duty, r.page
	s.render(w, r, http.StatusOK, "wall", p)
}

// liveStream tells the browser when something has changed.
func (s *server) liveStream(w http.ResponseWriter, r *request) {
	s.streams.Serve(w, r.Request, r.session.Hash, r.User.Name)
}

// holds tells whether a session still holds.
func (s *server) holds(ctx context.Context, hash [32]byte) (bool, error) {
	n, _, err := s.Store.Session(ctx, hash)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("finding the session of a stream: %w", err)
	}
	return s.Now().Before(n.Expires), nil
}
