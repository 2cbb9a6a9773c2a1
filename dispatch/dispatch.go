// Package dispatch gets a blocking ticket to a human.
//
// There are two ways. While the caller is on the line, the flow asks [Dispatcher.Connect] for an engineer. Without a caller, due
// work asks [Dispatcher.Escalate] and [Dispatcher.RingForAlarm]. Both call those on duty by oncall/ring, where only a pressed key
// accepts, and both write what happens into the ticket's history.
//
// [ActiveTickets] keeps the two apart: nobody escalates a ticket whose caller is on the line.
//
// Goroutines: one for each search, which looks at what other nodes do to its ticket. The search waits for it.
package dispatch

import (
	"context"
	"log/slog"
	"time"

	"hotline/alarm"
	"hotline/cdr"
	"hotline/directory"
	"hotline/dispatch/bulletin"
	"hotline/dispatch/chains"
	"hotline/oncall/ring"
	"hotline/sla"
	"hotline/tickets"
)

// Desk is what dispatch reads and writes of tickets. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Accept(ctx context.Context, n tickets.Number, engineer string, awaits bool, now time.Time) (tickets.Ticket, error)
	UndoAccept(ctx context.Context, n tickets.Number, engineer, text string, now time.Time) (tickets.Ticket, error)
	Join(ctx context.Context, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error)
	AskCallBack(ctx context.Context, n tickets.Number, actor, text string, at, now time.Time) (tickets.Ticket, error)
	Keep(ctx context.Context, n tickets.Number, r tickets.Recording, now time.Time) (tickets.Ticket, error)
	Close(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Reopen(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	NotRestored(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Entitlement(c directory.ContractID) (directory.Entitlement, error)
	Book() *directory.Book
}

// CallRecords takes outgoing legs into the record of the call that they belong to. calls.Records implements it.
type CallRecords interface {
	AddLeg(call tickets.CallID, l cdr.Leg)
}

// Operator is who answers key 0.
type Operator struct {
	Numbers []string       // telephones, rung one after the other; empty: there is no operator
	Hours   sla.CalendarID // when they are rung
}

// Config is what a [Dispatcher] works with. All of it is required, but for Menu, Others, Operator, Limits, Chains, Installed, Blocking, Times, NewID, Discards and Log.
type Config struct {
	Desk       Desk
	Active     *ActiveTickets // the one that the desk tells of changes
	Calls      CallRecords
	Telephones ring.Telephones
	Duty       ring.Duty
	Menu       ring.Menu   // of a talk; nil: there is none
	Others     ring.Others // nodes that ring the same engineers; nil: there are none
	Operator   Operator
	Limits     *bulletin.Limits         // of the calls for alarms; nil: of this process alone
	Chains     *chains.Feed             // hears of all that is rung; nil: nobody watches
	MayDial    func(number string) bool // tells whether the line may dial a telephone
	Spoken     func(number string) string
	Installed  func(ctx context.Context, t tickets.Ticket) (ring.Installed, bool) // for the brief; nil: nobody knows
	Blocking   func(ctx context.Context) ([]tickets.Ticket, error)                // those that are open, for who takes over; nil: nobody knows
	Times      ring.Times
	NewID      func() string // opaque, for recordings of talks; nil: no talk is recorded
	Discards   bool          // of a talk whose recording is refused meanwhile nothing is kept
	Alarm      alarm.Func
	Log        *slog.Logger
}

// Dispatcher finds somebody on duty who presses accept. It implements ivr.Human. Safe for concurrent use.
type Dispatcher struct {
	desk     Desk
	active   *ActiveTickets
	search   *ring.Search
	priority priority
	operator Operator
	mayDial  func(number string) bool
	alarm    alarm.Func
	newID    func() string
	discards bool

	bulletins *bulletin.Board
}

// zone is the one in which a ticket's deadlines are said.
func (d *Dispatcher) zone(t tickets.Ticket) *time.Location {
	terms, err := d.desk.Entitlement(t.Contract)
	if err != nil {
		return time.UTC
	}
	return terms.Hours.Zone()
}

// Active are the tickets that this process has in hand.
func (d *Dispatcher) Active() *ActiveTickets { return d.active }

// New makes a dispatcher; it starts nothing.
func New(c Config) *Dispatcher {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Chains == nil {
		c.Chains = chains.New(time.Now)
	}
	if c.Limits == nil {
		c.Limits = bulletin.NewLimits(nil, nil)
	}
	d := &Dispatcher{desk: c.Desk, active: c.Active, operator: c.Operator, mayDial: c.MayDial, alarm: c.Alarm, newID: c.NewID, discards: c.Discards}
	book := &history{desk: c.Desk, calls: c.Calls, active: c.Active, chains: c.Chains, alarm: c.Alarm, log: c.Log}
	d.search = ring.New(ring.Config{
		Telephones: c.Chains.Telephones(c.Telephones), Duty: c.Duty, Menu: c.Menu, Others: c.Others, Times: c.Times, Spoken: c.Spoken, Log: c.Log,
		Book: book, Installed: c.Installed, Blocking: c.Blocking, Recording: d.sessionOf,
	})
	d.bulletins = bulletin.New(bulletin.Config{
		Desk: c.Desk, Duty: c.Duty, Ringer: d.search, Active: c.Active, CallBack: d.customerNumber, Zone: d.zone, Book: book, Limits: c.Limits,
	})
	return d
}
