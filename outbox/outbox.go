// Package outbox tells other systems of tickets. Lines of tickets' histories become messages. Each message goes to every endpoint
// that wants it, at least once, with the same id at every try (docs/outbox.md).
//
// A change of a ticket asks for it as due work, in its own transaction. That work writes one message for each endpoint (Spread). A
// loop of each node sends what is due (Run): one at a time for each endpoint, those of one ticket in their order. A message that is
// not taken is tried again with growing gaps for three days, and is a dead letter then, which people see and can send again.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"hotline/storage"
	"hotline/tickets"
)

// Store keeps endpoints, which are documents, and messages. Safe for concurrent use.
type Store interface {
	Endpoint(ctx context.Context, id string) (Endpoint, error)
	Endpoints(ctx context.Context) ([]Endpoint, error) // by id
	PutEndpoint(ctx context.Context, e Endpoint) (Endpoint, error)
	DeleteEndpoint(ctx context.Context, id string, version int) error // with its messages

	// AddMessages writes those that are not known, in their order. What waits before one of its ticket that is due earlier, was not tried and
	// is not held, becomes due with it.
	AddMessages(ctx context.Context, list []Message) error
	Message(ctx context.Context, endpoint, id string) (Message, error)
	Messages(ctx context.Context, f Filter) ([]Message, error) // the newest first
	// CountMessages counts those that wait and the dead letters of each endpoint.
	CountMessages(ctx context.Context) (map[string]map[State]int, error)
	// DueEndpoints are those with a message that is due.
	DueEndpoints(ctx context.Context, now time.Time) ([]string, error)
	// ClaimMessage takes the next message of an endpoint that is due and behind no other of its ticket, counts a try, clears its error,
	// and keeps it from everybody else until an instant. storage.ErrNotFound: there is none.
	ClaimMessage(ctx context.Context, endpoint string, now, until time.Time) (Message, error)
	// Following are those that wait behind a message of its ticket, oldest first, so many at most.
	Following(ctx context.Context, m Message, most int) ([]Message, error)
	// Bundle writes kind and body of a message that was claimed as its try says, and that others of its ticket, which were never tried, are told
	// by it: all of that or nothing. storage.ErrConflict when somebody has one of them meanwhile.
	Bundle(ctx context.Context, m Message, others []string, now time.Time) error
	// PutMessage writes how a message stands that was tried so often; what it tells stays. storage.ErrConflict when somebody has tried it meanwhile.
	PutMessage(ctx context.Context, m Message, tried int) error
	// Hasten makes every message that waits for another try due at once; those that are being tried, or held by quiet hours, stay.
	Hasten(ctx context.Context, endpoint string, now time.Time) error
	// Requeue makes every dead letter of an endpoint wait again, due at once, and counts them.
	Requeue(ctx context.Context, endpoint string, now time.Time) (int, error)
	// ForgetMessages forgets what was taken or bundled and dead letters from before two instants, and what a removed endpoint was to be told.
	ForgetMessages(ctx context.Context, sent, dead time.Time) error
}

// Sender brings one message to its endpoint. An *[Failure] says more of why it was not taken. Safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, e Endpoint, m Message) error
}

// Failure is why an endpoint did not take a message.
type Failure struct {
	Why    string        // for people, without secrets
	After  time.Duration // for which the receiver asks; 0: it says nothing
	Final  bool          // no other try can help
	Gone   bool          // the endpoint itself is no more, and is removed with what it was to be told
	Status int           // of HTTP; 0: there was no answer
}

// Error tells why.
func (f *Failure) Error() string { return f.Why }

// Desk is where tickets and their histories are read. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
}

// Outcome is what became of a try.
type Outcome string

// The outcomes of a try.
const (
	Delivered  Outcome = "sent"
	Deferred   Outcome = "deferred"
	DeadLetter Outcome = "dead"
)

// Config is what an [Outbox] works with. All of it is required.
type Config struct {
	Store   Store
	Desk    Desk
	Sender  Sender
	Written func(t tickets.Ticket, e tickets.Event) (summary, text string) // what happened, in the language of the house
	Counted func(Outcome)
	Log     *slog.Logger
}

// Outbox brings messages out. Safe for concurrent use.
type Outbox struct {
	cfg  Config
	told chan struct{} // there may be something to send

	mu     sync.Mutex
	known  bool // whether the endpoints were read
	some   bool // whether there is one
	noted  bool // whether one is told of everything that staff see
	behind map[string]bool
}

// New makes an outbox; Run starts it.
func New(c Config) *Outbox {
	return &Outbox{cfg: c, told: make(chan struct{}, 1), behind: map[string]bool{}}
}

const (
	look     = 2 * time.Second  // between two looks for messages that are due
	lease    = time.Minute      // for which a message belongs to who tries it; a try takes less
	tryTime  = 20 * time.Second // of one try
	upkeep   = 10 * time.Minute // between two times that old messages are forgotten
	rereadIn = 10 * time.Second // how soon an endpoint of another node is known
)

