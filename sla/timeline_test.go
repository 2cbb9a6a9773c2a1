package sla

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// agreed gives the terms of a default level, in its own calendar.
func agreed(t interface{ Fatalf(string, ...any) }, id LevelID) *Agreement {
	for _, l := range DefaultLevels() {
		for _, c := range DefaultCalendars() {
			if l.ID == id && c.ID == l.Calendar {
				a, err := l.Terms(c).Ready()
				if err != nil {
					t.Fatalf("%v", err)
				}
				return a
			}
		}
	}
	t.Fatalf("no level %s", id)
	return nil
}

// request is a course with the words of the trade.
type request struct {
	*testing.T
	Timeline
	happened []Effect
}

func opened(t *testing.T, a *Agreement, c Category, at string) *request {
	t.Helper()
	r := &request{T: t}
	r.take(Step{Kind: Begun, At: rome(t, at), Category: c, Terms: a})
	return r
}

func (r *request) take(s Step) {
	r.Helper()
	var err error
	if r.Timeline, r.happened, err = r.Take(s); err != nil {
		r.Fatal(err)
	}
}

func (r *request) stamped(k Kind, at string) {
	r.Helper()
	r.take(Step{Kind: Stamped, Clock: k, At: rome(r, at)})
}

func (r *request) paused(why Reason, from, until string) {
	r.Helper()
	r.take(Step{Kind: Paused, Why: why, At: rome(r, from)})
	if until != "" {
		r.take(Step{Kind: Resumed, Why: why, At: rome(r, until)})
	}
}

func (r *request) agreed(a *Agreement, c Category, at string) {
	r.Helper()
	r.take(Step{Kind: Agreed, Terms: a, Category: c, At: rome(r, at)})
}

func (r *request) looked(at string) {
	r.Helper()
	r.take(Step{Kind: Looked, At: rome(r, at)})
}

func (r *request) clock(k Kind) Clock {
	r.Helper()
	for _, c := range r.Clocks {
		if c.Kind == k {
			return c
		}
	}
	r.Fatalf("there is no %s clock", k)
	return Clock{}
}

func (r *request) due(k Kind, want string) {
	r.Helper()
	if c := r.clock(k); !c.Due.Equal(rome(r, want)) {
		r.Errorf("%s is due %s, want %s", k, c.Due, want)
	}
}

