// Package drafts is what staff are writing and have not sent yet: one text for each user and ticket. The pages keep it while somebody
// writes, so that it survives the tab, the session and the node.
package drafts

import (
	"context"
	"time"

	"hotline/tickets"
)

// The bounds of drafts.
const (
	TextMost = 10_000              // characters, as of a note
	UserMost = 100                 // of one user: beyond them the oldest go
	Keep     = 30 * 24 * time.Hour // after which one that nobody touched goes
)

// Draft is a text that was not sent yet.
type Draft struct {
	User    string
	Ticket  tickets.Number
	Text    string
	Version int // 0: there is none
	At      time.Time
}

// Store keeps drafts. Safe for concurrent use.
type Store interface {
	// PutDraft writes a draft over the version that it names, and gives the new version. storage.ErrConflict where another version
	// stands: another tab wrote. An empty text removes the draft. It forgets what is beyond the bounds.
	PutDraft(ctx context.Context, d Draft) (version int, err error)
	// Draft gives the draft of a user for a ticket; one without a version where there is none.
	Draft(ctx context.Context, user string, n tickets.Number) (Draft, error)
	// DropDraft removes a draft, whatever its version: its text was sent.
	DropDraft(ctx context.Context, user string, n tickets.Number) error
}
