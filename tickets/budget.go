package tickets

import "time"

// The budgets for wrong PINs and for tickets of unknown callers (PRODUCT, PINs and abuse).
const (
	wrongPerNumber   = 6   // an hour, for each caller number
	wrongUnknown     = 250 // a day, for all numbers together that are in no contract
	wrongPerContract = 20  // a day, for the known numbers of one customer: above it an alarm is raised
	ticketsPerNumber = 3   // an hour, for each unknown caller number; further calls are bundled
)

// Budgets counts wrong PINs and unknown callers' tickets over sliding spans. It knows numbers and instants, never a
// digit of a PIN. One goroutine at a time.
type Budgets struct {
	Wrong   map[string][]time.Time `json:"wrong"`   // by caller number
	Unknown []time.Time            `json:"unknown"` // wrong PINs of all numbers in no contract
	Known   map[string][]time.Time `json:"known"`   // wrong PINs by customer, from its known numbers
	Opened  map[string][]time.Time `json:"opened"`  // tickets of unknown callers by number
}

// NewBudgets gives fresh budgets.
func NewBudgets() *Budgets {
	return &Budgets{Wrong: map[string][]time.Time{}, Known: map[string][]time.Time{}, Opened: map[string][]time.Time{}}
}

// MayTry tells whether a PIN of this caller is looked at. customer is whose number it is, empty for an unknown one: the
// line's budget never touches a number known for a contract, so nobody can lock customers out.
func (b *Budgets) MayTry(number string, customer CustomerID, now time.Time) bool {
	b.forget(now)
	if len(b.Wrong[number]) >= wrongPerNumber && number != "" {
		return false
	}
	return customer != "" || len(b.Unknown) < wrongUnknown
}

// Spend notes a wrong PIN. alarm is true at the moment in which a customer's own numbers pass their cap.
func (b *Budgets) Spend(number string, customer CustomerID, now time.Time) (alarm bool) {
	if number != "" {
		b.Wrong[number] = append(b.Wrong[number], now)
	}
	if customer == "" {
		b.Unknown = append(b.Unknown, now)
		return false
	}
	b.Known[string(customer)] = append(b.Known[string(customer)], now)
	return len(b.Known[string(customer)]) == wrongPerContract+1
}

// MayOpen tells whether an unknown caller gets a ticket of his own; beyond three in an hour his calls are bundled.
func (b *Budgets) MayOpen(number string, now time.Time) bool {
	b.forget(now)
	return len(b.Opened[number]) < ticketsPerNumber
}

// NoteOpened counts a ticket of an unknown caller.
func (b *Budgets) NoteOpened(number string, now time.Time) {
	b.Opened[number] = append(b.Opened[number], now)
}

// forget drops what lies outside the spans, so that the counts stay small.
func (b *Budgets) forget(now time.Time) {
	hour, day := now.Add(-time.Hour), now.Add(-24*time.Hour)
	b.Unknown = since(b.Unknown, day)
	for _, m := range []struct {
		counts map[string][]time.Time
		from   time.Time
	}{{b.Wrong, hour}, {b.Known, day}, {b.Opened, hour}} {
		for key, instants := range m.counts {
			if left := since(instants, m.from); len(left) > 0 {
				m.counts[key] = left
			} else {
				delete(m.counts, key)
			}
		}
	}
}

func since(instants []time.Time, from time.Time) []time.Time {
	for len(instants) > 0 && !instants[0].After(from) {
		instants = instants[1:]
	}
	return instants
}
