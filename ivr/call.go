// Package ivr is what the caller hears and presses: flows as data, verbs as code. Parse reads a flow, and Converse takes one
// call through it. Package line gives it a telephone call, ivr/try the keyboard, ivr/ivrtest a script.
package ivr

import (
	"context"
	"errors"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/tickets"
)

// Conditions that a conversation tells apart. A hang-up of the caller also ends the context, as its cause.
var (
	ErrNoKey    = errors.New("no key within the time")
	ErrHungUp   = errors.New("caller hung up")
	ErrLineLost = errors.New("line lost") // RTP went silent, transport failed
)

// Caller is what is known of a call before anybody spoke.
type Caller struct {
	ID      tickets.CallID
	Number  string // as the trunk gave it; empty when withheld: a hint, never a credential
	Dialled string // the number that was called
	Trunk   string
	House   bool // it came by no trunk, from a telephone of the house's own: Number is the name of its account then
	At      time.Time

	Transport string               // of a call that came otherwise than by telephone, for the record
	Contract  directory.ContractID // as which the caller has logged in before the call: no PIN is asked; empty: nobody has
	CallBack  string               // the number that the caller has written, to be called back at; empty: Number
	Language  prompts.Language     // that the caller has chosen before the call; empty: none
}

// Call is the telephone line as a conversation needs it. line implements it over SIP and RTP, ivrtest by a script,
// `hotline try` by the keyboard. Its methods block and are used by one goroutine; each returns the context's cause once
// the caller is gone. Keys typed ahead wait in a queue.
type Call interface {
	Caller() Caller
	// Say speaks a phrase. With bargeIn a key stops it (and the return is nil: the key waits in the queue).
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
	// Key takes the next key ('0'-'9', '*', '#') from the queue, waiting up to wait; ErrNoKey after that.
	Key(ctx context.Context, wait time.Duration) (byte, error)
	// Flush forgets the keys typed ahead.
	Flush()
	// Record hears the caller until '#', silence, the longest time, or the hang-up; what was heard is kept in each case and
	// returned also beside an error.
	Record(ctx context.Context, r RecordRequest) (Recorded, error)
	// Replay plays a recording back; a key stops it.
	Replay(ctx context.Context, id string) error
	// Play plays a sound that was made during the call, A-law of 8 kHz; a key stops it.
	Play(ctx context.Context, alaw []byte) error
	// Music plays until the returned stop is called; it never ends the call. stop waits.
	Music(ctx context.Context) (stop func())
	// Now is the line's clock, read once per event.
	Now() time.Time
}

// RecordRequest says how long to listen. Zero values: 180 s at most, 2.5 s of silence at the end, 6 s at the beginning.
type RecordRequest struct {
	ID      string // opaque name of the recording
	Max     time.Duration
	Silence time.Duration
	Initial time.Duration
}

// RecordEnd is why a recording ended.
type RecordEnd string

// The ends of a recording.
const (
	EndedByKey     RecordEnd = "key"
	EndedBySilence RecordEnd = "silence"
	EndedUnspoken  RecordEnd = "unspoken" // nothing was said within the initial silence
	EndedByLength  RecordEnd = "length"
	EndedByHangUp  RecordEnd = "hang-up"
)

// Recorded is a recording as it lies in the spool.
type Recorded struct {
	Recording tickets.Recording
	End       RecordEnd
}

// Reach is how the search for a human ended.
type Reach string

// The ends of a search, beside each tickets.Needless, which is the reason why it was called off. Only Talked means that
// somebody pressed accept.
const (
	Talked     Reach = "talked"     // joined, and the talk ended by the engineer: the caller is still there
	Nobody     Reach = "nobody"     // the chain was called twice in vain
	NoRota     Reach = "no rota"    // nobody is on duty
	Impossible Reach = "impossible" // outgoing calls do not work at all
	Left       Reach = "left"       // the caller pressed the key to be called back; those on duty are rung on
)

// Human finds somebody on duty for a caller and joins the two. app fills it from oncall/ring.
type Human interface {
	// Search begins to ring those on duty. The caller goes on in the conversation until [Search.Join] is called, which must be,
	// once, and also when the caller is gone: ctx ends then, and Join tells the engineer whose telephone rings. The ticket is
	// given as the conversation knows it: where staff have made ringing pointless since, nobody is rung and the reach is the
	// tickets.Needless.
	Search(ctx context.Context, call Call, lang prompts.Language, t tickets.Ticket) Search
	// Operator rings the operator's phones while the caller hears what is said of it and music; false when there is none, it is out
	// of hours or nobody accepted.
	Operator(ctx context.Context, call Call, o OperatorCall) (bool, error)
}

// OperatorCall is a caller who wants the operator.
type OperatorCall struct {
	Language prompts.Language
	Calling  prompts.Phrase // what the caller hears
	// Ticket opens the ticket on which the recording of the talk is kept. It is called from the goroutine of Operator, once both have been
	// told and are joined. nil: the talk is not recorded.
	Ticket func() (tickets.Number, error)
	// Refused takes a refusal of that recording while there is no such ticket, in the words of a history. It is called by one goroutine, and
	// never after Operator has come back.
	Refused func(text string)
}

// Search is a search for a human under way. Its methods are used by the conversation's goroutine, and none waits but Join.
type Search interface {
	// Calls tells, within a second, whether anybody is rung: nobody is when nobody is on duty.
	Calls(ctx context.Context) bool
	// Accepted is closed when somebody has pressed accept while the caller is still busy: Join is to be called at once.
	Accepted() <-chan struct{}
	// Message names what the caller is recording or has recorded, for an engineer who wants to hear it; empty for none.
	Message(recording string)
	// MayRecord tells whether the caller knows that the talk may be recorded, and lets it be; until it is called the talk may not.
	MayRecord(yes bool)
	// Join hands the caller over: the search plays its music and its sentences on the call itself. It comes back when the
	// talk or the search is over, or when the caller chose not to wait (Left).
	Join(ctx context.Context) (Reach, error)
	// Wait waits until the search is over, also one for which the caller did not wait. Whoever runs the conversation calls it
	// when the call is over.
	Wait() Reach
}
