package duty_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prove"
)

// monday is when most of it happens: ten in the morning in Rome.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// dayAndNight is a store in which Anna is on call by day and Marco at night, from 08:00 and 20:00; Zoe only exists.
func dayAndNight(t interface{ Fatal(...any) }) (*memory.Store, duty.Shifts) {
	store := memory.New(1)
	for _, id := range []oncall.EngineerID{"anna", "marco", "zoe"} {
		if _, err := store.PutEngineer(context.Background(), oncall.Engineer{ID: id, Name: string(id), Phones: []string{"sip:" + string(id) + "@192.0.2.1"}}); err != nil {
			t.Fatal(err)
		}
	}
	r := oncall.Rota{Zone: "Europe/Rome"}
	for d := range time.Weekday(7) {
		r.Shifts = append(r.Shifts, oncall.Shift{Engineer: "anna", Level: 1, Day: d, From: 8 * time.Hour, Length: 12 * time.Hour},
			oncall.Shift{Engineer: "marco", Level: 1, Day: d, From: 20 * time.Hour, Length: 12 * time.Hour})
	}
	if _, err := store.PutRota(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	return store, duty.Shifts{Store: store}
}

// onCall is who is on call in the main rota.
func onCall(t interface{ Fatal(...any) }, store *memory.Store, at time.Time) []oncall.EngineerID {
	return whoIsOnCall(t, store)(at)
}

// whoIsOnCall reads the main rota once, for many instants.
func whoIsOnCall(t interface{ Fatal(...any) }, store *memory.Store) func(at time.Time) []oncall.EngineerID {
	d, err := escalation.Read(context.Background(), store)
	if err != nil {
		t.Fatal(err)
	}
	f, broken := d.Facts()
	if broken != nil {
		t.Fatal(broken)
	}
	return func(at time.Time) (ids []oncall.EngineerID) {
		for _, p := range f.Rotas[0].At(at) {
			ids = append(ids, p.Engineer)
		}
		return ids
	}
}

func TestAShiftIsTakenToItsEndAndTheRotaIsWrittenOnce(t *testing.T) {
	store, s := dayAndNight(t)
	shift, err := s.ToTake(t.Context(), "zoe", monday)
	if err != nil || shift.Engineer != "anna" || !shift.Until.Equal(monday.Add(10*time.Hour)) {
		t.Fatalf("to take is %+v, %v", shift, err)
	}
	if err := s.Take(t.Context(), shift, "zoe", duty.Takes, monday.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r, err := store.Rota(t.Context())
	if err != nil || r.Version != 2 || len(r.Overrides) != 1 || !r.Overrides[0].From.Equal(monday.Add(time.Minute)) {
		t.Errorf("the rota is %+v, %v", r, err)
	}
	if why := r.Overrides[0].Reason; why != "zoe takes the shift of anna, by telephone on 2026-11-23 10:01 CET" {
		t.Errorf("the reason is %q", why)
	}
	for at, want := range map[time.Time]oncall.EngineerID{monday: "anna", monday.Add(time.Minute): "zoe", shift.Until.Add(-time.Second): "zoe", shift.Until: "marco"} {
		if got := onCall(t, store, at); !slices.Equal(got, []oncall.EngineerID{want}) {
			t.Errorf("at %s it is %v, want %s", at, got, want)
		}
	}
	if err := s.Take(t.Context(), shift, "marco", duty.Takes, monday.Add(2*time.Minute)); !errors.Is(err, duty.ErrShiftChanged) {
		t.Errorf("a shift that is not Anna's any more: %v", err)
	}
	if own, err := s.Own(t.Context(), "anna", monday.Add(time.Hour)); err != nil || !own.From.Equal(shift.Until.Add(12*time.Hour)) {
		t.Errorf("Anna's own one is %+v, %v", own, err)
	}
}

// Who is away for a part of a shift neither takes it nor is asked for it.
func TestWhoIsAbsentTakesNoShift(t *testing.T) {
	store, s := dayAndNight(t)
	away := rota.Absence{Engineer: "zoe", From: monday.Add(9 * time.Hour), Until: monday.Add(20 * time.Hour)}
	if _, err := store.PutAbsences(t.Context(), rota.Absences{Engineer: "zoe", List: []rota.Absence{away}}); err != nil {
		t.Fatal(err)
	}
	shift, err := s.ToTake(t.Context(), "zoe", monday)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Take(t.Context(), shift, "zoe", duty.Takes, monday); !errors.Is(err, duty.ErrAbsent) {
		t.Errorf("taken: %v", err)
	}
	others, err := s.Others(t.Context(), shift)
	if err != nil || len(others) != 1 || others[0].Engineer != "marco" {
		t.Errorf("asked are %+v, %v", others, err)
	}
}

// TestShiftsTakenInAnyOrder: whoever takes shifts from whom, back and forth, the taker is on call from then to the shift's end, the
// rota can always be saved, and at no instant is nobody or more than one on call.
func TestShiftsTakenInAnyOrder(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		store, s := dayAndNight(t)
		now := monday
		for range rapid.IntRange(1, 12).Draw(t, "takes") {
			now = now.Add(time.Duration(rapid.IntRange(1, 9*3600).Draw(t, "later")) * time.Second)
			by := rapid.SampledFrom([]oncall.EngineerID{"anna", "marco", "zoe"}).Draw(t, "by")
			shift, err := s.ToTake(context.Background(), by, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Take(context.Background(), shift, by, duty.Takes, now); err != nil {
				t.Fatalf("%s takes %+v at %s: %v", by, shift.Stretch, now, err)
			}
			from := shift.From
			if from.Before(now) {
				from = now
			}
			who := whoIsOnCall(t, store)
			for _, at := range []time.Time{from, from.Add(shift.Until.Sub(from) / 2), shift.Until.Add(-time.Second)} {
				if got := who(at); !slices.Equal(got, []oncall.EngineerID{by}) {
					t.Fatalf("at %s it is %v, and %s took it", at, got, by)
				}
			}
			for h := range 72 {
				if got := who(now.Add(time.Duration(h) * time.Hour)); len(got) != 1 {
					t.Fatalf("%d hours later it is %v", h, got)
				}
			}
		}
	})
}

// Who stands beside the engineer at the same level needs no relief: the next shift of somebody else is offered.
func TestWhoStandsBesideNeedsNoRelief(t *testing.T) {
	store, s := dayAndNight(t)
	r, err := store.Rota(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for d := range time.Weekday(7) {
		r.Shifts = append(r.Shifts, oncall.Shift{Engineer: "zoe", Level: 1, Order: 1, Day: d, From: 8 * time.Hour, Length: 12 * time.Hour})
	}
	if _, err := store.PutRota(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	shift, err := s.ToTake(t.Context(), "zoe", monday)
	if err != nil || shift.Engineer != "marco" || !shift.From.Equal(monday.Add(10*time.Hour)) {
		t.Errorf("to take is %+v, %v", shift, err)
	}
}

// TestWhoComesNextIsAskedFirst: a shift that runs is handed over to whoever comes next, else to somebody else; one that does not run is
// not handed over.
func TestWhoComesNextIsAskedFirst(t *testing.T) {
	store, s := dayAndNight(t)
	r, err := store.Rota(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Shifts = append(r.Shifts, oncall.Shift{Engineer: "zoe", Level: 2, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	r.Shifts[0], r.Shifts[len(r.Shifts)-1] = r.Shifts[len(r.Shifts)-1], r.Shifts[0] // Zoe is named first
	if _, err := store.PutRota(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	shift, err := s.Running(t.Context(), "anna", monday)
	if err != nil || !shift.Until.Equal(monday.Add(10*time.Hour)) {
		t.Fatalf("runs %+v, %v", shift, err)
	}
	order := func(list []oncall.Attempt) (ids []oncall.EngineerID) {
		for _, a := range list {
			ids = append(ids, a.Engineer)
		}
		return ids
	}
	next, err := s.Successors(t.Context(), shift)
	if got := order(next); err != nil || !slices.Equal(got, []oncall.EngineerID{"marco", "zoe"}) {
		t.Errorf("asked are %v, %v", got, err)
	}
	if _, err := s.Running(t.Context(), "marco", monday); !errors.Is(err, duty.ErrNoShift) {
		t.Errorf("Marco's does not run: %v", err)
	}
	if _, err := s.Successors(t.Context(), duty.Shift{Stretch: rota.Stretch{Rota: "gone"}}); !errors.Is(err, duty.ErrShiftChanged) {
		t.Errorf("a rota that is gone: %v", err)
	}
}