// Wanted tells whether a line of a history has to go out. The desk asks within each change, so it reads nothing.
func (o *Outbox) Wanted(e tickets.Event) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.known {
		return KindOf(e) != ""
	}
	return o.some && KindOf(e) != "" && (KindOf(e) != Noted || o.noted)
}

// Edited takes note that endpoints were edited at this node.
func (o *Outbox) Edited(ctx context.Context) {
	o.reread(ctx)
	o.tell()
}

func (o *Outbox) tell() {
	select {
	case o.told <- struct{}{}:
	default:
	}
}

func (o *Outbox) reread(ctx context.Context) {
	all, err := o.cfg.Store.Endpoints(ctx)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known, o.some = true, len(all) > 0
	o.noted = slices.ContainsFunc(all, func(e Endpoint) bool { return e.names(Noted) })
}

// together is within which time lines are written with the one that is due: their own work may come later, and must not overtake.
const together = time.Hour

// Spread does the due work of one line: it writes a message for each endpoint that wants it. Lines of the last hour before it, whose
// work has not come yet, are written with it, so that messages of a ticket keep their order.
func (o *Outbox) Spread(ctx context.Context, w tickets.Work) error {
	endpoints, err := o.cfg.Store.Endpoints(ctx)
	if err != nil || len(endpoints) == 0 {
		return err
	}
	t, err := o.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	lines, err := o.cfg.Desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.ID == w.Facts[tickets.FactLine] })
	if at < 0 {
		return fmt.Errorf("ticket %d has no line %s", w.Ticket, w.Facts[tickets.FactLine])
	}
	var list []Message
	for _, e := range lines[:at+1] {
		if KindOf(e) == "" || e.At.Before(lines[at].At.Add(-together)) {
			continue
		}
		summary, text := o.cfg.Written(t, e)
		made, err := messages(endpoints, PayloadOf(t, e, summary, text))
		if err != nil {
			return err
		}
		list = append(list, made...)
	}
	if err := o.cfg.Store.AddMessages(ctx, list); err != nil {
		return err
	}
	o.tell()
	return nil
}

// messages are those of one payload.
func messages(endpoints []Endpoint, p Payload) (list []Message, err error) {
	body, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("writing a message of ticket %d: %w", p.Data.Ticket.Number, err)
	}
	for _, e := range endpoints {
		if !e.Wants(p) {
			continue
		}
		due := e.due(p)
		list = append(list, Message{
			Endpoint: e.ID, ID: "msg_" + p.Data.Event.ID, Ticket: tickets.Number(p.Data.Ticket.Number), Kind: p.Type, At: p.Timestamp, Body: string(body),
			State: Waiting, Held: e.Quiet.End(p.Type, p.Timestamp).After(p.Timestamp), Due: due, Since: due,
		})
	}
	return list, nil
}

// Run sends what is due until ctx ends, and waits for those who send.
func (o *Outbox) Run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	var read, forgot time.Time
	for {
		now := time.Now()
		if now.Sub(read) >= rereadIn {
			o.reread(ctx)
			read = now
		}
		if now.Sub(forgot) >= upkeep {
			if err := o.cfg.Store.ForgetMessages(ctx, now.Add(-KeepSent), now.Add(-KeepDead)); err == nil {
				forgot = now
			}
		}
		due, err := o.cfg.Store.DueEndpoints(ctx, now)
		if err != nil && ctx.Err() == nil {
			o.cfg.Log.Debug("messages to other systems wait until the database answers", "error", err)
		}
		for _, id := range due {
			if o.begin(id) {
				sending.Go(func() {
					defer o.end(id)
					o.sendAll(ctx, id)
				})
			}
		}
		if !o.wait(ctx) {
			return
		}
	}
}

