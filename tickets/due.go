package tickets

import (
	"context"
	"time"
)

// Work is one due act: an escalation, a warning, a receipt, a retry. The deadlines in the ticket's rows are the truth.
// Work only acts on them, and to act twice is harmless.
type Work struct {
	ID     string // unique: enqueued twice, done once
	Kind   string
	Ticket Number
	Due    time.Time
	Facts  map[string]string
}

// The kinds of due work.
const (
	WorkClocks   = "clocks"   // a warning or a breach is to be raised
	WorkEscalate = "escalate" // nobody has accepted a blocking ticket yet
	WorkRing     = "ring"     // an alarm rings the rota
	WorkNotify   = "notify"   // an alarm tells somebody: facts name whom, which clock and which alarm
	WorkReceipt  = "receipt"  // the customer gets it in writing
	WorkUpdate   = "update"   // staff get it in writing: facts name the line of the history
	WorkWarn     = "warn"     // of former versions: as WorkClocks
	WorkBreach   = "breach"   // of former versions: as WorkClocks
)

// WorkQueue does due work: PostgreSQL has River behind it, the twin in memory a timer.
type WorkQueue interface {
	// Run hands each piece of work to handle once it is due, several at a time, until ctx ends; then it waits for those
	// under way and returns nil. Work whose handle fails comes again later; work that was done never does.
	Run(ctx context.Context, handle func(ctx context.Context, w Work) error) error
}

// Later is the error of due work that cannot be done yet: the queue hands it out again at At.
type Later struct{ At time.Time }

// Error names the instant.
func (l *Later) Error() string { return "not before " + l.At.UTC().Format(time.RFC3339) }
