package load_test

import (
	"slices"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/load"
	"hotline/oncall/rota"
	"hotline/sla"
)

// TestAMonthOnCall: hours count once however many rotas name somebody, a month with the clocks turned back has an hour more, calls are
// those rung, nights are those taken between 22 and 6 o'clock, and a rest ends with the next call or the next working day.
func TestAMonthOnCall(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	all := []oncall.Shift{{Engineer: "anna", Level: 1, Length: 7 * 24 * time.Hour}}
	nights := []oncall.Shift{}
	for d := range time.Weekday(7) {
		nights = append(nights, oncall.Shift{Engineer: "marco", Level: 2, Day: d, From: 20 * time.Hour, Length: 12 * time.Hour})
	}
	var rotas []*rota.Schedule
	for id, shifts := range map[rota.ID][]oncall.Shift{"main": slices.Concat(all, nights), "other": all} {
		s, err := rota.Rota{ID: id, Name: string(id), Zone: "Europe/Rome", Shifts: shifts}.Ready(rota.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		rotas = append(rotas, s)
	}
	own, err := sla.DefaultCalendars()[0].Hours()
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, rome)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	leg := func(who, from, until, result string) cdr.Call {
		l := cdr.Leg{Engineer: who, Started: at(from), Ended: at(until), Result: result}
		if result == "accepted" {
			l.Answered = l.Started
		}
		return cdr.Call{Legs: []cdr.Leg{l}}
	}
	f := load.Facts{Rotas: rotas, Zone: rome, Own: own, Engineers: []oncall.Engineer{{ID: "anna", Name: "Anna"}, {ID: "marco", Name: "Marco"}, {ID: "zoe", Name: "Zoe"}}, Calls: []cdr.Call{
		leg("anna", "2026-10-06 02:00", "2026-10-06 02:30", "accepted"), // until nine
		leg("anna", "2026-10-07 14:00", "2026-10-07 14:30", "accepted"), // by day
		leg("anna", "2026-10-08 03:00", "2026-10-08 03:01", "no answer"),
		leg("marco", "2026-10-09 21:59", "2026-10-09 22:10", "accepted"), // into the night, until the next one
		leg("marco", "2026-10-10 01:10", "2026-10-10 01:20", "accepted"), // a Saturday: no work before Monday
		leg("marco", "2026-10-31 23:50", "2026-11-01 00:10", "accepted"), // the rest ends in another month
		leg("marco", "2026-11-01 05:00", "2026-11-01 05:10", "accepted"), // another month's
		leg("operator", "2026-10-06 02:00", "2026-10-06 02:30", "accepted"),
	}}
	got := load.Month(f, at("2026-10-01 00:00"), at("2026-11-01 00:00"))
	want := []load.Row{
		{Engineer: "anna", Name: "Anna", OnCall: 745 * time.Hour, Calls: 3, Taken: 2, Nights: 1, Short: 1, Shortest: got[0].Shortest},
		{Engineer: "marco", Name: "Marco", OnCall: (31*12 + 1) * time.Hour, Calls: 3, Taken: 3, Nights: 3, Short: 2, Shortest: 3 * time.Hour},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the month is\n%+v\nwant\n%+v", got, want)
	}
	if rest := got[0].Shortest; rest < 6*time.Hour || rest > 7*time.Hour {
		t.Errorf("Anna rests %s", rest)
	}
	kept, err := load.Parse(load.Text(got))
	if err != nil || !slices.Equal(kept, got) {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	if _, err := load.Parse("a,b,c\n"); err == nil {
		t.Error("what is no month is read")
	}
}
