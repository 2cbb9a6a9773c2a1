package tickets_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// recorded is a ticket of a contract with two recordings, whose sounds lie in a set; full says that none can be deleted.
type recorded struct {
	office
	n    tickets.Number
	lie  map[string]bool
	full bool
}

var errStuck = errors.New("the disk does not delete")

func record(t *testing.T) *recorded {
	t.Helper()
	o := openOffice(t)
	r := &recorded{office: o, lie: map[string]bool{}}
	ids := 0
	r.Desk = tickets.NewDesk(tickets.DeskConfig{
		Store: o.sick, Book: o.Book(), Numbers: o.store, PINKey: []byte("key"), Own: "office", NewID: func() string { ids++; return fmt.Sprintf("r%d", ids) },
		Erase: func(ids []string) error {
			if r.full {
				return errStuck
			}
			for _, id := range ids {
				delete(r.lie, id)
			}
			return nil
		},
	})
	r.n = r.blocking(t).Number
	for _, id := range []string{"417-a", "417-b"} {
		_, err := r.Keep(t.Context(), r.n, tickets.Recording{ID: id, File: id + ".wav", SHA256: "ab"}, monday(3))
		must(t, err)
		r.lie[id] = true
	}
	return r
}

// on are the recordings of the ticket as the store has it.
func (r *recorded) on(t *testing.T) (ids []string) {
	t.Helper()
	x, err := r.store.Ticket(t.Context(), r.n)
	must(t, err)
	for _, rec := range x.Recordings {
		ids = append(ids, rec.ID)
	}
	return ids
}

func TestARecordingIsErasedWithAReasonAndTheHistorySaysSo(t *testing.T) {
	r, ctx := record(t), t.Context()
	if _, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", " \n", monday(4)); !errors.Is(err, tickets.ErrNoReason) {
		t.Errorf("without a reason: %v", err)
	}
	_, err := r.EraseRecordings(ctx, r.n, []string{"417-b"}, "staff:anna", "asked for", monday(4))
	must(t, err)
	if got := r.on(t); !slices.Equal(got, []string{"417-a"}) || r.lie["417-b"] || !r.lie["417-a"] {
		t.Errorf("after one was erased: %v, sounds %v", got, r.lie)
	}
	before, err := r.History(ctx, r.n)
	must(t, err)
	last := before[len(before)-1]
	if last.Kind != tickets.Erased || last.Actor != "staff:anna" || last.Text != "asked for" || !slices.Equal(last.ErasedRecordings(), []string{"417-b"}) {
		t.Errorf("the history says %+v", last)
	}
	_, err = r.EraseRecordings(ctx, r.n, nil, "staff:anna", "all", monday(4))
	must(t, err)
	_, err = r.EraseRecordings(ctx, r.n, nil, "staff:anna", "once more", monday(4))
	must(t, err)
	after, err := r.History(ctx, r.n)
	must(t, err)
	if len(after) != len(before)+1 || len(r.on(t)) != 0 || len(r.lie) != 0 {
		t.Errorf("%d lines after %d; %v, sounds %v", len(after), len(before), r.on(t), r.lie)
	}
}

func TestAnErasureThatFailedHalfWayIsCompletedByAskingAgain(t *testing.T) {
	r, ctx := record(t), t.Context()
	r.full = true
	if _, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4)); !errors.Is(err, errStuck) {
		t.Errorf("a disk that does not delete: %v", err)
	}
	if len(r.on(t)) != 0 || len(r.lie) != 2 {
		t.Fatalf("half way: %v, sounds %v", r.on(t), r.lie)
	}
	r.full = false
	_, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(5))
	must(t, err)
	if len(r.lie) != 0 {
		t.Errorf("asked again: sounds %v", r.lie)
	}
}

func TestALegalHoldRefusesErasure(t *testing.T) {
	ctx := t.Context()
	for name, hold := range map[string]func(r *recorded, stands bool) error{
		"ticket 417": func(r *recorded, stands bool) error {
			do := r.LiftHold
			if stands {
				do = r.SetHold
			}
			_, err := do(ctx, r.n, "staff:carla", "a claim", monday(4))
			return err
		},
		"contract c1": func(r *recorded, stands bool) error {
			return r.HoldContract(ctx, tickets.Hold{Contract: "c1", Actor: "staff:carla", Reason: "a claim", Lifted: !stands}, monday(4))
		},
	} {
		r := record(t)
		must(t, hold(r, true))
		must(t, hold(r, true))
		_, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4))
		if held := (*tickets.HeldError)(nil); !errors.As(err, &held) || held.On != name || held.Reason != "a claim" {
			t.Errorf("%s is held: %v", name, err)
		}
		if len(r.on(t)) != 2 || len(r.lie) != 2 {
			t.Errorf("%s is held, and lost %v, sounds %v", name, r.on(t), r.lie)
		}
		must(t, hold(r, false))
		_, err = r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4))
		must(t, err)
		if len(r.on(t)) != 0 || len(r.lie) != 0 {
			t.Errorf("%s is held no more: %v, sounds %v", name, r.on(t), r.lie)
		}
	}
	r := record(t)
	if _, err := r.SetHold(ctx, r.n, "staff:carla", "", monday(4)); !errors.Is(err, tickets.ErrNoReason) {
		t.Errorf("a hold without a reason: %v", err)
	}
	if err := r.HoldContract(ctx, tickets.Hold{Contract: "c1", Reason: " "}, monday(4)); !errors.Is(err, tickets.ErrNoReason) {
		t.Errorf("a hold of a contract without a reason: %v", err)
	}
	for range 2 { // the second one changes nothing
		must(t, r.HoldContract(ctx, tickets.Hold{Contract: "c1", Reason: "a claim"}, monday(4)))
	}
	if holds, err := r.store.ContractHolds(ctx, "c1"); err != nil || len(holds) != 1 || !holds[0].At.Equal(monday(4)) {
		t.Errorf("holds: %+v, %v", holds, err)
	}
}

