package ring_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/oncall/rota"
	"hotline/prove"
	"hotline/sla"
)

// house throws engineers, a rota and a policy.
func house(t *rapid.T) escalation.Facts {
	f := escalation.Facts{Defaults: escalation.Defaults{Ring: time.Duration(rapid.SampledFrom([]int{0, 6, 30}).Draw(t, "default ring")) * time.Second, Rounds: rapid.IntRange(0, 3).Draw(t, "default rounds")}}
	var shifts []oncall.Shift
	for i := range rapid.IntRange(1, 5).Draw(t, "engineers") {
		e := oncall.Engineer{ID: oncall.EngineerID(fmt.Sprint("e", i)), Name: fmt.Sprint("E", i)}
		for n := range rapid.IntRange(0, 2).Draw(t, "telephones") {
			e.Phones = append(e.Phones, fmt.Sprintf("sip:e%d-%d", i, n))
		}
		f.Engineers = append(f.Engineers, e)
		if rapid.Bool().Draw(t, "on call") {
			shifts = append(shifts, oncall.Shift{Engineer: e.ID, Level: rapid.IntRange(1, 3).Draw(t, "level"), Order: i, Day: time.Sunday, Length: 7 * 24 * time.Hour})
		}
	}
	main, err := rota.Rota{ID: rota.Main, Zone: "UTC", Shifts: shifts}.Ready(rota.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	f.Rotas = []*rota.Schedule{main}
	if rapid.IntRange(0, 4).Draw(t, "policy") == 0 {
		return f
	}
	p := escalation.Policy{ID: "p", Name: "p", Rounds: rapid.IntRange(0, 3).Draw(t, "rounds"), Version: 3}
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		s := escalation.Step{AtOnce: rapid.Bool().Draw(t, "at once"), Ring: time.Duration(rapid.SampledFrom([]int{0, 5, 12, 40}).Draw(t, "ring")) * time.Second, Level: rapid.IntRange(0, 3).Draw(t, "of level")}
		if rapid.Bool().Draw(t, "by name") {
			s.Engineers = []oncall.EngineerID{rapid.SampledFrom(f.Engineers).Draw(t, "name").ID, rapid.SampledFrom(f.Engineers).Draw(t, "name").ID}
		}
		p.Steps = append(p.Steps, s)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "overflow") {
		p.Overflow = append(p.Overflow, fmt.Sprint("sip:overflow-", i))
	}
	f.Policies = []escalation.Policy{p}
	return f
}

// habit is what one telephone always does.
type habit string

func (h habit) script() script {
	switch h {
	case "busy":
		return script{delay: time.Second, err: &ring.Refusal{Code: 486}}
	case "dead":
		return script{delay: 4 * time.Second, err: ring.ErrDead}
	case "passes":
		return script{delay: 2 * time.Second, keys: "2", after: time.Second}
	case "mailbox":
		return script{delay: 2 * time.Second}
	case "hangs up":
		return script{delay: 3 * time.Second, hangsUp: 2 * time.Second}
	case "accepts":
		return script{delay: 2 * time.Second, keys: "1", after: 3 * time.Second, talk: time.Minute}
	}
	return script{delay: time.Hour}
}

