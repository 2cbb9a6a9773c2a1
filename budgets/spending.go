// Package budgets counts what may happen only so often: wrong PINs, and calls that are placed.
//
// PINs counts in memory. A Store keeps the entries, so that a count outlasts a restart and all nodes share it.
package budgets

import (
	"context"
	"time"
)

// Store keeps the entries of budgets, of the last day at least. Safe for concurrent use.
type Store interface {
	Spend(ctx context.Context, list ...Spending) error
	// Spendings reads the entries behind a place and after an instant, by place.
	Spendings(ctx context.Context, behind int64, after time.Time) ([]Spending, error)
	ForgetSpendings(ctx context.Context, before time.Time) error
}

// Spending is one entry of a budget.
type Spending struct {
	Place  int64  // of the store; rises with each entry
	Budget string // one of the kinds below
	Key    string // of a wrong PIN the number that called, of an outgoing call the ticket, of one for alarms the telephone
	Whose  string // of a wrong PIN the customer who has this number, of an outgoing call the purse that paid
	At     time.Time
	Node   string // the process that wrote it
}

// The budgets that are kept.
const (
	KindPIN         = "pin"          // wrong PINs
	KindEngineerPIN = "engineer_pin" // wrong PINs of engineers
	KindOutgoing    = "outgoing"     // calls placed
	KindAlarm       = "alarm"        // calls to a telephone for alarms
)
