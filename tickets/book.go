package tickets

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"hotline/sla"
)

// Book is what the desk must know to serve a caller while the store is down: a snapshot that is kept on disk too. It
// holds PIN hashes, never a PIN. Immutable once handed over.
type Book struct {
	At        time.Time
	Customers map[CustomerID]Customer
	Contracts map[ContractID]Contract
	Levels    map[sla.LevelID]sla.Level
	Calendars map[sla.CalendarID]sla.Calendar
	PINs      map[PINHash]ContractID
	Faults    []KnownFault

	hours *sync.Map // *sla.Hours by calendar, made when they are first needed; nil in one from the disk, which makes them each time
}

// ready makes a calendar ready, once a snapshot.
func (b *Book) ready(c sla.Calendar) (*sla.Hours, error) {
	if b.hours == nil {
		return c.Hours()
	}
	if h, ok := b.hours.Load(c.ID); ok {
		return h.(*sla.Hours), nil
	}
	h, err := c.Hours()
	if err == nil {
		b.hours.Store(c.ID, h)
	}
	return h, err
}

// With is the snapshot as it would be with a level, a calendar or a contract changed.
func (b *Book) With(change func(*Book)) *Book {
	next := &Book{
		hours: &sync.Map{}, At: b.At, Customers: b.Customers, PINs: b.PINs, Faults: b.Faults,
		Contracts: maps.Clone(b.Contracts), Levels: maps.Clone(b.Levels), Calendars: maps.Clone(b.Calendars),
	}
	change(next)
	return next
}

// ReadBook takes a snapshot from the store.
func ReadBook(ctx context.Context, s Directory, now time.Time) (*Book, error) {
	b := &Book{
		hours: &sync.Map{}, At: now, Customers: map[CustomerID]Customer{}, Contracts: map[ContractID]Contract{},
		Levels: map[sla.LevelID]sla.Level{}, Calendars: map[sla.CalendarID]sla.Calendar{},
	}
	customers, err := s.Customers(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading customers: %w", err)
	}
	for _, c := range customers {
		b.Customers[c.ID] = c
	}
	contracts, err := s.Contracts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading contracts: %w", err)
	}
	for _, c := range contracts {
		b.Contracts[c.ID] = c
	}
	if err := b.readLevels(ctx, s); err != nil {
		return nil, err
	}
	if b.PINs, err = s.PINs(ctx); err != nil {
		return nil, fmt.Errorf("reading PIN hashes: %w", err)
	}
	if b.Faults, err = s.Faults(ctx); err != nil {
		return nil, fmt.Errorf("reading known faults: %w", err)
	}
	return b, nil
}

func (b *Book) readLevels(ctx context.Context, s Directory) error {
	levels, err := s.Levels(ctx)
	if err != nil {
		return fmt.Errorf("reading levels: %w", err)
	}
	for _, l := range levels {
		b.Levels[l.ID] = l
	}
	calendars, err := s.Calendars(ctx)
	if err != nil {
		return fmt.Errorf("reading calendars: %w", err)
	}
	for _, c := range calendars {
		b.Calendars[c.ID] = c
	}
	return nil
}

// Terms are what one contract is promised, its overrides applied.
type Terms struct {
	Level       sla.Level
	Hours       *sla.Hours
	AfterHours  AfterHours
	Contract    ContractID // empty: Support on Request
	Blocking    sla.Limits
	NonBlocking sla.Limits
	Promise     sla.Terms // the same, as a ticket keeps it
}

// Limits are the spans promised for a category.
func (t Terms) Limits(c sla.Category) sla.Limits {
	return sla.Level{Blocking: t.Blocking, NonBlocking: t.NonBlocking}.Limits(c)
}

// Terms finds what a contract is promised; an empty id stands for Support on Request, whose hours are own.
func (b *Book) Terms(id ContractID, own sla.CalendarID) (Terms, error) {
	contract, level, calendar := Contract{AfterHours: AfterHoursWait}, sla.OnRequest, own
	if id != "" {
		c, ok := b.Contracts[id]
		if !ok {
			return Terms{}, fmt.Errorf("contract %s: %w", id, ErrNotFound)
		}
		contract, level, calendar = c, c.Level, c.Calendar
	}
	l, ok := b.Levels[level]
	if !ok {
		return Terms{}, fmt.Errorf("level %s of contract %q: %w", level, id, ErrNotFound)
	}
	if calendar == "" {
		calendar = l.Calendar
	}
	c, ok := b.Calendars[calendar]
	if !ok {
		return Terms{}, fmt.Errorf("calendar %s of contract %q: %w", calendar, id, ErrNotFound)
	}
	hours, err := b.ready(c)
	if err != nil {
		return Terms{}, err
	}
	t := Terms{Level: l, Hours: hours, AfterHours: contract.AfterHours, Contract: id, Blocking: l.Blocking, NonBlocking: l.NonBlocking}
	if contract.Blocking != nil {
		t.Blocking = *contract.Blocking
	}
	if contract.NonBlocking != nil {
		t.NonBlocking = *contract.NonBlocking
	}
	t.Promise = l.Terms(c)
	t.Promise.Blocking, t.Promise.NonBlocking = t.Blocking, t.NonBlocking
	return t, nil
}

// Owner finds whose number this is: a hint for language and budgets, never a credential.
func (b *Book) Owner(number string) (Customer, bool) {
	for _, c := range b.Customers {
		for _, n := range c.Numbers {
			if n == number && number != "" {
				return c, true
			}
		}
	}
	return Customer{}, false
}
