// Package statement sends customers the statement of the month that ended: one letter for each contract that wants it, on the first
// working day of the month (docs/mail.md). Its figures are those of the portal's page (statistics.MonthOf).
//
// A letter is noted once for a contract and month when it is due, so that neither a restart nor a second node writes it again. The
// figures, the address and whether the contract still wants it are read when the letter goes out. It starts no goroutine: its caller goes round.
package statement

import (
	"context"
	"time"

	"hotline/directory"
	"hotline/notify/mailing"
	"hotline/sla"
)

// Letter is the statement of one contract and month.
type Letter struct {
	Contract directory.ContractID
	Month    string // as 2026-11
	Address  string // to whom it went last; empty: to nobody yet
	mailing.Standing
}

// Store keeps which letters were noted. Safe for concurrent use; it fails with the errors of package storage.
type Store interface {
	// NoteStatement writes a letter down, unless there is one of its contract and month. One that has no address gives way to one that waits.
	NoteStatement(ctx context.Context, l Letter) error
	// ClaimStatements gives the waiting letter that has been due for the longest time, by contract, and puts it off until an instant, so that
	// nobody else gets it before. Each claim counts as a try. None: nothing is due.
	ClaimStatements(ctx context.Context, now, until time.Time) ([]Letter, error)
	// PutStatement writes how a waiting letter stands; of one that does not wait any more nothing is written.
	PutStatement(ctx context.Context, l Letter) error
	// Statements are those of a contract, the newest month first.
	Statements(ctx context.Context, c directory.ContractID) ([]Letter, error)
}

// late is for how long after its day a letter is still noted: a house that was down, or a contract that wants it since today.
const late = 7 * 24 * time.Hour

// ended are the beginnings of the month that was over last at now, and of the next one, in a zone.
func ended(now time.Time, zone *time.Location) (since, until time.Time) {
	now = now.In(zone)
	until = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	return until.AddDate(0, -1, 0), until
}

// inForce tells whether a contract was in force at some time of a span.
func inForce(c directory.Contract, since, until time.Time) bool {
	return c.ValidFrom.Before(until) && (c.ValidUntil.IsZero() || c.ValidUntil.After(since))
}

// opens is the first instant of a contract's hours from an instant on; own is the calendar of the house. Hours that cannot be told keep
// nothing back.
func opens(book *directory.Book, id directory.ContractID, own sla.CalendarID, from time.Time) time.Time {
	e, err := book.Entitlement(id, own)
	if err != nil {
		return from
	}
	open, err := e.Hours.NextOpen(from)
	if err != nil {
		return from
	}
	return open
}
