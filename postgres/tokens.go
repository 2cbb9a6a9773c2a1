package postgres

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/storage"
	"hotline/tokens"
)

const (
	insertToken = `insert into tokens (name, hash, created, scope, expires) values ($1, $2, $3, $4, $5)`
	selectToken = `select name, created, scope, expires from tokens where hash = $1`
	listTokens  = `select name, hash, created, scope, expires from tokens order by name`
	deleteToken = `delete from tokens where name = $1`
)

// PutToken keeps a token; its name must be new.
func (s *Store) PutToken(ctx context.Context, t tokens.Token) error {
	return s.exec(ctx, "writing token "+t.Name, insertToken, t.Name, t.Hash[:], t.Created, cmp.Or(t.Scope, tokens.ScopeAdmin), instant(t.Expires))
}

// Token finds a token by its hash.
func (s *Store) Token(ctx context.Context, hash [32]byte) (tokens.Token, error) {
	return row(ctx, s, "reading a token", func(r pgx.CollectableRow) (tokens.Token, error) {
		t := tokens.Token{Hash: hash}
		var expires *time.Time
		err := r.Scan(&t.Name, &t.Created, &t.Scope, &expires)
		t.Created, t.Expires = t.Created.UTC(), orNever(expires)
		return t, err
	}, selectToken, hash[:])
}

// Tokens lists the tokens by name.
func (s *Store) Tokens(ctx context.Context) ([]tokens.Token, error) {
	return rows(ctx, s, "reading tokens", func(r pgx.CollectableRow) (t tokens.Token, err error) {
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
			err = storage.ErrNotFound
		}
		return err
	})
}
