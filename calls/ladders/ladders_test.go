package ladders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/cdr"
	"hotline/logtest"
	"hotline/memory"
	"hotline/sip/capture"
	"hotline/sip/ladder"
	"hotline/storage"
	"hotline/tickets"
)

// store is one that may be down, hang, or refuse the ladder of one call.
type store struct {
	*memory.Store
	mu      sync.Mutex
	down    error
	hangs   bool
	refuses tickets.CallID
	writes  int
}

func (s *store) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *store) AddLadders(ctx context.Context, list ...cdr.Ladder) ([]tickets.CallID, error) {
	s.mu.Lock()
	hangs, down, refuses := s.hangs, s.down, s.refuses
	s.writes++
	s.mu.Unlock()
	switch {
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	case down != nil:
		return nil, fmt.Errorf("writing %d ladders: %w", len(list), down)
	case slices.ContainsFunc(list, func(l cdr.Ladder) bool { return l.Call == refuses }):
		return nil, errors.New("this cannot be written")
	}
	seen := map[tickets.CallID]bool{}
	for _, l := range list {
		if seen[l.Call] {
			return nil, fmt.Errorf("call %s stands twice in a list", l.Call)
		}
		seen[l.Call] = true
	}
	return s.Store.AddLadders(ctx, list...)
}

// house is ladders over a store, in virtual time.
type house struct {
	*testing.T
	*Ladders
	store   *store
	dialogs *ladder.Keeper
	log     *logtest.Log
	end     context.CancelFunc // of Run, for which it waits

	mu     sync.Mutex
	counts map[Result]int
}

func open(t *testing.T) *house {
	h := &house{T: t, store: &store{Store: memory.New(1)}, dialogs: ladder.New(), log: &logtest.Log{}, counts: map[Result]int{}}
	h.Ladders = New(Config{Store: h.store, Dialogs: h.dialogs, Count: h.counted, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.Ladders.Run(ctx) })
	h.end = func() { cancel(); running.Wait() }
	t.Cleanup(h.end)
	return h
}

func (h *house) counted(r Result, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[r] += n
}

// is demands what became of ladders so far: written, left, forgotten, lost.
func (h *house) is(what string, want ...int) {
	h.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := []int{h.counts[Written], h.counts[Left], h.counts[Forgotten], h.counts[Lost]}; !slices.Equal(got, want) {
		h.Errorf("%s: written, left, forgotten and lost are %v, want %v", what, got, want)
	}
}

// talks is a dialog of two messages.
func (h *house) talks(id string) {
	at := netip.MustParseAddrPort("192.0.2.7:5060")
	for _, method := range []string{"INVITE", "BYE"} {
		h.dialogs.Capture(capture.Message{At: time.Now(), From: at, To: at, Transport: "UDP", Octets: fmt.Appendf(nil, "%s sip:x SIP/2.0\r\nCall-ID: %s\r\nCSeq: 1 %[1]s\r\n\r\n", method, id)})
	}
}

// call is a customer's that has ended, with its record; legs are those that were rung for it.
func (h *house) call(id string, legs ...string) cdr.Call {
	h.Helper()
	c := cdr.Call{ID: tickets.CallID(id), SIPID: id + "@phone", Ticket: 417, Started: time.Now(), Ended: time.Now()}
	for _, l := range legs {
		h.talks(l)
		c.Legs = append(c.Legs, cdr.Leg{SIPID: l})
	}
	h.talks(c.SIPID)
	if err := h.store.PutCalls(h.Context(), c); err != nil {
		h.Fatal(err)
	}
	return c
}

// kept are the dialogs that the store has of a call.
func (h *house) kept(id tickets.CallID) (list []string) {
	h.Helper()
	l, err := h.store.Ladder(context.Background(), id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		h.Fatal(err)
	}
	k, err := ladder.Parts(l.Parts).Read()
	if err != nil {
		h.Error(err)
	}
	for id, d := range k.Dialogs {
		list = append(list, fmt.Sprint(id, " ", len(d.Messages)))
	}
	slices.Sort(list)
	return list
}

