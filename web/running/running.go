// Package running is what pages ask before they change what running tickets were promised: which deadlines would move, and whether the
// tickets follow or keep what they have.
package running

import (
	"fmt"
	"time"

	"hotline/directory"
	"hotline/tickets"
	"hotline/web/room"
)

// The answers, as the field "running" of a form has them.
const (
	keep   = "keep"
	follow = "follow"
)

// Move is one deadline that would move, in words.
type Move struct {
	Ticket              tickets.Number
	Clock, Was, Becomes string
}

// Moves are the deadlines of running tickets that a change would move; none where the form says already whether they follow. Nothing is
// written.
func Moves(r *room.Request, desk *tickets.Desk, of tickets.Scope, change func(*directory.Book)) ([]Move, error) {
	if said := r.FormValue("running"); said == keep || said == follow {
		return nil, nil
	}
	found, err := desk.Preview(r.Context(), desk.Book().With(change), of, r.Now)
	if err != nil {
		return nil, fmt.Errorf("looking which deadlines would move: %w", err)
	}
	var list []Move
	for _, m := range found {
		list = append(list, Move{m.Ticket, r.Words.Clock(string(m.Clock)), instant(r, m.Was), instant(r, m.Becomes)})
	}
	return list, nil
}

// Tell tells the running tickets of a change that was written, and that the desk knows, what the form says.
func Tell(r *room.Request, desk *tickets.Desk, of tickets.Scope) (err error) {
	switch r.FormValue("running") {
	case follow:
		_, err = desk.FollowAll(r.Context(), of, r.Actor(), r.Now)
	case keep:
		_, err = desk.KeepAll(r.Context(), of, r.Actor(), r.Now)
	}
	if err != nil {
		return fmt.Errorf("telling the running tickets: %w", err)
	}
	return nil
}

func instant(r *room.Request, t time.Time) string {
	if t.IsZero() {
		return r.T("page-no-deadline")
	}
	return r.View.Clock(t)
}