// shouldRing is what a plan says to be rung, turn by turn, each turn's telephones sorted, where each telephone has a habit. It
// knows nothing of how a search works.
func shouldRing(p escalation.Plan, habits map[string]habit) (list []string) {
	over := func(group []oncall.Attempt, passed map[oncall.EngineerID]bool) (accepted bool) {
		var rung []string
		passes := map[oncall.EngineerID]bool{}
		for _, a := range group {
			if passed[a.Engineer] && a.Engineer != escalation.OverflowEngineer {
				continue
			}
			rung = append(rung, a.Phone)
			passes[a.Engineer] = passes[a.Engineer] || habits[a.Phone] == "passes"
		}
		for _, a := range group { // who passes on one telephone does so before accepting on another that rings with it
			accepted = accepted || habits[a.Phone] == "accepts" && !passes[a.Engineer] && slices.Contains(rung, a.Phone)
		}
		for id, does := range passes {
			passed[id] = passed[id] || does
		}
		if slices.Sort(rung); len(rung) > 0 {
			list = append(list, strings.Join(rung, "+"))
		}
		return accepted
	}
	for range p.Rounds {
		passed := map[oncall.EngineerID]bool{}
		for _, g := range p.Steps {
			turns := [][]oncall.Attempt{g.Attempts}
			if !g.AtOnce {
				turns = slices.Collect(slices.Chunk(g.Attempts, 1))
			}
			for _, one := range turns {
				if over(one, passed) {
					return list
				}
			}
		}
	}
	for _, a := range p.OverflowAttempts("") {
		if over([]oncall.Attempt{a}, map[oncall.EngineerID]bool{}) {
			return list
		}
	}
	return list
}

// rang are the turns that were rung, by the legs of the record: those that began at one instant are one turn.
func rang(legs []cdr.Leg) (list []string) {
	legs = slices.SortedFunc(slices.Values(legs), func(a, b cdr.Leg) int {
		return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.Address, b.Address))
	})
	for i, l := range legs {
		if i > 0 && l.Started.Equal(legs[i-1].Started) {
			list[len(list)-1] += "+" + l.Address
		} else {
			list = append(list, l.Address)
		}
	}
	return list
}

// ringsFor finds how long a plan lets a telephone ring.
func ringsFor(p escalation.Plan, phone string) time.Duration {
	for _, g := range p.Steps {
		if slices.ContainsFunc(g.Attempts, func(a oncall.Attempt) bool { return a.Phone == phone }) {
			return g.Ring
		}
	}
	return p.OverflowRing
}

