package ring_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// starred has the menu opened so long after each join.
func starred(s script, stars ...time.Duration) script {
	s.stars = stars
	return s
}

func talksFor(d time.Duration) script {
	return script{keys: "1", talk: d, delay: time.Second, after: time.Second}
}

// threeRow is what the engineers and the caller do, and what must come of it.
type threeRow struct {
	anna, marco script
	wishes      map[string][]ring.Wish
	stays       time.Duration
	caller      time.Duration // hangs up so long after the beginning; 0: stays
	want        []string
	never       []string
}

// threeRows are the talks in which somebody is asked to join, by name.
func threeRows() map[string]threeRow {
	ask := map[string][]ring.Wish{"sip:anna": {ring.AddThird}}
	return map[string]threeRow{
		"the first one hangs up": {
			starred(talksFor(40*time.Second), 10*time.Second), talksFor(2 * time.Minute), ask, 0, 0,
			[]string{"call-1 hears music", "sip:anna has the menu of 417, may ask: true", "book: commented anna Anna asks a colleague to join", "sip:anna hears asking-third",
				"sip:marco hears annaAnna help-asked Rossi S.p.A. level-extended category-blocking ticket 417 brief-version", "book: commented marco Marco pressed accept, and joins Anna and the caller", "call-1 hears connected", "sip:marco joined to call-1",
				"book: talk_ended anna Anna hung up after", "Marco stays with the caller", "book: accepted marco Marco has the caller", "sip:anna hung up", "book: talk_ended marco Marco hung up"},
			[]string{"engineer-lost", "accept_undone", "unreached", "no-third", "hears caller-gone"},
		},
		"the second one hangs up": {
			starred(talksFor(time.Minute), 10*time.Second), talksFor(20 * time.Second), ask, 0, 0,
			[]string{"sip:marco joined to call-1", "book: commented marco Marco hung up after 20s; Anna stays with the caller", "book: talk_ended anna Anna hung up"},
			[]string{"accepted marco", "engineer-lost", "accept_undone", "unreached", "no-third"},
		},
		"the caller hangs up": {
			starred(talksFor(time.Minute), 10*time.Second), talksFor(time.Minute), ask, 0, 50 * time.Second,
			[]string{"sip:marco joined to call-1", "50.0s sip:marco hung up", "book: talk_ended anna the caller hung up"},
			[]string{"accepted marco", "accept_undone", "hears caller-gone"},
		},
		"nobody joins": {
			starred(talksFor(time.Minute), 10*time.Second), script{delay: time.Hour}, ask, 0, 0,
			[]string{"sip:marco rings", "sip:anna joined to call-1", "book: rang marco Marco at sip:marco: no answer", "book: commented  no second engineer has accepted",
				"sip:anna hears no-third", "book: talk_ended anna Anna hung up"},
			[]string{"engineer-lost", "accept_undone"},
		},
		"the first one hangs up while the colleague is rung": {
			starred(talksFor(14*time.Second), 10*time.Second), script{delay: time.Hour}, ask, 0, 0,
			[]string{"sip:marco rings", "sip:marco: CANCEL", "book: rang marco Marco at sip:marco: called off", "book: talk_ended anna Anna hung up"},
			[]string{"no-third", "caller-gone"},
		},
		"the first one hangs up while the colleague hears the brief": {
			starred(talksFor(14*time.Second), 10*time.Second), script{}, ask, 0, 0,
			[]string{"sip:marco picks up", "book: rang marco Marco at sip:marco: called off", "sip:marco hung up", "book: talk_ended anna Anna hung up"},
			[]string{"no-third", "caller-gone", "marco hears called-off"},
		},
		"the first one leaves by key": {
			starred(talksFor(time.Hour), 10*time.Second, 30*time.Second), talksFor(2 * time.Minute), map[string][]ring.Wish{"sip:anna": {ring.AddThird, ring.HandOver}}, 0, 0,
			[]string{"sip:marco joined to call-1", "sip:anna has the menu of 417, may ask: false", "book: talk_ended anna Anna handed over to Marco",
				"book: accepted marco", "sip:anna hears handed-over goodbye", "book: rang anna Anna at sip:anna: handed over", "book: talk_ended marco Marco hung up"},
			[]string{"engineer-lost", "accept_undone", "sip:marco: CANCEL"},
		},
		"the second one leaves by key": {
			starred(talksFor(time.Minute), 10*time.Second), starred(talksFor(time.Hour), 20*time.Second), map[string][]ring.Wish{"sip:anna": {ring.AddThird}, "sip:marco": {ring.HandOver}}, 0, 0,
			[]string{"sip:marco joined to call-1", "sip:marco has the menu of 417, may ask: false", "sip:marco hears handed-over goodbye", "book: commented marco Marco left by key", "book: talk_ended anna Anna hung up"},
			[]string{"accepted marco", "engineer-lost"},
		},
		"the second one hangs up while the first one has the menu": {
			starred(talksFor(time.Minute), 10*time.Second, 15*time.Second), talksFor(20 * time.Second), ask, 15 * time.Second, 0,
			[]string{"sip:marco joined to call-1", "may ask: false", "51.0s call-1 hears music", "sip:anna joined to call-1", "book: talk_ended anna Anna hung up"},
			[]string{"engineer-lost"},
		},
		"the line of whoever stays is lost": {
			starred(talksFor(20*time.Second), 10*time.Second), script{keys: "1", drops: 40 * time.Second}, ask, 0, 0,
			[]string{"book: talk_ended anna Anna hung up", "Marco stays", "book: engineer_leg_lost marco", "call-1 hears engineer-lost", "sip:anna picks up", "book: accepted anna", "book: talk_ended anna Anna hung up"},
			nil,
		},
		"who stays asks the first one back": {
			starred(talksFor(20*time.Second), 10*time.Second), starred(talksFor(time.Minute), 40*time.Second), map[string][]ring.Wish{"sip:anna": {ring.AddThird}, "sip:marco": {ring.AddThird}}, 0, 0,
			[]string{"Marco stays with the caller", "sip:marco has the menu of 417, may ask: true", "sip:anna rings", "Anna pressed accept, and joins Marco", "book: talk_ended marco Marco hung up", "Anna stays", "book: accepted anna", "book: talk_ended anna"},
			[]string{"engineer-lost"},
		},
		"the second one passes": {
			starred(talksFor(time.Minute), 10*time.Second), script{keys: "2", after: 2 * time.Second}, ask, 0, 0,
			[]string{"sip:marco hears goodbye", "book: rang marco Marco at sip:marco: passed", "sip:anna hears no-third", "book: talk_ended anna"}, []string{"sip:marco hears passed"},
		},
	}
}

