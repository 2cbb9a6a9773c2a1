package intake

import (
	"context"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// Store keeps what is known of installations and their problems. storagetest.Alerts holds each store to it. All methods are
// safe for concurrent use and fail with the errors of package storage.
type Store interface {
	// Installation reads an installation, with those problems of it that are named or due. One that is not known yet has version 0.
	Installation(ctx context.Context, id ID, named []Key, now time.Time) (Installation, error)
	// PutInstallation writes it with its problems, whole or not at all. Its version must be the one that stands: storage.ErrConflict.
	PutInstallation(ctx context.Context, i Installation) error
	// DueInstallations are those at which something is due, the longest due come first.
	DueInstallations(ctx context.Context, now time.Time, limit int) ([]ID, error)
	Problems(ctx context.Context, f Filter) ([]Problem, error) // the one heard last comes first
	// ProblemsNamed are those of a contract that are named, of whatever source.
	ProblemsNamed(ctx context.Context, contract directory.ContractID, named []Ref) ([]Problem, error)
	// ForgetProblems forgets problems that were not heard of since an instant and are over, or whose ticket, if any, waits for
	// nothing. If heard of again, they are new.
	ForgetProblems(ctx context.Context, before time.Time) error
	Settings
}

// Settings are the documents that owners write; see directory.Store for the rule of versions.
type Settings interface {
	AlertPolicy(ctx context.Context, id PolicyID) (Policy, error)
	AlertPolicies(ctx context.Context) ([]Policy, error)
	PutAlertPolicy(ctx context.Context, p Policy) (Policy, error)
	DeleteAlertPolicy(ctx context.Context, id PolicyID, version int) error
	AlertMapping(ctx context.Context, id string) (Mapping, error)
	AlertMappings(ctx context.Context) ([]Mapping, error)
	PutAlertMapping(ctx context.Context, m Mapping) (Mapping, error)
	DeleteAlertMapping(ctx context.Context, id string, version int) error
	Maintenance(ctx context.Context, id string) (Maintenance, error)
	Maintenances(ctx context.Context) ([]Maintenance, error)
	PutMaintenance(ctx context.Context, m Maintenance) (Maintenance, error)
	DeleteMaintenance(ctx context.Context, id string, version int) error
}

// Mapping makes alerts of a body that no format knows: jq expressions (package format runs them). Empty ones stand for nothing.
type Mapping struct {
	ID           string `yaml:"id"`
	Alerts       string `yaml:"alerts"`      // gives each alert of the body; empty: the body is one
	Fingerprint  string `yaml:"fingerprint"` // of each alert, as all that follow
	Severity     string `yaml:"severity"`
	Title        string `yaml:"title"`
	Text         string `yaml:"text"`
	Installation string `yaml:"installation"`
	Resolved     string `yaml:"resolved"`
	Skip         string `yaml:"skip"`   // gives a reason for what is no alert
	Labels       string `yaml:"labels"` // gives an object of texts
	Version      int    `yaml:"version"`
}

// Filter selects problems. Zero values select everything.
type Filter struct {
	Contract directory.ContractID
	Ticket   tickets.Number
	Firing   bool      // those that are not over
	Since    time.Time // heard of at or after
	Limit    int       // 0: 100
}

// Problem is what is known of one problem of an installation.
type Problem struct {
	Installation ID
	Key          Key
	Firing       bool
	Severity     string
	Title        string
	Category     sla.Category   // as the policy said when it began
	Ticket       tickets.Number // 0: none
	Held         string         // why it has none: a Held reason; empty: it has one, or nothing fires
	Since        time.Time      // it fires, or is over
	Heard        time.Time      // last
	Due          time.Time      // when to look at it again; zero: when it is heard of
	Count        int            // how often it was heard of since it began
	Told         int            // how many of them stand in the ticket's history
	Changes      []time.Time    // its last beginnings and ends
}

// The reasons for which a problem opens no ticket.
const (
	HeldSeverity    = "severity"    // the policy says so
	HeldMaintenance = "maintenance" // work goes on
	HeldWaiting     = "waiting"     // what it depends on may be told of in a moment. Its ticket is the one that it had before
	HeldParent      = "parent"      // what it depends on has a ticket, which is meant
)

// depends tells whether a problem waits for another one.
func (p *Problem) depends() bool { return p.Held == HeldWaiting || p.Held == HeldParent }

// Installation is what is known of an installation. A value: the fold makes the next one of it.
type Installation struct {
	ID       ID
	State    State
	Due      time.Time // when to look at it again; zero: never by itself
	Version  int
	Problems []Problem               // those that were asked for, and those of it for which others wait; written: those that changed
	Known    int                     // read: how many are remembered, counted up to KnownMost
	Moves    []Move                  // written: the problems of one ticket are those of another now
	tickets  map[tickets.Number]Seen // as they stand, for the fold
}

// Move gives the problems of one ticket to another.
type Move struct{ From, To tickets.Number }

// State is what the fold remembers of an installation, as stores keep it.
type State struct {
	Opened   []Opening              // tickets opened lately, oldest first
	Firing   map[tickets.Number]int // how many problems of each ticket are not over
	Storm    Gathering
	Children []Children // that wait in tickets of what they depend on
	Pending  []Action   // decided, and not yet known to be carried out
	CutAt    time.Time  // when it was last written down that a source leaves alerts out
}

// Opening is a ticket that was opened for an alert.
type Opening struct {
	At       time.Time
	Ticket   tickets.Number
	Category sla.Category
}

// Gathering is a storm: the ticket to which new problems go.
type Gathering struct {
	Ticket   tickets.Number // 0: there is none
	Category sla.Category
	Last     time.Time // when the last problem joined
	Count    int       // how many did
	Told     int       // of them told in the history
	ToldAt   time.Time // when
}

// Seen is how a ticket stands, as far as the fold asks.
type Seen struct {
	State    tickets.State
	Category sla.Category
	ClosedAt time.Time
}
