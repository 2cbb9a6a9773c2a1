package tickets

import "time"

// The budgets for wrong PINs and for tickets of unknown callers (PRODUCT, PINs and abuse).
const (
	wrongPerNumber   = 6   // an hour, for each caller number
	wrongUnknown     = 250 // a day, for all numbers together that are in no contract
	wrongPerContract = 20  // a day, for the known numbers of one customer: above it an alarm is raised
	wrongBeyond      = 3   // a day, by one known number: as many lock it out once its customer's cap is passed
	ticketsPerNumber = 3   // an hour, for each unknown caller number; further calls are bundled
)

// Budgets counts wrong PINs and unknown callers' tickets over sliding spans. It knows numbers and instants, never a
// digit of a PIN. One goroutine at a time.
type Budgets struct {
	wrong   spans       // of an hour, by caller number
	unknown []time.Time // of a day, of all numbers in no contract
	known   spans       // of a day, by customer, from its known numbers
	guilty  spans       // of a day, by known number
	opened  map[string][]opening
}

// spans are instants by key, oldest first.
type spans map[string][]time.Time

// opening is a ticket of an unknown caller.
type opening struct {
	at     time.Time
	ticket Number
}

// NewBudgets gives fresh budgets.
func NewBudgets() *Budgets {
	return &Budgets{wrong: spans{}, known: spans{}, guilty: spans{}, opened: map[string][]opening{}}
}

// MayTry tells whether a PIN of this caller is looked at. customer is whose number it is, empty for an unknown one: the
// line's budget never touches a number known for a contract, so nobody can lock customers out. Beyond a customer's cap
// only those of its numbers are locked out that keyed a call's worth of wrong PINs themselves: not all its people suffer
// for one of them, or for somebody who shows their number.
func (b *Budgets) MayTry(number string, customer CustomerID, now time.Time) bool {
	b.forget(now)
	switch {
	case len(b.wrong[number]) >= wrongPerNumber && number != "":
		return false
	case customer == "":
		return len(b.unknown) < wrongUnknown
	}
	return len(b.known[string(customer)]) <= wrongPerContract || len(b.guilty[number]) < wrongBeyond
}

// Spend notes a wrong PIN. alarm is true at the moment in which a customer's own numbers pass their cap.
func (b *Budgets) Spend(number string, customer CustomerID, now time.Time) (alarm bool) {
	if number != "" {
		b.wrong[number] = append(b.wrong[number], now)
	}
	if customer == "" {
		b.unknown = append(b.unknown, now)
		return false
	}
	b.guilty[number] = append(b.guilty[number], now)
	b.known[string(customer)] = append(b.known[string(customer)], now)
	return len(b.known[string(customer)]) == wrongPerContract+1
}

// Bundle gives the tickets that an unknown caller opened within the hour, newest first, once there are so many that his
// further calls are bundled; none while he gets tickets of his own.
func (b *Budgets) Bundle(number string, now time.Time) (into []Number) {
	b.forget(now)
	if len(b.opened[number]) < ticketsPerNumber {
		return nil
	}
	for _, o := range b.opened[number] {
		into = append([]Number{o.ticket}, into...)
	}
	return into
}

// NoteOpened counts a ticket of an unknown caller.
func (b *Budgets) NoteOpened(number string, t Number, now time.Time) {
	b.opened[number] = append(b.opened[number], opening{now, t})
}

// forget drops what lies outside the spans, so that the counts stay small.
func (b *Budgets) forget(now time.Time) {
	hour, day := now.Add(-time.Hour), now.Add(-24*time.Hour)
	b.unknown = since(b.unknown, day)
	b.wrong.forget(hour)
	b.known.forget(day)
	b.guilty.forget(day)
	for number, list := range b.opened {
		for len(list) > 0 && !list[0].at.After(hour) {
			list = list[1:]
		}
		b.opened[number] = list
		if len(list) == 0 {
			delete(b.opened, number)
		}
	}
}

func (s spans) forget(from time.Time) {
	for key, instants := range s {
		s[key] = since(instants, from)
		if len(s[key]) == 0 {
			delete(s, key)
		}
	}
}

func since(instants []time.Time, from time.Time) []time.Time {
	for len(instants) > 0 && !instants[0].After(from) {
		instants = instants[1:]
	}
	return instants
}
