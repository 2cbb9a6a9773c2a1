package ring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
)

// accepting presses 1 two seconds after pick-up and talks for five minutes.
func accepting() script {
	return script{delay: 4 * time.Second, keys: "1", after: 2 * time.Second, talk: 5 * time.Minute}
}

func TestMailboxIsPassedAndTheNextEngineerAccepts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Second}}, "sip:marco": {accepting()}}, anna, marco)
		out, err := n.find(t.Context())
		if out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:anna picks up", "hears Rossi S.p.A. level-extended category-blocking ticket 417 brief-keys",
			"book: rang anna Anna at sip:anna: no key", "sip:marco picks up", "book: accepted marco", "sip:marco joined to call-1",
			"book: talk_ended marco", "sip:marco hung up")
		if len(n.legs) != 2 || n.legs[0].Result != "no key" || n.legs[1].Result != "accepted" {
			t.Errorf("legs %+v", n.legs)
		}
		// a brief of 6 s, and 15 s after its first end
		if answered := n.legs[0].Ended.Sub(n.legs[0].Answered); answered != 21*time.Second {
			t.Errorf("the mailbox was heard for %s", answered)
		}
	})
}

func TestEachWayOfNotPickingUpMovesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		result string
		within time.Duration
	}{
		{"busy", script{delay: time.Second, err: &ring.Refusal{Code: 486}}, "busy", 2 * time.Second},
		{"unknown number", script{err: &ring.Refusal{Code: 404}}, "unknown number", time.Second},
		{"declined", script{delay: 3 * time.Second, err: &ring.Refusal{Code: 603}}, "declined", 4 * time.Second},
		{"the trunk refuses us", script{err: fmt.Errorf("%w: twice 401", ring.ErrTrunk)}, "not rung: the trunk refused our credentials", time.Second},
		{"dead", script{delay: 4 * time.Second, err: ring.ErrDead}, "dead", 5 * time.Second},
		{"no answer", script{delay: time.Hour}, "no answer", 21 * time.Second},
		{"broken", script{err: errors.New("odd")}, "failed", time.Second},
		{"passes", script{keys: "2", after: time.Second}, "passed", 5 * time.Second},
		{"hangs up during the brief", script{hangsUp: 2 * time.Second}, "hung up", 3 * time.Second},
		{"wrong keys", script{keys: "4567", after: time.Second}, "no key", 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.script}, "sip:marco": {accepting()}}, anna, marco)
				began := time.Now()
				if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, "book: rang anna Anna at sip:anna: "+c.result, "book: accepted marco", "book: joined marco")
				if n.legs[0].Result != c.result {
					t.Errorf("leg says %q", n.legs[0].Result)
				}
				if moved := n.legs[1].Started.Sub(began); moved > c.within {
					t.Errorf("moved on after %s, want within %s", moved, c.within)
				}
			})
		})
	}
}

func TestChainIsRepeatedOnceThenNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Hour}}, "sip:marco": {{err: &ring.Refusal{Code: 486}}}}, anna, marco)
		out, err := n.find(t.Context())
		if out != ring.Nobody || err != nil {
			t.Fatalf("%s, %v", out, err)
		}
		n.happened(t, "sip:anna rings", "sip:marco rings", "sip:anna rings", "sip:marco rings", "book: unreached")
		if len(n.legs) != 4 {
			t.Errorf("%d legs", len(n.legs))
		}
		n.happened(t, "call-1 hears searching", "call-1 hears music", "call-1 hears still-searching", "call-1 hears music")
	})
}

func TestWhoPassesIsNotRungOnHisOtherTelephone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := anna
		second.Phone = "sip:anna-mobile"
		n := newNight(map[string][]script{
			"sip:anna": {{keys: "2"}}, "sip:anna-mobile": {accepting()}, "sip:marco": {accepting()},
		}, anna, second, marco)
		if out, _ := n.find(t.Context()); out != ring.Talked {
			t.Fatal(out)
		}
		n.happened(t, "sip:anna hears passed", "sip:marco rings", "book: accepted marco")
		n.never(t, "sip:anna-mobile rings")
	})
}

func TestMessageIsPlayedOnThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{keys: "31", after: time.Second, between: 10 * time.Second, talk: time.Minute}}}, anna)
		if out, _ := n.find(t.Context()); out != ring.Talked {
			t.Fatalf("%s\n%s", out, n.text())
		}
		n.happened(t, "brief-keys", "sip:anna hears recording r1", "brief-keys", "book: accepted anna")
	})
}

func TestGapInTheRotaIsWrittenDownAndRingsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(nil)
		if out, err := n.find(t.Context()); out != ring.NoRota || err != nil {
			t.Fatal(out, err)
		}
		n.happened(t, "book: rota_gap")
		n.never(t, "rings")
	})
}

func TestNoWayOutIsToldApartFromNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{err: ring.ErrImpossible}}}, anna)
		if out, _ := n.find(t.Context()); out != ring.Impossible {
			t.Fatal(out)
		}
		n.planErr = errors.New("the store is down")
		if out, err := n.find(t.Context()); out != ring.Impossible || err == nil {
			t.Fatal(out, err)
		}
	})
}

func TestTalkThatTheCallerEndsIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {accepting()}}, anna, marco)
		ctx, hangUp := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { hangUp(errCallerHungUp) })
		if _, err := n.find(ctx); !errors.Is(err, errCallerHungUp) {
			t.Fatal(err)
		}
		n.happened(t, "sip:anna joined", "book: talk_ended anna the caller hung up", "sip:anna hung up")
		n.never(t, "sip:marco rings")
	})
}

// TestCallerMayHangUpAtEveryMoment hangs up at each half second of a search with a mailbox and an accepting engineer:
// no leg stays, no phone rings on, and whoever was on the line is told.
func TestCallerMayHangUpAtEveryMoment(t *testing.T) {
	for at := time.Duration(0); at < 45*time.Second; at += 500 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {{delay: 3 * time.Second}}, "sip:marco": {accepting()}}, anna, marco)
				ctx, hangUp := context.WithCancelCause(t.Context())
				time.AfterFunc(at, func() { hangUp(errCallerHungUp) })
				if _, err := n.find(ctx); !errors.Is(err, errCallerHungUp) {
					t.Fatalf("%v\n%s", err, n.text())
				}
				n.happened(t)
				if at >= 4*time.Second && at < 20*time.Second {
					n.happened(t, "caller_gone anna", "sip:anna hears caller-gone")
				}
				if at == 2*time.Second { // she is about to pick up: her telephone rings on, and she hears about whom
					n.happened(t, "sip:anna picks up", "caller_gone anna", "sip:anna hears Rossi S.p.A. level-extended category-blocking ticket 417 caller-gone")
				}
				synctest.Wait()
			})
		})
	}
}

func TestEngineerCallsBackTheCallerWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna":     {{keys: "1", after: 12 * time.Second, talk: 3 * time.Minute}},
			"sip:customer": {{delay: 5 * time.Second}},
		}, anna)
		ctx, hangUp := context.WithCancelCause(t.Context())
		time.AfterFunc(4*time.Second, func() { hangUp(errCallerHungUp) })
		if _, err := n.find(ctx); !errors.Is(err, errCallerHungUp) {
			t.Fatal(err)
		}
		n.happened(t, "sip:anna hears caller-gone", "sip:anna hears calling-back", "sip:customer rings",
			"sip:anna joined to sip:customer", "book: joined anna", "book: talk_ended anna")
	})
}

func TestEscalationWithoutCallerEndsInACallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna":     {{keys: "11", after: time.Second, between: 5 * time.Second, talk: time.Minute}},
			"sip:customer": {{delay: time.Second}},
		}, anna)
		out, err := n.search().Escalate(t.Context(), ring.Request{Call: "old", Ticket: rossi, CallBack: "sip:customer"})
		if out != ring.Talked || err != nil {
			t.Fatalf("%s %v\n%s", out, err, n.text())
		}
		n.happened(t, "book: accepted anna", "sip:anna hears ticket-yours", "sip:customer rings", "book: joined anna")
		n.never(t, "caller_gone")
	})
}

func TestOperatorIsRungOnceAndWritesNoTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:desk": {{delay: time.Hour}}, "sip:desk2": {accepting()}})
		ok, err := n.search().Operator(t.Context(), &customer{night: n, id: "call-1"}, "it", prompts.P("operator-calling"), []string{"sip:desk", "sip:desk2"}, nil)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		n.happened(t, "call-1 hears operator-calling", "sip:desk: CANCEL", "sip:desk2 hears operator-brief", "call-1 hears connected", "sip:desk2 joined to call-1")
		for _, word := range []string{"book:", "searching"} {
			n.never(t, word)
		}
	})
}

// TestNightOfManyRingsNoEngineerTwiceAtOnce searches for two hundred callers with three engineers.
func TestNightOfManyRingsNoEngineerTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phones, attempts := map[string][]script{}, []oncall.Attempt{}
		for i := range 3 {
			a := oncall.Attempt{Engineer: oncall.EngineerID(fmt.Sprint("e", i)), Name: fmt.Sprint("E", i), Phone: fmt.Sprint("sip:e", i)}
			attempts = append(attempts, a)
			phones[a.Phone] = []script{{delay: time.Second, keys: "1", after: time.Second, talk: 31 * time.Second}}
		}
		n := newNight(phones, attempts...)
		s := n.search()
		var wg sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[ring.Outcome]int{}
		for i := range 200 {
			wg.Go(func() {
				out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: fmt.Sprint("call-", i)}, Ticket: rossi})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				outcomes[out]++
				mu.Unlock()
			})
		}
		wg.Wait()
		n.happened(t)
		if outcomes[ring.Talked]+outcomes[ring.Nobody] != 200 || outcomes[ring.Talked] < 5 {
			t.Errorf("outcomes %v", outcomes)
		}
		if c := strings.Count(n.text(), "book: joined"); c != outcomes[ring.Talked] {
			t.Errorf("%d joins for %d talks", c, outcomes[ring.Talked])
		}
	})
}
