package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"hotline/directory"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tokens"
	"hotline/users"
	"hotline/users/password"
)

// Demo is the demo company: customers, contracts with PINs that everybody knows, two engineers who are always on call,
// the API token "demo", and a user of the staff's pages. It must never stand on a machine that the outside reaches.
type Demo struct {
	Anna, Marco string // the engineers' telephones; empty: sip:anna@127.0.0.1:5071, sip:marco@127.0.0.1:5072
}

// DemoToken is the API token of the demo company.
const DemoToken = "demo"

// DemoUser and DemoPassword open the staff's pages of the demo company.
const (
	DemoUser     = "demo"
	DemoPassword = "demo-password"
)

// DemoContract is one contract of the demo company, for the banner and for `hotline try`.
type DemoContract struct {
	Contract directory.Contract
	Customer directory.Customer
	PIN      string
}

// DemoContracts lists the contracts of the demo company; the last one has expired.
func DemoContracts() []DemoContract {
	began := time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
	make := func(id, name, pin string, level sla.LevelID, until time.Time) DemoContract {
		return DemoContract{
			Customer: directory.Customer{ID: directory.CustomerID(id), Name: name},
			Contract: directory.Contract{
				ID: directory.ContractID(id), Customer: directory.CustomerID(id), Level: level, Language: "it",
				ValidFrom: began, ValidUntil: until, AfterHours: directory.AfterHoursWait, RemoteAccess: true,
			},
			PIN: pin,
		}
	}
	return []DemoContract{
		make("rossi", "Rossi S.p.A.", "314159", sla.Extended, time.Time{}),
		make("verdi", "Verdi S.r.l.", "271828", sla.Advanced, time.Time{}),
		make("bianchi", "Bianchi S.n.c.", "161803", sla.Professional, time.Time{}),
		make("neri", "Neri S.a.s.", "112358", sla.Professional, time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)),
	}
}

// stores is what a company needs.
type stores interface {
	directory.Store
	tokens.Store
	users.Store
	oncall.Store
}

// standing reads what must be there before the first call: levels and calendars of the policy, unless the owner has
// them already.
func standing(ctx context.Context, s directory.Store) error {
	have, err := s.Calendars(ctx)
	if err != nil {
		return fmt.Errorf("reading calendars: %w", err)
	}
	if len(have) == 0 {
		for _, c := range sla.DefaultCalendars() {
			if _, err := s.PutCalendar(ctx, c); err != nil {
				return fmt.Errorf("writing calendar %s: %w", c.ID, err)
			}
		}
	}
	known, err := s.Levels(ctx)
	if err != nil {
		return fmt.Errorf("reading levels: %w", err)
	}
	if len(known) > 0 {
		return nil
	}
	for _, l := range sla.DefaultLevels() {
		if _, err := s.PutLevel(ctx, l); err != nil {
			return fmt.Errorf("writing level %s: %w", l.ID, err)
		}
	}
	return nil
}

// found founds the demo company; what stands already stays as staff changed it.
func (d Demo) found(ctx context.Context, s stores, pinKey []byte, now time.Time) error {
	for _, c := range DemoContracts() {
		if _, err := s.Contract(ctx, c.Contract.ID); err == nil {
			continue
		} else if !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("reading the demo company: %w", err)
		}
		if _, err := s.PutCustomer(ctx, c.Customer); err != nil && !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("writing customer %s: %w", c.Customer.ID, err)
		}
		if _, err := s.PutContract(ctx, c.Contract); err != nil {
			return fmt.Errorf("writing contract %s: %w", c.Contract.ID, err)
		}
		if err := s.SetPIN(ctx, c.Contract.ID, directory.HashPIN(pinKey, c.PIN)); err != nil && !errors.Is(err, storage.ErrExists) {
			return fmt.Errorf("writing the PIN of contract %s: %w", c.Contract.ID, err)
		}
	}
	err := s.PutToken(ctx, tokens.Token{Name: DemoToken, Hash: sha256.Sum256([]byte(DemoToken)), Created: now, Scope: tokens.ScopeAdmin})
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("writing the demo token: %w", err)
	}
	if err := d.user(ctx, s, now); err != nil {
		return err
	}
	return d.staff(ctx, s)
}

// demoHash is the hash of the demo's password. It takes its time, and a test starts many demos.
var demoHash = sync.OnceValues(func() (string, error) { return password.Hash(DemoPassword) })

// user lets the demo's user log in to the staff's pages.
func (Demo) user(ctx context.Context, s users.Store, now time.Time) error {
	_, err := s.User(ctx, DemoUser)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	hash, err := demoHash()
	if err == nil {
		_, err = s.PutUser(ctx, users.User{Name: DemoUser, Role: users.Admin, Password: hash, Engineer: "anna", Created: now})
	}
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("writing the demo's user: %w", err)
	}
	return nil
}

// staff puts Anna and Marco on call for ever, in this order.
func (d Demo) staff(ctx context.Context, s oncall.Store) error {
	there, err := s.Engineers(ctx)
	if err != nil {
		return fmt.Errorf("reading engineers: %w", err)
	}
	if len(there) > 0 && d == (Demo{}) {
		return nil
	}
	if d.Anna == "" {
		d.Anna = "sip:anna@127.0.0.1:5071"
	}
	if d.Marco == "" {
		d.Marco = "sip:marco@127.0.0.1:5072"
	}
	var shifts []oncall.Shift
	for i, e := range []oncall.Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{d.Anna}, Language: "it"},
		{ID: "marco", Name: "Marco", Phones: []string{d.Marco}, Language: "it"},
	} {
		stands, err := s.Engineer(ctx, e.ID) // of a demo before, with other telephones
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("reading engineer %s: %w", e.ID, err)
		}
		e.Version = stands.Version
		if _, err := s.PutEngineer(ctx, e); err != nil {
			return fmt.Errorf("writing engineer %s: %w", e.ID, err)
		}
		shifts = append(shifts, oncall.Shift{Engineer: e.ID, Level: 1, Order: i + 1, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	}
	r, err := s.Rota(ctx)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("reading the rota: %w", err)
	}
	if len(r.Shifts) > 0 {
		return nil
	}
	r.Zone, r.Shifts = "Europe/Rome", shifts
	if _, err := s.PutRota(ctx, r); err != nil {
		return fmt.Errorf("writing the rota: %w", err)
	}
	return nil
}
