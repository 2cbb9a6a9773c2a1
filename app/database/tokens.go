package database

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"hotline/admin/access"
	"hotline/audit"
	"hotline/datadir"
	"hotline/directory"
	"hotline/postgres/local"
	"hotline/storage"
	"hotline/tokens"
)

// NewToken is a token that is to be made.
type NewToken struct {
	Name, Scope            string
	Life                   time.Duration // 0: without end
	Contract, Installation string        // of scope alerts
}

// AddToken makes a token of the API in a database and gives it back: it is stored as a hash only.
func AddToken(ctx context.Context, c Config, n NewToken) (secret string, err error) {
	if err := (tokens.Token{Name: n.Name, Scope: tokens.Scope(n.Scope), Contract: n.Contract, Installation: n.Installation}).Check(); err != nil {
		return "", err
	}
	err = withStore(ctx, c, func(ctx context.Context, s Store) error {
		if n.Contract != "" {
			if _, err := s.Contract(ctx, directory.ContractID(n.Contract)); err != nil {
				return fmt.Errorf("the contract that the token is to speak for: %w", err)
			}
		}
		var token tokens.Token
		secret, token = access.NewToken(n.Name, tokens.Scope(n.Scope), time.Now().Truncate(time.Second))
		token.Contract, token.Installation = n.Contract, n.Installation
		if n.Life > 0 {
			token.Expires = token.Created.Add(n.Life)
		}
		err := s.PutToken(ctx, token)
		if errors.Is(err, storage.ErrExists) {
			err = fmt.Errorf("there is a token %q already; choose another name", n.Name)
		}
		return err
	})
	return secret, err
}

// Tokens lists the tokens of the API in a database: their names and since when they are known.
func Tokens(ctx context.Context, c Config) (list []tokens.Token, err error) {
	err = withStore(ctx, c, func(ctx context.Context, s Store) error {
		list, err = s.Tokens(ctx)
		return err
	})
	return list, err
}

// RemoveToken ends a token of the API at once.
func RemoveToken(ctx context.Context, c Config, name string) error {
	return withStore(ctx, c, func(ctx context.Context, s Store) error {
		err := s.RemoveToken(ctx, name)
		if errors.Is(err, storage.ErrNotFound) {
			err = fmt.Errorf("there is no token %q; hotline token list names them", name)
		}
		return err
	})
}

// withStore opens a database for one act, beside the service or without it. What the act changes is noted as done by a command.
func withStore(ctx context.Context, c Config, act func(ctx context.Context, s Store) error) error {
	if d := &c.Database; d.URL == "" && d.URLFile == "" {
		var err error
		if d.URL, err = runningDatabase(ctx, c.Dir); err != nil {
			return err
		}
	}
	if err := c.Dir.Make(); err != nil {
		return err
	}
	d, err := Open(ctx, c)
	if err != nil {
		return remedied(err)
	}
	by := audit.Origin{Who: audit.Command, Route: "hotline", At: time.Now().Truncate(time.Microsecond)}
	return errors.Join(remedied(act(audit.With(ctx, by), d.Store)), d.Close())
}

// remedied says what to do about a database that does not answer. A full one says it itself.
func remedied(err error) error {
	if errors.Is(err, storage.ErrDown) && !errors.Is(err, storage.ErrFull) && !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w; see that the database runs, and that its address and its user are right, then run this again", err)
	}
	return err
}

// startTime is how long a command waits for the private database of a service that is just starting.
const startTime = 15 * time.Second

// runningDatabase is the private database of the service, when one uses the folder; empty when none does.
func runningDatabase(ctx context.Context, f datadir.Dir) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		url, err := local.Running(f.Postgres())
		if url != "" || err != nil || !f.InUse() {
			return url, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return "", fmt.Errorf("the hotline that uses the data folder %s has not started its database yet: wait until its log says that it is ready, then run this again", f)
		}
	}
}
