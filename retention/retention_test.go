package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hotline/directory"
	"hotline/memory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// house is a desk over a store, with contracts of 30 days, of 400 days, and of the house's term.
type house struct {
	*testing.T
	store *memory.Store
	desk  *tickets.Desk
	gone  []string // of the disk of this node
}

func open(t *testing.T) *house {
	h := &house{T: t, store: memory.New(417)}
	for _, k := range sla.DefaultCalendars() {
		h.must(h.store.PutCalendar(t.Context(), k))
	}
	for _, l := range sla.DefaultLevels() {
		h.must(h.store.PutLevel(t.Context(), l))
	}
	h.must(h.store.PutCustomer(t.Context(), directory.Customer{ID: "rossi"}))
	for id, days := range map[directory.ContractID]int{"short": 30, "long": 400, "house": 0} {
		h.must(h.store.PutContract(t.Context(), directory.Contract{ID: id, Customer: "rossi", Level: sla.Extended, KeepDays: days, RemoteAccess: true}))
	}
	book, err := directory.ReadBook(t.Context(), h.store, now)
	h.must(0, err)
	ids := 0
	h.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: h.store, Book: book, Numbers: h.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint(ids) },
		Erase: func(ids []string) error { h.gone = append(h.gone, ids...); return nil },
	})
	return h
}