// stands is what every installation of these tests has.
func stands(context.Context, tickets.Ticket) (ring.Installed, bool) {
	return ring.Installed{Release: "7.2"}, true
}

// TestAThirdInTheTalk: whoever an engineer asks to join is rung while the two talk on, joins by key, and whoever of the engineers
// leaves lets the other one stay with the caller.
func TestAThirdInTheTalk(t *testing.T) {
	for name, c := range threeRows() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.anna, talksFor(time.Minute)}, "sip:marco": {c.marco}}, anna, marco)
				ctx, hangUp := context.WithCancelCause(t.Context())
				defer hangUp(nil)
				if c.caller > 0 {
					defer time.AfterFunc(c.caller, func() { hangUp(errCallerHungUp) }).Stop()
				}
				wishes := map[string][]ring.Wish{}
				for phone, list := range c.wishes {
					wishes[phone] = list
				}
				s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Menu: keys{night: n, stays: c.stays, wishes: wishes}, Installed: stands})
				entitled := rossi
				entitled.Contract = "rossi"
				outcome, err := s.Find(ctx, ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: entitled})
				if outcome != ring.Talked {
					t.Errorf("the search ended as %s, %v", outcome, err)
				}
				n.happened(t, c.want...)
				for _, word := range c.never {
					n.never(t, word)
				}
				if legs := strings.Count(n.text(), "picks up"); len(n.legs) < legs {
					t.Errorf("%d of %d legs are written down: %+v", len(n.legs), legs, n.legs)
				}
			})
		})
	}
}

