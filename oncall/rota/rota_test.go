package rota_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/ical"
	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/prove"
	"hotline/sla"
)

const allWeek = 7 * 24 * time.Hour

func rome(t interface{ Fatal(...any) }, s string) time.Time {
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

func team() (list []oncall.Engineer) {
	for _, id := range people {
		list = append(list, oncall.Engineer{ID: id, Phones: []string{"sip:" + string(id) + "@a"}})
	}
	return list
}

func turnsOf(ids ...oncall.EngineerID) (list []rota.Turn) {
	for _, id := range ids {
		list = append(list, rota.Turn{Engineer: id})
	}
	return list
}

func ready(t *testing.T, r rota.Rota, f rota.Facts) *rota.Schedule {
	t.Helper()
	if r.Zone == "" {
		r.Zone, r.ID, r.Name = "Europe/Rome", "night", "Night"
	}
	if err := r.Check(team(), f, rome(t, "2026-03-01 00:00")); err != nil {
		t.Fatal(err)
	}
	s, err := r.Ready(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func on(t *testing.T, s *rota.Schedule, when, want string) {
	t.Helper()
	if got := strings.TrimSpace(say(s.At(rome(t, when)))); got != want {
		t.Errorf("at %s on call are %q, want %q", when, got, want)
	}
}

func TestTurnsFollowEachOtherByTheWall(t *testing.T) {
	s := ready(t, rota.Rota{Layers: []rota.Layer{{Name: "days", Level: 1, Rotation: rota.Daily, Start: "2026-03-27T09:00", Turns: turnsOf("anna", "marco")}}}, rota.Facts{})
	on(t, s, "2026-03-27 08:59", "")
	on(t, s, "2026-03-27 09:00", "1 anna")
	on(t, s, "2026-03-28 09:00", "1 marco")
	on(t, s, "2026-03-29 08:59", "1 marco") // a day of 23 hours
	on(t, s, "2026-03-29 09:00", "1 anna")
	duties := s.Duties(rome(t, "2026-03-28 09:00"), rome(t, "2026-03-30 09:00"))
	if len(duties) != 2 || duties[0].Until.Sub(duties[0].From) != 23*time.Hour || duties[1].Until.Sub(duties[1].From) != 24*time.Hour {
		t.Errorf("duties %+v", duties)
	}
	if d := s.Duties(rome(t, "2026-10-24 09:00"), rome(t, "2026-10-26 09:00")); d[0].Until.Sub(d[0].From) != 25*time.Hour {
		t.Errorf("in autumn %+v", d)
	}
}

func TestALayerCoversThoseBelowUnlessItStandsBeside(t *testing.T) {
	base := rota.Layer{Name: "base", Level: 1, Rotation: rota.Weekly, Start: "2026-03-02T09:00", Turns: turnsOf("anna", "marco")}
	day := rota.Layer{Name: "day", Level: 1, Rotation: rota.Weekly, Start: "2026-03-02T00:00", Turns: turnsOf("sara"),
		Hours: []sla.Interval{{Day: time.Monday, From: 9 * time.Hour, Until: 18 * time.Hour}}}
	s := ready(t, rota.Rota{Layers: []rota.Layer{base, day}}, rota.Facts{})
	on(t, s, "2026-03-09 08:59", "1 anna")
	on(t, s, "2026-03-09 09:00", "1 sara")
	on(t, s, "2026-03-09 18:00", "1 marco")
	day.Beside = true
	on(t, ready(t, rota.Rota{Layers: []rota.Layer{base, day}}, rota.Facts{}), "2026-03-09 09:00", "1 marco 1 sara")
	away := rota.Facts{Absences: []rota.Absence{{Engineer: "sara", From: rome(t, "2026-03-09 10:00"), Until: rome(t, "2026-03-09 11:00")}}}
	day.Beside = false
	on(t, ready(t, rota.Rota{Layers: []rota.Layer{base, day}}, away), "2026-03-09 10:30", "1 marco") // the layer below shows through
	on(t, ready(t, rota.Rota{Layers: []rota.Layer{base, day}, Overrides: []oncall.Override{          // and not where somebody stands in
		{Engineer: "sara", Instead: "ugo", Level: 1, From: rome(t, "2026-03-09 09:00"), Until: rome(t, "2026-03-09 18:00")},
	}}, away), "2026-03-09 10:30", "1 ugo")
}

func TestANightTeamFollowsTheCalendar(t *testing.T) {
	hours, err := sla.DefaultCalendars()[0].Hours()
	if err != nil {
		t.Fatal(err)
	}
	id := hours.Calendar().ID
	layer := func(name string, who oncall.EngineerID, closed bool) rota.Layer {
		return rota.Layer{Name: name, Level: 1, Rotation: rota.Weekly, Start: "2026-01-05T00:00", Turns: turnsOf(who), Follow: rota.Follow{Calendar: id, Closed: closed}}
	}
	r := rota.Rota{ID: "r", Name: "r", Zone: "Europe/Rome", Layers: []rota.Layer{layer("day", "anna", false), layer("night", "marco", true)}}
	s := ready(t, r, rota.Facts{Calendars: map[sla.CalendarID]*sla.Hours{id: hours}})
	prove.Check(t, func(t *rapid.T) {
		at := rome(t, "2026-02-01 00:00").Add(time.Duration(rapid.IntRange(0, 500*24*60).Draw(t, "minute")) * time.Minute)
		want := "1 marco "
		if hours.Open(at) {
			want = "1 anna "
		}
		if got := say(s.At(at)); got != want {
			t.Fatalf("at %s on call are %q", at, got)
		}
	})
}

func TestASwapExchangesDutyAndIsSeen(t *testing.T) {
	r := rota.Rota{Layers: []rota.Layer{{Name: "days", Level: 1, Rotation: rota.Daily, Start: "2026-03-02T09:00", Turns: turnsOf("anna", "marco")}}, Swaps: []rota.Swap{{
		Engineer: "anna", With: "marco", From: rome(t, "2026-03-04 09:00"), Until: rome(t, "2026-03-05 09:00"), BackFrom: rome(t, "2026-03-05 09:00"), BackUntil: rome(t, "2026-03-06 09:00"),
	}}}
	s := ready(t, r, rota.Facts{})
	on(t, s, "2026-03-04 12:00", "1 marco")
	on(t, s, "2026-03-05 12:00", "1 anna")
	on(t, s, "2026-03-06 12:00", "1 anna")
	if p := s.At(rome(t, "2026-03-04 12:00"))[0]; p.Why != "swap 1" || p.For != "anna" {
		t.Errorf("the place says %+v", p)
	}
}

// TestWhoStandsTwiceIsReplacedWhereTheyAreCalledFirst: Sara stands in for Anna beside her own shift, and Ugo for Sara.
func TestWhoStandsTwiceIsReplacedWhereTheyAreCalledFirst(t *testing.T) {
	from, until := rome(t, "2026-03-02 00:00"), rome(t, "2026-03-03 00:00")
	shift := func(who oncall.EngineerID, order int) oncall.Shift {
		return oncall.Shift{Engineer: who, Level: 1, Order: order, Day: time.Monday, Length: 24 * time.Hour}
	}
	r := oncall.Rota{Zone: "Europe/Rome", Shifts: []oncall.Shift{shift("anna", 2), shift("marco", 1), shift("sara", 0)}, Overrides: []oncall.Override{
		{Engineer: "anna", Instead: "sara", Level: 1, From: from, Until: until}, {Engineer: "sara", Instead: "ugo", Level: 1, From: from, Until: until},
	}}
	if err := r.Check(team(), from); err != nil {
		t.Fatal(err)
	}
	on(t, ready(t, rota.Of(r), rota.Facts{}), "2026-03-02 12:00", "1 ugo 1 marco")
	attempts, _, err := oncall.Plan(r, team(), from.Add(12*time.Hour))
	if err != nil || len(attempts) != 2 || attempts[0].Engineer != "ugo" || attempts[1].Engineer != "marco" {
		t.Errorf("the plan is %+v, %v", attempts, err)
	}
}

// TestTheMainRotaIsWorkedOutAsBefore: what oncall plans for today's rota is what its schedule says.
func TestTheMainRotaIsWorkedOutAsBefore(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom(people)
		r := oncall.Rota{Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		near := rome(t, "2026-03-29 00:00")
		for range rapid.IntRange(0, 5).Draw(t, "shifts") {
			r.Shifts = append(r.Shifts, oncall.Shift{Engineer: who.Draw(t, "who"), Level: rapid.IntRange(1, 2).Draw(t, "level"), Order: rapid.IntRange(0, 2).Draw(t, "order"),
				Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), From: time.Duration(rapid.IntRange(0, 1439).Draw(t, "from")) * time.Minute,
				Length: time.Duration(rapid.IntRange(1, 7*1440).Draw(t, "length")) * time.Minute})
		}
		for range rapid.IntRange(0, 3).Draw(t, "overrides") {
			o := oncall.Override{Level: rapid.IntRange(1, 2).Draw(t, "level"), From: near.Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(t, "begin")) * time.Minute)}
			o.Engineer = rapid.SampledFrom([]oncall.EngineerID{"", "anna", "marco", "ugo"}).Draw(t, "off")
			o.Instead = rapid.SampledFrom([]oncall.EngineerID{"", "sara", "ugo"}).Draw(t, "on")
			o.Until = o.From.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "length")) * time.Minute)
			r.Overrides = append(r.Overrides, o)
		}
		s, err := rota.Of(r).Ready(rota.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		reached := func(id oncall.EngineerID) bool { return id != "ugo" }
		staff := team()
		staff[3].Phones = nil
		for range 20 {
			now := near.Add(time.Duration(rapid.IntRange(-3*1440*60, 3*1440*60).Draw(t, "now")) * time.Second)
			attempts, _, err := oncall.Plan(r, staff, now)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []oncall.EngineerID
			for _, a := range attempts {
				want = append(want, a.Engineer)
			}
			for _, p := range s.At(now) {
				if reached(p.Engineer) && !slices.Contains(got, p.Engineer) {
					got = append(got, p.Engineer)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("at %s the schedule says %v, the plan %v", now, got, want)
			}
		}
		until := near.AddDate(0, 0, 4)
		want, err := oncall.Gaps(r, staff, near, until)
		got := s.Gaps(near, until, reached)
		if err != nil || !slices.EqualFunc(got, want, func(a, b oncall.Gap) bool { return a.From.Equal(b.From) && a.Until.Equal(b.Until) }) {
			t.Fatalf("gaps %v, want %v (%v)", got, want, err)
		}
	})
}