func (h *house) must(_ any, err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// ticket opens one of a contract with a recording that is some days old, and names both.
func (h *house) ticket(contract directory.ContractID, days int) tickets.Number {
	h.Helper()
	d := tickets.Draft{Channel: tickets.Phone, Actor: "caller"}
	if contract != "" {
		c, err := h.store.Contract(h.Context(), contract)
		h.must(0, err)
		d.Identity.Contract = c
	}
	t, err := h.desk.Open(h.Context(), d, now)
	h.must(0, err)
	id := fmt.Sprintf("%s-%d", contract, days)
	h.must(h.desk.Keep(h.Context(), t.Number, tickets.Recording{ID: id, At: now.Add(-time.Duration(days) * day)}, now))
	return t.Number
}

func (h *house) terms(days int) *Terms {
	return &Terms{House: days, Desk: h.desk, Store: h.store, Log: slog.New(slog.DiscardHandler)}
}

// pass goes through all recordings.
func (h *house) pass(k *Terms) (pieces int) {
	h.Helper()
	for more := true; more; pieces++ {
		var err error
		if more, err = k.Piece(h.Context(), now); err != nil {
			h.Fatal(err)
		}
	}
	slices.Sort(h.gone)
	return pieces
}

func TestRecordingsGoAfterTheTermOfTheirContract(t *testing.T) {
	h := open(t)
	for _, contract := range []directory.ContractID{"short", "long", "house", ""} {
		for _, days := range []int{10, 31, 91, 401} {
			h.ticket(contract, days)
		}
	}
	h.pass(h.terms(0))
	if got, want := fmt.Sprint(h.gone), "[long-401 short-31 short-401 short-91]"; got != want {
		t.Errorf("a house without a term erases %s, want %s", got, want)
	}
	h.gone = nil
	h.pass(h.terms(90))
	if got, want := fmt.Sprint(h.gone), "[-401 -91 house-401 house-91]"; got != want {
		t.Errorf("a house that keeps for 90 days erases %s, want %s", got, want)
	}
	h.gone = nil
	if h.pass(h.terms(90)); len(h.gone) > 0 {
		t.Errorf("erased twice: %v", h.gone)
	}
}

func TestAHoldKeepsWhatIsPastItsTerm(t *testing.T) {
	h := open(t)
	n := h.ticket("short", 100)
	h.ticket("long", 500)
	h.must(h.desk.SetHold(t.Context(), n, "staff:anna", "a claim", now))
	h.must(0, h.store.HoldContract(t.Context(), tickets.Hold{Contract: "long", Reason: "a claim"}))
	k := h.terms(90)
	if h.pass(k); len(h.gone) > 0 {
		t.Errorf("held, and erased: %v", h.gone)
	}
	h.must(h.desk.LiftHold(t.Context(), n, "staff:anna", "settled", now))
	h.must(0, h.store.HoldContract(t.Context(), tickets.Hold{Contract: "long", Reason: "settled", Lifted: true}))
	if h.pass(k); fmt.Sprint(h.gone) != "[long-500 short-100]" {
		t.Errorf("held no more: %v", h.gone)
	}
}

// TestAPassIsBoundedAndResumed has more recordings than a piece, and a process that dies between two of them.
func TestAPassIsBoundedAndResumed(t *testing.T) {
	h := open(t)
	for i := range 2*piece + 10 {
		h.ticket("short", 31+i)
	}
	first := h.terms(0)
	if more, err := first.Piece(t.Context(), now); err != nil || !more || len(h.gone) != piece {
		t.Fatalf("the first piece erases %d, more: %v, %v", len(h.gone), more, err)
	}
	if pieces := h.pass(h.terms(0)); pieces != 2 || len(h.gone) != 2*piece+10 {
		t.Errorf("after the restart %d pieces, %d erased", pieces, len(h.gone))
	}
}

// fallible is a desk that cannot erase what is on one ticket, or nothing.
type fallible struct {
	*tickets.Desk
	n    tickets.Number
	down bool
}

var errStuck = errors.New("its history cannot be read")

func (f *fallible) EraseRecordings(ctx context.Context, n tickets.Number, which []string, actor, reason string, now time.Time) (tickets.Ticket, error) {
	switch {
	case f.down:
		return tickets.Ticket{}, storage.ErrDown
	case n == f.n:
		return tickets.Ticket{}, errStuck
	}
	return f.Desk.EraseRecordings(ctx, n, which, actor, reason, now)
}

func TestOneThatCannotBeErasedKeepsNoOtherBack(t *testing.T) {
	h := open(t)
	f := &fallible{Desk: h.desk, n: h.ticket("short", 500), down: true}
	for i := range piece {
		h.ticket("short", 31+i)
	}
	k := h.terms(0)
	k.Desk = f
	if more, err := k.Piece(t.Context(), now); more || !errors.Is(err, storage.ErrDown) {
		t.Errorf("with the store down: more is %v, %v", more, err)
	}
	f.down = false
	if more, err := k.Piece(t.Context(), now); !more || !errors.Is(err, errStuck) || len(h.gone) != piece-1 {
		t.Errorf("the first piece erases %d, more is %v, %v", len(h.gone), more, err)
	}
	if more, err := k.Piece(t.Context(), now); more || err != nil || len(h.gone) != piece {
		t.Errorf("in the end %d are erased, more is %v, %v", len(h.gone), more, err)
	}
}

// late is a store with erasures of its own behind those of the store.
type late struct {
	*memory.Store
	list []tickets.Erasure
}

func (l *late) Erasures(ctx context.Context, behind int64, limit int) ([]tickets.Erasure, error) {
	list, err := l.Store.Erasures(ctx, behind, limit)
	for _, x := range l.list {
		if x.Place > behind && len(list) < limit {
			list = append(list, x)
		}
	}
	return list, err
}

// disk is a node's recordings.
type disk struct {
	lie   map[string]bool
	stuck bool
	never string // cannot be deleted, whatever happens
	asked int
}

func (d *disk) List() (ids []string, _ error) {
	for id := range d.lie {
		ids = append(ids, id)
	}
	return ids, nil
}

func (d *disk) delete(ids []string) error {
	if d.stuck {
		return errors.New("the disk does not delete")
	}
	for _, id := range ids {
		if d.asked++; id != d.never {
			delete(d.lie, id)
		}
	}
	if d.never != "" && slices.Contains(ids, d.never) {
		return errors.New("one is not deleted")
	}
	return nil
}

// TestASoundThatCannotBeDeletedKeepsNoOtherHere has one among the first that were erased, before the start or after it.
func TestASoundThatCannotBeDeletedKeepsNoOtherHere(t *testing.T) {
	for name, before := range map[string]bool{"before the start": true, "after it": false} {
		t.Run(name, func(t *testing.T) {
			h, d := open(t), &disk{lie: map[string]bool{}, never: "short-3"}
			e := &Erasures{Spool: d, Delete: d.delete, Store: h.store, Log: slog.New(slog.DiscardHandler)}
			if !before {
				e.Round(t.Context(), now)
			}
			for i := range 3 * page {
				n := h.ticket("short", i)
				h.must(h.desk.EraseRecordings(t.Context(), n, nil, "staff:anna", "asked for", now))
				d.lie[fmt.Sprint("short-", i)] = true
			}
			for i := range 3 {
				e.Round(t.Context(), now.Add(time.Duration(i)*settled))
			}
			if len(d.lie) != 1 || !d.lie[d.never] {
				t.Fatalf("%d lie here", len(d.lie))
			}
			d.never = ""
			if e.Round(t.Context(), now.Add(4*settled)); len(d.lie) != 0 {
				t.Error("what can be deleted at last is not")
			}
		})
	}
}

func TestWhatWasErasedElsewhereIsDeletedHere(t *testing.T) {
	h, ctx := open(t), t.Context()
	for i := range page + 20 { // older ones; nothing of them lies here
		n := h.ticket("short", i)
		h.must(h.desk.EraseRecordings(ctx, n, nil, "staff:anna", "asked for", now))
	}
	d := &disk{lie: map[string]bool{"short-3": true, "long-1": true, "house-1": true}}
	late := &late{Store: h.store}
	e := &Erasures{Spool: d, Delete: d.delete, Store: late, Log: slog.New(slog.DiscardHandler)}
	if e.Round(ctx, now); d.lie["short-3"] || len(d.lie) != 2 || d.asked != 21 { // of the last page all, of the others what lies here
		t.Errorf("at the start: %v, %d were asked for", d.lie, d.asked)
	}
	n := h.ticket("long", 1)
	h.must(h.desk.EraseRecordings(ctx, n, nil, "staff:anna", "asked for", now))
	d.stuck = true
	if e.Round(ctx, now); len(d.lie) != 2 {
		t.Error("a disk that deletes nothing deleted something")
	}
	d.stuck = false
	if e.Round(ctx, now); len(d.lie) != 1 || !d.lie["house-1"] {
		t.Errorf("later: %v", d.lie)
	}
	asked := d.asked
	e.Round(ctx, now.Add(settled))
	if e.Round(ctx, now.Add(2*settled)); d.asked != asked || len(e.fresh) > 0 {
		t.Error("what is settled is asked for again")
	}
	late.list = []tickets.Erasure{{Place: 9000, Recording: "short-0"}, {Place: 9002, Recording: "short-1"}}
	e.Round(ctx, now.Add(2*settled))
	d.lie["written-slowly"] = true // its place was taken before the last one that was read, and its row came later
	late.list = slices.Insert(late.list, 1, tickets.Erasure{Place: 9001, Recording: "written-slowly"})
	if e.Round(ctx, now.Add(2*settled+time.Minute)); d.lie["written-slowly"] {
		t.Error("what another node wrote slowly lies here for ever")
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	e.Round(canceled, now)
}
