package budgets

import (
	"slices"
	"time"

	"hotline/directory"
)

// The budgets for wrong PINs (PRODUCT, PINs and abuse). A guess finds a contract with a probability of 10^-6 at most, so
// wrongUnknown + wrongKnown + wrongOwn guesses a day leave more than ten years until one does.
const (
	wrongPerNumber = 6   // an hour, for each number that is in no contract
	wrongUnknown   = 250 // a day, for all numbers together that are in no contract
	wrongKnown     = 12  // a day, under all known numbers together: beyond, a caller is told of his own contracts' PINs only
	wrongOwn       = 9   // a day, for each customer beyond that: then a PIN still counts, and nobody is told whether it was right
)

// When a customer's numbers are used to guess.
const (
	firstAlarm   = 6                // wrong PINs within a day under the numbers of one customer; again at twice as many
	withoutDelay = 3                // those of one call
	longestDelay = 10 * time.Second // before a PIN is judged
)

// Answer is what a caller is told of the PIN that he keys.
type Answer int

// The answers.
const (
	NotAsked Answer = iota // the caller is in no contract and has keyed too many wrong PINs
	Told                   // whether the PIN is right
	ToldOwn                // whether it is one of the contracts of the customer whose number he shows
	Untold                 // nothing: a right PIN counts all the same
)

// PINs counts wrong PINs over sliding spans of time. It knows numbers and instants, never a digit of a PIN. One goroutine
// at a time.
type PINs struct {
	wrong   spans       // of an hour, by caller number in no contract
	unknown []time.Time // of a day, of all numbers in no contract
	known   []time.Time // of a day, of all known numbers, while a PIN of any contract is told
	own     spans       // of a day, by customer, beyond that
	blamed  spans       // of a day, by customer: every wrong PIN
}

// spans are instants by key, oldest first.
type spans map[string][]time.Time

// NewPINs gives fresh budgets.
func NewPINs() *PINs {
	return &PINs{wrong: spans{}, own: spans{}, blamed: spans{}}
}

// Answer is what a caller is told of his next PIN. customer is whose number he shows, empty for an unknown one. Numbers are
// forged, so no count ever keeps a known number from being asked, nor a right PIN from leading to its contract.
func (b *PINs) Answer(number string, customer directory.CustomerID, now time.Time) Answer {
	b.forget(now)
	switch {
	case customer != "" && len(b.known) < wrongKnown:
		return Told
	case customer != "" && len(b.own[string(customer)]) < wrongOwn:
		return ToldOwn
	case customer != "":
		return Untold
	case len(b.wrong[number]) >= wrongPerNumber && number != "", len(b.unknown) >= wrongUnknown:
		return NotAsked
	}
	return Told
}

// Delay is how long the next PIN of a caller waits before it is judged: longer with each wrong one under the numbers of
// the customer, at most ten seconds.
func (b *PINs) Delay(customer directory.CustomerID, now time.Time) time.Duration {
	b.forget(now)
	wrong := len(b.blamed[string(customer)])
	if customer == "" || wrong < withoutDelay {
		return 0
	}
	return min(time.Second<<min(wrong-withoutDelay, 10), longestDelay)
}

// Spend notes a wrong PIN. alarm is true when so many were keyed that somebody should look: under the numbers of a customer, or, with
// half of the day's and with the last of them, under numbers in no contract. From then on nobody who shows such a number is asked.
func (b *PINs) Spend(number string, customer directory.CustomerID, now time.Time) (alarm bool) {
	b.forget(now)
	if customer == "" {
		if number != "" {
			b.wrong[number] = append(b.wrong[number], now)
		}
		b.unknown = append(b.unknown, now)
		return len(b.unknown) == wrongUnknown/2 || len(b.unknown) == wrongUnknown
	}
	key := string(customer)
	if len(b.known) < wrongKnown {
		b.known = append(b.known, now)
	} else if len(b.own[key]) < wrongOwn {
		b.own[key] = append(b.own[key], now)
	}
	b.blamed[key] = append(b.blamed[key], now)
	n := len(b.blamed[key])
	return n%firstAlarm == 0 && (n/firstAlarm)&(n/firstAlarm-1) == 0
}

// Forgive takes back what Spend noted at an instant of a number and a customer: where every PIN is counted before anybody knows
// whether it is right. What was not noted of them takes nothing back of others.
func (b *PINs) Forgive(number string, customer directory.CustomerID, at time.Time) {
	key := string(customer)
	switch {
	case customer == "" && (number == "" || takeBack(b.wrong, number, at)):
		b.unknown, _ = without(b.unknown, at)
	case customer != "" && takeBack(b.blamed, key, at) && !takeBack(b.own, key, at):
		b.known, _ = without(b.known, at)
	}
}

// takeBack removes an instant of a key; false where there is none.
func takeBack(s spans, key string, at time.Time) bool {
	rest, found := without(s[key], at)
	if found {
		s[key] = rest
	}
	return found
}

func without(instants []time.Time, at time.Time) (rest []time.Time, found bool) {
	i := slices.IndexFunc(instants, at.Equal)
	if i < 0 {
		return instants, false
	}
	return slices.Delete(slices.Clone(instants), i, i+1), true
}

// forget drops what lies outside the spans, so that the counts stay small.
func (b *PINs) forget(now time.Time) {
	hour, day := now.Add(-time.Hour), now.Add(-24*time.Hour)
	b.unknown, b.known = since(b.unknown, day), since(b.known, day)
	b.wrong.forget(hour)
	b.own.forget(day)
	b.blamed.forget(day)
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
