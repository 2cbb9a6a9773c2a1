// Package pins gives PINs to engineers, and checks the PINs that are keyed at engineers' telephones, within the same budgets as
// the PINs of contracts. ivr/console asks for the check, the API for another PIN.
//
// It starts no goroutine. No digit of a PIN leaves it but the one return value of [Issuer.Renew].
package pins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"hotline/directory"
	"hotline/oncall"
	"hotline/storage"
)

// Store keeps the hashes. oncall.Store implements it. Safe for concurrent use.
type Store interface {
	EngineerPIN(ctx context.Context, id oncall.EngineerID) (oncall.PIN, error)
	EngineerPINs(ctx context.Context) ([]oncall.PIN, error)
	PutEngineerPIN(ctx context.Context, p oncall.PIN) (oncall.PIN, error)
}

// Issuer gives engineers their PINs. A PIN leaves it once, in the return value; what is kept is its keyed hash. Safe for
// concurrent use.
type Issuer struct {
	Store  Store
	Key    []byte    // of pin_key_file
	Random io.Reader // crypto/rand.Reader but in tests
}

// ErrJustRenewed is a PIN that was renewed a moment ago. If two people press the button at once, each would end the PIN that the
// other has just read out.
var ErrJustRenewed = errors.New("the PIN was renewed a moment ago, and the new one was shown then")

const justNow = 10 * time.Second

// Renew gives an engineer another PIN; the former one ends at once. storage.ErrNotFound when there is no such engineer,
// storage.ErrConflict when somebody else renews it at this moment.
func (i Issuer) Renew(ctx context.Context, id oncall.EngineerID, now time.Time) (stands oncall.PIN, digits string, err error) {
	was, err := i.Store.EngineerPIN(ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		was = oncall.PIN{Engineer: id}
	case err != nil:
		return was, "", fmt.Errorf("reading the PIN of engineer %s: %w", id, err)
	case now.Sub(was.At) < justNow:
		return was, "", fmt.Errorf("engineer %s: %w", id, ErrJustRenewed)
	}
	if digits, err = directory.NewPIN(i.Random, oncall.PINDigits); err != nil {
		return was, "", err
	}
	stands, err = i.Store.PutEngineerPIN(ctx, oncall.PIN{Engineer: id, Hash: oncall.HashPIN(i.Key, id, digits), At: now.Truncate(time.Second), Version: was.Version})
	if errors.Is(err, storage.ErrExists) {
		err = storage.ErrConflict
	}
	if err != nil {
		return was, "", fmt.Errorf("writing the PIN of engineer %s: %w", id, err)
	}
	return stands, digits, nil
}
