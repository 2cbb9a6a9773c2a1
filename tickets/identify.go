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
// gave it and only steers the budgets. alarm is true when a customer's numbers passed their cap of wrong PINs.
func (d *Desk) Identify(pin, caller string, now time.Time) (id Identity, alarm bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.book.Owner(caller)
	if !d.budgets.MayTry(caller, owner.ID, now) {
		return Identity{}, false, ErrLockedOut
	}
	contract, found := ContractID(""), false
	if plausible(pin) {
		contract, found = d.book.PINs[HashPIN(d.cfg.PINKey, pin)]
	}
	if !found {
		return Identity{}, d.budgets.Spend(caller, owner.ID, now), ErrUnknownPIN
	}
	c := d.book.Contracts[contract]
	id = Identity{Contract: c, Customer: d.book.Customers[c.Customer]}
	switch {
	case !c.Valid(now):
		return id, false, ErrExpired
	case !c.RemoteAccess:
		return id, false, ErrNoRemoteAccess
	}
	return id, false, nil
}

// LockedOut tells whether a caller need not even be asked for a PIN.
func (d *Desk) LockedOut(caller string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, _ := d.book.Owner(caller)
	return !d.budgets.MayTry(caller, owner.ID, now)
}
