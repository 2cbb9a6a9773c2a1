// Package mailing brings out the letters that customers get of the house's own accord, such as statements and news of versions. A letter is
// noted once, claimed by one node at a time, tried again for a week, and settled (docs/mail.md).
//
// Who gets a letter, and what stands in it, is said by the package of its kind. Here is how it goes out: at least once, and once as long as no
// node dies between the mail server's answer and its own note of it; what goes out again has the same Message-ID. It starts no goroutine.
package mailing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hotline/directory"
)

// State is how a letter stands.
type State string

// The states of a letter.
const (
	Waiting   State = "waiting"
	Sent      State = "sent"
	Moot      State = "moot"       // when it was due, nobody wanted it any more, or it was no news
	Failed    State = "failed"     // the mail server refused it for ever, or took no letter for a week
	NoAddress State = "no_address" // the customer has none: staff tell by other means
)

// States are all of them.
func States() []State { return []State{Waiting, Sent, Moot, Failed, NoAddress} }

// Standing is how a letter to one contract stands.
type Standing struct {
	Noted   time.Time
	State   State
	Due     time.Time // no letter before
	Tries   int
	Settled time.Time // when it came to its last state; zero: it waits
	Error   string    // of the last try; empty: it went well, or there was none
}

// Kind is what a letter is about.
type Kind string

// The kinds of letters.
const (
	Statement Kind = "statement" // of a month
	Release   Kind = "release"   // news of a version
)

// Letter is one letter to one contract, of whichever kind.
type Letter struct {
	Kind     Kind
	Contract directory.ContractID
	About    string // the month as 2026-11; or the product and its version, such as "pbx 8.1"
	Address  string // to whom; empty: it is not known yet, or there is none
	Standing
}

// Unreached are the contracts in force that are to have letters, and whose customers have no address, by id.
func Unreached(book *directory.Book, now time.Time) (list []directory.Contract) {
	for _, c := range book.Contracts.All() {
		if (c.Statement || c.EvoSupport) && c.Valid(now) && book.Customers.At(c.Customer).Address() == "" {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b directory.Contract) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Filter selects letters.
type Filter struct {
	Contract directory.ContractID // empty: of all
	States   []State              // none: in all
	Limit    int                  // 0: 200
}

// Most is how many letters a filter without a limit selects.
const Most = 200

// Reader tells how letters stand. Safe for concurrent use; it fails with the errors of package storage.
type Reader interface {
	// Letters are those that were noted last, the newest first; of one instant by contract, kind and what they are about.
	Letters(ctx context.Context, f Filter) ([]Letter, error)
}
