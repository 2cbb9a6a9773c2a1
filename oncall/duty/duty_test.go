package duty

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/alarm"
	"hotline/journal"
	"hotline/memory"
	"hotline/oncall"
)

// onCall puts Anna and Marco on duty for ever, in this order.
func onCall(ctx context.Context, s oncall.Store) error {
	var shifts []oncall.Shift
	for i, e := range []oncall.Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{"sip:anna@127.0.0.1:5071"}}, {ID: "marco", Name: "Marco", Phones: []string{"sip:marco@127.0.0.1:5072"}},
	} {
		if _, err := s.PutEngineer(ctx, e); err != nil {
			return err
		}
		shifts = append(shifts, oncall.Shift{Engineer: e.ID, Level: 1, Order: i + 1, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	}
	_, err := s.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: shifts})
	return err
}

// rotaless is a store that may hang when it is asked for the rota.
type rotaless struct {
	oncall.Store
	hangs atomic.Bool
}

func (r *rotaless) Rota(ctx context.Context) (oncall.Rota, error) {
	if r.hangs.Load() {
		<-ctx.Done()
		return oncall.Rota{}, ctx.Err()
	}
	return r.Store.Rota(ctx)
}

func TestCallersDoNotWaitInARowForTheRota(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(417)
		if err := onCall(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		r := &rotaless{Store: store}
		d := New(r, journal.Cache{Dir: dir}, slog.New(slog.DiscardHandler))
		plan := func() (time.Duration, int) {
			began := time.Now()
			list, _, err := d.Plan(t.Context(), time.Now(), "")
			if err != nil {
				t.Error(err)
			}
			return time.Since(began), len(list)
		}
		_, want := plan()
		r.hangs.Store(true)
		if took, n := plan(); took != timeout || n != want || want == 0 {
			t.Errorf("the first caller has %d of %d attempts after %v", n, want, took)
		}
		for range 10 {
			if took, n := plan(); took != 0 || n != want {
				t.Errorf("the next caller has %d of %d attempts after %v", n, want, took)
			}
		}
		r.hangs.Store(false)
		<-time.After(cooldown)
		anna, err := store.Engineer(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		anna.Phones = []string{"sip:a@127.0.0.1", "sip:b@127.0.0.1"}
		if _, err := store.PutEngineer(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		if took, n := plan(); took != 0 || n <= want {
			t.Errorf("once it answers: %d attempts after %v", n, took)
		}
	})
}

// TestWhatKeepsATicketFromAnEngineerIsSaidOnce: a gap in the rota, and telephones that the line may not dial; again when they have
// changed, and when they come back.
func TestWhatKeepsATicketFromAnEngineerIsSaidOnce(t *testing.T) {
	store := memory.New(417)
	if err := onCall(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	var said []string
	barred := ""
	w := &Watch{
		Roster: New(store, journal.Cache{Dir: t.TempDir()}, slog.New(slog.DiscardHandler)),
		Alarm:  func(k alarm.Kind, text string) { said = append(said, string(k)+": "+text) },
		Allowed: func(telephone string) error {
			if barred != "" && strings.Contains(telephone, barred) {
				return context.Canceled
			}
			return nil
		},
	}
	shifts := func(some bool) {
		t.Helper()
		r, err := store.Rota(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Shifts = nil; some {
			r.Shifts = []oncall.Shift{{Engineer: "anna", Level: 1, Order: 1, Day: time.Sunday, Length: 7 * 24 * time.Hour}}
		}
		if _, err := store.PutRota(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		does string
		do   func()
		want string
	}{
		{"all is well", func() {}, ""},
		{"nobody is on duty", func() { shifts(false) }, "rota_gap: nobody is on duty from now on"},
		{"still nobody", func() {}, ""},
		{"somebody again", func() { shifts(true) }, ""},
		{"and nobody again", func() { shifts(false) }, "rota_gap: nobody is on duty from now on"},
		{"Anna's telephone is barred", func() { barred = "anna" }, "telephone: telephones of engineers are never rung: Anna: context canceled"},
		{"still barred", func() {}, ""},
		{"both are", func() { barred = "sip" }, "telephone: telephones of engineers are never rung: Anna: context canceled; Marco: context canceled"},
		{"none is", func() { barred = "" }, ""},
		{"Anna's is again", func() { barred = "anna" }, "telephone: telephones of engineers are never rung: Anna: context canceled"},
	} {
		said = nil
		c.do()
		anna, err := store.Engineer(t.Context(), "anna") // edited each time: without an edit no telephone is looked at again
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutEngineer(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		w.Round(t.Context(), time.Now())
		if got := strings.Join(said, "\n"); got != c.want {
			t.Errorf("%s: %q is said, want %q", c.does, got, c.want)
		}
	}
}
