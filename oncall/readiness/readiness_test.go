package readiness_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/readiness"
	"hotline/oncall/rota"
	"hotline/prove"
)

const day = 24 * time.Hour

var monday = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

func team() []oncall.Engineer {
	return []oncall.Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{"a1", "a2"}}, {ID: "marco", Name: "Marco", Phones: []string{"m1"}}, {ID: "ugo", Name: "Ugo"},
	}
}

func schedule(t interface{ Fatal(...any) }, r rota.Rota) *rota.Schedule {
	r.Zone = "Europe/Rome"
	s, err := r.Ready(rota.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func always(level int, who oncall.EngineerID) oncall.Shift {
	return oncall.Shift{Engineer: who, Level: level, Day: time.Sunday, Length: 7 * day}
}

func proof(who oncall.EngineerID, phone string, ago time.Duration) oncall.Proof {
	return oncall.Proof{Engineer: who, Phone: phone, At: monday.Add(-ago), Key: true, Sound: true}
}

func report(t *testing.T, f escalation.Facts, days int) readiness.Report {
	t.Helper()
	f.Engineers = team()
	return readiness.Of(f, monday, monday.Add(time.Duration(days)*day))
}

func says(t *testing.T, r readiness.Report, want ...string) {
	t.Helper()
	lines := r.Lines(time.UTC)
	if r.Ready != (len(want) == 0) || len(lines) != len(want) {
		t.Fatalf("ready %v, and says %q, want %q", r.Ready, lines, want)
	}
	for i, w := range want {
		if !strings.Contains(lines[i], w) {
			t.Errorf("says %q, want %q", lines[i], w)
		}
	}
}

func TestAShiftIsCoveredOnlyWithAProof(t *testing.T) {
	rotas := []*rota.Schedule{schedule(t, rota.Rota{ID: rota.Main, Shifts: []oncall.Shift{always(1, "anna")}})}
	says(t, report(t, escalation.Facts{Rotas: rotas}, 14), "nobody with a proven telephone is on call from Mon 2026-11-23 10:00 UTC until Mon 2026-12-07 10:00 UTC", "Anna (anna) has proven no telephone")
	says(t, report(t, escalation.Facts{Rotas: rotas, Proofs: []oncall.Proof{proof("anna", "a2", 0)}}, 14))
	says(t, report(t, escalation.Facts{Rotas: rotas, Proofs: []oncall.Proof{proof("anna", "a2", 5*day)}}, 14)) // the shift has begun
	friday := []*rota.Schedule{schedule(t, rota.Rota{ID: rota.Main, Shifts: []oncall.Shift{always(2, "marco"), {Engineer: "anna", Level: 1, Day: time.Friday, Length: day}}})}
	marco := proof("marco", "m1", 0)
	says(t, report(t, escalation.Facts{Rotas: friday, Proofs: []oncall.Proof{marco, proof("anna", "a2", 2*day)}}, 14)) // that of the week after is still to come
	says(t, report(t, escalation.Facts{Rotas: friday, Proofs: []oncall.Proof{marco, proof("anna", "a2", 5*day)}}, 14), "Anna (anna) has a proof that runs out before the shift of 2026-11-27")
	for name, p := range map[string]oncall.Proof{
		"too old": proof("anna", "a1", 7*day), "of another": proof("marco", "a1", 0), "of a telephone of before": proof("anna", "a3", 0), "of tomorrow": proof("anna", "a1", -day),
		"without sound": {Engineer: "anna", Phone: "a1", At: monday, Key: true}, "without a key": {Engineer: "anna", Phone: "a1", At: monday, Sound: true},
	} {
		if r := report(t, escalation.Facts{Rotas: rotas, Proofs: []oncall.Proof{p}}, 7); r.Ready {
			t.Errorf("a proof %s covers", name)
		}
	}
}

func TestGapsAndPeopleWithoutTelephonesAreNamed(t *testing.T) {
	rotas := []*rota.Schedule{schedule(t, rota.Rota{ID: rota.Main, Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Day: time.Sunday, Length: 3 * day}, always(2, "ugo")}})}
	says(t, report(t, escalation.Facts{Rotas: rotas, Proofs: []oncall.Proof{proof("anna", "a1", 0)}}, 7),
		"rota main: nobody with a telephone is on call from Tue 2026-11-24 23:00 UTC until Sat 2026-11-28 23:00 UTC", "Ugo (ugo) has no telephone: push messages and letters wake nobody")
}