// states is how the clocks stand, in one word each.
func (r *request) states() string {
	var words []string
	for _, c := range r.Clocks {
		word := "running"
		switch {
		case !c.BrokenAt.IsZero() && !c.MetAt.IsZero():
			word = "late"
		case !c.BrokenAt.IsZero():
			word = "broken"
		case !c.MetAt.IsZero():
			word = "kept"
		case c.Paused:
			word = "paused"
		case c.Projected:
			word = "projected"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func (r *request) stand(want string) {
	r.Helper()
	if got := r.states(); got != want {
		r.Errorf("the clocks are %q, want %q", got, want)
	}
}

func (r *request) said() string {
	var words []string
	for _, h := range r.happened {
		words = append(words, h.What+" "+string(h.Clock)+h.Alarm)
	}
	return strings.Join(words, ", ")
}

func TestAKeptPromise(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-20 17:00")
	r.due(Contact, "2026-11-20 18:00")
	r.due(Intervention, "2026-11-23 12:00")
	r.due(Restore, "2026-11-23 17:00")
	r.stand("running running projected")
	r.stamped(Contact, "2026-11-20 18:00") // on the closing instant: kept
	r.stamped(Intervention, "2026-11-23 10:30")
	r.due(Restore, "2026-11-23 15:30")
	r.stamped(Restore, "2026-11-23 15:30")
	r.stand("kept kept kept")
	if r.clock(Intervention).Spent != 150*time.Minute || r.clock(Restore).Spent != 4*time.Hour {
		t.Errorf("spent %v and %v", r.clock(Intervention).Spent, r.clock(Restore).Spent)
	}
}

func TestABreachIsKnownAfterTheDueTimeAndOnce(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 03:00")
	r.looked("2026-11-23 04:00")
	if r.said() != "warn contact75%" {
		t.Errorf("at the due time: %s", r.said())
	}
	r.take(Step{Kind: Looked, At: rome(t, "2026-11-23 04:00").Add(time.Second)})
	if r.said() != "breach contactdue" || !r.clock(Contact).BrokenAt.Equal(r.clock(Contact).Due) {
		t.Errorf("a second later: %s", r.said())
	}
	r.looked("2026-11-23 05:00")
	if r.said() != "" {
		t.Errorf("again: %s", r.said())
	}
	r.stamped(Contact, "2026-11-23 05:30")
	r.stand("late running projected")
}

func TestAProjectedRestoreIsNeitherWarnedNorBroken(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 03:00")
	r.looked("2026-12-23 03:00")
	r.stand("broken broken projected")
	if strings.Contains(r.said(), "restore") {
		t.Errorf("raised %s", r.said())
	}
	if at, ok := NextAlarm(r.Clocks); ok {
		t.Errorf("the next alarm is at %v", at)
	}
}

func TestRestoredWithoutAnInterventionClosesWhatItImplies(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 03:00")
	r.stamped(Restore, "2026-11-23 03:30")
	r.stand("kept kept kept")
	if !strings.Contains(r.said(), "implied contact, implied intervention") {
		t.Errorf("said %s", r.said())
	}
	r.due(Restore, "2026-11-23 05:30")
	late := opened(t, agreed(t, Extended), Blocking, "2026-11-23 03:00")
	late.stamped(Intervention, "2026-11-23 06:00")
	late.stand("late kept running")
}

func TestOnlyWhatTheContractSaysStops(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.paused(ForCustomer, "2026-11-23 09:30", "")
	r.stand("running paused paused")
	r.looked("2026-11-23 18:00")
	r.stand("broken paused paused")
	r.take(Step{Kind: Resumed, Why: ForCustomer, At: rome(t, "2026-11-23 18:00")})
	r.due(Intervention, "2026-11-24 12:30")
	r.paused(NoAccess, "2026-11-24 12:30", "2026-11-24 17:00") // begun when the limit is used up: stops nothing
	r.stand("broken broken projected")
}

func TestPausesOfTwoReasonsCountOnce(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 09:00")
	r.take(Step{Kind: Paused, Why: ForCustomer, At: rome(t, "2026-11-23 10:00")})
	r.take(Step{Kind: Paused, Why: NoAccess, At: rome(t, "2026-11-23 10:30")})
	r.take(Step{Kind: Resumed, Why: ForCustomer, At: rome(t, "2026-11-23 11:00")})
	r.stand("broken paused paused") // still no access; contact was due at ten
	r.take(Step{Kind: Resumed, Why: NoAccess, At: rome(t, "2026-11-23 11:30")})
	r.due(Intervention, "2026-11-23 14:30")
}

func TestTheTimeThatAClockTookLeavesItsPausesOut(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.paused(ForCustomer, "2026-11-23 10:00", "2026-11-23 11:00")
	r.stamped(Intervention, "2026-11-23 12:30")
	if got := r.clock(Intervention).Spent; got != 150*time.Minute {
		t.Errorf("the intervention took %v", got)
	}
	if got := r.clock(Contact).Spent; got != 210*time.Minute { // waiting does not stop it
		t.Errorf("the contact took %v", got)
	}
}

func TestInstantsAreWholeSecondsAndAClockThatIsSetBackMakesNoPauseNegative(t *testing.T) {
	r := &request{T: t}
	r.take(Step{Kind: Begun, At: rome(t, "2026-11-23 09:00").Add(700 * time.Millisecond), Category: Blocking, Terms: agreed(t, Professional)})
	r.due(Contact, "2026-11-23 10:00")
	r.take(Step{Kind: Paused, Why: ForCustomer, At: rome(t, "2026-11-23 09:30").Add(900 * time.Millisecond)})
	r.take(Step{Kind: Resumed, Why: ForCustomer, At: rome(t, "2026-11-23 09:20")})
	if p := r.Pauses[0]; !p.From.Equal(rome(t, "2026-11-23 09:30")) || !p.Until.Equal(p.From) {
		t.Errorf("the pause is %+v", p)
	}
	r.due(Intervention, "2026-11-23 13:00")
}

func TestAnAssessmentKeepsWhatWasKeptAndBroken(t *testing.T) {
	r := opened(t, agreed(t, Advanced), Blocking, "2026-11-23 09:00")
	r.stamped(Contact, "2026-11-23 09:10")
	contact := r.clock(Contact)
	r.agreed(nil, NonBlocking, "2026-11-23 10:00")
	r.due(Intervention, "2026-11-23 17:00")
	if !reflect.DeepEqual(r.clock(Contact), contact) || !strings.Contains(r.said(), "moved intervention") {
		t.Errorf("contact is now %+v; said %s", r.clock(Contact), r.said())
	}
	r.agreed(nil, Question, "2026-11-23 11:00")
	r.stand("kept")
	r.agreed(nil, Blocking, "2026-11-23 13:30") // the intervention of a blocking anomaly was due at 13:00
	r.stand("kept broken projected")
}

func TestAnActBeforeTheCategoryIsKnownIsNotForgotten(t *testing.T) {
	r := opened(t, agreed(t, Advanced), Uncategorised, "2026-11-23 09:00")
	r.stamped(Contact, "2026-11-23 09:10")
	r.stand("")
	r.agreed(nil, Blocking, "2026-11-23 12:00")
	r.stand("kept running projected")
}

func TestOnlyAnomaliesOfAContractHaveClocks(t *testing.T) {
	for _, c := range append(Categories(), Uncategorised) {
		if n := len(opened(t, agreed(t, Extended), c, "2026-11-23 03:00").Clocks); (n > 0) != c.Clocked() {
			t.Errorf("%s has %d clocks", c, n)
		}
		if n := len(opened(t, agreed(t, OnRequest), c, "2026-11-23 03:00").Clocks); n > 0 {
			t.Errorf("%s on request has %d clocks", c, n)
		}
	}
}

func TestWarningsAreSharesOfTheLimitOrTimesBefore(t *testing.T) {
	a := agreed(t, Professional)
	terms := a.Terms
	terms.Alarms = []Alarm{{Clock: Intervention, Share: 50}, {Clock: Intervention, Left: 30 * time.Minute}, {Clock: Intervention}}
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	r := opened(t, a, Blocking, "2026-11-20 17:00") // four hours: two are over on Monday at ten
	for i, want := range []string{"2026-11-23 10:00", "2026-11-23 11:30"} {
		if at := r.clock(Intervention).Warnings[i].At; !at.Equal(rome(t, want)) {
			t.Errorf("warning %d at %v, want %s", i, at, want)
		}
	}
	r.looked("2026-11-23 10:00")
	if !strings.Contains(r.said(), "warn intervention50%") {
		t.Errorf("raised %s", r.said())
	}
	r.paused(ForCustomer, "2026-11-23 10:30", "2026-11-23 11:30")
	if w := r.clock(Intervention).Warnings; !w[1].At.Equal(rome(t, "2026-11-23 12:30")) || w[0].RaisedAt.IsZero() {
		t.Errorf("after the pause: %+v", w)
	}
	if r.agreed(nil, Blocking, "2026-11-23 11:40"); strings.Contains(r.said(), "warn") {
		t.Error("a warning that was raised was raised again")
	}
}

func TestPoliciesThatCannotBeMeantAreRefusedWithThePlaceNamed(t *testing.T) {
	for place, alarms := range map[string][]Alarm{
		"alarms[0]": {{Clock: "lunch"}}, "alarms[1]": {{Clock: Contact}, {Clock: Contact}}, "share 120": {{Clock: Contact, Share: 120}},
		"whole minutes": {{Clock: Contact, Left: time.Second}}, "no action": {{Clock: Contact, Do: []Action{"shout"}}}, "night": {{Clock: Contact, Night: "sleep"}},
	} {
		if err := CheckAlarms(alarms); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%+v: %v, want %s", alarms, err, place)
		}
	}
	for place, s := range map[string]Stops{"no reason": {"weather": {Restore}}, "no clock": {ForCustomer: {"lunch"}}} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%v: %v", s, err)
		}
	}
	for _, l := range []Limits{{Contact: -1}, {Contact: time.Hour, Restore: time.Hour}, {1500 * time.Millisecond, time.Hour, time.Hour}} {
		if err := (Level{ID: "x", Calendar: "y", NonBlocking: l}).Check(); err == nil || !strings.Contains(err.Error(), "level x, non_blocking") {
			t.Errorf("limits %+v: %v", l, err)
		}
	}
	for _, l := range DefaultLevels() {
		l.Stops, l.Alarms = DefaultStops(), DefaultAlarms()
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestPrioritiesOfThePolicy(t *testing.T) {
	table := map[LevelID][5]Priority{
		Extended: {1, 3, 4, 5, 5}, Advanced: {2, 3, 4, 5, 5}, Professional: {2, 3, 4, 5, 5}, OnRequest: {3, 4, 5, 5, 5},
	}
	for id, row := range table {
		for i, c := range Categories() {
			if got := PriorityOf(id, c); got != row[i] {
				t.Errorf("%s at %s: P%d, want P%d", c, id, got, row[i])
			}
		}
	}
	if PriorityOf(Extended, Uncategorised) != 0 {
		t.Error("no category has a priority")
	}
}
