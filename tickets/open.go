package tickets

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/sla"
)

// Draft is a request as it comes in.
type Draft struct {
	Number   Number // one that was taken for it before; 0: the next one
	Call     CallID
	Caller   string // number to call back
	From     string // number that the call came from; empty when withheld
	Language string
	Identity Identity // zero: Support on Request
	Claim    sla.Category
	Channel  Channel
	Actor    string // "caller", "staff:NAME"
	Text     string
	Facts    map[string]string // more of the first line
	Night    bool              // the price of a call outside the contract's hours was accepted, where the contract has one
}

// Open makes a ticket: number, priority, clocks and the first line of its history in one change. An unknown caller who
// had three tickets within the hour is bundled into the latest of them, unless he claims a blocking anomaly. With the store down the ticket waits at the
// desk; only a number that cannot be had is an error.
func (d *Desk) Open(ctx context.Context, draft Draft, now time.Time) (Ticket, error) {
	now = now.Truncate(time.Second)
	draft.Caller, draft.From = d.e164(draft.Caller), d.e164(draft.From)
	if d.bundles(draft) {
		if t, ok := d.bundle(ctx, draft, now); ok {
			return t, nil
		}
	}
	n, err := draft.Number, error(nil)
	if n == 0 {
		n, err = d.cfg.Numbers.Next(ctx)
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("opening a ticket: %w", err)
	}
	t := Ticket{
		Number: n, State: Open, Evo: draft.Identity.Contract.EvoSupport, OpenedAt: now, Classification: Classification{Claim: draft.Claim},
		Reporter: Reporter{
			Contract: draft.Identity.Contract.ID, Customer: draft.Identity.Customer.ID, Name: draft.Identity.Customer.Name,
			Caller: draft.Caller, Channel: draft.Channel, Language: draft.Language,
		},
	}
	terms, err := d.Entitlement(t.Contract)
	if err != nil {
		return Ticket{}, fmt.Errorf("opening ticket %d: %w", n, err)
	}
	facts := map[string]string{"call": string(draft.Call), "claim": string(draft.Claim), "level": string(terms.Level.ID)}
	for name, value := range draft.Facts {
		facts[name] = value
	}
	if draft.Night {
		facts[FactNight] = "accepted"
	}
	lines, err := d.begin(&t, terms.Terms, Event{Kind: Opened, Actor: draft.Actor, Text: draft.Text, Facts: facts})
	if err != nil {
		return Ticket{}, fmt.Errorf("opening ticket %d: %w", n, err)
	}
	if t, err = d.write(ctx, 0, t, now, lines); err != nil {
		return Ticket{}, fmt.Errorf("opening ticket %d: %w", n, err)
	}
	if !draft.Identity.Known() {
		d.noteOpened(draft.number(), n, now)
	}
	return t, nil
}

// number is the number under which an unknown caller's tickets are counted: the number that calls, or the keyed one where the
// caller's is withheld.
func (d Draft) number() string { return cmp.Or(d.From, d.Caller) }

// Categorise notes the caller's claim on a ticket that was opened without one; clocks run from the opening.
func (d *Desk) Categorise(ctx context.Context, n Number, c sla.Category, now time.Time) (Ticket, error) {
	if !c.Valid() {
		return Ticket{}, fmt.Errorf("category %q is unknown", c)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		was := t.Category()
		t.Claim = c
		who := "caller"
		if t.Channel == Alert {
			who = string(Alert)
		}
		return d.record(t, t.urgent(Event{Kind: Categorised, Actor: who, At: now, Facts: map[string]string{"claim": string(c)}}, was), nil)
	})
}

// Keep puts a recording on the ticket. What a caller has said while the ticket waited for the customer is the answer, as words by mail are: the
// ticket is taken up again.
func (d *Desk) Keep(ctx context.Context, n Number, r Recording, now time.Time) (Ticket, error) {
	if r.Kind == Talk {
		return d.keepOf(ctx, n, r, Event{Actor: "system", Text: "the talk of the caller and an engineer, in two channels"}, now)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		kept := t.kept(r, Event{Actor: "caller"})
		if !t.waitsSince(r.At) {
			return []Event{kept}, nil
		}
		lines, err := d.History(ctx, n)
		if err != nil { // the message counts, wherever the ticket goes back to
			lines = nil
		}
		more, err := d.moved(t, t.before(lines), Event{Kind: Resumed, Actor: "caller"}, now)
		return append([]Event{kept}, more...), err
	})
}

// waitsSince tells whether the customer owed an answer at an instant, and still does.
func (t Ticket) waitsSince(at time.Time) bool {
	return t.State == Waiting && slices.ContainsFunc(t.Pauses, func(p sla.Pause) bool {
		return p.Why == sla.ForCustomer && p.Until.IsZero() && !at.Before(p.From)
	})
}

// Dictate puts a note on the ticket that an engineer has spoken; text says by what means.
func (d *Desk) Dictate(ctx context.Context, n Number, engineer, text string, r Recording, now time.Time) (Ticket, error) {
	return d.keepOf(ctx, n, r, Event{Actor: "engineer:" + engineer, Text: text}, now)
}

// keepOf adds a recording and the line that tells whose it is.
func (d *Desk) keepOf(ctx context.Context, n Number, r Recording, e Event, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) { return []Event{t.kept(r, e)}, nil })
}

// kept adds a recording, and completes the line that tells of it.
func (t *Ticket) kept(r Recording, e Event) Event {
	t.keep(r)
	e.Kind, e.Facts = Recorded, map[string]string{FactRecording: r.ID, "seconds": fmt.Sprintf("%.1f", r.Seconds)}
	return e
}

// Announce finds the open ticket that a caller of this contract is told of: the most urgent one.
func (d *Desk) Announce(ctx context.Context, id Identity) (Ticket, bool, error) {
	if !id.Known() {
		return Ticket{}, false, nil
	}
	open, err := d.cfg.Quick.OpenOf(ctx, id.Contract.ID)
	if err != nil || len(open) == 0 {
		return Ticket{}, false, err
	}
	return open[0], true, nil
}

// CalledAgainAbout notes that the caller added to the ticket, or only heard its state.
func (d *Desk) CalledAgainAbout(ctx context.Context, n Number, call CallID, what string, now time.Time) (Ticket, error) {
	return d.Note(ctx, n, Event{Kind: CalledAgain, Actor: "caller", Text: what, Facts: map[string]string{"call": string(call)}}, now)
}

// Note adds a line to the history and changes nothing else: ring attempts, what a caller was told, a gap in the rota.
func (d *Desk) Note(ctx context.Context, n Number, e Event, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(*Ticket) ([]Event, error) { return []Event{e}, nil })
}
