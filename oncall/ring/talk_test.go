package ring_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// ending is one way in which what follows an accept may end, and what comes of it.
type ending struct {
	anna   []script      // one a call
	caller time.Duration // hangs up so long after the beginning; 0: stays
	out    ring.Outcome
	want   []string // in this order
	never  []string
}

// pressed is an engineer who presses 1 at once: the join comes five seconds later.
func pressed(s script) script {
	s.keys = "1"
	return s
}

// endings walks who ends it, how, and when.
func endings() map[string]ending {
	away := script{delay: time.Hour}
	return map[string]ending{
		"the engineer hangs up after a talk": {
			[]script{pressed(script{talk: 10 * time.Second})}, 0, ring.Talked,
			[]string{"book: accepted anna", "joined to call-1", "book: joined anna", "book: talk_ended anna Anna hung up after 10s"},
			[]string{"accept_undone", "sip:marco rings", "engineer-lost", "unreached"},
		},
		"he hangs up at once, is asked back and talks": {
			[]script{pressed(script{talk: 2 * time.Second}), pressed(script{talk: time.Minute})}, 0, ring.Talked,
			[]string{"book: talk_ended anna Anna hung up after 2s", "book: accept_undone anna", "sip:anna rings", "book: accepted anna", "book: joined anna"},
			[]string{"sip:marco rings", "engineer-lost", "unreached"},
		},
		"he hangs up at once and does not come back": {
			[]script{pressed(script{talk: 2 * time.Second}), away}, 0, ring.Talked,
			[]string{"book: accept_undone anna", "sip:anna rings", "book: rang anna Anna at sip:anna: no answer", "book: unreached anna"},
			[]string{"book: joined", "sip:marco rings", "engineer-lost"},
		},
		"he hangs up at once each time": {
			[]script{pressed(script{talk: 2 * time.Second})}, 0, ring.Talked,
			[]string{"book: accept_undone anna", "sip:anna rings", "book: accepted anna", "book: accept_undone anna", "book: unreached anna"},
			[]string{"book: joined", "sip:marco rings"},
		},
		"he hangs up before the join": {
			[]script{pressed(script{hangsUp: 500 * time.Millisecond}), pressed(script{talk: time.Minute})}, 0, ring.Talked,
			[]string{"book: accept_undone anna", "sip:anna rings", "book: joined anna"}, []string{"sip:marco rings"},
		},
		"he hangs up, and nobody heard anybody": {
			[]script{pressed(script{talk: 20 * time.Second, mute: true})}, 0, ring.Talked,
			[]string{"book: talk_ended anna Anna hung up after 20s", "book: accept_undone anna", "book: unreached anna"},
			[]string{"book: joined", "sip:marco rings"},
		},
		"his line is lost at once": {
			[]script{pressed(script{drops: 2 * time.Second})}, 0, ring.Talked,
			[]string{"book: engineer_leg_lost anna", "book: accept_undone anna", "call-1 hears engineer-lost", "book: accepted marco", "book: joined marco"},
			[]string{"book: joined anna"},
		},
		"his line is lost after a talk": {
			[]script{pressed(script{drops: time.Minute})}, 0, ring.Talked,
			[]string{"book: joined anna", "book: engineer_leg_lost anna", "call-1 hears engineer-lost", "book: accepted marco"},
			[]string{"accept_undone"},
		},
		"he falls silent before they talked": {
			[]script{pressed(script{silent: time.Second, mute: true})}, 0, ring.Talked,
			[]string{"book: engineer_leg_lost anna", "book: accept_undone anna", "book: joined marco"}, []string{"book: joined anna"},
		},
		"the caller hangs up after a talk": {
			[]script{pressed(script{})}, time.Minute, ring.Talked,
			[]string{"book: joined anna", "book: talk_ended anna the caller hung up"}, []string{"accept_undone", "caller_gone", "sip:marco rings"},
		},
		"the caller hangs up before they talked": {
			[]script{pressed(script{})}, 4 * time.Second, ring.Nobody,
			[]string{"book: accepted anna", "book: caller_gone anna", "sip:anna hears caller-gone", "book: accepted anna Anna has the ticket"},
			[]string{"book: joined", "accept_undone", "sip:marco rings"},
		},
		"the caller hangs up before they talked, and the engineer's line is lost": {
			[]script{pressed(script{hangsUp: 3500 * time.Millisecond, breaks: true})}, 3 * time.Second, ring.Nobody,
			[]string{"book: accepted anna", "book: caller_gone anna", "book: accept_undone anna", "book: caller_gone anna"},
			[]string{"book: joined", "sip:marco rings", "has the ticket"},
		},
		"the caller hangs up before they talked, and the engineer's line is lost without a word": {
			[]script{pressed(script{fades: 3 * time.Second})}, 4 * time.Second, ring.Nobody,
			[]string{"book: accepted anna", "book: caller_gone anna", "book: accept_undone anna", "book: caller_gone anna"},
			[]string{"book: joined", "sip:marco rings", "has the ticket"},
		},
		"his line is lost before the join": {
			[]script{pressed(script{hangsUp: 500 * time.Millisecond, breaks: true})}, 0, ring.Talked,
			[]string{"book: engineer_leg_lost anna", "book: accept_undone anna", "call-1 hears engineer-lost", "book: joined marco"}, nil,
		},
	}
}

