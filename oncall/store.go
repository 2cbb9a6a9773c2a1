package oncall

import "context"

// Store keeps the engineers and their rota. PostgreSQL and the memory twin implement it beside tickets.Store, with the
// same sentinel errors. Safe for concurrent use.
type Store interface {
	Engineers(ctx context.Context) ([]Engineer, error) // by id
	PutEngineer(ctx context.Context, e Engineer) error
	DeleteEngineer(ctx context.Context, id EngineerID) error
	Rota(ctx context.Context) (Rota, error)
	PutRota(ctx context.Context, r Rota) (Rota, error) // compares r.Version
}
