package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"hotline/audit"
	"hotline/company"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/sla"
	"hotline/storage"
)

// directoryTables are customers, contracts, levels, calendars and known faults.
type directoryTables struct {
	customers map[directory.CustomerID]directory.Customer
	contracts map[directory.ContractID]directory.Contract
	pins      map[directory.PINHash]directory.ContractID // current
	used      map[directory.PINHash]bool                 // ever
	levels    map[sla.LevelID]sla.Level
	calendars map[sla.CalendarID]sla.Calendar
	faults    map[string]directory.KnownFault
	edits     edits
	houses    map[string]company.Profile // one at most
}

// Customer reads one customer.
func (s *Store) Customer(_ context.Context, id directory.CustomerID) (directory.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.customers, id, "customer", itself)
}

// Customers lists them by id.
func (s *Store) Customers(context.Context) ([]directory.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.customers, func(a, b directory.Customer) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutCustomer writes a whole customer.
func (s *Store) PutCustomer(ctx context.Context, c directory.Customer) (directory.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Numbers = slices.Clone(c.Numbers)
	return put(ctx, s, s.customers, document{"customer", string(c.ID)}, c, func(c *directory.Customer) *int { return &c.Version })
}

// Contract reads one contract.
func (s *Store) Contract(_ context.Context, id directory.ContractID) (directory.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.contracts, id, "contract", itself)
}

// Contracts lists them by id.
func (s *Store) Contracts(context.Context) ([]directory.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.contracts, func(a, b directory.Contract) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutContract writes a whole contract.
func (s *Store) PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putContract(ctx, c)
}

func (s *Store) putContract(ctx context.Context, c directory.Contract) (directory.Contract, error) {
	return put(ctx, s, s.contracts, document{"contract", string(c.ID)}, c, func(c *directory.Contract) *int { return &c.Version })
}

// PutContractWithPIN writes a contract and another PIN of it, both or neither.
func (s *Store) PutContractWithPIN(ctx context.Context, c directory.Contract, h directory.PINHash) (directory.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[h] {
		return directory.Contract{}, fmt.Errorf("PIN of contract %s: %w", c.ID, directory.ErrPINUsed)
	}
	c, err := s.putContract(ctx, c)
	if err == nil {
		s.setPIN(ctx, c.ID, h)
	}
	return c, err
}

// SetPIN gives a contract a PIN that was never used; its former one ends.
func (s *Store) SetPIN(ctx context.Context, id directory.ContractID, h directory.PINHash) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.contracts[id]; !ok {
		return fmt.Errorf("contract %s: %w", id, storage.ErrNotFound)
	}
	if s.used[h] {
		return fmt.Errorf("PIN of contract %s: %w", id, directory.ErrPINUsed)
	}
	s.setPIN(ctx, id, h)
	return nil
}

func (s *Store) setPIN(ctx context.Context, id directory.ContractID, h directory.PINHash) {
	for former, of := range s.pins {
		if of == id {
			delete(s.pins, former)
			s.edits.pins[former] = s.edits.next()
		}
	}
	s.pins[h], s.used[h] = id, true
	s.edits.pins[h] = s.edits.next()
	s.note(ctx, audit.Record{What: audit.GivenPIN, Document: audit.Document{Kind: "contract", ID: string(id)}})
}

// PINs gives the current hashes.
func (s *Store) PINs(context.Context) (map[directory.PINHash]directory.ContractID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.pins), nil
}

// UsedPIN tells whether a PIN was ever given.
func (s *Store) UsedPIN(_ context.Context, h directory.PINHash) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used[h], nil
}

// Level reads one level.
func (s *Store) Level(_ context.Context, id sla.LevelID) (sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.levels, id, "level", itself)
}

// Levels lists them by id.
func (s *Store) Levels(context.Context) ([]sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.levels, func(a, b sla.Level) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutLevel writes a whole level.
func (s *Store) PutLevel(ctx context.Context, l sla.Level) (sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.levels, document{"level", string(l.ID)}, l, func(l *sla.Level) *int { return &l.Version })
}

// Calendar reads one calendar.
func (s *Store) Calendar(_ context.Context, id sla.CalendarID) (sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.calendars, id, "calendar", itself)
}