// wait is false when ctx has ended.
func (o *Outbox) wait(ctx context.Context) bool {
	now := time.Now()
	next := time.NewTimer(now.Truncate(look).Add(look).Sub(now)) // when the other work of the background wakes, too
	defer next.Stop()
	select {
	case <-next.C:
	case <-o.told:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// begin is true for the first to send to an endpoint.
func (o *Outbox) begin(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.behind[id] {
		return false
	}
	o.behind[id] = true
	return true
}

func (o *Outbox) end(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.behind, id)
}

// sendAll sends what is due at one endpoint, until nothing is or a try fails: what follows would fail too.
func (o *Outbox) sendAll(ctx context.Context, id string) {
	for ctx.Err() == nil {
		e, err := o.cfg.Store.Endpoint(ctx, id)
		if err != nil || e.Paused {
			return
		}
		now := time.Now()
		m, err := o.cfg.Store.ClaimMessage(ctx, id, now, now.Add(lease))
		if errors.Is(err, storage.ErrNotFound) {
			return
		}
		if err != nil {
			o.cfg.Log.Warn("messages to another system are sent later", "endpoint", id, "error", err)
			return
		}
		if !o.try(ctx, e, m) {
			return
		}
	}
}

// try sends one message; true: go on with the next.
func (o *Outbox) try(ctx context.Context, e Endpoint, m Message) bool {
	keep := context.WithoutCancel(ctx) // what became of it is written although the program stops
	if end := e.Quiet.End(m.Kind, time.Now()); end.After(time.Now()) {
		m.Held, m.Due, m.Since, m.Tries = true, end, end, m.Tries-1
		return o.put(keep, m, m.Tries+1)
	}
	m, err := o.bundled(keep, e, m, time.Now())
	if err != nil {
		o.unbundled(keep, m, err)
		return false
	}
	limited, cancel := context.WithTimeout(ctx, tryTime)
	err = o.cfg.Sender.Send(limited, e, m)
	cancel()
	now, tried := time.Now(), m.Tries
	switch {
	case err == nil:
		o.cfg.Counted(Delivered)
		if !o.put(keep, m.taken(now), tried) {
			return false
		}
		if err := o.cfg.Store.Hasten(keep, e.ID, now); err != nil {
			o.cfg.Log.Warn("messages wait for their next try although the receiver works", "endpoint", e.ID, "error", err)
		}
		return true
	case ctx.Err() != nil: // we stop: it goes out with the same id by the next start. It may have been taken, so the try counts: nothing is bundled with it
		m.Due = now
		if m.Tries == 1 {
			m.Since = now
		}
		o.put(keep, m, tried)
		return false
	}
	failure := &Failure{Why: err.Error()}
	errors.As(err, &failure)
	if failure.Gone {
		o.gone(keep, e, failure)
		return false
	}
	m = m.failed(failure.Why, failure.After, failure.Final, now)
	outcome := Deferred
	if m.State == Dead {
		outcome = DeadLetter
		o.cfg.Log.Warn("a message to another system is a dead letter; send it again when its receiver works", "endpoint", e.ID, "id", m.ID, "ticket", m.Ticket, "error", m.Error)
	}
	o.cfg.Counted(outcome)
	return o.put(keep, m, tried) && m.State == Dead
}

// gone removes an endpoint that is no more.
func (o *Outbox) gone(ctx context.Context, e Endpoint, why *Failure) {
	o.cfg.Counted(DeadLetter)
	if err := o.cfg.Store.DeleteEndpoint(ctx, e.ID, e.Version); err != nil && !errors.Is(err, storage.ErrNotFound) {
		o.cfg.Log.Warn("an endpoint that is no more is not removed; it is tried again", "endpoint", e.ID, "error", err)
		return
	}
	o.cfg.Log.Info("an endpoint that is no more was removed", "endpoint", e.ID, "owner", e.Owner, "why", why.Why)
	o.Edited(ctx)
}

// put writes how a message stands that was claimed as the given try.
func (o *Outbox) put(ctx context.Context, m Message, tried int) bool {
	if err := o.cfg.Store.PutMessage(ctx, m, tried); err != nil {
		o.cfg.Log.Warn("what became of a message is not written; it is sent again with the same id", "endpoint", m.Endpoint, "id", m.ID, "error", err)
		return false
	}
	return true
}

// Retry sends a message again, whatever became of it; one that waits is due at once, and one that is being tried stays.
func (o *Outbox) Retry(ctx context.Context, endpoint, id string, now time.Time) (Message, error) {
	m, err := o.cfg.Store.Message(ctx, endpoint, id)
	if err != nil || m.beingTried(now) {
		return m, err
	}
	tried := m.Tries
	if err := o.cfg.Store.PutMessage(ctx, m.Again(now), tried); err != nil {
		return m, err
	}
	o.tell()
	return m.Again(now), nil
}

// RetryAll sends every dead letter of an endpoint again, and tells how many they were.
func (o *Outbox) RetryAll(ctx context.Context, endpoint string, now time.Time) (int, error) {
	n, err := o.cfg.Store.Requeue(ctx, endpoint, now)
	if n > 0 {
		o.tell()
	}
	return n, err
}

// Try sends a test message to an endpoint at once, and keeps nothing of it. The error is why it was not taken.
func (o *Outbox) Try(ctx context.Context, e Endpoint, now time.Time) error {
	p := Payload{Type: Test, Timestamp: now.UTC(), Data: Data{
		Summary: "hotline: test", Text: "hotline: test " + now.UTC().Format(time.RFC3339), Ticket: Ticket{Clocks: []Clock{}, OpenedAt: now.UTC(), Priority: 5},
		Event: Line{Facts: map[string]string{}},
	}}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("writing a test message: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	return o.cfg.Sender.Send(limited, e, Message{Endpoint: e.ID, ID: "msg_test_" + strconv.FormatInt(now.UnixNano(), 36), Kind: Test, At: now.UTC(), Body: string(body), Tries: 1})
}
