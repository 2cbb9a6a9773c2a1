package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"hotline/listening"
	"hotline/tickets"
)

// law is what administrators see of a ticket's recordings beside the sounds. Empty for everybody else.
type law struct {
	Held     string // reason of the legal hold on the ticket; empty: none
	Accesses []looked
}

// looked is one line of the log of accesses.
type looked struct {
	At                time.Time
	Who, Did, Listens string
}

// accessesMost is how many accesses a ticket's page shows.
const accessesMost = 50

// lawful are what administrators do to a ticket's recordings, in whatever state it is.
func lawful() []action {
	return []action{
		{name: "erase-recordings", writes: tickets.Erased, do: func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
			return s.Desk.EraseRecordings(r.Context(), n, nil, r.actor(), r.text(), r.Now)
		}},
		{name: "hold", writes: tickets.Held, do: said((*tickets.Desk).SetHold)},
		{name: "lift-hold", writes: tickets.HoldLifted, do: said((*tickets.Desk).LiftHold)},
	}
}

// law reads whether a ticket has a legal hold, and who listened to its recordings.
func (s *server) law(ctx context.Context, r *request, t tickets.Ticket, lines []tickets.Event) (law, error) {
	if !r.May("POST /tickets/{number}/erase-recordings") {
		return law{}, nil
	}
	var l law
	if set, stands := tickets.HoldOf(lines); stands {
		l.Held = set.Text
	}
	found, err := s.Store.ListAccesses(ctx, tickets.AccessFilter{Ticket: t.Number, Limit: accessesMost})
	if err != nil {
		return l, fmt.Errorf("who listened to ticket %d: %w", t.Number, err)
	}
	for _, a := range found.Items {
		l.Accesses = append(l.Accesses, looked{At: a.At, Who: r.actorName(a.Actor, nil), Did: r.T("page-access-" + string(a.Action)), Listens: a.Recording})
	}
	return l, nil
}

// export gives the recordings of a ticket as an archive.
func (s *server) export(w http.ResponseWriter, r *request) {
	n, err := numberOf(r)
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	list, err := listening.Find(r.Context(), s.Desk, n, "")
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	a := listening.Archive{Store: s.Store, Open: s.Recordings, Actor: r.actor(), At: r.Now}
	if err := a.Serve(r.Context(), w, list); err != nil {
		s.Log.ErrorContext(r.Context(), "an export of recordings was broken off", "ticket", int64(n), "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes half an archive for a whole one
	}
}
