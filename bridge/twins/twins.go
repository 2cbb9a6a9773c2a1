// Package twins is what is kept of tickets that are joined with those of another ticket system. It says which is whose twin, how both stood
// when they were compared last, and what has to be read there. `bridge/twins/twinstest` is the conformance suite of its store.
package twins

import (
	"cmp"
	"context"
	"time"

	"hotline/tickets"
)

// Twin is a ticket here and the one there that follows it.
type Twin struct {
	Ticket  tickets.Number
	Foreign int64     // the id of the one there; 0: it is not known yet
	Number  string    // of the one there, as people read it
	There   bool      // it was born there
	Hop     int       // how many hotlines have handed the matter on, this one included
	Began   time.Time // when a try to open it began, whose end is not known yet
	Article int64     // the newest article there whose words stand here
	Read    time.Time // how new the one there was when it was read last
	Heard   Stand     // how the one there stood, as was last heard or written
	Saying  Stand     // what is being written there, noted before it is; what is empty is not being written
	Meant   Ours      // how ours stood when that was noted
	Told    Ours      // how ours stood when it was last told, or changed from there
	Version int
}

// Stand is how a ticket there stands.
type Stand struct{ State, Priority, Owner string }

// Ours is how a ticket here stands, as far as it is told.
type Ours struct {
	State    tickets.State
	Priority int // 1 to 5; 0: none
	Assignee string
}

// OursOf is how a ticket stands.
func OursOf(t tickets.Ticket) Ours { return Ours{t.State, int(t.Priority), t.Assignee} }

// Poke says that something has happened to a ticket there, which is to be read.
type Poke struct {
	Foreign int64
	Due     time.Time
	Tries   int
	Error   string // why the last try failed
}

// Store keeps twins and pokes. Safe for concurrent use.
type Store interface {
	Twin(ctx context.Context, n tickets.Number) (Twin, error)       // storage.ErrNotFound
	TwinOf(ctx context.Context, foreign int64) (Twin, error)        // storage.ErrNotFound
	PutTwin(ctx context.Context, t Twin) (Twin, error)              // storage.ErrConflict where another version stands, or the one there is another's twin
	AddPoke(ctx context.Context, foreign int64, at time.Time) error // due at once, also where one waits for another try
	// ClaimPoke takes one that is due and keeps it from everybody else until an instant; storage.ErrNotFound: there is none.
	ClaimPoke(ctx context.Context, now, until time.Time) (Poke, error)
	// PokeDone ends one that was claimed; one that came again meanwhile stays.
	PokeDone(ctx context.Context, p Poke) error
	// PokeLater has one that was claimed tried again at an instant; one that came again meanwhile stays as it is.
	PokeLater(ctx context.Context, p Poke, at time.Time, why string) error
}

// With is a stand with what another one names.
func (s Stand) With(o Stand) Stand {
	return Stand{cmp.Or(o.State, s.State), cmp.Or(o.Priority, s.Priority), cmp.Or(o.Owner, s.Owner)}
}
