package tickets

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Issuer makes contracts and their PINs. A PIN leaves it once, in the return value; what is stored is its keyed hash.
// Safe for concurrent use.
type Issuer struct {
	Store  Directory
	PINKey []byte
	Random io.Reader // crypto/rand.Reader but in tests
}

// pinTries bounds how often a PIN that was ever used is drawn again; with one contract in a million PINs two are rare.
const pinTries = 20

// NewContract writes a new contract together with its first PIN.
func (i Issuer) NewContract(ctx context.Context, c Contract) (stands Contract, pin string, err error) {
	c.Version = 0
	if stands, err = i.Store.PutContract(ctx, c); err != nil {
		return Contract{}, "", fmt.Errorf("writing contract %s: %w", c.ID, err)
	}
	pin, err = i.NewPIN(ctx, c.ID)
	return stands, pin, err
}

// NewPIN gives a contract another PIN; the former one ends at once and is never given again.
func (i Issuer) NewPIN(ctx context.Context, id ContractID) (pin string, err error) {
	contracts, err := i.Store.Contracts(ctx)
	if err != nil {
		return "", fmt.Errorf("counting contracts: %w", err)
	}
	for range pinTries {
		if pin, err = NewPIN(i.Random, PINLength(len(contracts))); err != nil {
			return "", fmt.Errorf("drawing a PIN: %w", err)
		}
		if err = i.Store.SetPIN(ctx, id, HashPIN(i.PINKey, pin)); !errors.Is(err, ErrExists) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("writing the PIN of contract %s: %w", id, err)
	}
	return pin, nil
}