// TestWhatThePlanSaysIsWhatIsRung: of random houses, policies and telephones, the search rings the telephones of the plan in its
// order, those of one step together where it says so, each for its time, round after round, and no other; until somebody accepts.
func TestWhatThePlanSaysIsWhatIsRung(t *testing.T) {
	accepted, atOnce := 0, 0
	prove.Check(t, func(rt *rapid.T) {
		f := house(rt)
		habits, phones := map[string]habit{}, map[string][]script{}
		does := rapid.SampledFrom([]habit{"silent", "silent", "busy", "dead", "passes", "mailbox", "hangs up", "accepts"})
		telephones := []string{"sip:overflow-0", "sip:overflow-1"}
		for _, e := range f.Engineers {
			telephones = append(telephones, e.Phones...)
		}
		for _, p := range telephones {
			habits[p] = does.Draw(rt, p)
			phones[p] = []script{habits[p].script()}
		}
		wrong := ""
		synctest.Test(t, func(t *testing.T) {
			plan := escalation.For(escalation.Case{Request: rota.Request{Category: sla.Blocking, Level: sla.Extended}, OnLine: true}, f, time.Now())
			n := newNight(phones)
			n.plan = &plan
			out, err := n.find(t.Context())
			want, got := shouldRing(plan, habits), rang(n.legs)
			switch {
			case err != nil:
				wrong = err.Error()
			case !slices.Equal(got, want):
				wrong = fmt.Sprintf("rung are %v, the plan says %v", got, want)
			case out == ring.Talked != (strings.Contains(n.text(), "book: joined")):
				wrong = fmt.Sprintf("the search ends with %q", out)
			case n.open != 0:
				wrong = fmt.Sprintf("%d legs are left over", n.open)
			}
			for _, l := range n.legs {
				if l.Result == "no answer" && l.Ended.Sub(l.Started) != ringsFor(plan, l.Address) {
					wrong = fmt.Sprintf("%s rang for %s", l.Address, l.Ended.Sub(l.Started))
				}
			}
			if n := strings.Count(n.text(), "book: accepted"); n > 1 {
				wrong = fmt.Sprintf("%d engineers have one caller", n)
			}
			if kept := n.notes[0]; kept.Kind != "planned" || kept.Plan == nil || len(kept.Plan.Attempts()) != len(plan.Attempts()) {
				wrong = fmt.Sprintf("the ticket keeps %+v", kept)
			}
			if wrong != "" {
				wrong += fmt.Sprintf("\nplan %+v\n%s", plan, n.text())
			}
			if out == ring.Talked {
				accepted++
			}
			if strings.Contains(strings.Join(got, " "), "+") {
				atOnce++
			}
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
	if accepted == 0 || atOnce == 0 {
		t.Errorf("%d searches ended with a talk, in %d several telephones rang together", accepted, atOnce)
	}
}

// group is a plan of one group in which several telephones ring together.
func (n *night) together(ringTime time.Duration, rounds int, attempts ...oncall.Attempt) *night {
	n.plan = &escalation.Plan{Rounds: rounds, Steps: []escalation.Group{{AtOnce: true, Ring: ringTime, SkipTalking: true, Attempts: attempts}}}
	return n
}

var sara = oncall.Attempt{Engineer: "sara", Name: "Sara", Level: 1, Phone: "sip:sara", Language: "it"}

func TestOfSeveralWhoRingTogetherTheFirstToAcceptHasTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna": {{delay: time.Second}}, "sip:marco": {{delay: 2 * time.Second, keys: "1", after: 3 * time.Second, talk: time.Minute}}, "sip:sara": {{delay: time.Hour}},
		}).together(20*time.Second, 1, anna, marco, sara)
		began := time.Now()
		if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "book: accepted marco", "sip:marco joined to call-1", "book: joined marco")
		n.happened(t, "sip:anna picks up", "sip:anna hears called-off goodbye", "sip:anna hung up", "book: joined marco")
		n.happened(t, "book: rang sara Sara at sip:sara: another engineer accepted")
		for _, l := range n.legs {
			if l.Address != "sip:marco" && (l.Result != "another engineer accepted" || l.Ended.Sub(began) > 10*time.Second) {
				t.Errorf("%s: %q after %s", l.Address, l.Result, l.Ended.Sub(began))
			}
		}
	})
}

// TestTwoWhoAcceptAtOneInstantAreOne, whichever of them; also where the second one presses while the first is told that they join.
func TestTwoWhoAcceptAtOneInstantAreOne(t *testing.T) {
	for later := time.Duration(0); later <= 4*time.Second; later += 250 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			accepts := func(after time.Duration) []script {
				return []script{{delay: time.Second, keys: "1", after: after, talk: time.Minute}}
			}
			n := newNight(map[string][]script{"sip:anna": accepts(3 * time.Second), "sip:marco": accepts(3*time.Second + later)}).together(20*time.Second, 1, anna, marco)
			if out, _ := n.find(t.Context()); out != ring.Talked {
				t.Fatalf("%s\n%s", out, n.text())
			}
			n.happened(t, "hears called-off goodbye")
			if accepts, joins := strings.Count(n.text(), "book: accepted"), strings.Count(n.text(), "joined to call-1"); accepts != 1 || joins != 1 {
				t.Errorf("%s apart: %d accepts, %d joins\n%s", later, accepts, joins, n.text())
			}
		})
	}
}

func TestWhoPassesIsLeftInPeaceOnTheOtherTelephoneThatRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mobile := anna
		mobile.Phone = "sip:anna-mobile"
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Second, keys: "2", after: time.Second}}, "sip:anna-mobile": {{delay: time.Hour}}, "sip:marco": {accepting()}}).
			together(20*time.Second, 1, anna, mobile, marco)
		if out, _ := n.find(t.Context()); out != ring.Talked {
			t.Fatalf("%s\n%s", out, n.text())
		}
		n.happened(t, "sip:anna hears passed", "sip:anna-mobile: CANCEL", "book: joined marco")
	})
}

