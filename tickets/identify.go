package tickets

import (
	"errors"
	"time"
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
	Contract Contract
	Customer Customer
}

// Known tells whether a PIN led to a contract.
func (i Identity) Known() bool { return i.Contract.ID != "" }

// Identify looks a PIN up, from the snapshot, so that it works with the store down. caller is the number as the trunk
// gave it and only steers the budgets. alarm is the name of the customer under whose numbers so many wrong PINs were keyed
// that somebody should look; empty otherwise.
//
// With ErrUntold, and with ErrUnknownPIN too, the identity is that of a PIN which was right and must not be called so: the
// request is the contract's, and the caller hears nothing by which he could tell. So many guesses were keyed under known
// numbers that one more that is answered would find a contract within ten years.
func (d *Desk) Identify(pin, caller string, now time.Time) (id Identity, alarm string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	caller = d.e164(caller)
	owner, _ := d.owner(caller)
	judged := d.budgets.judges(caller, owner.ID, now)
	if judged == notAsked {
		return Identity{}, "", ErrLockedOut
	}
	id, err = d.lookUp(pin, now)
	right := err == nil
	if judged == untold || (judged == toldOwn && id.Customer.ID != owner.ID) {
		if !right {
			id = Identity{}
		}
		if err = ErrUnknownPIN; judged == untold {
			err = ErrUntold
		}
	}
	if errors.Is(err, ErrUnknownPIN) || (judged == untold && !right) {
		if d.budgets.Spend(caller, owner.ID, now) {
			alarm = owner.Name
		}
		d.spent(caller, owner.ID, now)
	}
	return id, alarm, err
}

// lookUp finds the contract of a PIN; an error says why it promises nothing.
func (d *Desk) lookUp(pin string, now time.Time) (Identity, error) {
	contract, found := ContractID(""), false
	if plausible(pin) {
		contract, found = d.book.PINs.Get(HashPIN(d.cfg.PINKey, pin))
	}
	if !found {
		return Identity{}, ErrUnknownPIN
	}
	c := d.book.Contracts.At(contract)
	id := Identity{Contract: c, Customer: d.book.Customers.At(c.Customer)}
	switch {
	case !c.Valid(now):
		return id, ErrExpired
	case !c.RemoteAccess:
		return id, ErrNoRemoteAccess
	}
	return id, nil
}

// LockedOut tells whether a caller need not even be asked for a PIN: never one who shows a number known for a customer.
func (d *Desk) LockedOut(caller string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.owner(caller)
	return d.budgets.judges(d.e164(caller), owner.ID, now) == notAsked
}

// PINDelay is how long the caller's next PIN is to wait before it is looked up: it grows with each wrong one that was keyed
// under the numbers of the same customer.
func (d *Desk) PINDelay(caller string, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.owner(caller)
	return d.budgets.delay(owner.ID, now)
}

// owner finds whose a number is, however it was written down; d.mu is held.
func (d *Desk) owner(number string) (Customer, bool) {
	if d.cfg.Numbering == nil {
		return d.book.Owner(number)
	}
	return d.book.Owner(d.cfg.Numbering.Spellings(number)...)
}

// Owner finds whose a number is, however it is spelt: a hint for language and budgets, never a credential.
func (d *Desk) Owner(number string) (Customer, bool) {
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
