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
)

// Identity is who calls, by PIN. Its zero value is an unknown caller: Support on Request.
type Identity struct {
	Contract Contract
	Customer Customer
}

// Known tells whether a PIN led to a contract.
func (i Identity) Known() bool { return i.Contract.ID != "" }

// Identify looks a PIN up, from the snapshot, so that it works with the store down. caller is the number as the trunk
// gave it and only steers the budgets. alarm is the name of the customer whose numbers have just passed their cap of wrong
// PINs; empty otherwise.
func (d *Desk) Identify(pin, caller string, now time.Time) (id Identity, alarm string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.book.Owner(caller)
	if !d.budgets.MayTry(caller, owner.ID, now) {
		return Identity{}, "", ErrLockedOut
	}
	contract, found := ContractID(""), false
	if plausible(pin) {
		contract, found = d.book.PINs[HashPIN(d.cfg.PINKey, pin)]
	}
	if !found {
		if d.budgets.Spend(caller, owner.ID, now) {
			alarm = owner.Name
		}
		return Identity{}, alarm, ErrUnknownPIN
	}
	c := d.book.Contracts[contract]
	id = Identity{Contract: c, Customer: d.book.Customers[c.Customer]}
	switch {
	case !c.Valid(now):
		return id, "", ErrExpired
	case !c.RemoteAccess:
		return id, "", ErrNoRemoteAccess
	}
	return id, "", nil
}

// LockedOut tells whether a caller need not even be asked for a PIN.
func (d *Desk) LockedOut(caller string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.book.Owner(caller)
	return !d.budgets.MayTry(caller, owner.ID, now)
}
