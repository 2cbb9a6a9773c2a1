package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hotline/oncall"
	"hotline/storage"
	"hotline/storage/stored"
)

const engineerPINs kind = "engineer_pin"

// EngineerPIN reads the hash of an engineer's PIN.
func (s *Store) EngineerPIN(ctx context.Context, id oncall.EngineerID) (oncall.PIN, error) {
	return document[stored.PIN](ctx, s, engineerPINs, string(id))
}

// EngineerPINs lists them by engineer.
func (s *Store) EngineerPINs(ctx context.Context) ([]oncall.PIN, error) {
	return documents[stored.PIN](ctx, s, engineerPINs)
}

// PutEngineerPIN gives an engineer another PIN.
func (s *Store) PutEngineerPIN(ctx context.Context, p oncall.PIN) (oncall.PIN, error) {
	var next oncall.PIN
	err := s.edit(ctx, fmt.Sprintf("writing the PIN of engineer %s", p.Engineer), func(tx pgx.Tx) (err error) {
		var known bool
		if err := tx.QueryRow(ctx, knownDocument, engineers, p.Engineer).Scan(&known); err != nil {
			return err
		}
		if !known {
			return storage.ErrNotFound
		}
		next, err = replace(ctx, tx, engineerPINs, string(p.Engineer), p, stored.OfPIN, func(p *oncall.PIN) *int { return &p.Version })
		return err
	})
	if err != nil {
		return oncall.PIN{}, err
	}
	return next, nil
}

// endEngineerPIN ends the PIN of an engineer who is removed; one who comes back gets another.
func endEngineerPIN(ctx context.Context, tx pgx.Tx, id oncall.EngineerID) error {
	err := remove(ctx, tx, engineerPINs, string(id), 0)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