// TestEachEndingOfEachLegLeavesTheTicketWithSomebodyOrWithNobody: contact is met by a talk alone, and each accept that no
// talk followed is undone or is the engineer's word.
func TestEachEndingOfEachLegLeavesTheTicketWithSomebodyOrWithNobody(t *testing.T) {
	for name, c := range endings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": c.anna, "sip:marco": {accepting()}}, anna, marco)
				ctx, hangUp := context.WithCancelCause(t.Context())
				defer hangUp(nil)
				if c.caller > 0 {
					time.AfterFunc(c.caller, func() { hangUp(errCallerHungUp) })
				}
				out, err := n.find(ctx)
				if out != c.out || (c.caller > 0) != errors.Is(err, errCallerHungUp) {
					t.Errorf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, c.want...)
				for _, word := range c.never {
					n.never(t, word)
				}
				n.settled(t)
			})
		})
	}
}

// settled demands that each accept for which a caller waited was followed by a talk, by its undoing, or by the word of the
// engineer.
func (n *night) settled(t *testing.T) {
	t.Helper()
	awaits := false
	for _, e := range n.notes {
		switch e.Kind {
		case tickets.Accepted:
			if awaits && e.Awaits {
				t.Errorf("two accepts wait for a talk:\n%s", n.text())
			}
			awaits = e.Awaits
		case tickets.Joined, tickets.AcceptUndone:
			awaits = false
		}
	}
	if awaits {
		t.Errorf("an accept stands whose talk never came:\n%s", n.text())
	}
}

// TestAnOperatorsTalkIsOverWhenHeHangsUp however short it was.
func TestAnOperatorsTalkIsOverWhenHeHangsUp(t *testing.T) {
	for name, c := range map[string]struct {
		script script
		talked bool
	}{
		"at once":   {pressed(script{talk: time.Second}), true},
		"later":     {pressed(script{talk: 20 * time.Second}), true},
		"lost line": {pressed(script{drops: 20 * time.Second}), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:desk": {c.script}})
				ok, err := n.search().Operator(t.Context(), &customer{night: n, id: "call-1"}, "it", prompts.P("operator-calling"), []string{"sip:desk"}, nil)
				if ok != c.talked || err != nil {
					t.Errorf("%v, %v\n%s", ok, err, n.text())
				}
				if rings := strings.Count(n.text(), "sip:desk rings"); rings != 1 {
					t.Errorf("the switchboard was rung %d times", rings)
				}
			})
		})
	}
}

// TestAnEngineerWhoTalksAlreadyCostsTheNextCallerNothing: he has three telephones, and none is waited for.
func TestAnEngineerWhoTalksAlreadyCostsTheNextCallerNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second, third := anna, anna
		second.Phone, third.Phone = "sip:anna-mobile", "sip:anna-home"
		n := newNight(map[string][]script{"sip:anna": {accepting()}, "sip:marco": {accepting()}}, anna, second, third, marco)
		s := n.search()
		for i, id := range []string{"call-1", "call-2"} {
			r := ring.Request{Caller: &customer{night: n, id: id}, Language: "it", Ticket: rossi}
			time.AfterFunc(time.Duration(i)*time.Minute, func() { _, _ = s.Find(t.Context(), r) })
		}
		time.Sleep(time.Hour)
		n.happened(t, "book: joined anna", "book: rang anna Anna at sip:anna: engaged", "sip:marco rings", "sip:marco joined to call-2")
		if !strings.Contains(n.text(), "60.0s sip:marco rings") {
			t.Errorf("Marco was not rung at once:\n%s", n.text())
		}
		n.never(t, "sip:anna-mobile")
	})
}

