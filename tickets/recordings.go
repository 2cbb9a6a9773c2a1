package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/paging"
)

// Why recordings are not erased, or cannot be heard.
var (
	ErrErased   = errors.New("the recording was erased")
	ErrNoReason = errors.New("the reason is missing; write why")
)

// factRecordings names, on a line of kind Erased, the recordings that it erased, with spaces between them.
const factRecordings = "recordings"

// namedAtOnce is how many recordings one line names: an id has at most 46 characters, and what is longer than limits.Fact is cut off.
const namedAtOnce = 40

// Erasure is a recording that was erased: no node keeps its sound, and no change brings it back to a ticket.
type Erasure struct {
	Place     int64 // in the order written
	Recording string
}

// Kept is a recording as the terms look at it.
type Kept struct {
	Recording string
	At        time.Time
	Ticket    Number
	Contract  directory.ContractID // empty: none
	Held      bool                 // a legal hold stands on the ticket or the contract
}

// Hold is a legal hold of a contract that was set or lifted. The last one says whether one stands.
type Hold struct {
	Contract directory.ContractID
	At       time.Time
	Actor    string
	Reason   string
	Lifted   bool
}

// HeldError is an erasure that a legal hold refuses.
type HeldError struct {
	On     string // "ticket 417", "contract sirti"
	Reason string // of the hold
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("a legal hold stands on %s (%s): nothing of it is erased until the hold is lifted", e.On, e.Reason)
}

// Action is what somebody did with a recording.
type Action string

// What the log of accesses knows.
const (
	Listened Action = "listened"
	Exported Action = "exported"
	ErasedIt Action = "erased"
)

// Access is one look at a recording, or its end.
type Access struct {
	Recording string
	Ticket    Number // 0: not known
	Actor     string
	Action    Action
	At        time.Time
}

// AccessFilter selects of the log of accesses. Zero values select everything.
type AccessFilter struct {
	Recording string
	Ticket    Number
	Actor     string
	Action    Action
	After     string // cursor: what comes behind it
	Limit     int    // paging.Size
}

// AccessSort is the order of the log of accesses: the newest first.
const AccessSort = "-noted"

// AccessPosition is a place in the log of accesses.
func AccessPosition(place int64) paging.Position {
	return paging.Position{Sort: AccessSort, Number: place}
}

// Matches tells whether an access passes the filter.
func (f AccessFilter) Matches(a Access) bool {
	return same(f.Recording, a.Recording) && (f.Ticket == 0 || f.Ticket == a.Ticket) && same(f.Actor, a.Actor) && same(f.Action, a.Action)
}

// ErasedRecordings are the recordings that a line of a history erased; none of another kind.
func (e Event) ErasedRecordings() []string {
	if e.Kind != Erased {
		return nil
	}
	return strings.Fields(e.Facts[factRecordings])
}

// EraseRecordings erases recordings of a ticket, or all that are on it where which is empty: on this node at once, on the others
// within half a minute. The rows go first, and say what has no sound any more. A process that dies before it has deleted the
// sound does so at its next start; asking again does it, too. The history tells who erased which, and why. What is being recorded
// at that moment is not on the ticket yet. The error is a *HeldError while the ticket or its contract has a legal hold.
func (d *Desk) EraseRecordings(ctx context.Context, n Number, which []string, actor, reason string, now time.Time) (Ticket, error) {
	if strings.TrimSpace(reason) == "" {
		return Ticket{}, ErrNoReason
	}
	wanted := func(id string) bool { return len(which) == 0 || slices.Contains(which, id) }
	var gone []string
	t, err := d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		lines, err := d.History(ctx, n)
		if err != nil {
			return nil, err
		}
		if err := d.held(ctx, *t, lines); err != nil {
			return nil, err
		}
		gone = nil
		for _, e := range lines {
			gone = append(gone, e.ErasedRecordings()...)
		}
		gone = slices.DeleteFunc(gone, func(id string) bool { return !wanted(id) })
		var fresh []string
		for _, r := range t.Recordings {
			if wanted(r.ID) && !slices.Contains(gone, r.ID) {
				fresh = append(fresh, r.ID)
			}
		}
		if len(fresh) == 0 {
			return nil, nil
		}
		gone = append(gone, fresh...)
		var erased []Event
		for ids := range slices.Chunk(fresh, namedAtOnce) {
			erased = append(erased, Event{Kind: Erased, Actor: actor, At: now, Text: reason, Facts: map[string]string{factRecordings: strings.Join(ids, " ")}})
		}
		t.without(erased)
		return erased, nil
	})
	if err == nil && len(gone) > 0 && d.cfg.Erase != nil {
		if err = d.cfg.Erase(gone); err != nil {
			err = fmt.Errorf("the recordings of ticket %d are erased in the database; deleting their sound is tried again within half a minute: %w", n, err)
		}
	}
	return t, err
}

