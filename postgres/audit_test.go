package postgres

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
)

func TestARecordOfTheAuditCannotBeChangedEvenByHand(t *testing.T) {
	s := fresh(t)
	if err := s.NoteAudit(t.Context(), audit.Record{At: time.Now(), Who: "staff:anna", What: audit.Asked}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"update audit set who = 'staff:nobody'", "truncate audit"} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestAChangeThatCannotBeNotedIsNotMade: a document, a user, a PIN and a ticket stay as they are while the audit takes no record, and
// what the program does by itself goes on.
func TestAChangeThatCannotBeNotedIsNotMade(t *testing.T) {
	s := fresh(t)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	ticket := tickets.Ticket{Number: 417, Version: 1, State: tickets.Open, OpenedAt: at}
	if err := s.Apply(t.Context(), tickets.Change{Ticket: ticket, Events: []tickets.Event{{ID: "a", Ticket: 417, At: at, Kind: tickets.Opened, Actor: "caller"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), "alter table audit add check (who = '')"); err != nil {
		t.Fatal(err)
	}
	by := audit.Origin{Who: "staff:anna", At: at}
	ctx := audit.With(t.Context(), by)
	if _, err := s.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi"}); err == nil {
		t.Error("a customer is written unseen")
	}
	if _, err := s.Customer(ctx, "rossi"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("and stands: %v", err)
	}
	if _, err := s.PutUser(ctx, users.User{Name: "eve", Role: users.Admin, Created: at}); err == nil {
		t.Error("a user is written unseen")
	}
	if list, err := s.Users(ctx); err != nil || len(list) > 0 {
		t.Errorf("and stands: %v, %v", list, err)
	}
	ticket.Version = 2
	if err := s.Apply(ctx, tickets.Change{Ticket: ticket, Expect: 1, By: by, Events: []tickets.Event{{ID: "b", Ticket: 417, At: at, Kind: tickets.Commented, Actor: "staff:anna"}}}); err == nil {
		t.Error("a ticket is changed unseen")
	}
	if lines, err := s.History(ctx, 417); err != nil || len(lines) != 1 {
		t.Errorf("its history is %v, %v", lines, err)
	}
	if _, err := s.PutCustomer(t.Context(), directory.Customer{ID: "neri", Name: "Neri"}); err != nil {
		t.Errorf("the program itself: %v", err)
	}
}
