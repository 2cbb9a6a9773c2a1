package receiver_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/evosupport"
	"hotline/intake"
	"hotline/memory"
	"hotline/storage"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// message is one of a process, with facts of these numbers.
func message(sequence int64, process string, numbers ...int64) protocol.Message {
	m := protocol.Message{Sequence: sequence, Process: process, Spool: "s", Host: "host-" + process}
	for _, n := range numbers {
		m.Facts = append(m.Facts, protocol.Fact{Number: n, Check: "erp", Title: "dead", At: monday})
	}
	return m
}

// TestWhatIsTakenAndWhatIsRefused judges messages one after the other, as one agent's state knows of the ones before.
func TestWhatIsTakenAndWhatIsRefused(t *testing.T) {
	var s receiver.State
	for n, c := range []struct {
		m     protocol.Message
		off   time.Duration // of the signature
		want  protocol.Reason
		fresh int
	}{
		{message(5, "a", 1, 2), 0, "", 2},
		{message(5, "a", 1, 2), 0, protocol.Replayed, 0},
		{message(4, "a", 3), 0, protocol.Replayed, 0},
		{message(6, "a", 1, 2, 3), 0, "", 1}, // its answer was lost
		{message(7, "a"), 5*time.Minute + time.Second, protocol.WrongClock, 0},
		{message(7, "a"), -5*time.Minute - time.Second, protocol.WrongClock, 0},
		{message(7, "a"), 5 * time.Minute, "", 0},
		{message(8, "b", 4), 0, "", 1},                // a start anew
		{message(9, "a", 5), 0, protocol.Replaced, 0}, // the former one lives
		{message(8, "a", 5), 0, protocol.Replayed, 0}, // a captured one of the former life
		{message(9, "b", 4, 5, 6), 0, "", 2},
	} {
		now := monday.Add(time.Duration(n) * time.Second)
		next, fresh, refused := s.Hear(c.m, now.Add(c.off), now)
		if refused.Reason != c.want || len(fresh) != c.fresh {
			t.Errorf("message %d: refused for %q (%s), %d facts are new; want %q, %d", n, refused.Reason, refused.Detail, len(fresh), c.want, c.fresh)
		}
		if s = next; refused.Reason == "" {
			s, _, _ = s.Took(c.m, now)
		}
	}
	another := message(10, "b", 1)
	another.Spool = "made anew"
	if _, fresh, _ := s.Hear(another, monday, monday); len(fresh) != 1 {
		t.Error("the facts of a new spool are not new")
	}
}

// TestOnlyTheLastProcessesAreRemembered: the state is bounded, whoever starts how often.
func TestOnlyTheLastProcessesAreRemembered(t *testing.T) {
	var s receiver.State
	for n := range 100 {
		m := message(int64(n+1), fmt.Sprint(n))
		s, _, _ = s.Hear(m, monday, monday)
		s, _, _ = s.Took(m, monday)
	}
	if len(s.Retired) != 8 || s.Retired[7] != "98" {
		t.Errorf("retired are %v", s.Retired)
	}
}

// TestTroublesOfAnAgentAreRaisedOnceAndEnd: a clock until it is right, lost facts until an hour is quiet.
func TestTroublesOfAnAgentAreRaisedOnceAndEnd(t *testing.T) {
	var s receiver.State
	for n, c := range []struct {
		at           time.Duration
		off, dropped int64
		want         string
	}{
		{0, 59, 0, "[] []"},
		{time.Minute, -60, 0, "[clock] []"},
		{2 * time.Minute, 600, 0, "[] []"},
		{3 * time.Minute, 0, 7, "[spool] [clock]"},
		{10 * time.Minute, 0, 7, "[] []"},
		{20 * time.Minute, 0, 8, "[spool] []"},
		{70 * time.Minute, 0, 8, "[] []"},
		{80 * time.Minute, 0, 8, "[] [spool]"},
		{200 * time.Minute, 0, 8, "[] []"},
	} {
		m := message(int64(n+1), "a")
		m.ClockOff, m.Dropped = c.off, c.dropped
		next, raised, over := s.Took(m, monday.Add(c.at))
		if got := fmt.Sprint(raised, over); got != c.want {
			t.Errorf("message %d: %s, want %s", n, got, c.want)
		}
		s = next
	}
}

// taking is an Alerting Manager that counts what it takes, and fails when it is told to.
type taking struct {
	mu     sync.Mutex
	alerts []intake.Alert
	err    error
}

func (k *taking) Take(_ context.Context, o intake.Origin, b intake.Batch, _ time.Time) (intake.Outcome, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return intake.Outcome{}, k.err
	}
	for _, a := range b.Alerts {
		a.Installation = fmt.Sprint(o.Contract, " ", o.Installation, " ", o.Source)
		k.alerts = append(k.alerts, a)
	}
	return intake.Outcome{}, nil
}

