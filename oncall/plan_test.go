package oncall

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

const allWeek = 7 * 24 * time.Hour

func team() []Engineer {
	return []Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{"sip:anna@a", "+39333"}, Language: "it"},
		{ID: "marco", Name: "Marco", Phones: []string{"sip:marco@a"}, Language: "it"},
		{ID: "sara", Name: "Sara", Phones: []string{"sip:sara@a"}, Language: "en"},
		{ID: "ugo", Name: "Ugo"},
	}
}

func at(t interface{ Fatal(...any) }, s string) time.Time {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func phones(t *testing.T, r Rota, when string) []string {
	t.Helper()
	attempts, gap, err := Plan(r, team(), at(t, when))
	if err != nil || gap != (len(attempts) == 0) {
		t.Fatalf("plan %v, gap %v, %v", attempts, gap, err)
	}
	var list []string
	for _, a := range attempts {
		list = append(list, a.Phone)
	}
	return list
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("rings %v, want %v", got, want)
	}
}

func TestTheChainIsRungLevelByLevel(t *testing.T) {
	r := Rota{Zone: "Europe/Rome", Shifts: []Shift{
		{Engineer: "sara", Level: 2, Day: time.Sunday, Length: allWeek},
		{Engineer: "marco", Level: 1, Order: 2, Day: time.Sunday, Length: allWeek},
		{Engineer: "anna", Level: 1, Order: 1, Day: time.Sunday, Length: allWeek},
		{Engineer: "anna", Level: 2, Order: 9, Day: time.Sunday, Length: allWeek},
	}}
	expect(t, phones(t, r, "2026-11-23 03:00"), "sip:anna@a", "+39333", "sip:marco@a", "sip:sara@a")
}

func TestANightShiftRunsOverMidnight(t *testing.T) {
	r := Rota{Zone: "Europe/Rome", Shifts: []Shift{{Engineer: "marco", Level: 1, Day: time.Saturday, From: 22 * time.Hour, Length: 8 * time.Hour}}}
	for when, on := range map[string]bool{
		"2026-11-21 21:59": false, "2026-11-21 22:00": true, "2026-11-22 05:59": true, "2026-11-22 06:00": false,
		"2026-03-29 05:59": true, "2026-03-29 06:00": false, // the clocks go forward in this night
		"2026-10-25 05:59": true, "2026-10-25 06:00": false, // and back in this one
	} {
		if got := len(phones(t, r, when)) == 1; got != on {
			t.Errorf("%s: on duty %v, want %v", when, got, on)
		}
	}
}

func TestAnOverrideTakesThePlace(t *testing.T) {
	r := Rota{Zone: "Europe/Rome", Shifts: []Shift{
		{Engineer: "anna", Level: 1, Order: 1, Day: time.Sunday, Length: allWeek},
		{Engineer: "marco", Level: 1, Order: 2, Day: time.Sunday, Length: allWeek},
	}}
	day := Override{Level: 1, From: at(t, "2026-12-24 00:00"), Until: at(t, "2026-12-25 00:00")}
	swap, extra, free := day, day, day
	swap.Engineer, swap.Instead = "anna", "sara"
	extra.Instead = "sara"
	free.Engineer = "anna"
	for name, c := range map[string]struct {
		o    Override
		want []string
	}{
		"sara for anna": {swap, []string{"sip:sara@a", "sip:marco@a"}},
		"sara as well":  {extra, []string{"sip:anna@a", "+39333", "sip:marco@a", "sip:sara@a"}},
		"anna is free":  {free, []string{"sip:marco@a"}},
	} {
		r.Overrides = []Override{c.o}
		t.Run(name, func(t *testing.T) {
			expect(t, phones(t, r, "2026-12-24 12:00"), c.want...)
			expect(t, phones(t, r, "2026-12-25 00:00"), "sip:anna@a", "+39333", "sip:marco@a")
		})
	}
}

func TestSomebodyWithoutATelephoneLeavesAGap(t *testing.T) {
	r := Rota{Zone: "Europe/Rome", Shifts: []Shift{
		{Engineer: "ugo", Level: 1, Day: time.Sunday, Length: allWeek},
		{Engineer: "marco", Level: 1, Day: time.Monday, From: 9 * time.Hour, Length: 8 * time.Hour},
	}}
	gaps, err := Gaps(r, team(), at(t, "2026-11-23 00:00"), at(t, "2026-11-24 00:00"))
	if err != nil || len(gaps) != 2 || !gaps[0].Until.Equal(at(t, "2026-11-23 09:00")) || !gaps[1].From.Equal(at(t, "2026-11-23 17:00")) {
		t.Errorf("gaps %v (%v)", gaps, err)
	}
}