func TestARotaBesideTheMainOneFallsBackToIt(t *testing.T) {
	main := schedule(t, rota.Rota{ID: rota.Main, Shifts: []oncall.Shift{always(1, "anna")}})
	beside := schedule(t, rota.Rota{ID: "rossi", Serves: rota.Serves{Contracts: []string{"rossi"}}, Shifts: []oncall.Shift{{Engineer: "marco", Level: 1, Day: time.Monday, Length: day}}})
	proofs := []oncall.Proof{proof("anna", "a1", 0), proof("marco", "m1", 0)}
	says(t, report(t, escalation.Facts{Rotas: []*rota.Schedule{main, beside}, Proofs: proofs}, 7))
	none := schedule(t, rota.Rota{ID: rota.Main})
	says(t, report(t, escalation.Facts{Rotas: []*rota.Schedule{none, beside}, Proofs: proofs}, 7), "rota main: nobody", "rota rossi: nobody with a telephone is on call from Mon 2026-11-23 23:00")
}

func TestSilenceIsNamedAndNamedPeopleCount(t *testing.T) {
	rotas := []*rota.Schedule{schedule(t, rota.Rota{ID: rota.Main, Shifts: []oncall.Shift{always(1, "anna")}})}
	f := escalation.Facts{Rotas: rotas, Proofs: []oncall.Proof{proof("anna", "a1", 0)}, Policies: []escalation.Policy{{ID: "p", Steps: []escalation.Step{{Engineers: []oncall.EngineerID{"marco"}}}}}}
	says(t, report(t, f, 7), "Marco (marco) has proven no telephone")
	f.Policies = nil
	f.Contacts = []escalation.Contact{{Engineer: "anna", Zone: "UTC", Silence: &escalation.Silence{By: "carla", Why: "on leave"}}}
	says(t, report(t, f, 7), "rota main: nobody with a telephone", "Anna (anna) is not rung by the choice of carla: on leave")
}

// TestWhatIsReadyIsReached: in a house that is ready, every plan of the next days rings somebody who has proven a telephone.
func TestWhatIsReadyIsReached(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom([]oncall.EngineerID{"anna", "marco"})
		r := rota.Rota{ID: rota.Main}
		for range rapid.IntRange(0, 6).Draw(t, "shifts") {
			r.Shifts = append(r.Shifts, oncall.Shift{Engineer: who.Draw(t, "who"), Level: rapid.IntRange(1, 2).Draw(t, "level"), Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")),
				From: time.Duration(rapid.IntRange(0, 23).Draw(t, "from")) * time.Hour, Length: time.Duration(rapid.SampledFrom([]int{24, 72, 168}).Draw(t, "length")) * time.Hour})
		}
		f := escalation.Facts{Engineers: team(), Rotas: []*rota.Schedule{schedule(t, r)}}
		for _, p := range []oncall.Proof{proof("anna", "a2", 0), proof("marco", "m1", 0)} {
			if rapid.IntRange(0, 3).Draw(t, "proven") > 0 {
				p.At = p.At.Add(-time.Duration(rapid.IntRange(0, 3*24).Draw(t, "ago")) * time.Hour)
				f.Proofs = append(f.Proofs, p)
			}
		}
		report := readiness.Of(f, monday, monday.Add(4*day))
		for range 20 {
			at := monday.Add(time.Duration(rapid.IntRange(0, 4*24*60-1).Draw(t, "at")) * time.Minute)
			p := escalation.For(escalation.Case{Request: rota.Request{Category: "blocking"}}, f, at)
			covered := slices.ContainsFunc(p.Attempts(), func(a oncall.Attempt) bool {
				i := slices.IndexFunc(report.People, func(who readiness.Person) bool { return who.Engineer == a.Engineer })
				return slices.ContainsFunc(report.People[i].OnCall, func(s readiness.OnCallShift) bool {
					begins := s.From
					if begins.Before(monday) {
						begins = monday
					}
					return !at.Before(s.From) && at.Before(s.Until) && slices.ContainsFunc(f.Proofs, func(p oncall.Proof) bool { return p.Engineer == a.Engineer && p.Holds(begins) })
				})
			})
			within := func(list []readiness.RotaGap) bool {
				return slices.ContainsFunc(list, func(g readiness.RotaGap) bool { return !at.Before(g.From) && at.Before(g.Until) })
			}
			if p.Ring == within(report.Gaps) || (p.Ring && covered == within(report.Uncovered)) {
				t.Fatalf("at %s the plan is %+v (covered %v), the report %+v", at, p, covered, report)
			}
		}
	})
}
