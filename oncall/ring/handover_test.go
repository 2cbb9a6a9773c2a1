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
	"hotline/prompts"
	"hotline/tickets"
)

// keys is the menu of a talk in which engineers stay for a while.
type keys struct {
	night     *night
	stays     time.Duration
	handsOver bool
	wishes    map[string][]ring.Wish // of the engineer at a telephone, one a menu
}

func (m keys) DuringTalk(t ring.Telephone, a oncall.Attempt, n tickets.Number, third bool) ring.Wish {
	m.night.say("%s has the menu of %d, may ask: %v", a.Phone, n, third)
	pass(t.Context(), m.stays)
	if list := m.wishes[a.Phone]; len(list) > 0 {
		m.wishes[a.Phone] = list[1:]
		return list[0]
	}
	if m.handsOver {
		return ring.HandOver
	}
	return ring.GoBack
}

// TestTheMenuOfATalk: whatever an engineer does there, the caller hears music within the same instant, nobody is released before
// somebody else has accepted, and afterwards the caller talks to somebody, or the search goes on.
func TestTheMenuOfATalk(t *testing.T) {
	talks := func(s script) script { s.keys, s.talk = "1", time.Minute; return s }
	asks := talks(script{stars: []time.Duration{10 * time.Second}})
	for name, c := range map[string]struct {
		anna, marco script
		menu        keys
		caller      time.Duration // hangs up so long after the beginning; 0: stays
		want        []string
		never       []string
	}{
		"the engineer comes back": {
			asks, script{}, keys{stays: 5 * time.Second}, 0,
			[]string{"sip:anna joined to call-1", "book: joined anna", "call-1 hears music", "sip:anna has the menu of 417", "sip:anna joined to call-1", "book: talk_ended anna Anna hung up"},
			[]string{"sip:marco rings", "accept_undone", "engineer-lost"},
		},
		"a colleague takes over": {
			asks, talks(script{}), keys{handsOver: true}, 0,
			[]string{"call-1 hears music", "sip:anna has the menu", "sip:marco rings", "book: accepted marco", "book: talk_ended anna Anna handed over to Marco",
				"sip:marco joined to call-1", "sip:anna hung up", "book: joined marco", "book: talk_ended marco Marco hung up"},
			[]string{"not-handed-over", "engineer-lost", "accept_undone", "unreached"},
		},
		"nobody takes over": {
			asks, script{delay: time.Hour}, keys{handsOver: true}, 0,
			[]string{"sip:anna has the menu", "sip:marco rings", "sip:anna hears handing-over", "book: rang marco Marco at sip:marco: no answer", "sip:anna hears not-handed-over",
				"sip:anna joined to call-1", "book: talk_ended anna Anna hung up"},
			[]string{"handed-over goodbye", "engineer-lost", "accept_undone", "unreached"},
		},
		"the colleague's line is lost at once": {
			asks, script{keys: "1", drops: 2 * time.Second}, keys{handsOver: true}, 0,
			[]string{"book: accepted marco", "sip:anna hung up", "book: engineer_leg_lost marco", "book: accept_undone marco", "call-1 hears engineer-lost", "sip:anna picks up", "book: accepted anna"},
			nil,
		},
		"the caller hangs up in the menu": {
			asks, script{}, keys{stays: 20 * time.Second}, 25 * time.Second,
			[]string{"sip:anna has the menu", "book: talk_ended anna the caller hung up", "sip:anna hears caller-gone"}, []string{"sip:marco rings", "accept_undone"},
		},
		"the caller hangs up while a colleague is rung": {
			asks, script{delay: time.Hour}, keys{handsOver: true}, 25 * time.Second,
			[]string{"sip:marco rings", "25.0s sip:marco: CANCEL", "book: rang marco Marco at sip:marco: caller gone", "book: talk_ended anna the caller hung up", "sip:anna hears caller-gone"},
			[]string{"book: caller_gone", "not-handed-over", "accept_undone"},
		},
		"the caller hangs up while a colleague hears the brief": {
			asks, script{}, keys{handsOver: true}, 25 * time.Second,
			[]string{"sip:marco picks up", "25.0s sip:marco hears called-off goodbye", "book: rang marco Marco at sip:marco: caller gone", "book: talk_ended anna the caller hung up", "sip:anna hears caller-gone"},
			[]string{"book: caller_gone", "not-handed-over", "sip:marco hears caller-gone"},
		},
		"the engineer hangs up in the menu": {
			talks(script{stars: []time.Duration{10 * time.Second}, hangsUp: 25 * time.Second}), script{}, keys{stays: time.Hour}, 0,
			[]string{"sip:anna has the menu", "book: talk_ended anna Anna hung up"}, []string{"sip:marco rings", "accept_undone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				again := talks(script{delay: time.Second}) // what the caller hears at a telephone's ring is heard before its pick-up
				n := newNight(map[string][]script{"sip:anna": {c.anna, again}, "sip:marco": {c.marco}}, anna, marco)
				c.menu.night = n
				ctx, hangUp := context.WithCancelCause(t.Context())
				defer hangUp(nil)
				if c.caller > 0 {
					timer := time.AfterFunc(c.caller, func() { hangUp(errCallerHungUp) })
					defer timer.Stop()
				}
				s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Menu: c.menu})
				outcome, err := s.Find(ctx, ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, CallBack: "sip:customer"})
				if outcome != ring.Talked {
					t.Errorf("the search ended as %s, %v", outcome, err)
				}
				n.happened(t, c.want...)
				for _, word := range c.never {
					n.never(t, word)
				}
				n.freedFirst(t)
				if name == "a colleague takes over" && len(n.legs) != 2 {
					t.Errorf("the legs are %+v", n.legs)
				}
			})
		})
	}
}