// Calendars lists them by id.
func (s *Store) Calendars(context.Context) ([]sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.calendars, func(a, b sla.Calendar) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutCalendar writes a whole calendar.
func (s *Store) PutCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Week, c.Exceptions = slices.Clone(c.Week), slices.Clone(c.Exceptions)
	return put(ctx, s, s.calendars, document{"calendar", string(c.ID)}, c, func(c *sla.Calendar) *int { return &c.Version })
}

// Faults lists the known faults by id.
func (s *Store) Faults(context.Context) ([]directory.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.faults, func(a, b directory.KnownFault) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// Fault reads one known fault.
func (s *Store) Fault(_ context.Context, id string) (directory.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.faults, id, "known fault", itself)
}

// PutFault writes a whole known fault.
func (s *Store) PutFault(ctx context.Context, f directory.KnownFault) (directory.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Contracts = slices.Clone(f.Contracts)
	return put(ctx, s, s.faults, document{"fault", f.ID}, f, func(f *directory.KnownFault) *int { return &f.Version })
}

// DeleteFault removes a fault that is over.
func (s *Store) DeleteFault(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.faults, document{"fault", id}, version, s.faults[id].Version)
}

// Together makes several writes one after the other: there is no disk to wait for.
func (s *Store) Together(ctx context.Context, f func(ctx context.Context) error) error { return f(ctx) }

// evoTables are products, and what is installed.
type evoTables struct {
	products  map[string]evosupport.Product
	installed map[string]evosupport.Installed
}

// productCopy shares nothing with a product.
func productCopy(p evosupport.Product) evosupport.Product {
	p.Releases = slices.Clone(p.Releases)
	for n := range p.Releases {
		p.Releases[n].Tickets = slices.Clone(p.Releases[n].Tickets)
	}
	return p
}

// Product reads one product.
func (s *Store) Product(_ context.Context, id string) (evosupport.Product, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.products, id, "product", productCopy)
}

// Products lists them by id.
func (s *Store) Products(context.Context) ([]evosupport.Product, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := sorted(s.products, func(a, b evosupport.Product) int { return cmp.Compare(a.ID, b.ID) })
	for n := range list {
		list[n] = productCopy(list[n])
	}
	return list, nil
}

// PutProduct writes a whole product.
func (s *Store) PutProduct(ctx context.Context, p evosupport.Product) (evosupport.Product, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.products, document{"product", p.ID}, productCopy(p), func(p *evosupport.Product) *int { return &p.Version })
}

// DeleteProduct removes a product.
func (s *Store) DeleteProduct(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.products, document{"product", id}, version, s.products[id].Version)
}

// Installed reads what stands at one installation.
func (s *Store) Installed(_ context.Context, id string) (evosupport.Installed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.installed, id, "installation", itself)
}

// InstalledOf lists what stands at the installations of a contract, or of all.
func (s *Store) InstalledOf(_ context.Context, contract directory.ContractID) ([]evosupport.Installed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := sorted(s.installed, func(a, b evosupport.Installed) int { return cmp.Compare(a.ID, b.ID) })
	return slices.DeleteFunc(list, func(i evosupport.Installed) bool { return contract != "" && i.Contract != contract }), nil
}

// PutInstalled writes what stands at an installation.
func (s *Store) PutInstalled(ctx context.Context, i evosupport.Installed) (evosupport.Installed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.installed, document{"installed", i.ID}, i, func(i *evosupport.Installed) *int { return &i.Version })
}

// DeleteInstalled removes what stands at an installation.
func (s *Store) DeleteInstalled(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.installed, document{"installed", id}, version, s.installed[id].Version)
}

var _ evosupport.Store = (*Store)(nil)

// theHouse is the id of the only document of its kind.
const theHouse = "house"

// Profile reads what was said of the house; the zero value where nothing was.
func (s *Store) Profile(context.Context) (company.Profile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.houses[theHouse].Clone(), nil
}

// PutProfile writes what is said of the house, whole.
func (s *Store) PutProfile(ctx context.Context, h company.Profile) (company.Profile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := put(ctx, s, s.houses, document{"house", theHouse}, h.Clone(), func(h *company.Profile) *int { return &h.Version })
	if err != nil { // the empty one is version 0
		return company.Profile{}, fmt.Errorf("writing what is said of the house: %w", storage.ErrConflict)
	}
	return next.Clone(), nil
}
