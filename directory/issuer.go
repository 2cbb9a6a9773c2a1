package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Issuer makes contracts and their PINs. A PIN leaves it once, in the return value; what is stored is its keyed hash.
// Safe for concurrent use.
type Issuer struct {
	Store     Store
	PINKey    []byte
	Random    io.Reader  // crypto/rand.Reader but in tests
	Contracts func() int // how many there are; nil: the store counts them each time
}

// pinTries bounds how often a PIN that was ever used is drawn again; with one contract in a million PINs two are rare.
const pinTries = 20

// NewContract writes a new contract together with its first PIN: both, or neither.
func (i Issuer) NewContract(ctx context.Context, c Contract, now time.Time) (stands Contract, pin string, err error) {
	c.Version = 0
	return i.issue(ctx, c, now)
}

// NewPIN gives a contract another PIN; the former one ends at once and is never given again. c.Version must be the one that
// stands, so that of several who renew it at once one does.
func (i Issuer) NewPIN(ctx context.Context, c Contract, now time.Time) (stands Contract, pin string, err error) {
	return i.issue(ctx, c, now)
}

func (i Issuer) issue(ctx context.Context, c Contract, now time.Time) (stands Contract, pin string, err error) {
	n, err := i.contracts(ctx)
	if err != nil {
		return Contract{}, "", fmt.Errorf("counting contracts: %w", err)
	}
	if c.Version == 0 {
		n++
	}
	c.PINAt = now.Truncate(time.Second)
	for range pinTries {
		if pin, err = NewPIN(i.Random, PINLength(n)); err != nil {
			return Contract{}, "", fmt.Errorf("drawing a PIN: %w", err)
		}
		if stands, err = i.Store.PutContractWithPIN(ctx, c, HashPIN(i.PINKey, pin)); !errors.Is(err, ErrPINUsed) {
			break
		}
	}
	if err != nil {
		return Contract{}, "", fmt.Errorf("writing contract %s and its PIN: %w", c.ID, err)
	}
	return stands, pin, nil
}

func (i Issuer) contracts(ctx context.Context) (int, error) {
	if i.Contracts != nil {
		return i.Contracts(), nil
	}
	list, err := i.Store.Contracts(ctx)
	return len(list), err
}
