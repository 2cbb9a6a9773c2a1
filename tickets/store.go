package tickets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/sla"
)

// Conditions that callers of a store test for.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else meanwhile") // the version compared does not stand any more
	ErrExists   = errors.New("exists already")
	ErrDown     = errors.New("the store is down")
	ErrBusy     = error(busy{})

	ErrPINUsed = fmt.Errorf("this PIN was given before: %w", ErrExists)
)

// busy is a store that lives and did not come to it in time, because others were before. What helps against a store that
// is down helps here too, so it is one to all who ask; only nobody may conclude that it will not answer the next one.
type busy struct{}

func (busy) Error() string { return "the store is busy" }

// Is holds it to be down as well.
func (busy) Is(target error) bool { return target == ErrDown }

// Change is one whole change of a ticket: the ticket as it stands afterwards, the lines added to its history, and the
// due work that acts on it. A store writes all of it in one transaction or nothing, and a change whose events stand
// there already is no change (replay).
type Change struct {
	Ticket Ticket
	Expect int // version found before; 0: the ticket is new
	Events []Event
	Work   []Work
}

// Work is one due act: an escalation, a warning, a receipt, a retry. The deadlines in the ticket's rows are the truth;
// work only acts on them, and acting twice is harmless.
type Work struct {
	ID     string            `json:"id"` // unique: enqueued twice, done once
	Kind   string            `json:"kind"`
	Ticket Number            `json:"ticket"`
	Due    time.Time         `json:"due"`
	Facts  map[string]string `json:"facts,omitempty"`
}

// WorkQueue does due work: PostgreSQL has River behind it, the memory twin a timer.
type WorkQueue interface {
	// Run hands each piece of work to handle once it is due, several at a time, until ctx ends; then it waits for those
	// under way and returns nil. Work whose handle fails comes again later; work that was done never does.
	Run(ctx context.Context, handle func(ctx context.Context, w Work) error) error
}

// Store keeps what the desk decides. PostgreSQL and the memory twin implement it; ticketstest.Run holds both to it.
// All methods are safe for concurrent use and honour ctx.
type Store interface {
	Tickets
	Directory
	Calls
	Settings
}

// Tickets keeps tickets, their history, recordings and due work.
type Tickets interface {
	Apply(ctx context.Context, c Change) error
	Ticket(ctx context.Context, n Number) (Ticket, error)
	List(ctx context.Context, f Filter) (Page[Ticket], error)   // ErrCursor for a cursor of no such list
	Live(ctx context.Context) (map[sla.Priority]int, error)     // how many are open, assigned, in progress or waiting
	History(ctx context.Context, n Number) ([]Event, error)     // in the order written
	OpenOf(ctx context.Context, c ContractID) ([]Ticket, error) // not restored, closed or marked; most urgent first
	Recording(ctx context.Context, id string) (Recording, Number, error)
	LogAccess(ctx context.Context, recording, actor string, at time.Time) error // every access to a recording
	Accesses(ctx context.Context, recording string) ([]Access, error)           // in the order noted
	LeaseNumbers(ctx context.Context, n int) (first Number, err error)          // a block never given again
	// ClaimDue claims tickets with a warning or a breach to raise, the longest due first, for one node and so long: nobody
	// else gets them before. Those that the node holds already come last. A claim ends with its time.
	ClaimDue(ctx context.Context, node string, now time.Time, lease time.Duration, limit int) ([]Number, error)
	Terms(ctx context.Context, id string) (sla.Terms, error) // that a ticket was ever promised
	// Outcomes lists the clocks of tickets opened between two instants, by number; those that are no request are left out.
	Outcomes(ctx context.Context, since, until time.Time) ([]Outcome, error)
	TimeSpent(ctx context.Context, since, until time.Time) ([]Spent, error) // written down between two instants, in order
}

