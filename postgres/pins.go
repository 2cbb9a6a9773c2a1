package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/budgets"
	"hotline/directory"
	"hotline/oncall"
	"hotline/storage"
	"hotline/storage/stored"
)

const (
	endPIN     = `update pins set current = false where contract = $1 and current`
	insertPIN  = `insert into pins (hash, contract, current) values ($1, $2, true)`
	selectPINs = `select hash, contract from pins where current`
	usedPIN    = `select exists (select from pins where hash = $1)`
)

// PutContractWithPIN writes a contract and another PIN of it, both or neither.
func (s *Store) PutContractWithPIN(ctx context.Context, c directory.Contract, h directory.PINHash) (directory.Contract, error) {
	next := c
	err := s.edit(ctx, fmt.Sprintf("writing contract %s and its PIN", c.ID), func(tx pgx.Tx) (err error) {
		if next, err = replace(ctx, tx, key{contracts, string(c.ID)}, c, stored.OfContract, versionOfContract); err != nil {
			return err
		}
		return setPIN(ctx, tx, c.ID, h)
	})
	if err != nil {
		return directory.Contract{}, err
	}
	return next, nil
}

// SetPIN gives a contract a PIN that was never used; its former one ends.
func (s *Store) SetPIN(ctx context.Context, id directory.ContractID, h directory.PINHash) error {
	return s.edit(ctx, fmt.Sprintf("writing the PIN of contract %s", id), func(tx pgx.Tx) error {
		var known bool
		if err := tx.QueryRow(ctx, knownDocument, contracts, id).Scan(&known); err != nil {
			return err
		}
		if !known {
			return storage.ErrNotFound
		}
		return setPIN(ctx, tx, id, h)
	})
}

func setPIN(ctx context.Context, tx pgx.Tx, id directory.ContractID, h directory.PINHash) error {
	var used bool
	if err := tx.QueryRow(ctx, usedPIN, h[:]).Scan(&used); err != nil {
		return err
	}
	if used {
		return directory.ErrPINUsed
	}
	if _, err := tx.Exec(ctx, endPIN, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertPIN, h[:], id); err != nil {
		return err
	}
	return note(ctx, tx, audit.Record{What: audit.GivenPIN, Document: audit.Document{Kind: string(contracts), ID: string(id)}})
}

// PINs gives the current hashes.
func (s *Store) PINs(ctx context.Context) (map[directory.PINHash]directory.ContractID, error) {
	type pin struct {
		hash     []byte
		contract directory.ContractID
	}
	list, err := rows(ctx, s, "reading PIN hashes", func(r pgx.CollectableRow) (p pin, err error) {
		return p, r.Scan(&p.hash, &p.contract)
	}, selectPINs)
	m := map[directory.PINHash]directory.ContractID{}
	for _, p := range list {
		m[directory.PINHash(p.hash)] = p.contract
	}
	return m, err
}

// UsedPIN tells whether a PIN was ever given.
func (s *Store) UsedPIN(ctx context.Context, h directory.PINHash) (bool, error) {
	return row(ctx, s, "looking a PIN hash up", pgx.RowTo[bool], usedPIN, h[:])
}

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
		next, err = replace(ctx, tx, key{engineerPINs, string(p.Engineer)}, p, stored.OfPIN, func(p *oncall.PIN) *int { return &p.Version })
		return err
	})
	if err != nil {
		return oncall.PIN{}, err
	}
	return next, nil
}

// EndEngineerPIN ends the PIN of an engineer.
func (s *Store) EndEngineerPIN(ctx context.Context, id oncall.EngineerID) error {
	return s.edit(ctx, fmt.Sprintf("ending the PIN of engineer %s", id), func(tx pgx.Tx) error {
		return remove(ctx, tx, engineerPINs, string(id), 0)
	})
}

// endEngineerPIN ends the PIN of an engineer who is removed; one who comes back gets another.
func endEngineerPIN(ctx context.Context, tx pgx.Tx, id oncall.EngineerID) error {
	err := remove(ctx, tx, engineerPINs, string(id), 0)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// Budgets: what was spent of them, such as wrong PINs and calls placed.
const (
	insertSpendings = `insert into spendings (budget, key, whose, at, node) select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])`
	selectSpendings = `select place, budget, key, whose, at, node from spendings where place > $1 and at > $2 order by place`
	deleteSpendings = `delete from spendings where at < $1`
)

// Spend keeps entries of budgets, all of them or none.
func (s *Store) Spend(ctx context.Context, list ...budgets.Spending) error {
	var budgets, keys, whose, nodes []string
	var at []time.Time
	for _, x := range list {
		budgets, keys, whose, nodes, at = append(budgets, x.Budget), append(keys, x.Key), append(whose, x.Whose), append(nodes, x.Node), append(at, x.At)
	}
	return s.exec(ctx, "keeping what budgets were spent on", insertSpendings, budgets, keys, whose, at, nodes)
}

// Spendings reads the entries behind a place and an instant, in the order of their places.
func (s *Store) Spendings(ctx context.Context, behind int64, after time.Time) ([]budgets.Spending, error) {
	return rows(ctx, s, "reading what budgets were spent on", func(r pgx.CollectableRow) (x budgets.Spending, err error) {
		err = r.Scan(&x.Place, &x.Budget, &x.Key, &x.Whose, &x.At, &x.Node)
		x.At = x.At.UTC()
		return x, err
	}, selectSpendings, behind, after)
}

// ForgetSpendings forgets the entries from before an instant.
func (s *Store) ForgetSpendings(ctx context.Context, before time.Time) error {
	return s.exec(ctx, "forgetting old entries of budgets", deleteSpendings, before)
}