func TestBadRotasAreRefused(t *testing.T) {
	good := Shift{Engineer: "anna", Level: 1, Day: time.Monday, Length: 13 * time.Hour}
	noon, one := at(t, "2026-11-23 12:00"), at(t, "2026-11-23 13:00")
	swap := Override{Engineer: "anna", Instead: "sara", Level: 1, From: noon, Until: one}
	stranger, short, deep, long := good, good, good, good
	stranger.Engineer, short.Length, deep.Level, long.Length = "nobody", 0, 0, allWeek+1
	backwards := swap
	backwards.Until = noon
	for name, r := range map[string]Rota{
		"zone":        {Zone: "Mars"},
		"stranger":    {Zone: "Europe/Rome", Shifts: []Shift{stranger}},
		"local zone":  {Zone: "Local", Shifts: []Shift{good}},
		"doubled":     {Zone: "Europe/Rome", Shifts: []Shift{good, {Engineer: "anna", Level: 1, Order: 5, Day: time.Monday, Length: 2 * time.Hour}}},
		"overlapping": {Zone: "Europe/Rome", Shifts: []Shift{good, {Engineer: "anna", Level: 1, Day: time.Sunday, From: 23 * time.Hour, Length: 2 * time.Hour}}},
		"all week":    {Zone: "Europe/Rome", Shifts: []Shift{good, {Engineer: "anna", Level: 1, Day: time.Wednesday, Length: allWeek}}},
		"of nobody":   {Zone: "Europe/Rome", Shifts: []Shift{good}, Overrides: []Override{{Engineer: "marco", Instead: "sara", Level: 1, From: noon, Until: one}}},
		"other level": {Zone: "Europe/Rome", Shifts: []Shift{good}, Overrides: []Override{{Engineer: "anna", Instead: "sara", Level: 2, From: noon, Until: one}}},
		"other time":  {Zone: "Europe/Rome", Shifts: []Shift{good}, Overrides: []Override{{Engineer: "anna", Instead: "sara", Level: 1, From: one, Until: one.Add(time.Hour)}}},
		"no length":   {Zone: "Europe/Rome", Shifts: []Shift{short}},
		"too long":    {Zone: "Europe/Rome", Shifts: []Shift{long}},
		"level zero":  {Zone: "Europe/Rome", Shifts: []Shift{deep}},
		"names none":  {Zone: "Europe/Rome", Overrides: []Override{{Level: 1, From: noon, Until: one}}},
		"backwards":   {Zone: "Europe/Rome", Overrides: []Override{backwards}},
		"twice a day": {Zone: "Europe/Rome", Shifts: []Shift{good}, Overrides: []Override{swap, swap}},
	} {
		if r.Check(team(), noon) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if err := (Rota{Zone: "Europe/Rome", Shifts: []Shift{good}, Overrides: []Override{swap}}).Check(team(), noon); err != nil {
		t.Error(err)
	}
}

// TestARotationLeavesNoInstantFree: seven daily shifts of a day each cover every instant exactly once, also over the
// changes of the clocks.
func TestARotationLeavesNoInstantFree(t *testing.T) {
	start := at(t, "2026-01-01 00:00")
	prove.Check(t, func(t *rapid.T) {
		handover := time.Duration(rapid.IntRange(0, 23).Draw(t, "handover")) * time.Hour
		r := Rota{Zone: "Europe/Rome"}
		for d := time.Sunday; d <= time.Saturday; d++ {
			r.Shifts = append(r.Shifts, Shift{Engineer: team()[int(d)%3].ID, Level: 1, Order: int(d), Day: d, From: handover, Length: 24 * time.Hour})
		}
		when := start.Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "when")) * time.Minute)
		if rapid.Bool().Draw(t, "near where clocks turn") {
			turn := rapid.SampledFrom([]time.Time{at(t, "2026-03-29 01:00"), at(t, "2026-10-25 01:00")}).Draw(t, "turn")
			when = turn.Add(time.Duration(rapid.IntRange(-26*3600, 26*3600).Draw(t, "second")) * time.Second)
		}
		duty, err := r.duty(when)
		if err != nil || len(duty) != 1 {
			t.Fatalf("at %v %v are on duty (%v)", when, duty, err)
		}
	})
}

func TestATicketsOwnEngineerComesFirstOnDutyOrNot(t *testing.T) {
	chain := []Attempt{{Engineer: "anna", Phone: "sip:anna@a"}, {Engineer: "marco", Phone: "sip:marco@a"}}
	for id, want := range map[EngineerID][]string{
		"marco": {"sip:marco@a", "sip:anna@a"}, "sara": {"sip:sara@a", "sip:anna@a", "sip:marco@a"},
		"ugo": {"sip:anna@a", "sip:marco@a"}, "staff:carla": {"sip:anna@a", "sip:marco@a"}, "": {"sip:anna@a", "sip:marco@a"},
	} {
		var got []string
		for _, a := range First(chain, team(), id) {
			got = append(got, a.Phone)
		}
		if !slices.Equal(got, want) {
			t.Errorf("ticket of %q rings %v, want %v", id, got, want)
		}
	}
}