// Directory keeps customers, contracts, levels, calendars and known faults. Put writes whole values and gives each its next
// version: Version 0 makes a new one (ErrExists), else it must equal what stands there (ErrConflict). A version is never
// given twice to one id, not even when it was deleted meanwhile.
type Directory interface {
	Customer(ctx context.Context, id CustomerID) (Customer, error)
	Customers(ctx context.Context) ([]Customer, error)
	PutCustomer(ctx context.Context, c Customer) (Customer, error)
	Contract(ctx context.Context, id ContractID) (Contract, error)
	Contracts(ctx context.Context) ([]Contract, error)
	PutContract(ctx context.Context, c Contract) (Contract, error)
	// PutContractWithPIN writes a contract as PutContract does, and its PIN with it, in one transaction; the former PIN ends.
	// ErrPINUsed when the PIN was ever given.
	PutContractWithPIN(ctx context.Context, c Contract, h PINHash) (Contract, error)
	SetPIN(ctx context.Context, id ContractID, h PINHash) error // one that is chosen, as the demo's; ErrPINUsed
	PINs(ctx context.Context) (map[PINHash]ContractID, error)   // the current ones
	UsedPIN(ctx context.Context, h PINHash) (bool, error)       // ever, also revoked ones
	Level(ctx context.Context, id sla.LevelID) (sla.Level, error)
	Levels(ctx context.Context) ([]sla.Level, error)
	PutLevel(ctx context.Context, l sla.Level) (sla.Level, error)
	Calendar(ctx context.Context, id sla.CalendarID) (sla.Calendar, error)
	Calendars(ctx context.Context) ([]sla.Calendar, error)
	PutCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error)
	Fault(ctx context.Context, id string) (KnownFault, error)
	Faults(ctx context.Context) ([]KnownFault, error) // by id
	PutFault(ctx context.Context, f KnownFault) (KnownFault, error)
	DeleteFault(ctx context.Context, id string, version int) error // version 0: whichever stands
	// Edits are what was written since a revision, of all that a Book holds, as it stood at one moment. Since 0, and since a
	// revision that this store has never had, as one of an older dump, they are everything that stands.
	Edits(ctx context.Context, since int64) (Edits, error)
}

// Calls keeps what happened on the line.
type Calls interface {
	// PutCalls writes calls whole, by ID, each once; later ones replace earlier ones. All of them are written, or none.
	PutCalls(ctx context.Context, list ...Call) error
	Call(ctx context.Context, id CallID) (Call, error)
	Calls(ctx context.Context, f CallFilter) (Page[Call], error) // newest first; ErrCursor as for tickets
}

// Settings keeps API tokens, idempotency keys, the flow's versions, what budgets were spent on, and named facts.
type Settings interface {
	Spend(ctx context.Context, list ...Spending) error
	Spendings(ctx context.Context, behind int64, after time.Time) ([]Spending, error) // by place
	ForgetSpendings(ctx context.Context, before time.Time) error
	PutToken(ctx context.Context, t Token) error // ErrExists for a name taken
	Token(ctx context.Context, hash [32]byte) (Token, error)
	Tokens(ctx context.Context) ([]Token, error)                     // by name
	RemoveToken(ctx context.Context, name string) error              // ErrNotFound
	Remember(ctx context.Context, r Reply) (Reply, bool, error)      // stores r unless the key is known: then the known one and true
	ForgetReplies(ctx context.Context, before time.Time) error       // those older than that
	PutFlow(ctx context.Context, f FlowVersion) (FlowVersion, error) // immutable once written; its Version is the newest one seen, 0 whichever; gives it its number
	Flows(ctx context.Context) ([]FlowVersion, error)                // newest first
	Fact(ctx context.Context, key string) (string, error)            // ErrNotFound
	PutFact(ctx context.Context, key, value string) error
}

// Token is a bearer token of the API, kept as its SHA-256.
type Token struct {
	Name    string
	Hash    [32]byte
	Created time.Time
	Scope   TokenScope
	Expires time.Time // zero: without end
}

// TokenScope is what a token may do; each includes those before it.
type TokenScope string

// The scopes.
const (
	ScopeRead  TokenScope = "read"
	ScopeStaff TokenScope = "staff"
	ScopeAdmin TokenScope = "admin"
)

// Valid tells whether there is such a scope.
func (s TokenScope) Valid() bool { return s == ScopeRead || s == ScopeStaff || s == ScopeAdmin }

// Includes tells whether a token of this scope may do what another scope may.
func (s TokenScope) Includes(other TokenScope) bool {
	rank := map[TokenScope]int{ScopeRead: 1, ScopeStaff: 2, ScopeAdmin: 3}
	return rank[other] > 0 && rank[s] >= rank[other]
}

// Reply is the stored answer to a write that carried an Idempotency-Key.
type Reply struct {
	Key    string   // scoped by token name, method and path
	Digest [32]byte // SHA-256 of the request: another request under the same key is refused
	Status int
	Body   []byte
	At     time.Time

	Location string // of what the write made
}

// Access is one look at a recording.
type Access struct {
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

// FlowVersion is one published flow.
type FlowVersion struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	YAML      string    `json:"yaml"`
	Published time.Time `json:"published"`
	By        string    `json:"by"`
}
