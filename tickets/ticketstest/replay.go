package ticketstest

import (
	"testing"

	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// replays restores changes of a journal into a store that was itself restored from an older dump: the ticket's opening is
// not there any more, the later changes still are.
func replays(t *testing.T, s Store) {
	ctx, x := t.Context(), sample(417)
	x.Version, x.State, x.Assignee = 3, tickets.Assigned, "marco"
	third := tickets.Change{Ticket: x, Expect: 2, Events: []tickets.Event{event("c", 417, tickets.Accepted)}}
	x.Version, x.Assessment = 4, sla.Question
	fourth := tickets.Change{Ticket: x, Expect: 3, Events: []tickets.Event{event("d", 417, tickets.Assessed)}}
	for range 2 { // replayed twice, written once
		check.Must(t, tickets.Restore(ctx, s, third))
		check.Must(t, tickets.Restore(ctx, s, fourth))
	}
	stands, err := s.Ticket(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "the ticket", stands, x)
	lines, err := s.History(ctx, 417)
	check.Must(t, err)
	if len(lines) != 2 || lines[0].ID != "c" || lines[1].ID != "d" {
		t.Errorf("the history is %+v", lines)
	}
	first := tickets.Change{Ticket: sample(417), Events: []tickets.Event{event("a", 417, tickets.Opened)}}
	check.Must(t, tickets.Restore(ctx, s, first)) // what was written later stands
	stands, err = s.Ticket(ctx, 417)
	check.Must(t, err)
	if stands.Assignee != "marco" || stands.Assessment != sla.Question || stands.Version != 5 {
		t.Errorf("after a late replay of the opening the ticket is %+v", stands)
	}
}
