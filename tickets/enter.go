package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hotline/sla"
)

// Entry is an act that meets a clock, as staff enter it: now, or later with the instant at which it really happened.
type Entry struct {
	Clock sla.Kind
	At    time.Time // zero: now
	Text  string    // of one that is entered later: the reason
}

// InstantError is an instant at which an act cannot have happened.
type InstantError struct {
	Ticket  Number
	At      time.Time
	Problem string
}

func (e *InstantError) Error() string {
	return fmt.Sprintf("ticket %d, at %s: %s", e.Ticket, stamp(e.At), e.Problem)
}

// Facts of a line that was entered later: its own instant is when it was entered.
const (
	FactAt    = "at"      // when it really happened, RFC 3339
	FactLater = "entered" // "later"
	factMoved = "state"   // the state to which it moved the ticket; absent when it did not
)

// late tells whether a line was entered later, and when it happened.
func (e Event) late() (time.Time, bool) {
	if e.Facts[FactLater] == "" {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, e.Facts[FactAt])
	return at, err == nil
}

// acts are the lines that meet a clock when staff say so.
func acts() map[sla.Kind]stamping {
	return map[sla.Kind]stamping{
		sla.Contact: {event: Contacted}, sla.Intervention: {event: Intervened, state: InProgress}, sla.Restore: {event: RestoredAt, state: Restored},
	}
}

// Enter writes an act down. One that is entered later counts when it happened: a clock that was broken meanwhile is kept
// if that was in time, and the history keeps both lines. It must lie within the ticket's life and before what is on
// record, and says why; a closed ticket stays closed.
func (d *Desk) Enter(ctx context.Context, n Number, actor string, e Entry, now time.Time) (Ticket, error) {
	act := acts()[e.Clock]
	act.actor, act.text = actor, e.Text
	if e.At.IsZero() {
		return d.stamp(ctx, n, act, now)
	}
	if strings.TrimSpace(e.Text) == "" {
		return Ticket{}, fmt.Errorf("entering the %s of ticket %d later: say why: %w", e.Clock, n, ErrEmpty)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		at := e.At.Truncate(time.Second)
		if err := t.may(entering); err != nil {
			return nil, err
		}
		if err := t.couldHappen(e.Clock, at, now); err != nil {
			return nil, err
		}
		facts := map[string]string{FactAt: stamp(at), FactLater: "later"}
		if t.movedBy(e.Clock, at) {
			if err := t.to(act.state); err != nil {
				return nil, err
			}
			facts[factMoved] = string(t.State)
		}
		return d.record(t, Event{Kind: act.event, Actor: actor, At: now, Text: e.Text, Facts: facts}, nil)
	})
}

// couldHappen refuses an instant outside the ticket's life, or after the one that is on record.
func (t Ticket) couldHappen(k sla.Kind, at, now time.Time) error {
	on := map[sla.Kind]time.Time{sla.Contact: t.Stamps.Contact, sla.Intervention: t.Stamps.Intervention, sla.Restore: t.Stamps.Restore}[k]
	problem := ""
	switch {
	case at.Before(t.OpenedAt):
		problem = "it was opened only at " + stamp(t.OpenedAt)
	case at.After(now):
		problem = "that has not come yet"
	case t.State == Closed && at.After(t.ClosedAt):
		problem = "it was closed before, at " + stamp(t.ClosedAt)
	case !on.IsZero() && !at.Before(on):
		problem = fmt.Sprintf("the %s is on record already, at %s", k, stamp(on))
	default:
		return nil
	}
	return &InstantError{t.Number, at, problem}
}

// movedBy tells whether an act that is entered later moves the state. It does if nobody knew of it and nothing that came after it
// contradicts it. A wait that began after an intervention goes on.
func (t Ticket) movedBy(k sla.Kind, at time.Time) bool {
	switch {
	case !t.State.Live() || k == sla.Contact:
		return false
	case k == sla.Restore:
		return t.Stamps.Restore.IsZero()
	case !t.Stamps.Intervention.IsZero():
		return false
	}
	for _, p := range t.Pauses {
		if p.Why == sla.ForCustomer && p.Until.IsZero() && p.From.After(at) {
			return false
		}
	}
	return t.State != InProgress
}

// lateSteps are what an event does that was entered later: what it took up was taken up when it happened.
func lateSteps(e Event, happened time.Time) []sla.Step {
	var list []sla.Step
	if e.Facts[factMoved] != "" {
		list = append(list, sla.Step{Kind: sla.Resumed, At: happened, Why: sla.ForCustomer})
	}
	if e.Facts[factMoved] == string(Restored) {
		list = append(list, sla.Step{Kind: sla.Resumed, At: happened, Why: sla.NoAccess})
	}
	for k, act := range acts() {
		if act.event == e.Kind {
			list = append(list, sla.Step{Kind: sla.Stamped, At: e.At, Clock: k, Happened: happened})
		}
	}
	return list
}