// freedFirst tells that who is let go is on no line while the colleague talks.
func (n *night) freedFirst(t *testing.T) {
	t.Helper()
	for i, l := range n.legs {
		if l.Result == "handed over" && (i > 0 || !l.Ended.Before(n.legs[1].Ended)) {
			t.Errorf("of the legs %+v number %d was handed over", n.legs, i)
		}
	}
}

// TestStaffWhoEndTheSearchEndTheHandOver: nobody else is rung, and the two talk on.
func TestStaffWhoEndTheSearchEndTheHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna": {{keys: "1", talk: time.Minute, stars: []time.Duration{10 * time.Second}}}, "sip:marco": {{delay: time.Hour}}, "sip:sara": {{delay: time.Hour}},
		}, anna, marco, sara)
		until, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Second, func() { stop(errors.New("closed")) })
		s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Menu: keys{night: n, handsOver: true}})
		out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Until: until})
		if out != ring.Talked || err != nil {
			t.Errorf("the search ended as %s, %v", out, err)
		}
		n.happened(t, "20.0s sip:marco: CANCEL", "sip:anna hears not-handed-over", "sip:anna joined to call-1", "book: talk_ended anna Anna hung up")
		n.never(t, "sip:sara rings")
	})
}

// TestACallerWhoIsHandedOverHearsWords: while two colleagues are rung in vain, forty seconds long, the music is broken by a sentence every
// twenty seconds, and no other time.
func TestACallerWhoIsHandedOverHearsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{
			"sip:anna":  {{keys: "1", talk: time.Minute, stars: []time.Duration{10 * time.Second}}},
			"sip:marco": {{delay: time.Hour}}, "sip:sara": {{delay: time.Hour}},
		}, anna, marco, sara)
		s := ring.New(ring.Config{Telephones: n, Duty: n, Book: n, Menu: keys{night: n, handsOver: true}})
		if out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi}); out != ring.Talked || err != nil {
			t.Errorf("the search ended as %s, %v", out, err)
		}
		n.happened(t, "sip:marco rings", "call-1 hears handing-over", "call-1 hears music", "sip:anna hears not-handed-over", "sip:anna joined to call-1")
		if words := strings.Count(n.text(), "call-1 hears handing-over"); words < 1 || words > 2 {
			t.Errorf("the caller hears %d sentences:\n%s", words, n.text())
		}
	})
}

// TestWhoTakesOverHearsFromWhomAndWhatElseIsOpen: the colleague hears who hands the customer over, and behind the keys how many other
// blocking tickets are open and the first three of them, and may accept at any time; a store that is down or slow delays nobody.
func TestWhoTakesOverHearsFromWhomAndWhatElseIsOpen(t *testing.T) {
	list := func(numbers ...tickets.Number) (all []tickets.Ticket) {
		for _, n := range numbers {
			one := rossi
			one.Number = n
			all = append(all, one)
		}
		return all
	}
	for name, c := range map[string]struct {
		open []tickets.Ticket
		err  error
		slow time.Duration
		want string
	}{
		"nothing else":      {list(417), nil, 0, "brief-keys"},
		"two others":        {list(500, 417, 501), nil, 0, "brief-keys console-blocking"},
		"five others":       {list(500, 417, 501, 502, 503, 504), nil, 0, "brief-keys console-blocking"},
		"the store is down": {nil, errors.New("down"), 0, "brief-keys"},
		"the store is slow": {list(500, 417), nil, time.Hour, "brief-keys"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{
					"sip:anna":  {{keys: "1", talk: time.Minute, stars: []time.Duration{10 * time.Second}}},
					"sip:marco": {{keys: "1", talk: time.Minute}},
				}, anna, marco)
				s := ring.New(ring.Config{
					Telephones: n, Duty: n, Book: n, Menu: keys{night: n, handsOver: true},
					Blocking: func(ctx context.Context) ([]tickets.Ticket, error) {
						pass(ctx, c.slow)
						return c.open, errors.Join(c.err, ctx.Err())
					},
				})
				if out, err := s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi}); out != ring.Talked || err != nil {
					t.Errorf("the search ended as %s, %v", out, err)
				}
				heard := n.firstHeard("sip:marco")
				want := words(prompts.Engineer("anna", "Anna")) + " hands-over " + words(ring.Subject(rossi)) + " " + c.want
				if !strings.HasPrefix(heard, want) || (c.want == "brief-keys") != (heard == want) {
					t.Errorf("Marco hears %q, want %q", heard, want)
				}
				if told := strings.Count(heard, "category-blocking"); told > 4 || len(c.open) > 1 && c.slow == 0 && told != min(len(c.open), 4) {
					t.Errorf("%d tickets are told: %s", told, heard)
				}
				n.happened(t, "book: accepted marco", "Anna handed over to Marco")
			})
		})
	}
}

// firstHeard is the first sentence at a telephone.
func (n *night) firstHeard(phone string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range n.log {
		if _, heard, ok := strings.Cut(line, phone+" hears "); ok {
			return heard
		}
	}
	return ""
}
