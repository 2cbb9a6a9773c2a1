package ring_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// refusal is a key 7 somewhere in a call whose talk is recorded.
type refusal struct {
	anna, marco script        // engineers; marco is rung after anna, or with her where two are wanted
	hold7       time.Duration // of the caller, who waits
	two         bool          // engineers are wanted
	deletes     bool
	heard       int // by how many
	want        []string
	never       []string
}

const (
	refusedStays = "refused the recording of the talk, by key: what was recorded until then stays"
	refusedNone  = "refused the recording of the talk, by key: nothing of it is recorded"
)

// refusals are the ways.
func refusals() map[string]refusal {
	second := time.Second
	talk := 40 * second
	return map[string]refusal{
		"the caller, in the talk": {
			anna:  script{keys: "1", after: 4 * second, other7: 10 * second, talk: talk},
			heard: 2, want: []string{"are recorded", "the recording is kept", "the caller " + refusedStays, "Anna hung up after 40s"},
			never: []string{"deleted"},
		},
		"the engineer, in the talk": {
			anna:  script{keys: "17", after: 4 * second, between: 10 * second, talk: talk},
			heard: 2, want: []string{"are recorded", "the recording is kept", "commented anna Anna " + refusedStays, "Anna hung up after 40s"},
		},
		"both, one after the other": {
			anna:  script{keys: "17", after: 4 * second, between: 10 * second, other7: 20 * second, talk: talk},
			heard: 2, want: []string{"Anna " + refusedStays, "Anna hung up after 40s"}, never: []string{"the caller refused"},
		},
		"what was recorded is deleted": {
			deletes: true, anna: script{keys: "1", after: 4 * second, other7: 10 * second, talk: talk},
			heard: 2, want: []string{"are recorded", "the recording is deleted", "the caller refused", "until then is deleted", "Anna hung up after 40s"},
		},
		"the engineer, over the brief": {
			anna:  script{keys: "71", after: 4 * second, between: 500 * time.Millisecond, talk: talk},
			heard: 2, want: []string{"joined to call-1", "Anna hung up after 40s"}, never: []string{"is kept", "deleted"},
		},
		"who refuses over the brief and passes refuses nothing": {
			anna:  script{keys: "72", after: 4 * second, between: 500 * time.Millisecond},
			marco: script{keys: "1", after: 4 * second, talk: talk},
			heard: 0, want: []string{"sip:anna hears passed", "sip:marco and call-1 are recorded", "Marco hung up after 40s", "the recording is kept"}, never: []string{"refused", "talk-ended"},
		},
		"the caller, who waits": {
			hold7: 2 * second, anna: script{delay: 15 * second, keys: "1", after: 4 * second, talk: talk},
			heard: 1, want: []string{"the caller " + refusedNone, "call-1 hears talk-ended", "sip:anna picks up", "Anna hung up after 40s"},
			never: []string{"are recorded", "anna hears talk-told", "anna hears talk-ended"},
		},
		"the caller, who waits while the engineer hears the brief": {
			hold7: 11 * second, anna: script{delay: 5 * second, keys: "1", after: 8 * second, talk: talk},
			heard: 2, want: []string{"anna hears talk-told", "the caller " + refusedNone, "call-1 hears talk-ended", "joined", "sip:anna hears talk-ended"},
			never: []string{"are recorded"},
		},
		"of two engineers the second one": {
			two: true, anna: script{keys: "1", after: 4 * second, talk: talk}, marco: script{keys: "17", after: 4 * second, between: 10 * second, talk: 20 * second},
			heard: 3, want: []string{"sip:marco and call-1 are recorded", "Marco " + refusedStays, "Anna hung up after 40s"},
		},
		"of two engineers the first one": {
			two: true, anna: script{keys: "17", after: 4 * second, between: 20 * second, talk: talk}, marco: script{keys: "1", after: 4 * second, talk: 30 * second},
			heard: 3, want: []string{"sip:marco and call-1 are recorded", "Anna " + refusedStays, "Anna hung up after 40s"},
		},
		"nobody": {
			anna:  script{keys: "1", after: 4 * second, talk: talk},
			heard: 0, want: []string{"are recorded", "Anna hung up after 40s", "the recording is kept"}, never: []string{"refused", "talk-ended"},
		},
	}
}

// TestWhoeverRefusesEndsTheRecordingOfTheTalk at once, whenever it is. All who talk hear so once, the history says who, and the talk goes on.
func TestWhoeverRefusesEndsTheRecordingOfTheTalk(t *testing.T) {
	for name, c := range refusals() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.anna}, "sip:marco": {c.marco}}, anna, marco)
				if c.two {
					n.plan = &escalation.Plan{Rounds: 1, Need: 2, Steps: []escalation.Group{{Ring: 20 * time.Second, SkipTalking: true, Attempts: n.attempts}}}
				}
				session := n.session(c.deletes)
				out, err := n.search().Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1", hold7: c.hold7}, Language: "it", Ticket: rossi, Recording: session})
				session.End()
				if out != ring.Talked || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, c.want...)
				for _, not := range c.never {
					n.never(t, not)
				}
				n.heardBy(t, c.heard)
			})
		})
	}
}

// heardBy demands that so many have heard, each once, that the talk is not recorded any more.
func (n *night) heardBy(t *testing.T, want int) {
	t.Helper()
	got := 0
	for _, who := range []string{"sip:anna", "sip:marco", "sip:customer", "sip:desk", "call-1"} {
		times := strings.Count(n.text(), who+" hears talk-ended")
		if got += times; times > 1 {
			t.Errorf("%s hears it %d times", who, times)
		}
	}
	if got != want {
		t.Errorf("it is heard by %d, want %d\n%s", got, want, n.text())
	}
}

