package admin_test

import (
	"strings"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/oncall"
)

// A month on call is a table for a spreadsheet; once it is over and was published it does not change, whatever becomes of the rota and
// of the records of calls.
func TestAMonthOnCallIsPublishedOnce(t *testing.T) {
	h := open(t)
	rota, err := h.store.Rota(t.Context())
	must(t, err)
	_, err = h.store.PutEngineer(t.Context(), oncall.Engineer{ID: "load", Name: "=Load", Phones: []string{"0612"}})
	must(t, err)
	rota.Zone, rota.Shifts = "Europe/Rome", []oncall.Shift{{Engineer: "load", Level: 1, Length: 7 * 24 * time.Hour}}
	rota, err = h.store.PutRota(t.Context(), rota)
	must(t, err)
	night := time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC) // two in the morning in Rome
	call := cdr.Call{ID: "night", Started: night, Legs: []cdr.Leg{{Engineer: "load", Started: night, Answered: night, Ended: night.Add(time.Hour), Result: "accepted"}}}
	must(t, h.store.PutCalls(t.Context(), call))
	first := h.get("/report/on-call.csv?month=2026-10&sheet=it").is(200, "\ufeffmese;tecnico;nome;ore di reperibilità", "2026-10;load;'=Load;745:00;1;1;1;1;")
	if kind := first.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("it came as %s", kind)
	}
	call.Legs = nil
	must(t, h.store.PutCalls(t.Context(), call))
	rota.Shifts = nil
	_, err = h.store.PutRota(t.Context(), rota)
	must(t, err)
	if again := h.get("/report/on-call.csv?month=2026-10&sheet=it").is(200); again.body != first.body {
		t.Errorf("a month that was published is now\n%s\nand was\n%s", again.body, first.body)
	}
	h.get("/report/on-call.csv?month=2026-09&lang=en").is(200, "hours on call")
	h.get("/report/on-call.csv?month=2026-13").is(422, "2026-11")
	h.get("/report/on-call.csv").is(422, "month")
}

// A month knows who was rung for no call, as by an alert at night, and who was rung long after a call of the month before.
func TestAMonthKnowsWhoWasRungForNoCall(t *testing.T) {
	h := open(t)
	_, err := h.store.PutEngineer(t.Context(), oncall.Engineer{ID: "zoe", Name: "Zoe", Phones: []string{"0612"}})
	must(t, err)
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, time.UTC) }
	accepted := func(from time.Time) cdr.Leg {
		return cdr.Leg{Ticket: 417, Engineer: "zoe", Address: "0612", Started: from, Answered: from, Ended: from.Add(time.Hour), Result: cdr.LegAccepted}
	}
	must(t, h.store.PutLeg(t.Context(), accepted(at(6, 0))))
	alarm := accepted(at(6, 6)) // five hours after the first one
	alarm.Alarm = true
	must(t, h.store.PutLeg(t.Context(), alarm))
	must(t, h.store.PutCalls(t.Context(), cdr.Call{ID: "of-september", Started: at(1, 0).AddDate(0, 0, -2), Legs: []cdr.Leg{accepted(at(2, 10))}}))
	h.get("/report/on-call.csv?month=2026-10").is(200, "2026-10,zoe,Zoe,0:00,3,3,1,1,5:00")
	if before := h.get("/report/on-call.csv?month=2026-09").is(200).body; strings.Contains(before, "zoe") {
		t.Errorf("September is %s", before)
	}
}
