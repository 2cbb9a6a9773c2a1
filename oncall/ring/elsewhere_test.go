package ring_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/maintenance"
	"hotline/memory"
	"hotline/nodes"
	"hotline/oncall"
	"hotline/oncall/ring"
)

// node is a search of another process on the same database, with its rounds of maintenance; stop kills it.
func (n *night) node(t *testing.T, name string, store oncall.Engagements) (s *ring.Search, stop func()) {
	others := nodes.NewEngaged(store, name, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var rounds sync.WaitGroup
	rounds.Go(func() { maintenance.Run(ctx, others.Renew) })
	return ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Others: others}), func() { cancel(); rounds.Wait() }
}

func TestWhoIsRungOrTalksAtAnotherNodeIsEngagedAtOnce(t *testing.T) {
	for what, second := range map[string]time.Duration{"is rung": 500 * time.Millisecond, "talks": time.Minute, "talks for long": 5 * time.Minute} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {{delay: time.Second, keys: "1", after: time.Second, talk: time.Hour}}, "sip:marco": {accepting()}}, anna, marco)
				store := memory.New(417)
				for i, at := range []time.Duration{0, second} {
					s, stop := n.node(t, fmt.Sprint("node ", i), store)
					defer stop()
					r := ring.Request{Caller: &customer{night: n, id: fmt.Sprint("call-", i)}, Language: "it", Ticket: rossi}
					time.AfterFunc(at, func() { _, _ = s.Find(t.Context(), r) })
				}
				time.Sleep(2 * time.Hour)
				n.happened(t, "book: rang anna Anna at sip:anna: engaged", "sip:marco joined to call-1")
				if !strings.Contains(n.text(), fmt.Sprintf("%.1fs sip:marco rings", second.Seconds())) {
					t.Errorf("Marco was not rung at once:\n%s", n.text())
				}
			})
		})
	}
}

func TestASearchWaitsForWhoTalksAtAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{keys: "1", talk: 71 * time.Second}, accepting()}}, anna)
		store, outs := memory.New(417), make(chan ring.Outcome, 2)
		for i := range 2 {
			s, stop := n.node(t, fmt.Sprint("node ", i), store)
			defer stop()
			r := ring.Request{Caller: &customer{night: n, id: fmt.Sprint("call-", i)}, Language: "it", Ticket: rossi}
			time.AfterFunc(time.Duration(i)*time.Minute, func() { out, _ := s.Find(t.Context(), r); outs <- out })
		}
		time.Sleep(time.Hour)
		n.happened(t, "book: rang anna Anna at sip:anna: engaged", "sip:anna hung up", "sip:anna rings", "sip:anna joined to call-1")
		if first, second := <-outs, <-outs; first != ring.Talked || second != ring.Talked {
			t.Errorf("the searches ended with %s and %s", first, second)
		}
	})
}

func TestANodeThatDiedHoldsNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(417)
		dead := nodes.NewEngaged(store, "dead", slog.New(slog.DiscardHandler))
		if !dead.Engage("anna", false) {
			t.Fatal("nobody has her")
		}
		n := newNight(map[string][]script{"sip:anna": {accepting()}}, anna)
		s, stop := n.node(t, "alive", store)
		defer stop()
		out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi})
		if out != ring.Talked || err != nil {
			t.Errorf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "book: rang anna Anna at sip:anna: engaged", "sip:anna joined to call-1")
	})
}

// hangs is a database that does not answer.
type hangs struct{ oncall.Engagements }

func (hangs) Engage(ctx context.Context, _ oncall.Engagement, _ bool, _ time.Time) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (hangs) Disengage(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }

func (hangs) RenewEngagements(ctx context.Context, _ string, _ []oncall.Engagement, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestADatabaseThatHangsKeepsNobodyFromBeingRung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Hour}}, "sip:marco": {accepting()}}, anna, marco)
		s, stop := n.node(t, "alone", hangs{memory.New(417)})
		defer stop()
		out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi})
		if out != ring.Talked || err != nil {
			t.Errorf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "0.4s sip:anna rings", "sip:marco rings", "sip:marco joined to call-1")
		n.never(t, "engaged")
	})
}

// TestNightOfTwoNodesRingsNoEngineerTwiceAtOnce searches for sixty callers, at two nodes, with three engineers.
func TestNightOfTwoNodesRingsNoEngineerTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phones, attempts := map[string][]script{}, []oncall.Attempt{}
		for i := range 3 {
			a := oncall.Attempt{Engineer: oncall.EngineerID(fmt.Sprint("e", i)), Name: fmt.Sprint("E", i), Phone: fmt.Sprint("sip:e", i)}
			attempts = append(attempts, a)
			phones[a.Phone] = []script{{delay: time.Second, keys: "1", after: time.Second, talk: 31 * time.Second}}
		}
		n, store := newNight(phones, attempts...), memory.New(417)
		var searches []*ring.Search
		for i := range 2 {
			s, stop := n.node(t, fmt.Sprint("node ", i), store)
			defer stop()
			searches = append(searches, s)
		}
		var calls sync.WaitGroup
		for i := range 60 {
			calls.Go(func() {
				if _, err := searches[i%2].Find(t.Context(), ring.Request{Caller: &customer{night: n, id: fmt.Sprint("call-", i)}, Ticket: rossi}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		n.happened(t) // and never "rung twice at once"
		if joined := strings.Count(n.text(), "book: joined"); joined < 5 {
			t.Errorf("%d joins", joined)
		}
	})
}