// TestWhenAllTalkTheSearchWaitsForTheFirstWhoIsFree, and not for nothing.
func TestWhenAllTalkTheSearchWaitsForTheFirstWhoIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{keys: "1", talk: 71 * time.Second}, accepting()}}, anna)
		s := n.search()
		outs := make(chan ring.Outcome, 2)
		for i, id := range []string{"call-1", "call-2"} {
			r := ring.Request{Caller: &customer{night: n, id: id}, Language: "it", Ticket: rossi}
			time.AfterFunc(time.Duration(i)*time.Minute, func() { out, _ := s.Find(t.Context(), r); outs <- out })
		}
		time.Sleep(time.Hour)
		n.happened(t, "book: rang anna Anna at sip:anna: engaged", "sip:anna hung up", "sip:anna rings", "sip:anna joined to call-2")
		if first, second := <-outs, <-outs; first != ring.Talked || second != ring.Talked {
			t.Errorf("the searches ended with %s and %s", first, second)
		}
	})
}

// TestWhoIsBusyForAMomentIsRungAgainWhenHeMayBeFree, and the chain is not called twice within the same second.
func TestWhoIsBusyForAMomentIsRungAgainWhenHeMayBeFree(t *testing.T) {
	busy := script{err: &ring.Refusal{Code: 486}}
	t.Run("one is busy, the other ends his talk", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(map[string][]script{"sip:anna": {busy}, "sip:marco": {{keys: "1", talk: 71 * time.Second}, accepting()}}, anna, marco)
			s := n.search()
			outs := make(chan ring.Outcome, 2)
			for i, id := range []string{"call-1", "call-2"} {
				r := ring.Request{Caller: &customer{night: n, id: id}, Language: "it", Ticket: rossi}
				time.AfterFunc(time.Duration(i)*time.Minute, func() { out, _ := s.Find(t.Context(), r); outs <- out })
			}
			time.Sleep(time.Hour)
			if first, second := <-outs, <-outs; first != ring.Talked || second != ring.Talked {
				t.Errorf("the searches ended with %s and %s\n%s", first, second, n.text())
			}
		})
	})
	t.Run("all are busy", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(map[string][]script{"sip:anna": {busy}, "sip:marco": {busy, accepting()}}, anna, marco)
			if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
				t.Errorf("%s, %v\n%s", out, err, n.text())
			}
			n.happened(t, "0.0s sip:anna rings", "20.0s sip:anna rings", "20.0s sip:marco rings", "joined marco")
		})
	})
}

// TestWhatMakesRingingPointlessStopsItAtOnce at each second of a search: the telephone stops, whoever listens to the brief
// is told, and what was accepted before goes on.
func TestWhatMakesRingingPointlessStopsItAtOnce(t *testing.T) {
	for at := 500 * time.Millisecond; at < 40*time.Second; at += time.Second {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {{delay: 3 * time.Second}}, "sip:marco": {accepting()}}, anna, marco)
				until, stop := context.WithCancelCause(t.Context())
				time.AfterFunc(at, func() { n.say("staff act"); stop(errors.New("closed")) })
				began := time.Now()
				out, err := n.search().Find(t.Context(), ring.Request{
					Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Until: until,
				})
				accepted := at > 30*time.Second // Anna's brief and her 15 s, then Marco's 4 s and 2 s
				if (out == ring.Talked) != accepted || (out == ring.CalledOff) == accepted || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.settled(t)
				if accepted {
					return
				}
				if took := time.Since(began) - at; took > 3*time.Second {
					t.Errorf("it went on for %v\n%s", took, n.text())
				}
				if _, after, _ := strings.Cut(n.text(), "staff act"); strings.Contains(after, "rings") {
					t.Errorf("somebody is rung afterwards:\n%s", n.text())
				}
				n.never(t, "unreached")
				if at > 3*time.Second && at < 24*time.Second {
					n.happened(t, "staff act", "sip:anna hears called-off goodbye", "book: rang anna Anna at sip:anna: called off")
				}
			})
		})
	}
}