// SetHold puts a legal hold on a ticket: its recordings are not erased until it is lifted. A second one changes nothing.
func (d *Desk) SetHold(ctx context.Context, n Number, actor, reason string, now time.Time) (Ticket, error) {
	return d.hold(ctx, n, Event{Kind: Held, Actor: actor, Text: reason}, now)
}

// LiftHold takes the legal hold off a ticket. Where none stands nothing changes.
func (d *Desk) LiftHold(ctx context.Context, n Number, actor, reason string, now time.Time) (Ticket, error) {
	return d.hold(ctx, n, Event{Kind: HoldLifted, Actor: actor, Text: reason}, now)
}

func (d *Desk) hold(ctx context.Context, n Number, e Event, now time.Time) (Ticket, error) {
	if strings.TrimSpace(e.Text) == "" {
		return Ticket{}, ErrNoReason
	}
	return d.change(ctx, n, now, func(*Ticket) ([]Event, error) {
		lines, err := d.History(ctx, n)
		if _, stands := HoldOf(lines); err != nil || stands == (e.Kind == Held) {
			return nil, err
		}
		return []Event{e}, nil
	})
}

// HoldOf is the line that put the legal hold on a ticket, where one stands by its history.
func HoldOf(lines []Event) (set Event, stands bool) {
	for _, e := range slices.Backward(lines) {
		if e.Kind == Held || e.Kind == HoldLifted {
			return e, e.Kind == Held
		}
	}
	return Event{}, false
}

// HoldContract sets the legal hold of a contract: once it is back, no recording of its tickets is erased until it is lifted. Where a hold
// stands already, or none is there to lift, nothing changes.
func (d *Desk) HoldContract(ctx context.Context, h Hold, now time.Time) error {
	if strings.TrimSpace(h.Reason) == "" {
		return ErrNoReason
	}
	holds, err := d.cfg.Store.ContractHolds(ctx, h.Contract)
	if _, stands := StandingHold(holds); err != nil || stands != h.Lifted {
		return err
	}
	h.At = now.Truncate(time.Second)
	return d.cfg.Store.HoldContract(ctx, h)
}

// StandingHold is the one of a contract's holds, in the order noted, that stands.
func StandingHold(holds []Hold) (set Hold, stands bool) {
	if len(holds) == 0 {
		return Hold{}, false
	}
	set = holds[len(holds)-1]
	return set, !set.Lifted
}

// held is a *HeldError while a ticket or its contract has a legal hold.
func (d *Desk) held(ctx context.Context, t Ticket, lines []Event) error {
	if set, stands := HoldOf(lines); stands {
		return &HeldError{fmt.Sprintf("ticket %d", t.Number), set.Text}
	}
	if t.Contract == "" {
		return nil
	}
	holds, err := d.cfg.Store.ContractHolds(ctx, t.Contract)
	if err != nil {
		return err
	}
	if set, stands := StandingHold(holds); stands {
		return &HeldError{"contract " + string(t.Contract), set.Reason}
	}
	return nil
}

// without leaves out the recordings that some lines erased.
func (t *Ticket) without(lines []Event) {
	erased := map[string]bool{}
	for _, e := range lines {
		for _, id := range e.ErasedRecordings() {
			erased[id] = true
		}
	}
	if len(erased) > 0 {
		t.Recordings = slices.DeleteFunc(t.Recordings, func(r Recording) bool { return erased[r.ID] })
	}
}

// Audited is the record of a legal hold of a contract, or of its end.
func (h Hold) Audited() audit.Record {
	what := audit.Held
	if h.Lifted {
		what = audit.Lifted
	}
	return audit.Record{At: h.At, Who: h.Actor, What: what, Document: audit.Document{Kind: "contract", ID: string(h.Contract)}}
}