func TestTheRotaMadeMostCloselyForARequestGoesFirst(t *testing.T) {
	rotas := []rota.Rota{
		{ID: rota.Main}, {ID: "all"}, {ID: "rossi", Serves: rota.Serves{Contracts: []string{"rossi"}}},
		{ID: "pbx", Serves: rota.Serves{Products: []string{"pbx"}}}, {ID: "english", Serves: rota.Serves{Languages: []string{"en"}}},
		{ID: "english-extended", Serves: rota.Serves{Languages: []string{"en"}, Levels: []sla.LevelID{sla.Extended}}},
	}
	for want, r := range map[string]rota.Request{
		"all main":                          {},
		"rossi all main":                    {Contract: "rossi"},
		"rossi pbx all main":                {Contract: "rossi", Product: "pbx", Language: "it"},
		"english-extended english all main": {Language: "en", Level: sla.Extended},
		"english all main":                  {Language: "en", Level: sla.Advanced, Category: sla.Blocking},
	} {
		var got []string
		for _, one := range rota.Choose(rotas, r) {
			got = append(got, string(one.ID))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v is served by %v, want %s", r, got, want)
		}
	}
	if err := (rota.Rota{ID: "x", Serves: rota.Serves{Contracts: []string{"verdi", "rossi"}}}).CheckServes(rotas); err == nil {
		t.Error("two rotas for one contract stand side by side")
	}
	if err := (rota.Rota{ID: "x", Serves: rota.Serves{Contracts: []string{"verdi"}}}).CheckServes(rotas); err != nil {
		t.Error(err)
	}
}

