package directory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"hotline/directory/persistent"
	"hotline/sla"
)

// Book is what the desk must know to serve a caller while the store is down: a snapshot that is kept on disk too. It
// holds PIN hashes, never a PIN. Immutable once handed over. An edit makes the next one of it, at a cost that does not grow
// with the number of customers and contracts; levels, calendars and faults are few.
type Book struct {
	At        time.Time
	Revision  int64 // of the last edit that it holds
	Customers persistent.Map[CustomerID, Customer]
	Contracts persistent.Map[ContractID, Contract]
	Levels    map[sla.LevelID]sla.Level
	Calendars map[sla.CalendarID]sla.Calendar
	PINs      persistent.Map[PINHash, ContractID]
	Faults    []KnownFault

	numbers persistent.Map[string, []CustomerID] // whose a telephone number is, by id
	hours   *sync.Map                            // *sla.Hours by calendar, made when they are first needed; nil in one that was put together by hand, which makes them each time
}

// ready makes a calendar ready, once for all snapshots in which it is the same.
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
	next := *b
	next.Levels, next.Calendars, next.hours = maps.Clone(b.Levels), maps.Clone(b.Calendars), &sync.Map{}
	change(&next)
	if b.hours != nil {
		b.hours.Range(func(id, h any) bool {
			if reflect.DeepEqual(b.Calendars[id.(sla.CalendarID)], next.Calendars[id.(sla.CalendarID)]) {
				next.hours.Store(id, h)
			}
			return true
		})
	}
	return &next
}

// Edited is the snapshot after edits of the store.
func (b *Book) Edited(e Edits, now time.Time) *Book {
	if e.Whole {
		return whole(e, now)
	}
	return b.With(func(n *Book) {
		n.At, n.Revision, n.Faults = now, e.Revision, slices.Clone(b.Faults)
		for _, c := range e.Customers {
			n.putCustomer(c)
		}
		for _, c := range e.Contracts {
			n.Contracts = n.Contracts.With(c.ID, c)
		}
		for _, l := range e.Levels {
			n.Levels[l.ID] = l
		}
		for _, c := range e.Calendars {
			n.Calendars[c.ID] = c
		}
		for _, f := range e.Faults {
			n.Faults = append(without(n.Faults, f.ID), f)
		}
		for _, h := range e.Ended {
			n.PINs = n.PINs.Without(h)
		}
		for h, c := range e.Given {
			n.PINs = n.PINs.With(h, c)
		}
		for _, r := range e.Removed {
			n.remove(r)
		}
		slices.SortFunc(n.Faults, func(a, b KnownFault) int { return cmp.Compare(a.ID, b.ID) })
	})
}

// whole makes a snapshot of everything that stands.
func whole(e Edits, now time.Time) *Book {
	customers, contracts := make(map[CustomerID]Customer, len(e.Customers)), make(map[ContractID]Contract, len(e.Contracts))
	b := &Book{
		At: now, Revision: e.Revision, Levels: map[sla.LevelID]sla.Level{}, Calendars: map[sla.CalendarID]sla.Calendar{},
		PINs: persistent.Of(e.Given), Faults: e.Faults, hours: &sync.Map{},
	}
	for _, c := range e.Customers {
		customers[c.ID] = c
	}
	for _, c := range e.Contracts {
		contracts[c.ID] = c
	}
	for _, l := range e.Levels {
		b.Levels[l.ID] = l
	}
	for _, c := range e.Calendars {
		b.Calendars[c.ID] = c
	}
	b.Customers, b.Contracts = persistent.Of(customers), persistent.Of(contracts)
	b.index()
	return b
}

// index notes whose each telephone number is.
func (b *Book) index() {
	numbers := map[string][]CustomerID{}
	for id, c := range b.Customers.All() {
		for _, n := range c.Numbers {
			numbers[n] = added(numbers[n], id)
		}
	}
	b.numbers = persistent.Of(numbers)
}

// added is a list with an id in its place; the one given is not written.
func added(list []CustomerID, id CustomerID) []CustomerID {
	at, there := slices.BinarySearch(list, id)
	if there {
		return list
	}
	return slices.Insert(slices.Clone(list), at, id)
}

func without(list []KnownFault, id string) []KnownFault {
	return slices.DeleteFunc(list, func(f KnownFault) bool { return f.ID == id })
}

func (b *Book) putCustomer(c Customer) {
	b.forgetNumbers(c.ID)
	b.Customers = b.Customers.With(c.ID, c)
	for _, n := range c.Numbers {
		b.numbers = b.numbers.With(n, added(b.numbers.At(n), c.ID))
	}
}

func (b *Book) forgetNumbers(id CustomerID) {
	for _, n := range b.Customers.At(id).Numbers {
		rest := slices.DeleteFunc(slices.Clone(b.numbers.At(n)), func(other CustomerID) bool { return other == id })
		if b.numbers = b.numbers.With(n, rest); len(rest) == 0 {
			b.numbers = b.numbers.Without(n)
		}
	}
}

func (b *Book) remove(r Removed) {
	switch r.Kind {
	case "customer":
		b.forgetNumbers(CustomerID(r.ID))
		b.Customers = b.Customers.Without(CustomerID(r.ID))
	case "contract":
		b.Contracts = b.Contracts.Without(ContractID(r.ID))
	case "level":
		delete(b.Levels, sla.LevelID(r.ID))
	case "calendar":
		delete(b.Calendars, sla.CalendarID(r.ID))
	case "fault":
		b.Faults = without(b.Faults, r.ID)
	}
}

// ReadBook takes a snapshot from the store: everything as it stood at one moment.
func ReadBook(ctx context.Context, s Store, now time.Time) (*Book, error) {
	e, err := s.Edits(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("reading the book: %w", err)
	}
	return (&Book{}).Edited(e, now), nil
}

// Owner finds whose a number is, by the first of its spellings that somebody has: a hint for language and budgets, never a
// credential. Of several who have it, always the same one.
func (b *Book) Owner(spellings ...string) (Customer, bool) {
	for _, number := range spellings {
		if ids := b.numbers.At(number); number != "" && len(ids) > 0 {
			return b.Customers.Get(ids[0])
		}
	}
	return Customer{}, false
}

// ContractsOf are the contracts of a customer, also those that have ended.
func (b *Book) ContractsOf(id CustomerID) []ContractID {
	var list []ContractID
	for _, c := range b.Contracts.All() {
		if c.Customer == id {
			list = append(list, c.ID)
		}
	}
	slices.Sort(list)
	return list
}
