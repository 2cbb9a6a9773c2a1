package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/storage"
	"hotline/users"
	"hotline/users/password"
)

// AddUser makes a user of the staff's pages in a database, and gives the password back: it is stored as a hash only.
func AddUser(ctx context.Context, c Config, u users.User) (secret string, err error) {
	if !users.ValidName(u.Name) {
		return "", fmt.Errorf("%q is no name of a user; use 1 to 40 small letters, digits, dots, hyphens and underscores, such as anna.rossi", u.Name)
	}
	if !u.Role.Valid() {
		return "", fmt.Errorf("a user has no role %q; use viewer, engineer, staff or admin", u.Role)
	}
	secret = password.New()
	if u.Password, err = password.Hash(secret); err != nil {
		return "", err
	}
	u.Version, u.Created = 0, time.Now().Truncate(time.Second)
	err = withStore(ctx, c, func(ctx context.Context, s Store) error {
		_, err := s.PutUser(ctx, u)
		if errors.Is(err, storage.ErrExists) {
			err = fmt.Errorf("there is a user %q already; choose another name, or give a new password: hotline user reset %s", u.Name, u.Name)
		}
		return err
	})
	return secret, err
}

// ResetUser gives a user a new password, and lets them log in again where they were disabled, without a code. All their sessions end.
func ResetUser(ctx context.Context, c Config, name string) (secret string, err error) {
	secret = password.New()
	hash, err := password.Hash(secret)
	if err != nil {
		return "", err
	}
	return secret, changeUser(ctx, c, name, func(u *users.User) { u.Password, u.Second, u.Disabled = hash, "", false })
}

// DisableUser keeps a user from logging in; all their sessions end at once, also in a running program.
func DisableUser(ctx context.Context, c Config, name string) error {
	return changeUser(ctx, c, name, func(u *users.User) { u.Disabled = true })
}

// Users lists the users of the staff's pages in a database, by name.
func Users(ctx context.Context, c Config) (list []users.User, err error) {
	err = withStore(ctx, c, func(ctx context.Context, s Store) error {
		list, err = s.Users(ctx)
		return err
	})
	return list, err
}

func changeUser(ctx context.Context, c Config, name string, change func(*users.User)) error {
	return withStore(ctx, c, func(ctx context.Context, s Store) error {
		u, err := s.User(ctx, name)
		if errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("there is no user %q; hotline user list names them", name)
		}
		if err != nil {
			return err
		}
		change(&u)
		_, err = s.PutUser(ctx, u)
		return err
	})
}
