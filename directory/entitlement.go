package directory

import (
	"fmt"

	"hotline/sla"
	"hotline/storage"
)

// Entitlement is what one contract is entitled to now, with its overrides applied. A ticket keeps the Terms of it.
type Entitlement struct {
	Contract   ContractID // empty: Support on Request
	Level      sla.Level
	Hours      *sla.Hours
	AfterHours AfterHours
	Terms      sla.Terms // limits, calendar and policy, as a ticket keeps them
}

// Limits are the spans promised for a category; none for one without clocks.
func (e Entitlement) Limits(c sla.Category) sla.Limits { return e.Terms.Limits(c) }

// Entitlement finds what a contract is entitled to. An empty id stands for Support on Request, whose hours are those of the
// calendar own. storage.ErrNotFound when the contract, its level or its calendar is not known.
func (b *Book) Entitlement(id ContractID, own sla.CalendarID) (Entitlement, error) {
	contract, level, calendar := Contract{AfterHours: AfterHoursWait}, sla.OnRequest, own
	if id != "" {
		c, ok := b.Contracts.Get(id)
		if !ok {
			return Entitlement{}, fmt.Errorf("contract %s: %w", id, storage.ErrNotFound)
		}
		contract, level, calendar = c, c.Level, c.Calendar
	}
	l, ok := b.Levels[level]
	if !ok {
		return Entitlement{}, fmt.Errorf("level %s of contract %q: %w", level, id, storage.ErrNotFound)
	}
	if calendar == "" {
		calendar = l.Calendar
	}
	c, ok := b.Calendars[calendar]
	if !ok {
		return Entitlement{}, fmt.Errorf("calendar %s of contract %q: %w", calendar, id, storage.ErrNotFound)
	}
	hours, err := b.ready(c)
	if err != nil {
		return Entitlement{}, err
	}
	e := Entitlement{Contract: id, Level: l, Hours: hours, AfterHours: contract.AfterHours, Terms: l.Terms(c)}
	if contract.Blocking != nil {
		e.Terms.Blocking = *contract.Blocking
	}
	if contract.NonBlocking != nil {
		e.Terms.NonBlocking = *contract.NonBlocking
	}
	return e, nil
}
