// Package directory is who may call and what they are entitled to: customers, contracts and their PINs, levels, calendars
// and known faults.
//
// It is ground: pure rules. Callers are served from a Book, a snapshot in memory, so that a PIN leads to its contract while
// the store is down. Staff write single documents to a Store, and a node brings its Book up to date by the store's Edits.
package directory

import (
	"context"
	"errors"
	"fmt"

	"hotline/sla"
	"hotline/storage"
)

// Errors of the directory, beside those of package storage.
var (
	ErrPINUsed = fmt.Errorf("this PIN was given before: %w", storage.ErrExists)

	// ErrOtherDatabase is a store without a single contract where contracts were known: an empty database in the place of the
	// right one. What is known of contracts is not given up for it.
	ErrOtherDatabase = errors.New("the database holds no contract, and contracts were known before: is it the right one?")
)

// Store keeps customers, contracts, levels, calendars and known faults. Put writes a whole document and gives it its next
// version. Version 0 makes a new one (storage.ErrExists); any other must be the one that stands (storage.ErrConflict). A
// version is never given twice to one id, not even when the document was deleted meanwhile. Safe for concurrent use.
type Store interface {
	Customer(ctx context.Context, id CustomerID) (Customer, error)
	Customers(ctx context.Context) ([]Customer, error) // by id, as all lists here
	PutCustomer(ctx context.Context, c Customer) (Customer, error)
	Contract(ctx context.Context, id ContractID) (Contract, error)
	Contracts(ctx context.Context) ([]Contract, error)
	PutContract(ctx context.Context, c Contract) (Contract, error)
	Level(ctx context.Context, id sla.LevelID) (sla.Level, error)
	Levels(ctx context.Context) ([]sla.Level, error)
	PutLevel(ctx context.Context, l sla.Level) (sla.Level, error)
	Calendar(ctx context.Context, id sla.CalendarID) (sla.Calendar, error)
	Calendars(ctx context.Context) ([]sla.Calendar, error)
	PutCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error)
	Fault(ctx context.Context, id string) (KnownFault, error)
	Faults(ctx context.Context) ([]KnownFault, error)
	PutFault(ctx context.Context, f KnownFault) (KnownFault, error)
	DeleteFault(ctx context.Context, id string, version int) error // version 0: whichever stands
	// Edits are what was written since a revision, of all that a Book holds, as it stood at one moment. Since 0, and since a
	// revision that this store never had, as one of an older dump, they are everything that stands.
	Edits(ctx context.Context, since int64) (Edits, error)
	// Together makes the writes of documents that f does with its context one wait for the disk. Each stands or falls by itself; none
	// of them stands where Together fails.
	Together(ctx context.Context, f func(ctx context.Context) error) error
	PINStore
}

// PINStore keeps which contract a PIN belongs to, by its keyed hash. Safe for concurrent use.
type PINStore interface {
	// PutContractWithPIN writes a contract as PutContract does, and its PIN with it, in one transaction. The former PIN ends.
	// ErrPINUsed when the PIN was ever given.
	PutContractWithPIN(ctx context.Context, c Contract, h PINHash) (Contract, error)
	SetPIN(ctx context.Context, id ContractID, h PINHash) error // one that is chosen, as the demo's; ErrPINUsed
	PINs(ctx context.Context) (map[PINHash]ContractID, error)   // the current ones
	UsedPIN(ctx context.Context, h PINHash) (bool, error)       // ever, revoked ones too
}
