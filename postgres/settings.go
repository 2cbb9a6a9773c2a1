package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/tickets"
)

const (
	endPIN     = `update pins set current = false where contract = $1 and current`
	insertPIN  = `insert into pins (hash, contract, current) values ($1, $2, true)`
	selectPINs = `select hash, contract from pins where current`
	usedPIN    = `select exists (select from pins where hash = $1)`
)

// PutContractWithPIN writes a contract and another PIN of it, both or neither.
func (s *Store) PutContractWithPIN(ctx context.Context, c tickets.Contract, h tickets.PINHash) (tickets.Contract, error) {
	next := c
	err := s.edit(ctx, fmt.Sprintf("writing contract %s and its PIN", c.ID), func(tx pgx.Tx) (err error) {
		if next, err = replace(ctx, tx, contracts, string(c.ID), c, versionOfContract); err != nil {
			return err
		}
		return setPIN(ctx, tx, c.ID, h)
	})
	if err != nil {
		return tickets.Contract{}, err
	}
	return next, nil
}

// SetPIN gives a contract a PIN that was never used; its former one ends.
func (s *Store) SetPIN(ctx context.Context, id tickets.ContractID, h tickets.PINHash) error {
	return s.edit(ctx, fmt.Sprintf("writing the PIN of contract %s", id), func(tx pgx.Tx) error {
		var known bool
		if err := tx.QueryRow(ctx, knownDocument, contracts, id).Scan(&known); err != nil {
			return err
		}
		if !known {
			return tickets.ErrNotFound
		}
		return setPIN(ctx, tx, id, h)
	})
}

func setPIN(ctx context.Context, tx pgx.Tx, id tickets.ContractID, h tickets.PINHash) error {
	var used bool
	if err := tx.QueryRow(ctx, usedPIN, h[:]).Scan(&used); err != nil {
		return err
	}
	if used {
		return tickets.ErrPINUsed
	}
	if _, err := tx.Exec(ctx, endPIN, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, insertPIN, h[:], id)
	return err
}

// PINs gives the current hashes.
func (s *Store) PINs(ctx context.Context) (map[tickets.PINHash]tickets.ContractID, error) {
	type pin struct {
		hash     []byte
		contract tickets.ContractID
	}
	list, err := rows(ctx, s, "reading PIN hashes", func(r pgx.CollectableRow) (p pin, err error) {
		return p, r.Scan(&p.hash, &p.contract)
	}, selectPINs)
	m := map[tickets.PINHash]tickets.ContractID{}
	for _, p := range list {
		m[tickets.PINHash(p.hash)] = p.contract
	}
	return m, err
}

// UsedPIN tells whether a PIN was ever given.
func (s *Store) UsedPIN(ctx context.Context, h tickets.PINHash) (bool, error) {
	return row(ctx, s, "looking a PIN hash up", pgx.RowTo[bool], usedPIN, h[:])
}

const (
	insertToken = `insert into tokens (name, hash, created, scope, expires) values ($1, $2, $3, $4, $5)`
	selectToken = `select name, created, scope, expires from tokens where hash = $1`
	listTokens  = `select name, hash, created, scope, expires from tokens order by name`
	deleteToken = `delete from tokens where name = $1`
)

// PutToken keeps a token; its name must be new.
func (s *Store) PutToken(ctx context.Context, t tickets.Token) error {
	return s.exec(ctx, "writing token "+t.Name, insertToken, t.Name, t.Hash[:], t.Created, cmp.Or(t.Scope, tickets.ScopeAdmin), instant(t.Expires))
}

// Token finds a token by its hash.
func (s *Store) Token(ctx context.Context, hash [32]byte) (tickets.Token, error) {
	return row(ctx, s, "reading a token", func(r pgx.CollectableRow) (tickets.Token, error) {
		t := tickets.Token{Hash: hash}
		var expires *time.Time
		err := r.Scan(&t.Name, &t.Created, &t.Scope, &expires)
		t.Created, t.Expires = t.Created.UTC(), orNever(expires)
		return t, err
	}, selectToken, hash[:])
}