// TestACallerWhoLeavesWhileSeveralRingIsCalledBackByOne: all who pick up are told, and one of them calls back.
func TestACallerWhoLeavesWhileSeveralRingIsCalledBackByOne(t *testing.T) {
	for at := time.Duration(0); at < 20*time.Second; at += 500 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(map[string][]script{
				"sip:anna": {{delay: 3 * time.Second, keys: "1", after: 14 * time.Second, talk: time.Minute}}, "sip:marco": {{delay: 4 * time.Second, keys: "1", after: 13 * time.Second, talk: time.Minute}},
				"sip:sara": {{delay: time.Hour}}, "sip:customer": {{delay: time.Second}},
			}).together(20*time.Second, 1, anna, marco, sara)
			ctx, hangUp := contextWithHangUp(t)
			time.AfterFunc(at, hangUp)
			if _, err := n.find(ctx); err == nil {
				t.Fatalf("%s: the caller's end is not told", at)
			}
			n.happened(t)
			if calls := strings.Count(n.text(), "sip:customer rings"); calls > 1 {
				t.Errorf("hung up after %s: the customer is called %d times\n%s", at, calls, n.text())
			}
			if calls := strings.Count(n.text(), "sip:customer rings"); at == 10*time.Second && calls != 1 {
				t.Errorf("hung up after %s: nobody calls the customer back\n%s", at, n.text())
			}
		})
	}
}

// TestALegLostAfterARaceLetsAllRingAgain: the caller never ends up with less than the whole plan.
func TestALegLostAfterARaceLetsAllRingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna":  {{delay: time.Second, keys: "1", after: time.Second, drops: 4 * time.Second}, {delay: time.Hour}},
			"sip:marco": {{delay: time.Hour}, accepting()},
		}).together(20*time.Second, 1, anna, marco)
		if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:anna joined to call-1", "engineer_leg_lost anna", "call-1 hears engineer-lost", "sip:marco picks up", "book: joined marco")
	})
}

// TestOverflowTelephonesRingWhenAllRoundsWereInVain, once, one after the other; what is accepted there is the caller's.
func TestOverflowTelephonesRingWhenAllRoundsWereInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Hour}}, "+3901": {{err: ring.ErrDead}}, "+3902": {accepting()}})
		n.plan = &escalation.Plan{Rounds: 2, Overflow: []string{"+3901", "+3902"}, OverflowRing: 15 * time.Second,
			Steps: []escalation.Group{{Ring: 7 * time.Second, SkipTalking: true, Attempts: []oncall.Attempt{anna}}}}
		if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:anna rings", "sip:anna rings", "+3901 rings", "+3902 rings", "book: accepted overflow", "+3902 joined to call-1")
	})
}

// TestWhoTalksIsRungOnlyWhereThePolicySaysSo: a second caller of one engineer.
func TestWhoTalksIsRungOnlyWhereThePolicySaysSo(t *testing.T) {
	for _, skip := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(map[string][]script{"sip:anna": {{delay: time.Second, keys: "1", after: time.Second, talk: time.Hour}, {delay: time.Second, keys: "1", after: time.Second, talk: time.Minute}}})
			n.plan = &escalation.Plan{Rounds: 1, Steps: []escalation.Group{{Ring: 20 * time.Second, SkipTalking: skip, Attempts: []oncall.Attempt{anna}}}}
			s := n.search()
			first, hangUp := contextWithHangUp(t)
			over := make(chan struct{})
			go func() {
				defer close(over)
				_, _ = s.Find(first, ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi})
			}()
			time.Sleep(30 * time.Second)
			out, _ := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-2"}, Language: "it", Ticket: rossi})
			if want := map[bool]ring.Outcome{true: ring.Nobody, false: ring.Talked}[skip]; out != want {
				t.Errorf("skip_talking %v: %s\n%s", skip, out, n.text())
			}
			hangUp()
			<-over
		})
	}
}
