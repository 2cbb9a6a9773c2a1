package stored

import (
	"maps"
	"slices"
	"time"

	"hotline/directory"
	"hotline/sla"
)

// Customer is a company that calls.
type Customer struct {
	ID      directory.CustomerID `json:"id"`
	Name    string               `json:"name"`
	Email   string               `json:"email,omitempty"`
	Numbers []string             `json:"numbers,omitempty"`
	Spoken  string               `json:"spoken,omitempty"`
	Version int                  `json:"version"`
}

// OfCustomer is the stored form of a customer.
func OfCustomer(c directory.Customer) Customer { return Customer(c) }

// Domain is the customer.
func (c Customer) Domain() directory.Customer { return directory.Customer(c) }

// Contract is what a customer may expect.
type Contract struct {
	ID           directory.ContractID `json:"id"`
	Customer     directory.CustomerID `json:"customer"`
	Level        sla.LevelID          `json:"level"`
	Language     string               `json:"language"`
	ValidFrom    time.Time            `json:"valid_from"`
	ValidUntil   time.Time            `json:"valid_until"`
	Calendar     sla.CalendarID       `json:"calendar,omitempty"`
	Blocking     *Limits              `json:"blocking,omitempty"`
	NonBlocking  *Limits              `json:"non_blocking,omitempty"`
	AfterHours   directory.AfterHours `json:"after_hours"`
	EvoSupport   bool                 `json:"evo_support"`
	Confirm      bool                 `json:"confirm_by_call,omitempty"`
	RemoteAccess bool                 `json:"remote_access"`
	KeepDays     int                  `json:"recordings_days,omitempty"`
	SlowMenus    bool                 `json:"slow_menus,omitempty"`
	RecordTalks  bool                 `json:"record_talks,omitempty"`
	Statement    bool                 `json:"monthly_statement,omitempty"`
	PINAt        time.Time            `json:"pin_at,omitzero"`
	Version      int                  `json:"version"`
}

// OfContract is the stored form of a contract.
func OfContract(c directory.Contract) Contract {
	return Contract{
		ID: c.ID, Customer: c.Customer, Level: c.Level, Language: c.Language, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil,
		Calendar: c.Calendar, Blocking: (*Limits)(c.Blocking), NonBlocking: (*Limits)(c.NonBlocking), AfterHours: c.AfterHours,
		EvoSupport: c.EvoSupport, Confirm: c.ConfirmByCall, RemoteAccess: c.RemoteAccess, KeepDays: c.KeepDays, SlowMenus: c.SlowMenus, RecordTalks: c.RecordTalks, Statement: c.Statement, PINAt: c.PINAt, Version: c.Version,
	}
}

// Domain is the contract.
func (c Contract) Domain() directory.Contract {
	return directory.Contract{
		ID: c.ID, Customer: c.Customer, Level: c.Level, Language: c.Language, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil,
		Calendar: c.Calendar, Blocking: (*sla.Limits)(c.Blocking), NonBlocking: (*sla.Limits)(c.NonBlocking), AfterHours: c.AfterHours,
		EvoSupport: c.EvoSupport, ConfirmByCall: c.Confirm, RemoteAccess: c.RemoteAccess, KeepDays: c.KeepDays, SlowMenus: c.SlowMenus, RecordTalks: c.RecordTalks, Statement: c.Statement, PINAt: c.PINAt, Version: c.Version,
	}
}

// KnownFault is a fault that staff know of already.
type KnownFault struct {
	ID        string                     `json:"id"`
	Note      string                     `json:"note"`
	Kind      directory.AnnouncementKind `json:"kind,omitempty"`
	Words     directory.Words            `json:"words,omitempty"`
	Contracts []directory.ContractID     `json:"contracts,omitempty"`
	Until     time.Time                  `json:"until,omitzero"`
	Version   int                        `json:"version"`
}

// OfKnownFault is the stored form of a known fault.
func OfKnownFault(f directory.KnownFault) KnownFault { return KnownFault(f) }

// Domain is the known fault.
func (f KnownFault) Domain() directory.KnownFault { return directory.KnownFault(f) }

// Book is the snapshot that callers are served from, as the disk keeps it for a start without the database. PINs are keyed
// by their hashes in hexadecimal.
type Book struct {
	At        time.Time
	Revision  int64
	Customers map[directory.CustomerID]Customer
	Contracts map[directory.ContractID]Contract
	Levels    map[sla.LevelID]Level
	Calendars map[sla.CalendarID]Calendar
	PINs      map[directory.PINHash]directory.ContractID
	Faults    []KnownFault
}

// OfBook is the stored form of a book.
func OfBook(b *directory.Book) Book {
	s := Book{
		At: b.At, Revision: b.Revision, Customers: make(map[directory.CustomerID]Customer, b.Customers.Len()),
		Contracts: make(map[directory.ContractID]Contract, b.Contracts.Len()), PINs: maps.Collect(b.PINs.All()),
		Levels: byKey(b.Levels, OfLevel), Calendars: byKey(b.Calendars, OfCalendar), Faults: each(b.Faults, OfKnownFault),
	}
	for id, c := range b.Customers.All() {
		s.Customers[id] = OfCustomer(c)
	}
	for id, c := range b.Contracts.All() {
		s.Contracts[id] = OfContract(c)
	}
	return s
}

// Domain is the book, ready to serve callers from.
func (s Book) Domain() *directory.Book {
	return (&directory.Book{}).Edited(directory.Edits{
		Revision: s.Revision, Whole: true,
		Customers: each(slices.Collect(maps.Values(s.Customers)), Customer.Domain),
		Contracts: each(slices.Collect(maps.Values(s.Contracts)), Contract.Domain),
		Levels:    each(slices.Collect(maps.Values(s.Levels)), Level.Domain),
		Calendars: each(slices.Collect(maps.Values(s.Calendars)), Calendar.Domain),
		Faults:    each(s.Faults, KnownFault.Domain),
		Given:     s.PINs,
	}, s.At)
}

// byKey converts a map, value by value. A nil map stays nil.
func byKey[K comparable, A, B any](m map[K]A, convert func(A) B) map[K]B {
	if m == nil {
		return nil
	}
	converted := make(map[K]B, len(m))
	for k, v := range m {
		converted[k] = convert(v)
	}
	return converted
}
