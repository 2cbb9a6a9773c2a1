package ring_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
)

// marcos is the ticket of the tests in Marco's hands.
func marcos(n *night) ring.Request {
	t := rossi
	t.Assignee = "marco"
	return ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: t, CallBack: "sip:customer"}
}

func TestWhoHasTheTicketInHandIsRungBeforeTheChain(t *testing.T) {
	atHome := oncall.Engineer{ID: "marco", Name: "Marco", Phones: []string{"sip:marco", "sip:marco-mobile"}, Language: "it"}
	for name, c := range map[string]struct {
		duty   []oncall.Attempt
		phones map[string][]script
		want   []string
		out    ring.Outcome
	}{
		"he accepts": {
			[]oncall.Attempt{anna, marco}, map[string][]script{"sip:anna": {accepting()}, "sip:marco": {accepting()}},
			[]string{"sip:marco rings", "book: accepted marco", "sip:marco joined to call-1"}, ring.Talked,
		},
		"he does not, so the chain is rung": {
			[]oncall.Attempt{anna}, map[string][]script{"sip:anna": {accepting()}, "sip:marco": {{delay: time.Hour}}, "sip:marco-mobile": {{err: ring.ErrDead}}},
			[]string{"sip:marco rings", "sip:marco-mobile rings", "sip:anna rings", "book: accepted anna"}, ring.Talked,
		},
		"nobody else is on duty": {
			nil, map[string][]script{"sip:marco": {{err: ring.ErrDead}}, "sip:marco-mobile": {{err: ring.ErrDead}}},
			[]string{"sip:marco rings", "sip:marco-mobile rings", "book: rota_gap"}, ring.NoRota,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(c.phones, c.duty...)
				n.others = []oncall.Engineer{atHome}
				if out, err := n.search().Find(t.Context(), marcos(n)); out != c.out || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, c.want...)
				if first, _, _ := strings.Cut(n.text(), "rings"); strings.Contains(first, "sip:anna") {
					t.Errorf("Anna was rung first:\n%s", n.text())
				}
			})
		})
	}
}

func TestALegThatIsLostAtTheVeryEndLetsTheChainBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drops := script{delay: time.Second, keys: "1", after: time.Second, drops: 10 * time.Second}
		n := newNight(map[string][]script{
			"sip:anna": {{err: ring.ErrDead}, {err: ring.ErrDead}, accepting()}, "sip:marco": {{err: ring.ErrDead}, drops},
		}, anna, marco)
		if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:marco joined to call-1", "engineer_leg_lost marco", "call-1 hears engineer-lost", "call-1 hears music", "sip:anna picks up", "book: joined anna")
	})
}

func TestALegThatIsAlwaysLostDoesNotRingForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{keys: "1", after: time.Second, drops: 3 * time.Second}}}, anna)
		if out, err := n.find(t.Context()); out != ring.Nobody || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		if rings := strings.Count(n.text(), "sip:anna rings"); rings < 3 || rings > 8 {
			t.Errorf("rung %d times", rings)
		}
	})
}

func TestATelephoneRingsOnWhenTheCallerHangsUpAndTheEngineerCallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna":     {{delay: 10 * time.Second, keys: "1", after: 9 * time.Second, talk: time.Minute}},
			"sip:customer": {{delay: time.Second}},
		}, anna, marco)
		ctx, hangUp := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { hangUp(errCallerHungUp) })
		if _, err := n.find(ctx); !errors.Is(err, errCallerHungUp) {
			t.Fatal(err)
		}
		n.happened(t, "sip:anna picks up", "sip:anna hears Rossi S.p.A. level-extended category-blocking ticket 417 caller-gone",
			"book: accepted anna", "sip:customer rings", "sip:anna joined to sip:customer", "book: joined anna")
		n.never(t, "sip:marco rings")
		if n.legs[len(n.legs)-1].Result != "called back" {
			t.Errorf("legs %+v", n.legs)
		}
	})
}

// TestAnEngineerHearsTheNumberThatTheLineDoesNotDial is a caller whose number is not in the directory.
func TestAnEngineerHearsTheNumberThatTheLineDoesNotDial(t *testing.T) {
	for caller, want := range map[string]string{"+39051": "ticket-yours-only customer-number 39051  customer-number 39051 goodbye", "alice": "ticket-yours-only goodbye"} {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(map[string][]script{"sip:anna": {accepting()}}, anna)
			ticket := rossi
			ticket.Caller = caller
			if out, err := n.search().Escalate(t.Context(), ring.Request{Call: "old", Ticket: ticket}); out != ring.Talked || err != nil {
				t.Fatal(out, err)
			}
			n.happened(t, "book: accepted anna", "sip:anna hears "+want, "sip:anna hung up")
		})
	}
}

func TestAnOperatorsTelephoneStopsRingingWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:desk": {{delay: 10 * time.Second}}})
		ctx, hangUp := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { hangUp(errCallerHungUp) })
		if ok, err := n.search().Operator(ctx, &customer{night: n, id: "call-1"}, "it", nil, []string{"sip:desk"}, nil); ok || !errors.Is(err, errCallerHungUp) {
			t.Fatal(ok, err)
		}
		n.happened(t, "sip:desk: CANCEL")
		n.never(t, "caller-gone")
	})
}

// TestASearchWaitsForItsTurnOverMusicAndTellsWhenItHasFound holds what precedence between callers is made of.
func TestASearchWaitsForItsTurnOverMusicAndTellsWhenItHasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {accepting()}}, anna)
		r := ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi}
		r.Turn = func(ctx context.Context) { pass(ctx, time.Minute); n.say("turn") }
		r.Found = func() { n.say("found") }
		if out, err := n.search().Find(t.Context(), r); out != ring.Talked || err != nil {
			t.Fatal(out, err)
		}
		n.happened(t, "call-1 hears searching", "call-1 hears music", "call-1 hears still-searching", "turn", "sip:anna rings", "found", "sip:anna joined")
	})
}
