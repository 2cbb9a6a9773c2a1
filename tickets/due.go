package tickets

import (
	"context"
	"slices"
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
	WorkClocks     = "clocks"     // a warning or a breach is to be raised
	WorkEscalate   = "escalate"   // nobody has accepted a blocking ticket yet
	WorkRing       = "ring"       // an alarm rings the rota
	WorkNotify     = "notify"     // an alarm tells somebody: facts name whom, which clock and which alarm
	WorkCallBack   = "call_back"  // a customer waits to be called back
	WorkRingNow    = "ring_now"   // staff want those on duty rung
	WorkConfirm    = "confirm"    // a customer is asked whether what is marked as restored works
	WorkReceipt    = "receipt"    // the customer gets it in writing
	WorkUpdate     = "update"     // staff get it in writing: facts name the line of the history
	WorkOutgoing   = "outgoing"   // other systems are told: facts name the line of the history
	WorkTranscribe = "transcribe" // a recording is to be put into text: facts name it
	WorkWarn       = "warn"       // of former versions: as WorkClocks
	WorkBreach     = "breach"     // of former versions: as WorkClocks
	WorkTell       = "tell"       // the customer gets it in writing: facts name the line of the history
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

// Call-backs that were promised to a customer, and staff's wish that somebody is rung now. Both are lines of the history and due
// work of the same change, so that neither a restart nor a store that is down loses them. dispatch does the work.

// FactRecording names a recording in a line of the history and in due work.
const FactRecording = "recording"

// FactCallAt is when a customer is to be called back, in RFC 3339.
const FactCallAt = "call_at"

// AskCallBack notes that the customer is to be called back: at an instant, or now where that has passed or is zero. Of several that
// were asked for the last one counts.
func (d *Desk) AskCallBack(ctx context.Context, n Number, actor, text string, at, now time.Time) (Ticket, error) {
	if at.Before(now) {
		at = now
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(calling); err != nil {
			return nil, err
		}
		return []Event{{Kind: CallBackAsked, Actor: actor, Text: text, Facts: map[string]string{FactCallAt: at.UTC().Format(time.RFC3339)}}}, nil
	})
}

// AskRing notes that staff want those on duty rung for the ticket now, whatever the hour and the category.
func (d *Desk) AskRing(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(calling); err != nil {
			return nil, err
		}
		return []Event{{Kind: RingAsked, Actor: actor}}, nil
	})
}

// callOuts is the work that such lines ask for.
func callOuts(t Ticket, events []Event) (work []Work) {
	for _, e := range events {
		w := Work{Ticket: t.Number, Due: e.At, Facts: map[string]string{factAsked: e.ID}}
		switch e.Kind {
		case CallBackAsked:
			w.ID, w.Kind, w.Due = "call-back-"+e.ID, WorkCallBack, callAt(e)
		case RingAsked:
			w.ID, w.Kind = "ring-now-"+e.ID, WorkRingNow
		default:
			continue
		}
		work = append(work, w)
	}
	return work
}

// confirmAfter is how long after "restored" the customer is rung: who has just marked it may be talking to the customer.
const confirmAfter = 5 * time.Minute

// confirmations is the call to the customer that a restore asks for, where the contract wants it.
func (d *Desk) confirmations(t Ticket, events []Event) (work []Work) {
	if c, ok := d.Book().Contracts.Get(t.Contract); !ok || !c.ConfirmByCall || t.State != Restored {
		return nil
	}
	for _, e := range events {
		if e.Kind == RestoredAt {
			work = append(work, Work{ID: "confirm-" + e.ID, Kind: WorkConfirm, Ticket: t.Number, Due: e.At.Add(confirmAfter), Facts: map[string]string{factAsked: e.ID}})
		}
	}
	return work
}

// ToConfirm tells whether the customer is still to be asked whether a ticket's service works, how often that was tried for the
// same restore, and when last.
func ToConfirm(t Ticket, lines []Event, w Work) (owed bool, tries int, last time.Time) {
	at := slices.IndexFunc(lines, func(e Event) bool { return w.AsksFor(e) })
	for _, e := range lines[at+1:] {
		switch e.Kind {
		case ConfirmCalled:
			tries, last = tries+1, e.At
		case RestoredAt, ConfirmLost, NotRestored:
			return false, tries, last
		}
	}
	return at >= 0 && t.State == Restored, tries, last
}

// PromisedCallBack finds the line that promised the customer a call-back, if the customer still waits for it. It is false when
// nobody waits: customer and engineer have talked since, the service runs again, the ticket has ended, or the promise was given
// up.
func PromisedCallBack(lines []Event) (Event, bool) {
	for _, e := range slices.Backward(lines) {
		switch e.Kind {
		case CallBackAsked:
			return e, true
		case Joined, Contacted, RestoredAt, ClosedAtKind, MarkedNoTicket, CallBackLost:
			return Event{}, false
		}
	}
	return Event{}, false
}

// CallBackDue is when the customer is to be called back, by a promise that stands; zero where there is none.
func CallBackDue(lines []Event) time.Time {
	if e, waits := PromisedCallBack(lines); waits {
		return callAt(e)
	}
	return time.Time{}
}

// callAt is the instant that a promise names, or its own.
func callAt(e Event) time.Time {
	if at, err := time.Parse(time.RFC3339, e.Facts[FactCallAt]); err == nil {
		return at
	}
	return e.At
}

// CallBackTries is how often a call-back has been tried, and when the last try began.
func CallBackTries(lines []Event, w Work) (tries int, last time.Time) {
	for _, e := range lines {
		if e.Kind == CallingOut && e.Facts[FactFor] == w.ID {
			tries, last = tries+1, e.At
		}
	}
	return tries, last
}

// AsksFor tells whether work was asked for by a line.
func (w Work) AsksFor(e Event) bool { return e.ID != "" && w.Facts[factAsked] == e.ID }

// RingDone tells whether a ring that staff asked for is done: those on duty were rung for it, somebody has accepted since, or
// staff have asked again.
func RingDone(lines []Event, w Work) bool {
	at := slices.IndexFunc(lines, func(e Event) bool { return w.AsksFor(e) })
	return slices.ContainsFunc(lines[at+1:], func(e Event) bool {
		return e.Kind == RingAsked || e.Kind == Accepted || e.Kind == CallingOut && e.Facts[FactFor] == w.ID
	})
}

// transcriptions is the due work of new recordings, where the house has a recogniser.
func (d *Desk) transcriptions(t Ticket, events []Event) (work []Work) {
	if !d.cfg.Transcribe {
		return nil
	}
	for _, e := range events {
		if id := e.Facts[FactRecording]; e.Kind == Recorded && id != "" {
			work = append(work, Work{ID: "transcribe-" + id, Kind: WorkTranscribe, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactRecording: id}})
		}
	}
	return work
}