func TestTheLadderOfACallIsWrittenOnceItHasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		c := h.call("a", "anna", "marco")
		c.Legs = append(c.Legs, c.Legs[0]) // the same telephone again
		h.Ended(c)
		h.Ended(cdr.Call{ID: "browser"})
		time.Sleep(settled - time.Second)
		h.talks("a@phone") // a repeated BYE, and its answer
		h.is("at once", 0, 0, 0, 0)
		time.Sleep(2 * time.Second)
		h.is("after it settled", 1, 0, 0, 0)
		if got := h.kept("a"); !slices.Equal(got, []string{"a@phone 4", "anna 2", "marco 2"}) {
			t.Errorf("the store has %v", got)
		}
		h.talks("late")
		h.Ended(cdr.Call{ID: "a", Legs: []cdr.Leg{{SIPID: "late"}}}) // a telephone that is rung once the caller has left
		time.Sleep(time.Minute)
		h.is("with a later leg", 2, 0, 0, 0)
		if got := h.kept("a"); !slices.Equal(got, []string{"a@phone 4", "anna 2", "late 2", "marco 2"}) {
			t.Errorf("with a later leg the store has %v", got)
		}
	})
}

// TestACallWhoseCallerHasLeftIsWrittenWhileTelephonesRingOn: its record is open for as long as an engineer is looked for.
func TestACallWhoseCallerHasLeftIsWrittenWhileTelephonesRingOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		c := h.call("a", "anna")
		c.Ticket = 0 // what came of it is not known yet
		for range 3 {
			h.Changed(c)
		}
		time.Sleep(10 * time.Second)
		h.is("when the caller has left", 1, 0, 0, 0)
		h.talks("marco")
		c.Legs = append(c.Legs, cdr.Leg{SIPID: "marco"})
		h.Changed(c)
		time.Sleep(10 * time.Second)
		h.is("with one more telephone", 2, 0, 0, 0)
		h.Ended(c)
		time.Sleep(time.Minute)
		h.is("once the record is closed", 2, 0, 0, 0)
		if got := h.kept("a"); !slices.Equal(got, []string{"a@phone 2", "anna 2", "marco 2"}) || len(h.open) > 0 {
			t.Errorf("the store has %v, and of open records there are %v", got, h.open)
		}
		for n := range 60 { // of strangers, whose records are closed at once
			stranger := h.call(fmt.Sprint("stranger", n))
			stranger.Ticket = 0
			h.Changed(stranger)
			h.Ended(stranger)
		}
		time.Sleep(time.Minute)
		h.is("with calls of strangers", 2+30, 30, 0, 0)
	})
}

// TestAStoreThatDoesNotAnswerCostsLaddersAlone: a store that is down or hangs keeps nobody, and what waits is bounded.
func TestAStoreThatDoesNotAnswerCostsLaddersAlone(t *testing.T) {
	for name, fails := range map[string]func(*store, bool){
		"down":  func(s *store, on bool) { s.down = map[bool]error{true: storage.ErrDown}[on] },
		"busy":  func(s *store, on bool) { s.down = map[bool]error{true: storage.ErrBusy}[on] },
		"hangs": func(s *store, on bool) { s.hangs = on },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				h.store.set(func() { fails(h.store, true) })
				for n := range 3 {
					began := time.Now()
					h.Ended(h.call(fmt.Sprint(n)))
					if took := time.Since(began); took > 0 {
						t.Errorf("a call waited %s for its ladder", took)
					}
					time.Sleep(20 * time.Second)
				}
				h.is("while it does not answer", 0, 0, 0, 0)
				h.store.set(func() { fails(h.store, false) })
				time.Sleep(20 * time.Second)
				if h.is("once it answers", 3, 0, 0, 0); len(h.kept("0")) != 1 {
					t.Error("the first call has no ladder")
				}
				h.store.set(func() { h.store.writes = 0 })
				time.Sleep(time.Hour)
				if h.store.set(func() {}); h.store.writes > 0 {
					t.Errorf("with nothing to write there are %d writes in an hour", h.store.writes)
				}
			})
		})
	}
}

func TestWhatWaitsIsBoundedAndStrangersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.end()
		part := make([]byte, waitingMost/8)
		for n := range 12 {
			h.list = append(h.list, made{cdr.Ladder{Call: tickets.CallID(fmt.Sprint(n)), At: time.Now(), Parts: part}, n%4 == 3})
		}
		h.bound()
		var left []string
		for _, m := range h.list {
			left = append(left, string(m.Call))
		}
		if got := strings.Join(left, " "); got != "1 2 4 5 6 8 9 10" {
			t.Errorf("%s are left", got)
		}
		h.complain(time.Now())
		h.is("of too much", 0, 0, 0, 4)
		if !strings.Contains(h.log.String(), `msg="the messages of some calls are not kept; the calls are" store=4 forgotten=0`) {
			t.Errorf("the log says %s", h.log)
		}
	})
}

// TestCallsOfStrangersDoNotFillTheStore: thousands in an attack are thirty at once and thirty a minute; customers' calls in the middle of it are kept.
func TestCallsOfStrangersDoNotFillTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for n := range 6000 {
			c := h.call(fmt.Sprint("stranger", n))
			c.Ticket = 0
			h.Ended(c)
			if n%1000 == 0 {
				h.Ended(h.call(fmt.Sprint("customer", n), fmt.Sprint("engineer", n)))
			}
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		h.mu.Lock()
		defer h.mu.Unlock()
		if got := h.counts[Written]; got < 6+30+59 || got > 6+30+61 || h.counts[Left] != 6006-got || h.counts[Forgotten] != 0 {
			t.Errorf("after 6,000 calls of strangers in two minutes: %v", h.counts)
		}
		for n := range 6 {
			if got := h.kept(tickets.CallID(fmt.Sprint("customer", 1000*n))); len(got) != 2 {
				t.Errorf("of customer %d there is %v", n, got)
			}
		}
	})
}

func TestALadderWaitsForTheRecordOfItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for _, id := range []string{"late", "never"} {
			h.talks(id + "@phone")
			h.Ended(cdr.Call{ID: tickets.CallID(id), SIPID: id + "@phone", Ticket: 417})
		}
		time.Sleep(30 * time.Second)
		h.is("without a record", 0, 0, 0, 0)
		h.Ended(h.call("another"))
		h.call("late")
		time.Sleep(time.Minute)
		h.is("with the record of one", 2, 0, 0, 1)
		h.talks("again@phone")
		h.Ended(cdr.Call{ID: "forgotten", SIPID: "of no dialog", Ticket: 417})
		time.Sleep(time.Minute)
		h.is("of what nobody remembers", 2, 0, 1, 1)
	})
}

func TestALadderThatIsRefusedKeepsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.store.set(func() { h.store.refuses = "b" })
		for _, id := range []string{"a", "b", "c"} {
			h.Ended(h.call(id))
		}
		h.talks("late")
		h.Ended(cdr.Call{ID: "a", Legs: []cdr.Leg{{SIPID: "late"}}})
		time.Sleep(time.Minute)
		h.is("of three calls and a later leg", 3, 0, 0, 1)
	})
}

// TestTheEndOfTheProgramKeepsWhatHasEnded, and does not wait for a store that is down.
func TestTheEndOfTheProgramKeepsWhatHasEnded(t *testing.T) {
	for name, c := range map[string]struct {
		down error
		want []int
		most time.Duration
	}{
		"at once": {nil, []int{2, 0, 0, 0}, time.Second}, "a store that is down": {storage.ErrDown, []int{0, 0, 0, 2}, lastTime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				h.store.set(func() { h.store.down = c.down })
				h.Ended(h.call("a"))
				h.talks("b@phone")
				h.Ended(cdr.Call{ID: "b", SIPID: "b@phone", Ticket: 417}) // its record is written a moment later
				time.AfterFunc(300*time.Millisecond, func() { h.call("b") })
				began := time.Now()
				h.end()
				if took := time.Since(began); took > c.most {
					t.Errorf("the end took %s", took)
				}
				h.is("at the end", c.want...)
			})
		})
	}
}
