package tickets

import (
	"errors"
	"time"

	"hotline/budgets"
	"hotline/directory"
)

// Why a PIN did not lead to a contract. Each is told to the caller in its own words, and the call goes on as Support on
// Request.
var (
	ErrUnknownPIN     = errors.New("no contract has this PIN")
	ErrExpired        = errors.New("the contract is not in force")
	ErrNoRemoteAccess = errors.New("the installation has no remote access")
	ErrLockedOut      = errors.New("too many wrong PINs")
	ErrUntold         = errors.New("nobody is told whether this PIN is right")
)

// Identity is who calls, by PIN. Its zero value is an unknown caller: Support on Request.
type Identity struct {
	Contract directory.Contract
	Customer directory.Customer
}

// Known tells whether a PIN led to a contract.
func (i Identity) Known() bool { return i.Contract.ID != "" }

// Identify looks a PIN up, from the snapshot, so that it works with the store down. caller is the number as the trunk
// gave it and only steers the budgets. alarm says that so many wrong PINs were keyed that somebody should look, and what follows from
// it; empty otherwise.
//
// With ErrUntold, and with ErrUnknownPIN too, the PIN was right and the identity is its contract's. The request is noted for that
// contract, but the caller must not hear that the PIN was right: too many PINs were guessed under known numbers. If more guesses
// were answered, somebody would find a contract within ten years.
func (d *Desk) Identify(pin, caller string, now time.Time) (id Identity, alarm string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	caller = d.e164(caller)
	owner, _ := d.owner(caller)
	answer := d.wrongPINs.Answer(caller, owner.ID, now)
	if answer == budgets.NotAsked {
		return Identity{}, "", ErrLockedOut
	}
	id, err = d.lookUp(pin, now)
	right := err == nil
	if answer == budgets.Untold || (answer == budgets.ToldOwn && id.Customer.ID != owner.ID) {
		if !right {
			id = Identity{}
		}
		if err = ErrUnknownPIN; answer == budgets.Untold {
			err = ErrUntold
		}
	}
	if errors.Is(err, ErrUnknownPIN) || (answer == budgets.Untold && !right) {
		if d.wrongPINs.Spend(caller, owner.ID, now) {
			alarm = d.guessing(owner, now)
		}
		d.keepSpent(caller, owner.ID, now)
	}
	return id, alarm, err
}

// guessing is the alarm that so many wrong PINs were keyed under the numbers of a customer, or under those of nobody. d.mu is held.
func (d *Desk) guessing(owner directory.Customer, now time.Time) string {
	if owner.ID != "" {
		return "many wrong PINs within a day under the numbers of " + owner.Name + ": somebody may show its number; its calls are still asked for the PIN, after a delay"
	}
	what := "many wrong PINs within a day under numbers in no contract: when as many again are keyed, "
	if d.wrongPINs.Answer("", "", now) == budgets.NotAsked {
		what = "too many wrong PINs within a day under numbers in no contract: for up to a day "
	}
	return what + "who shows such a number is not asked for a PIN and is taken as Support on Request; a customer who calls from it is asked once the number is in the directory"
}

// lookUp finds the contract of a PIN; an error says why it promises nothing.
func (d *Desk) lookUp(pin string, now time.Time) (Identity, error) {
	contract, found := directory.ContractID(""), false
	if directory.Plausible(pin) {
		contract, found = d.book.PINs.Get(directory.HashPIN(d.cfg.PINKey, pin))
	}
	if !found {
		return Identity{}, ErrUnknownPIN
	}
	return d.admit(d.book.Contracts.At(contract), now)
}

// admit is the identity of a contract; an error says why it promises nothing. d.mu is held.
func (d *Desk) admit(c directory.Contract, now time.Time) (Identity, error) {
	id := Identity{Contract: c, Customer: d.book.Customers.At(c.Customer)}
	switch {
	case !c.Valid(now):
		return id, ErrExpired
	case !c.RemoteAccess:
		return id, ErrNoRemoteAccess
	}
	return id, nil
}

// Admit looks up a contract as which somebody has logged in, from the snapshot. Beside ErrExpired and ErrNoRemoteAccess, which come
// with the identity, ErrUnknownPIN says that there is no such contract.
func (d *Desk) Admit(contract directory.ContractID, now time.Time) (Identity, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, found := d.book.Contracts.Get(contract)
	if !found {
		return Identity{}, ErrUnknownPIN
	}
	return d.admit(c, now)
}

// LockedOut tells whether a caller need not even be asked for a PIN: never one who shows a number known for a customer.
func (d *Desk) LockedOut(caller string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.owner(caller)
	return d.wrongPINs.Answer(d.e164(caller), owner.ID, now) == budgets.NotAsked
}

// PINDelay is how long the caller's next PIN waits before it is looked up. It grows with each wrong PIN under the numbers of the
// same customer.
func (d *Desk) PINDelay(caller string, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.owner(caller)
	return d.wrongPINs.Delay(owner.ID, now)
}

// owner finds whose a number is, however it was written down; d.mu is held.
func (d *Desk) owner(number string) (directory.Customer, bool) {
	if d.cfg.Numbering == nil {
		return d.book.Owner(number)
	}
	return d.book.Owner(d.cfg.Numbering.Spellings(number)...)
}

// Owner finds whose a number is, however it is spelt: a hint for language and budgets, never a credential.
func (d *Desk) Owner(number string) (directory.Customer, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.owner(number)
}

func (d *Desk) e164(number string) string {
	if d.cfg.Numbering == nil {
		return number
	}
	return d.cfg.Numbering.E164(number)
}

// keepSpent hands a wrong PIN on to be kept. d.mu is held.
func (d *Desk) keepSpent(number string, customer directory.CustomerID, now time.Time) {
	if d.cfg.Spent != nil {
		d.cfg.Spent(budgets.Spending{Budget: budgets.KindPIN, Key: number, Whose: string(customer), At: now})
	}
}

// Recall counts wrong PINs that a former process or another node has seen, oldest first.
func (d *Desk) Recall(list []budgets.Spending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range list {
		if s.Budget == budgets.KindPIN {
			d.wrongPINs.Spend(s.Key, directory.CustomerID(s.Whose), s.At)
		}
	}
}