// Tokens lists the tokens by name.
func (s *Store) Tokens(ctx context.Context) ([]tickets.Token, error) {
	return rows(ctx, s, "reading tokens", func(r pgx.CollectableRow) (t tickets.Token, err error) {
		var hash []byte
		var expires *time.Time
		err = r.Scan(&t.Name, &hash, &t.Created, &t.Scope, &expires)
		copy(t.Hash[:], hash)
		t.Created, t.Expires = t.Created.UTC(), orNever(expires)
		return t, err
	}, listTokens)
}

// orNever is the zero time for null.
func orNever(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// RemoveToken ends a token.
func (s *Store) RemoveToken(ctx context.Context, name string) error {
	return s.within(ctx, "removing token "+name, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, deleteToken, name)
		if err == nil && done.RowsAffected() == 0 {
			err = tickets.ErrNotFound
		}
		return err
	})
}

const (
	insertReply = `insert into replies (key, digest, status, body, at, location) values ($1, $2, $3, $4, $5, $6) on conflict (key) do nothing`
	selectReply = `select digest, status, body, at, location from replies where key = $1`
	deleteReply = `delete from replies where key in (select key from replies where at < $1 limit $2)`
)

const fewReplies = 5000 // forgotten in one statement, which must end in time however many there are

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	for {
		var forgotten int64
		err := s.within(ctx, "forgetting old answers", func(tx pgx.Tx) error {
			done, err := tx.Exec(ctx, deleteReply, before, fewReplies)
			forgotten = done.RowsAffected()
			return err
		})
		if err != nil || forgotten < fewReplies {
			return err
		}
	}
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(ctx context.Context, r tickets.Reply) (known tickets.Reply, found bool, err error) {
	known = r
	err = s.within(ctx, "remembering an answer", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, insertReply, r.Key, r.Digest[:], r.Status, append([]byte{}, r.Body...), r.At, r.Location)
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		var digest []byte
		if err := tx.QueryRow(ctx, selectReply, r.Key).Scan(&digest, &known.Status, &known.Body, &known.At, &known.Location); err != nil {
			return err
		}
		known.Digest, known.At, found = [32]byte(digest), known.At.UTC(), true
		return nil
	})
	return known, found, err
}

const (
	insertFlow  = `insert into flows (version, name, yaml, published, by) select coalesce(max(version), 0) + 1, $1, $2, $3, $4 from flows having $5::bigint = 0 or coalesce(max(version), 0) = $5 returning version`
	selectFlows = `select version, name, yaml, published, by from flows order by version desc`
)

// PutFlow writes a new version of the flow. Those who publish at once do so one after the other.
func (s *Store) PutFlow(ctx context.Context, f tickets.FlowVersion) (tickets.FlowVersion, error) {
	f.Published = f.Published.Truncate(time.Second).UTC()
	err := s.edit(ctx, "writing a flow", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, insertFlow, f.Name, f.YAML, f.Published, f.By, f.Version).Scan(&f.Version)
		if errors.Is(err, pgx.ErrNoRows) {
			err = tickets.ErrConflict
		}
		return err
	})
	return f, err
}

// Flows lists the versions, newest first.
func (s *Store) Flows(ctx context.Context) ([]tickets.FlowVersion, error) {
	return rows(ctx, s, "reading flows", func(r pgx.CollectableRow) (f tickets.FlowVersion, err error) {
		err = r.Scan(&f.Version, &f.Name, &f.YAML, &f.Published, &f.By)
		f.Published = f.Published.UTC()
		return f, err
	}, selectFlows)
}

const (
	selectFact = `select value from facts where key = $1`
	upsertFact = `insert into facts (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`
)

// Fact reads a named fact.
func (s *Store) Fact(ctx context.Context, key string) (string, error) {
	return row(ctx, s, "reading fact "+key, pgx.RowTo[string], selectFact, key)
}

// PutFact writes a named fact.
func (s *Store) PutFact(ctx context.Context, key, value string) error {
	return s.exec(ctx, "writing fact "+key, upsertFact, key, value)
}