func open(t *testing.T) (*receiver.Receiver, *memory.Store, *taking, receiver.Agent) {
	t.Helper()
	store, k := memory.New(417), &taking{}
	r := receiver.New(receiver.Config{Store: store, Installed: store, Intake: k, House: []byte("secret"), Log: slog.New(slog.DiscardHandler)})
	a, err := store.PutAgent(t.Context(), receiver.Agent{ID: "plant", Contract: "rossi", Installation: "hall 4", Configuration: protocol.Configuration{Checks: []protocol.Check{{ID: "erp"}}}})
	must(t, err)
	return r, store, k, a
}

// TestOfOneMessageManyTimesAtOnceOneIsTaken: whoever floods the nodes with a captured message gets it in once.
func TestOfOneMessageManyTimesAtOnceOneIsTaken(t *testing.T) {
	r, _, k, a := open(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	reasons := map[protocol.Reason]int{}
	for range 32 {
		all.Go(func() {
			answer, err := r.Take(t.Context(), a, message(7, "a", 1), monday, monday)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			reasons[answer.Reason]++
		})
	}
	all.Wait()
	if len(k.alerts) != 1 || reasons[""] != 1 || reasons[protocol.Replayed] != 31 {
		t.Errorf("%d alerts were taken, and the answers were %v", len(k.alerts), reasons)
	}
	if got := k.alerts[0].Installation; got != "rossi hall 4 agent" {
		t.Errorf("the alert is of %s", got)
	}
}

// TestWhatCouldNotBeKeptIsTakenWhenItComesAgain: the message is sent again with the next sequence.
func TestWhatCouldNotBeKeptIsTakenWhenItComesAgain(t *testing.T) {
	r, store, k, a := open(t)
	k.err = storage.ErrDown
	if _, err := r.Take(t.Context(), a, message(1, "a", 1, 2), monday, monday); err == nil {
		t.Error("what was not kept is answered as taken")
	}
	k.err = nil
	_, err := r.Take(t.Context(), a, message(2, "a", 1, 2), monday, monday)
	must(t, err)
	if len(k.alerts) != 2 {
		t.Errorf("%d alerts were taken, want 2", len(k.alerts))
	}
	s, err := store.AgentState(t.Context(), "plant")
	must(t, err)
	if s.Fact != 2 || s.Sequence != 2 || !s.Report.Heard.Equal(monday) || s.Report.Host != "host-a" {
		t.Errorf("it stands as %+v", s)
	}
}

// TestAVersionIsWrittenIntoTheEntryOfItsProduct: whoever made it. Entries of other products and installations stay as they are, and no message fails
// for one that cannot be written.
func TestAVersionIsWrittenIntoTheEntryOfItsProduct(t *testing.T) {
	r, store, _, a := open(t)
	ctx := t.Context()
	for n, c := range []struct {
		stands []evosupport.Installed
		want   string
	}{
		{nil, "plant hall 4 pbx 8.1"},
		{[]evosupport.Installed{{ID: "by-staff", Contract: "rossi", Installation: "hall 4", Product: "pbx", Release: "7.2"}}, "by-staff hall 4 pbx 8.1"},
		{[]evosupport.Installed{{ID: "by-staff", Contract: "rossi", Installation: "hall 4", Product: "crm", Release: "3"}}, "by-staff hall 4 crm 3, plant hall 4 pbx 8.1"},
		{[]evosupport.Installed{{ID: "plant", Contract: "rossi", Installation: "hall 4", Product: "old-pbx", Release: "3"}}, "plant hall 4 pbx 8.1"},
		{[]evosupport.Installed{{ID: "plant", Contract: "rossi", Installation: "yard", Product: "crm", Release: "3"}}, "plant yard crm 3"},
		{[]evosupport.Installed{{ID: "plant", Contract: "bianchi", Installation: "hall 4", Product: "crm", Release: "3"}}, "plant hall 4 crm 3"},
	} {
		for _, i := range c.stands {
			_, err := store.PutInstalled(ctx, i)
			must(t, err)
		}
		m := message(int64(n+1), "a")
		m.Product, m.Release = "pbx", "8.1"
		answer, err := r.Take(ctx, a, m, monday, monday)
		if err != nil || answer.Reason != "" {
			t.Errorf("case %d: %+v, %v", n, answer, err)
		}
		all, err := store.InstalledOf(ctx, "")
		must(t, err)
		var got []string
		for _, i := range all {
			got = append(got, fmt.Sprintf("%s %s %s %s", i.ID, i.Installation, i.Product, i.Release))
			must(t, store.DeleteInstalled(ctx, i.ID, i.Version))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("case %d: %s stands, want %s", n, strings.Join(got, ", "), c.want)
		}
	}
}

func TestAnAgentThatIsRemovedEndsWhatItReported(t *testing.T) {
	r, _, k, a := open(t)
	r.Removed(t.Context(), a, monday)
	var ended []string
	for _, alert := range k.alerts {
		if alert.Resolved {
			ended = append(ended, alert.Fingerprint)
		}
	}
	if got := strings.Join(ended, " "); got != "erp agent/clock agent/spool agent/twice" {
		t.Errorf("it ends %s", got)
	}
}
