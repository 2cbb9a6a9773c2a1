package duty_test

import (
	"testing"
	"time"

	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/rota"
)

// An engineer who says by telephone that he cannot be reached is on call in no rota until then, or until he says that he is back; what
// staff or a calendar wrote of other times stays.
func TestAnEngineerIsAwayUntilHeSaysSo(t *testing.T) {
	store, now := memory.New(1), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if _, err := store.PutEngineer(t.Context(), oncall.Engineer{ID: "anna"}); err != nil {
		t.Fatal(err)
	}
	holiday := rota.Absence{Engineer: "anna", From: now.AddDate(0, 0, 7), Until: now.AddDate(0, 0, 9), Note: "Elba", UID: "1"}
	if _, err := store.PutAbsences(t.Context(), rota.Absences{Engineer: "anna", List: []rota.Absence{holiday}}); err != nil {
		t.Fatal(err)
	}
	r := duty.Reach{Store: store, Where: func() *time.Location { return time.UTC }}
	if _, away, err := r.Away(t.Context(), "anna", now); away || err != nil {
		t.Fatalf("away before anything was said: %v", err)
	}
	noon := now.Add(3 * time.Hour)
	if err := r.Leave(t.Context(), "anna", noon, now); err != nil {
		t.Fatal(err)
	}
	if until, away, err := r.Away(t.Context(), "anna", now.Add(time.Hour)); !away || !until.Equal(noon) || err != nil {
		t.Errorf("away until %s, %v, %v", until, away, err)
	}
	places := func(at time.Time) int {
		a, err := store.AbsencesOf(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		s, err := rota.Rota{ID: "x", Zone: "Europe/Rome", Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Length: 7 * 24 * time.Hour}}}.Ready(rota.Facts{Absences: a.List})
		if err != nil {
			t.Fatal(err)
		}
		return len(s.At(at))
	}
	if places(now.Add(time.Hour)) != 0 || places(noon) != 1 || places(now.Add(-time.Hour)) != 1 {
		t.Error("the rota does not know of it")
	}
	back := now.Add(2 * time.Hour)
	if err := r.Return(t.Context(), "anna", back); err != nil {
		t.Fatal(err)
	}
	if places(back) != 1 || places(back.Add(-time.Minute)) != 0 || places(holiday.From) != 0 {
		t.Error("back, and the rota says otherwise")
	}
	if err := r.Leave(t.Context(), "anna", now, now); err == nil {
		t.Error("an absence without any time is kept")
	}
}