// TestNobodyIsLeftAloneDuringAFarewell: one of two engineers leaves by key, and the other one hangs up at any instant around the words that
// the first one hears: the search is over at once, and the caller waits for no farewell.
func TestNobodyIsLeftAloneDuringAFarewell(t *testing.T) {
	for _, firstLeaves := range []bool{true, false} {
		met := 0
		for quarters := range 60 {
			stays := 20*time.Second + time.Duration(quarters)*250*time.Millisecond
			synctest.Test(t, func(t *testing.T) {
				leaver, other, word := "sip:marco", "sip:anna", "Marco left by key"
				first, next := starred(talksFor(stays+time.Second/8), 10*time.Second), starred(talksFor(time.Hour), 20*time.Second)
				wishes := map[string][]ring.Wish{"sip:anna": {ring.AddThird}, "sip:marco": {ring.HandOver}}
				if firstLeaves {
					leaver, other, word = other, leaver, "Anna handed over to Marco"
					first, next = starred(talksFor(time.Hour), 10*time.Second, 30*time.Second), talksFor(stays+time.Second/8)
					wishes = map[string][]ring.Wish{"sip:anna": {ring.AddThird, ring.HandOver}}
				}
				n := newNight(map[string][]script{"sip:anna": {first, talksFor(time.Minute)}, "sip:marco": {next}}, anna, marco)
				s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Menu: keys{night: n, wishes: wishes}})
				outcome, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi})
				if outcome != ring.Talked || err != nil {
					t.Errorf("the search ended as %s, %v", outcome, err)
				}
				joined := n.last(other + " joined to call-1")
				if n.last(word) < 0 || n.last(leaver+" hears handed-over") < 0 {
					return // the other one hung up before
				}
				met++
				if alone := time.Since(n.began) - joined - stays; alone > time.Second/2 {
					t.Errorf("%s left, %s hung up %s after the join: the search is over %s later\n%s", leaver, other, stays, alone, n.text())
				}
			})
		}
		if met < 10 {
			t.Errorf("only %d farewells were met", met)
		}
	}
}

// last is when a line with some words came last, since the beginning; negative for never.
func (n *night) last(words string) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range slices.Backward(n.log) {
		if strings.Contains(line, words) {
			seconds, _ := strconv.ParseFloat(strings.TrimSuffix(strings.Fields(line)[0], "s"), 64)
			return time.Duration(seconds * float64(time.Second))
		}
	}
	return -1
}

// TestAPolicyThatWantsTwo: the first who accepts is joined at once, and ringing goes on for the second until somebody accepts or the
// plan is over; there are never three.
func TestAPolicyThatWantsTwo(t *testing.T) {
	for name, c := range map[string]struct {
		atOnce  bool
		scripts map[string][]script
		want    []string
		never   []string
	}{
		"the next one joins": {
			false, map[string][]script{"sip:anna": {talksFor(time.Minute)}, "sip:marco": {talksFor(2 * time.Minute)}, "sip:sara": {talksFor(time.Minute)}},
			[]string{"book: accepted anna", "the policy wants two engineers", "sip:marco hears second-wanted Rossi", "Marco pressed accept, and joins Anna", "sip:marco joined to call-1", "Marco stays with the caller", "book: talk_ended marco"},
			[]string{"sip:sara rings", "no-third"},
		},
		"the next one does not answer, the third does": {
			false, map[string][]script{"sip:anna": {talksFor(time.Minute)}, "sip:marco": {{delay: time.Hour}}, "sip:sara": {talksFor(time.Minute)}},
			[]string{"book: accepted anna", "sip:marco rings", "sip:sara rings", "Sara pressed accept, and joins Anna"}, nil,
		},
		"nobody else answers": {
			false, map[string][]script{"sip:anna": {talksFor(5 * time.Minute)}, "sip:marco": {{delay: time.Hour}}, "sip:sara": {{delay: time.Hour}}},
			[]string{"sip:marco rings", "sip:sara rings", "sip:marco rings", "sip:sara rings", "no second engineer has accepted; Anna is with the caller", "book: talk_ended anna Anna hung up"},
			[]string{"sip:anna hears no-third"},
		},
		"all at once": {
			true, map[string][]script{"sip:anna": {talksFor(time.Minute)}, "sip:marco": {{keys: "1", after: 6 * time.Second, talk: 2 * time.Minute}}, "sip:sara": {{delay: time.Hour}}},
			[]string{"sip:anna joined to call-1", "Marco pressed accept, and joins Anna", "sip:marco joined to call-1", "Marco stays with the caller"}, []string{"accept_undone"},
		},
		"the first one hangs up before they have talked, and the second one stays": {
			false, map[string][]script{"sip:anna": {{keys: "1", talk: 20 * time.Second, mute: true}}, "sip:marco": {talksFor(time.Minute)}, "sip:sara": {talksFor(time.Minute)}},
			[]string{"book: joined marco", "book: talk_ended anna", "book: accept_undone anna", "book: accepted marco", "book: talk_ended marco"}, []string{"unreached", "engineer-lost"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(c.scripts, anna, marco, sara)
				n.plan = &escalation.Plan{Rounds: 2, Need: 2, Steps: []escalation.Group{{Ring: 20 * time.Second, AtOnce: c.atOnce, SkipTalking: true, Attempts: []oncall.Attempt{anna, marco, sara}}}}
				if outcome, err := n.find(t.Context()); outcome != ring.Talked || err != nil {
					t.Errorf("the search ended as %s, %v", outcome, err)
				}
				n.happened(t, c.want...)
				for _, word := range c.never {
					n.never(t, word)
				}
			})
		})
	}
}