func TestRotasThatCannotBeMeantAreRefused(t *testing.T) {
	at := func(s string) time.Time { return rome(t, s) }
	good := rota.Layer{Name: "a", Level: 1, Rotation: rota.Daily, Start: "2026-03-02T09:00", Turns: turnsOf("anna")}
	change := func(f func(*rota.Layer)) rota.Rota { l := good; f(&l); return rota.Rota{Layers: []rota.Layer{l}} }
	for name, r := range map[string]rota.Rota{
		"local zone":    {Zone: "Local", Layers: []rota.Layer{good}},
		"no zone known": {Zone: "Mars/Base"},
		"nobody":        change(func(l *rota.Layer) { l.Turns = nil }),
		"stranger":      change(func(l *rota.Layer) { l.Turns = turnsOf("zoe") }),
		"start":         change(func(l *rota.Layer) { l.Start = "2026-03-02" }),
		"rotation":      change(func(l *rota.Layer) { l.Rotation = "yearly" }),
		"a length":      change(func(l *rota.Layer) { l.Turns = []rota.Turn{{Engineer: "anna", Length: time.Hour}} }),
		"no length":     change(func(l *rota.Layer) { l.Rotation = rota.Custom }),
		"too long":      change(func(l *rota.Layer) { l.Every = 367 }),
		"level":         change(func(l *rota.Layer) { l.Level = 0 }),
		"no name":       change(func(l *rota.Layer) { l.Name = " " }),
		"one name":      {Layers: []rota.Layer{good, good}},
		"calendar":      change(func(l *rota.Layer) { l.Follow.Calendar = "none" }),
		"hours":         change(func(l *rota.Layer) { l.Hours = []sla.Interval{{Day: 1, From: 9 * time.Hour, Until: 8 * time.Hour}} }),
		"hours twice": change(func(l *rota.Layer) {
			l.Hours = []sla.Interval{{Day: 0, From: 9 * time.Hour, Until: 33 * time.Hour}, {Day: 1, From: 8 * time.Hour, Until: 9 * time.Hour}}
		}),
		"self swap":  {Layers: []rota.Layer{good}, Swaps: []rota.Swap{{Engineer: "anna", With: "anna", From: at("2026-03-03 00:00"), Until: at("2026-03-04 00:00")}}},
		"back swap":  {Layers: []rota.Layer{good}, Swaps: []rota.Swap{{Engineer: "anna", With: "marco", From: at("2026-03-05 00:00"), Until: at("2026-03-04 00:00")}}},
		"not on it":  {Layers: []rota.Layer{good}, Overrides: []oncall.Override{{Engineer: "marco", Instead: "anna", Level: 1, From: at("2026-03-05 00:00"), Until: at("2026-03-06 00:00")}}},
		"for nobody": {Layers: []rota.Layer{good}, Overrides: []oncall.Override{{Level: 1, From: at("2026-03-05 00:00"), Until: at("2026-03-06 00:00")}}},
	} {
		if r.Zone == "" {
			r.Zone = "Europe/Rome"
		}
		r.ID, r.Name = "r", "r"
		if err := r.Check(team(), rota.Facts{}, at("2026-03-01 00:00")); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	ready(t, change(func(*rota.Layer) {}), rota.Facts{})
}

const leave = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260329\r\nSUMMARY:Ferie\\, Elba\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTART;TZID=Europe/Rome:20261025T010000\r\nDTEND:20261025T030000Z\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20260501T080000\r\nDURATION:P1DT2H\r\nBEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nSEQUENCE:1\r\nDTSTART:20260502T080000\r\nDURATION:PT2H\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:4\r\nDTSTART:20260601\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:5\r\nDTSTART:20260601\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:6\r\nDTSTART;TZID=Local:20260601T080000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:7\r\nDTSTART:20260601\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestAbsencesComeFromACalendar(t *testing.T) {
	zone := rome(t, "2026-01-01 00:00").Location()
	list, left, err := rota.ReadAbsences(strings.NewReader(leave), "anna", zone)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.UID+" "+a.From.UTC().Format(time.RFC3339)+" "+a.Until.Sub(a.From).String()+" "+a.Note)
	}
	want := []string{"1 2026-03-28T23:00:00Z 23h0m0s Ferie, Elba", "3 2026-05-02T06:00:00Z 2h0m0s ", "2 2026-10-24T23:00:00Z 4h0m0s "}
	if !slices.Equal(got, want) {
		t.Errorf("absences\n%q, want\n%q", got, want)
	}
	var why []string
	for _, l := range left {
		why = append(why, l.String())
	}
	for i, part := range []string{"newer version", "RRULE", "TRANSPARENT", "Local", "cancelled"} {
		if i >= len(why) || !strings.Contains(why[i], part) {
			t.Errorf("left out are %q", why)
		}
	}
	cancelled := "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:1\nDTSTART:20260601\nEND:VEVENT\nEND:VCALENDAR\n" // a leave that is not taken
	for _, bad := range []string{"", "hello", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", cancelled} {
		if _, _, err := rota.ReadAbsences(strings.NewReader(bad), "anna", zone); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzReadAbsences(f *testing.F) {
	f.Add(leave)
	f.Fuzz(func(t *testing.T, text string) {
		list, _, err := rota.ReadAbsences(strings.NewReader(text), "anna", time.UTC)
		for _, a := range list {
			if err != nil || a.Check() != nil || len([]rune(a.Note)) > 200 {
				t.Fatalf("%+v, %v", a, err)
			}
		}
	})
}

func TestTheFeedTellsWhoIsOnCallAndInWhoseStead(t *testing.T) {
	r := rota.Rota{Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Day: time.Sunday, Length: allWeek}}, Overrides: []oncall.Override{
		{Engineer: "anna", Instead: "marco", Level: 1, From: rome(t, "2026-03-10 00:00"), Until: rome(t, "2026-03-11 00:00")},
	}}
	s := ready(t, r, rota.Facts{})
	name := func(id oncall.EngineerID) string { return strings.ToUpper(string(id)) }
	all := s.Feed(rome(t, "2026-03-08 12:00"), rome(t, "2026-03-14 00:00"), "", name)
	if len(all) != 3 || all[0].Summary != "ANNA on call, level 1 (Night)" || all[1].Note != "override 1, for ANNA" || all[0].UID != "night-anna-1-before@hotline" {
		t.Errorf("the feed has %+v", all)
	}
	if own := s.Feed(rome(t, "2026-03-08 12:00"), rome(t, "2026-03-14 00:00"), "marco", name); len(own) != 1 {
		t.Errorf("Marco's has %+v", own)
	}
	if text := string(ical.Write("on call", rome(t, "2026-03-08 12:00"), all)); !strings.Contains(text, "DTSTART:20260309T230000Z\r\n") {
		t.Error(text)
	}
}
