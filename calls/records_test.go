package calls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/memory"
	"hotline/storage"
	"hotline/tickets"
)

// picky refuses the record of one call, or all of them.
type picky struct {
	*memory.Store
	refuses tickets.CallID
	down    bool
}

func (p *picky) PutCalls(ctx context.Context, list ...cdr.Call) error {
	if p.down {
		return fmt.Errorf("writing %d calls: %w", len(list), storage.ErrDown)
	}
	for _, c := range list {
		if c.ID == p.refuses {
			return errors.New("this cannot be written")
		}
	}
	return p.Store.PutCalls(ctx, list...)
}

func (p *picky) PutLeg(ctx context.Context, l cdr.Leg) error {
	if p.down {
		return fmt.Errorf("writing a leg: %w", storage.ErrDown)
	}
	return p.Store.PutLeg(ctx, l)
}

func TestARecordOfACallThatIsRefusedKeepsNoOther(t *testing.T) {
	store := &picky{Store: memory.New(1), refuses: "b", down: true}
	r := New(store, slog.New(slog.DiscardHandler))
	for _, id := range []tickets.CallID{"a", "b", "c"} {
		r.mu.Lock()
		r.write(cdr.Call{ID: id})
		r.mu.Unlock()
	}
	r.flush(t.Context())
	if len(r.waiting) != 3 {
		t.Errorf("with the store down %d records wait, want 3", len(r.waiting))
	}
	store.down = false
	r.flush(t.Context())
	page, err := store.Calls(t.Context(), cdr.Filter{})
	list := page.Items
	if err != nil || len(list) != 2 || len(r.waiting) != 0 {
		t.Errorf("%d records stand, %d wait, %v", len(list), len(r.waiting), err)
	}
}

// A leg of no call is kept by itself, also over a store that was down; one that was rung for no ticket, such as a test call, is not.
func TestALegOfNoCallIsKeptByItself(t *testing.T) {
	store := &picky{Store: memory.New(1), down: true}
	r, at := New(store, slog.New(slog.DiscardHandler)), time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for i, l := range []cdr.Leg{{Ticket: 417, Engineer: "anna"}, {Engineer: "anna"}, {Ticket: 417, Alarm: true, Engineer: "marco"}} {
		l.Started = at.Add(time.Duration(i) * time.Minute)
		r.AddLeg("", l)
	}
	legs := func() []cdr.Leg {
		list, err := store.Legs(t.Context(), at, at.Add(time.Hour))
		if err != nil {
			t.Error(err)
		}
		return list
	}
	if r.flush(t.Context()); len(legs()) != 0 || len(r.late) != 2 {
		t.Errorf("with the store down %v stand, and %d wait", legs(), len(r.late))
	}
	store.down = false
	if r.flush(t.Context()); len(legs()) != 2 || legs()[0].Engineer != "anna" || !legs()[1].Alarm || len(r.late) != 0 {
		t.Errorf("%v stand, and %d wait", legs(), len(r.late))
	}
}

// Whoever wants to know hears of each record that is closed, whole, and of a leg that comes later.
func TestTheEndOfARecordIsTold(t *testing.T) {
	r := New(memory.New(1), slog.New(slog.DiscardHandler))
	var told []string
	r.TellEnded(func(c cdr.Call) { told = append(told, fmt.Sprint(c.ID, " ", c.Ticket, " ", c.Legs)) })
	anna, marco := cdr.Leg{Ticket: 417, SIPID: "one"}, cdr.Leg{Ticket: 417, SIPID: "two"}
	r.Begin(cdr.Call{ID: "a"})
	r.AddLeg("a", anna)
	r.Change("a", func(c *cdr.Call) { c.Ticket = 417 })
	if len(told) > 0 {
		t.Errorf("while the call goes on %v is told", told)
	}
	r.End("a")
	r.End("a")
	r.AddLeg("a", marco)
	r.AddLeg("", marco)
	if want := []string{fmt.Sprint("a 417 ", []cdr.Leg{anna}), fmt.Sprint("a 0 ", []cdr.Leg{marco})}; !slices.Equal(told, want) {
		t.Errorf("told is\n%v\nwant\n%v", told, want)
	}
}
