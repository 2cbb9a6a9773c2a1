// Package ring is getting one of those on duty to press the key.
//
// It asks for telephones by its own interface, which app fills from line; only a pressed key accepts, so a mailbox never
// can. It waits by timers and asks the time itself, as adapters do (docs/architecture.md, Time).
package ring

import (
	"context"
	"errors"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// How an attempt that found no open line ended.
var (
	ErrDead    = errors.New("no response at all")           // after 4 s: nothing answers at that address
	ErrRefused = errors.New("refused by the telephone")     // a final answer: busy, 404, declined
	ErrUnheard = errors.New("rang without being picked up") // 20 s
	ErrTrunk   = errors.New("our credentials were refused") // by the trunk: no word of the telephone's
	ErrNoKey   = errors.New("no key within the time")
)

// Telephones places outgoing calls. line implements it.
type Telephones interface {
	// Ring calls address and blocks until somebody picks up; ctx ends the ringing with a CANCEL.
	Ring(ctx context.Context, address string, as Introduction) (Telephone, error)
}

// Introduction is what a telephone that we ring may be shown.
type Introduction struct {
	Name string // of the house
	// Customer is the number of whom the call is about, where one is known and he shows it. Whether the telephone is
	// shown it or the house's own number is the trunk's policy.
	Customer string

	Budget Budget         // that pays for the call; empty: UnderContract
	Ticket tickets.Number // that it is for; 0 for none
	Whose  string         // telephone it is: an engineer's id, "operator", "customer" or "trunk test"
	Trunk  string         // by which alone it is dialled; empty: by any
	// Placed hears the Call-ID of each INVITE before it is sent, in Ring's own goroutine; nil for nobody.
	Placed func(sipID string)
}

// Budget is for whom calls are placed: each has its own, which the others cannot use up.
type Budget string

// The budgets of outgoing calls.
const (
	UnderContract Budget = ""
	OnRequest     Budget = "request"  // of callers without a contract
	ForOperator   Budget = "operator" // key 0, which anybody may press
	ForTests      Budget = "test"     // test calls, which staff ask for
)

// Telephone is a picked-up outgoing leg. Used by one goroutine.
type Telephone interface {
	ID() string               // under which another leg can be joined to this one
	Context() context.Context // its cause is the ending
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
	// Music plays the hold music until stop is called; stop waits.
	Music(ctx context.Context) (stop func())
	Key(ctx context.Context, wait time.Duration) (byte, error)
	// KeysInSound tells, after a key, whether all of them have come as tones in the leg's sound: what a machine says may hold such tones.
	KeysInSound() bool
	Replay(ctx context.Context, recording string) error
	// Listen has hear told, from another goroutine, of each sign that a machine has answered, until stop is called, which waits.
	Listen(hear func(Sign)) (stop func())
	// Join lets this leg and the call of the given id hear each other, and whoever that call talks to already. It ends when one
	// of them ends, when this leg is lost or silent for too long, or when ctx ends. It returns nil when this leg hung up by a
	// BYE, else ErrSilent or the cause.
	Join(ctx context.Context, call string, j Joining) error
	// HungUp tells whether the leg ended by a BYE of its own: somebody put the receiver down. A leg that was lost did not.
	HungUp() bool
	// SilentFor is how long nothing at all has come from the leg; zero while the other side holds.
	SilentFor() time.Duration
	Hangup()
	// Quality is how the sound came over so far.
	Quality() cdr.Quality
}

// Joining is how two legs are joined.
type Joining struct {
	Silence time.Duration // this leg is lost when nothing has come from it for so long; 0: never
	Talk    time.Duration // after so long in which both were heard they have talked
	Talked  func()        // hears of it, once, in Join's own goroutine; nil for nobody
	// Menu lets the key * of this leg end the join, with ErrMenu: a leg whose keys come in its sound has no such key, since a voice
	// may sound like one.
	Menu      bool
	Recording *recorded.Session // nil: the talk is not recorded
	// Refuses hears, in Join's own goroutine, of [recorded.Key] while the session runs: whether it is this leg's, else it is the other's.
	Refuses func(own bool)
	// Keep has no key of the other leg reach this one from its * on: there it ends the talk. All keys of that leg are taken elsewhere.
	Keep bool
}

// ErrMenu is a join that an engineer's * has ended for a while.
var ErrMenu = errors.New("the engineer asked for the menu")

// Menu is what engineers may do by key in the middle of a talk. Safe for concurrent use.
type Menu interface {
	// DuringTalk has the menu with an engineer, while the customer hears music or talks to another engineer; it ends with the
	// telephone. third tells whether a colleague may be asked to join.
	DuringTalk(t Telephone, a oncall.Attempt, n tickets.Number, third bool) Wish
}

// Wish is what an engineer wants by the menu of a talk.
type Wish int

// The wishes.
const (
	GoBack   Wish = iota // to the customer
	HandOver             // somebody else is to have the customer
	AddThird             // a colleague is to join the two
)

// ErrLineLost is the cause of a leg that ended without a BYE of its own: its line broke, or no sound came any more. Nobody put the
// receiver down.
var ErrLineLost = errors.New("line lost")

// ErrSilent is a joined leg from which no packet comes any more.
var ErrSilent = errors.New("leg fell silent")

// Every outgoing call is rung and written down here: the telephones of a search, of a bulletin, of a test call, and the customer's.

// ring rings a telephone for so long at most, or until ctx ends, and begins its leg of the record.
func (s *Search) ring(ctx context.Context, address string, rings time.Duration, as Introduction) (Telephone, cdr.Leg, error) {
	leg := cdr.Leg{Ticket: as.Ticket, Engineer: as.Whose, Address: address, Started: time.Now()}
	as.Placed = func(sipID string) { leg.SIPID = sipID }
	ringing, cancel := context.WithTimeoutCause(ctx, rings, ErrUnheard)
	defer cancel()
	t, err := s.Telephones.Ring(ringing, address, as)
	if err != nil {
		return nil, leg, err
	}
	leg.Answered = time.Now()
	return t, leg, nil
}

// write ends a leg and writes it into the record of a call; empty for none. t is nil where nobody has picked up.
func (s *Search) write(ctx context.Context, call string, leg cdr.Leg, t Telephone, result string) {
	leg.Ended, leg.Result = time.Now(), result
	if t != nil {
		leg.Quality = t.Quality()
	}
	s.Book.Leg(context.WithoutCancel(ctx), call, leg)
}