// session records what the night says of it.
func (n *night) session(deletes bool) *recorded.Session {
	return &recorded.Session{
		Told: func() bool { return true }, Discards: deletes,
		Note: func(who, text string) {
			n.Note(context.Background(), ring.Event{Kind: tickets.Commented, Engineer: oncall.EngineerID(who), Text: text})
		},
	}
}

// TestWhoIsJoinedToACustomerWhoWasCalledRefuses: the customer, or the engineer, whose telephone rang or who has called the console.
func TestWhoIsJoinedToACustomerWhoWasCalledRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		customer script
		want     []string
		never    string
	}{
		"the customer, after the notice": {
			script{delay: time.Second, keys: "7", after: 3 * time.Second, talk: time.Minute},
			[]string{"hears talk-told talk-refuse", "the customer " + refusedNone, "joined to"}, "are recorded",
		},
		"the customer, in the talk": {
			script{delay: time.Second, keys: "7", after: 30 * time.Second, talk: time.Minute},
			[]string{"are recorded", "the recording is kept", "the customer " + refusedStays}, "deleted",
		},
		"the engineer, in the talk": {
			script{delay: time.Second, talk: time.Minute, other7: 20 * time.Second},
			[]string{"are recorded", "the recording is kept", "commented anna Anna " + refusedStays}, "deleted",
		},
	} {
		search := func(n *night) *ring.Search {
			return ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Recording: func(tickets.Ticket) *recorded.Session { return n.session(false) }})
		}
		t.Run(name+"/by the console", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:customer": {c.customer}})
				_, err := search(n).CallCustomer(t.Context(), ring.CustomerCall{
					Engineer: oncall.Engineer{ID: "anna", Name: "Anna"}, Line: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Address: "sip:customer",
				})
				if err != nil {
					t.Error(err)
				}
				n.happened(t, c.want...)
				n.never(t, c.never)
				n.heardBy(t, 2)
			})
		})
		t.Run(name+"/by the telephone that rings", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				keys, between := "11", 5*time.Second
				if c.customer.other7 > 0 { // the engineer is the one who joins here
					keys, between = "117", 12*time.Second
				}
				n := newNight(map[string][]script{"sip:anna": {{keys: keys, after: time.Second, between: between, talk: 50 * time.Second, other7: c.customer.after * time.Duration(len(c.customer.keys))}}, "sip:customer": {c.customer}}, anna)
				_, err := search(n).Escalate(t.Context(), ring.Request{Call: "old", Ticket: rossi, CallBack: "sip:customer"})
				if err != nil {
					t.Error(err)
				}
				n.happened(t, c.want...)
				n.never(t, c.never)
				n.heardBy(t, 2)
			})
		})
	}
}

// TestTheOperatorsTalkIsRecordedByTheSameRules: who picks up hears of it, and either refuses.
func TestTheOperatorsTalkIsRecordedByTheSameRules(t *testing.T) {
	for name, c := range map[string]struct {
		desk    script
		session bool
		want    []string
		never   string
		heard   int
	}{
		"recorded":             {script{keys: "1", after: 4 * time.Second, talk: time.Minute}, true, []string{"sip:desk hears talk-told", "operator-brief", "are recorded", "the recording is kept"}, "refused", 0},
		"not recorded":         {script{keys: "1", after: 4 * time.Second, talk: time.Minute}, false, []string{"sip:desk hears operator-brief", "joined to call-1"}, "talk-told", 0},
		"the caller refuses":   {script{keys: "1", after: 4 * time.Second, talk: time.Minute, other7: 9 * time.Second}, true, []string{"are recorded", "the recording is kept", "the caller " + refusedStays}, "deleted", 2},
		"the operator refuses": {script{keys: "17", after: 4 * time.Second, between: 9 * time.Second, talk: time.Minute}, true, []string{"are recorded", "the recording is kept", "the operator " + refusedStays}, "deleted", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:desk": {c.desk}})
				var session *recorded.Session
				if c.session {
					session = n.session(false)
				}
				ok, err := n.search().Operator(t.Context(), &customer{night: n, id: "call-1"}, "it", prompts.P("operator-calling"), []string{"sip:desk"}, session)
				session.End()
				if !ok || err != nil {
					t.Fatalf("%v, %v\n%s", ok, err, n.text())
				}
				n.happened(t, c.want...)
				n.never(t, c.never)
				n.heardBy(t, c.heard)
			})
		})
	}
}

// TestAnEngineerAtTheConsoleRefusesByTheKeyThatIsListenedToThere, where the key * ends the talk.
func TestAnEngineerAtTheConsoleRefusesByTheKeyThatIsListenedToThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:customer": {{delay: time.Second, talk: time.Minute}}})
		s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Recording: func(tickets.Ticket) *recorded.Session { return n.session(false) }})
		_, err := s.CallCustomer(t.Context(), ring.CustomerCall{
			Engineer: oncall.Engineer{ID: "anna", Name: "Anna"}, Line: &customer{night: n, id: "call-1", hold7: 20 * time.Second}, Language: "it", Ticket: rossi, Address: "sip:customer", Star: true,
		})
		if err != nil {
			t.Error(err)
		}
		n.happened(t, "are recorded", "the recording is kept", "commented anna Anna "+refusedStays, "the talk with the customer ended")
		n.heardBy(t, 2)
	})
}

// wake comes after a while; never where that is none.
func wake(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return time.After(d)
}

// talkRecording is what a talk is recorded on.
type talkRecording struct{ night *night }

func (r *talkRecording) Close() error   { r.night.say("the recording is kept"); return nil }
func (r *talkRecording) Discard() error { r.night.say("the recording is deleted"); return nil }
