package oncall

import (
	"context"
	"errors"
	"fmt"
)

// Why a store refuses to part engineers and rota: a place that names nobody would be found at night, by a customer.
var (
	ErrOnRota          = errors.New("a rota or an escalation policy names this engineer; take them off it first")
	ErrHasTicket       = errors.New("a ticket is assigned to this engineer, and nobody else would be rung for it; assign it to somebody else, or close it, first")
	ErrUnknownEngineer = errors.New("there is no such engineer")
)

// Store keeps the engineers and their rota. PostgreSQL and the memory twin implement it beside tickets.Store, with the
// same sentinel errors and the same rule of versions: 0 makes a new one, else it must equal what stands there. The rota and
// the engineers whom it names are checked where they are written, in the same transaction, and so are an engineer's live tickets. Safe for concurrent use.
type Store interface {
	Engineer(ctx context.Context, id EngineerID) (Engineer, error)
	Engineers(ctx context.Context) ([]Engineer, error)                    // by id
	PutEngineer(ctx context.Context, e Engineer) (Engineer, error)        // gives it its next version
	DeleteEngineer(ctx context.Context, id EngineerID, version int) error // 0: whichever stands; ErrOnRota, ErrHasTicket
	Rota(ctx context.Context) (Rota, error)
	PutRota(ctx context.Context, r Rota) (Rota, error) // compares r.Version; ErrUnknownEngineer

	EngineerPIN(ctx context.Context, id EngineerID) (PIN, error)
	EngineerPINs(ctx context.Context) ([]PIN, error) // by engineer
	// PutEngineerPIN gives an engineer another PIN; storage.ErrNotFound when there is no such engineer. It ends with the engineer.
	PutEngineerPIN(ctx context.Context, p PIN) (PIN, error)
	// EndEngineerPIN ends the PIN of an engineer, who cannot work by telephone any more; storage.ErrNotFound where there is none.
	EndEngineerPIN(ctx context.Context, id EngineerID) error
}

// Names tells whether the rota has a place for an engineer, in a shift or an override.
func (r Rota) Names(id EngineerID) bool {
	for _, named := range r.named() {
		if named == id {
			return true
		}
	}
	return false
}

// Staffed refuses a rota that names somebody who is not among those known.
func (r Rota) Staffed(known map[EngineerID]bool) error {
	for _, id := range r.named() {
		if !known[id] {
			return fmt.Errorf("engineer %q: %w", id, ErrUnknownEngineer)
		}
	}
	return nil
}

func (r Rota) named() []EngineerID {
	var list []EngineerID
	for _, s := range r.Shifts {
		list = append(list, s.Engineer)
	}
	for _, o := range r.Overrides {
		for _, id := range []EngineerID{o.Engineer, o.Instead} {
			if id != "" { // somebody is added, or a place stays free
				list = append(list, id)
			}
		}
	}
	return list
}
