// Package storage holds what all stores share: the errors that they answer with, and the named facts of an installation.
//
// Each noun has its own store interface beside it: directory.Store, tickets.Store, cdr.Store, tokens.Store,
// users.Store, idempotency.Store, versions.Store, budgets.Store, oncall.Store. PostgreSQL and its twin in memory implement all of them.
package storage

import (
	"context"
	"errors"
)

// Conditions that callers of a store test for with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else meanwhile") // another version stands than the one compared
	ErrExists   = errors.New("exists already")
	ErrDown     = errors.New("the store is down")
	ErrBusy     = error(busy{}) // the store lives, but others were served first; also an ErrDown
	ErrFull     = error(full{}) // the store has no room on its disk; also an ErrDown
)

// busy is a store that works and had no time for this caller. Whatever helps against a store that is down helps here too,
// so errors.Is finds ErrDown in it. But nobody may conclude that the store will not answer the next caller.
type busy struct{}

func (busy) Error() string { return "the store is busy" }

// Is makes a busy store a store that is down.
func (busy) Is(target error) bool { return target == ErrDown }

// full is a store that takes nothing more. Whatever helps against a store that is down helps here too.
type full struct{}

func (full) Error() string {
	return "the disk of the database is full; make room on it, then do this again"
}

// Is makes a full store a store that is down.
func (full) Is(target error) bool { return target == ErrDown }

// Facts keeps named facts of the installation, such as the fingerprint of the PIN key. Safe for concurrent use.
type Facts interface {
	Fact(ctx context.Context, key string) (string, error) // ErrNotFound
	PutFact(ctx context.Context, key, value string) error
}