// overtaken is a store in which somebody sets a legal hold right after it was asked for holds, once.
type overtaken struct {
	tickets.Store
	set bool
}

func (o *overtaken) ContractHolds(ctx context.Context, c directory.ContractID) ([]tickets.Hold, error) {
	list, err := o.Store.ContractHolds(ctx, c)
	if err == nil && !o.set {
		o.set = true
		err = o.HoldContract(ctx, tickets.Hold{Contract: c, Reason: "a claim"})
	}
	return list, err
}

func TestAHoldThatOvertakesAnErasureRefusesIt(t *testing.T) {
	r, ctx := record(t), t.Context()
	r.sick.Store = &overtaken{Store: r.sick.Store}
	_, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4))
	if held := (*tickets.HeldError)(nil); !errors.As(err, &held) {
		t.Errorf("%v", err)
	}
	if len(r.on(t)) != 2 || len(r.lie) != 2 {
		t.Errorf("lost %v, sounds %v", r.on(t), r.lie)
	}
}

func TestNothingIsErasedWhileNobodyKnowsWhetherAHoldStands(t *testing.T) {
	r, ctx := record(t), t.Context()
	r.sick.set(true)
	r.sick.Store = deaf{r.sick.Store}
	if _, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4)); !errors.Is(err, storage.ErrDown) {
		t.Errorf("with the store down: %v", err)
	}
	if len(r.lie) != 2 {
		t.Errorf("sounds %v", r.lie)
	}
}

// deaf is a store that is down for histories too.
type deaf struct{ tickets.Store }

func (deaf) History(context.Context, tickets.Number) ([]tickets.Event, error) {
	return nil, storage.ErrDown
}

// TestEveryRecordingOfManyIsErased has more recordings than one line of a history can name.
func TestEveryRecordingOfManyIsErased(t *testing.T) {
	r, ctx := record(t), t.Context()
	for i := range 150 {
		id := fmt.Sprintf("%d-%s%03d", r.n, strings.Repeat("x", 23), i)
		_, err := r.Keep(ctx, r.n, tickets.Recording{ID: id}, monday(3))
		must(t, err)
	}
	want := r.on(t)
	_, err := r.EraseRecordings(ctx, r.n, nil, "staff:anna", "asked for", monday(4))
	must(t, err)
	list, err := r.store.Erasures(ctx, 0, 1000)
	must(t, err)
	var erased []string
	for _, x := range list {
		erased = append(erased, x.Recording)
	}
	if !slices.Equal(erased, want) || len(r.on(t)) != 0 {
		t.Errorf("of %d recordings %d are known as erased, %d are left", len(want), len(erased), len(r.on(t)))
	}
}

// TestWhatACallerSaysIsTheAnswerThatTheTicketWaitsFor: as words by mail and on the portal are. A message that was begun before staff asked is none,
// and the ticket goes back to where it stood.
func TestWhatACallerSaysIsTheAnswerThatTheTicketWaitsFor(t *testing.T) {
	took := func(o office, n tickets.Number) error {
		_, err := o.Assign(t.Context(), n, "staff:carla", "anna", monday(10))
		return err
	}
	for name, c := range map[string]struct {
		before func(o office, n tickets.Number) error
		r      tickets.Recording
		want   tickets.State
	}{
		"nobody has it":            {nil, tickets.Recording{ID: "r", At: monday(12)}, tickets.Open},
		"anna has it":              {took, tickets.Recording{ID: "r", At: monday(12)}, tickets.Assigned},
		"begun in the same second": {nil, tickets.Recording{ID: "r", At: monday(11)}, tickets.Open},
		"begun before":             {nil, tickets.Recording{ID: "r", At: monday(11).Add(-time.Second)}, tickets.Waiting},
		"a talk":                   {nil, tickets.Recording{ID: "r", At: monday(12), Kind: tickets.Talk}, tickets.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			n := o.blocking(t).Number
			if c.before != nil {
				must(t, c.before(o, n))
			}
			_, err := o.WaitForCustomer(t.Context(), n, "staff:carla", "which one?", monday(11))
			must(t, err)
			got, err := o.Keep(t.Context(), n, c.r, monday(13))
			must(t, err)
			waits := slices.ContainsFunc(got.Pauses, func(p sla.Pause) bool { return p.Why == sla.ForCustomer && p.Until.IsZero() })
			if got.State != c.want || waits != (c.want == tickets.Waiting) || len(got.Recordings) != 1 {
				t.Errorf("it is %s, want %s; it waits: %v; recordings %d", got.State, c.want, waits, len(got.Recordings))
			}
		})
	}
}
