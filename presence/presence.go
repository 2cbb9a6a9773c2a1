// Package presence is who has a ticket open now, and who writes. It tells people, and locks nothing.
package presence

import (
	"context"
	"time"

	"hotline/tickets"
)

const (
	// Every is how often a tab says that it is there.
	Every = 8 * time.Second
	// Holds is how long a word of a tab counts. With the ten seconds of a beat of the pages, who closed a tab is gone within 30 s,
	// also where the browser could not say so.
	Holds = 18 * time.Second
	// Forget is when the row of a tab goes.
	Forget = time.Hour
)

// Tab is one tab of a user in which a ticket is open.
type Tab struct {
	User    string
	Ticket  tickets.Number
	Tab     string // opaque, by the browser
	Writing bool
	Seen    time.Time
}

// Store keeps tabs for all nodes. Safe for concurrent use.
type Store interface {
	PutTab(ctx context.Context, t Tab) error                                             // forgets those older than Forget, too
	EndTab(ctx context.Context, user string, n tickets.Number, tab string) error         // no error where there is none
	Tabs(ctx context.Context, n tickets.Number, since time.Time) (list []Tab, err error) // seen since then, by user and tab
}
