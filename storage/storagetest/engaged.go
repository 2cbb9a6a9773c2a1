package storagetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/storage/storagetest/check"
)

// Engagements runs the suite of oncall.Engagements; open gives a new and empty store each time.
func Engagements(t *testing.T, open func(t *testing.T) oncall.Engagements) {
	run(t, open, map[string]func(*testing.T, oncall.Engagements){
		"who may ring whom": whoMayRing, "of many nodes one": ofManyNodesOne, "what a node renews and forgets": renewed,
	})
}

// rung is an engagement of a node with Anna that begins at an instant.
func rung(node string, at time.Time) oncall.Engagement {
	return oncall.Engagement{Name: "anna", Node: node, Until: at.Add(oncall.EngagedTime)}
}

func whoMayRing(t *testing.T, s oncall.Engagements) {
	ctx := t.Context()
	talks := rung("b", monday)
	talks.Talks = true
	ahead := rung("b", monday.Add(time.Hour)) // its clock was set back since
	for what, c := range map[string]struct {
		other       *oncall.Engagement
		talking, ok bool
		after       time.Duration
	}{
		"nobody has her":                     {ok: true},
		"another rings her":                  {other: new(rung("b", monday))},
		"another rings her, talks is fine":   {other: new(rung("b", monday)), talking: true},
		"another talks to her":               {other: &talks},
		"another talks to her, that is fine": {other: &talks, talking: true, ok: true},
		"another has died":                   {other: new(rung("b", monday)), after: oncall.EngagedTime, ok: true},
		"another's clock was set back":       {other: &ahead, ok: true},
	} {
		check.Must(t, s.RenewEngagements(ctx, "b", nil, monday.Add(24*time.Hour)))
		check.Must(t, s.Disengage(ctx, "a", "anna"))
		if c.other != nil {
			check.Must(t, s.RenewEngagements(ctx, "b", []oncall.Engagement{*c.other}, monday))
		}
		now := monday.Add(c.after)
		elsewhere, err := s.EngagedElsewhere(ctx, "a", []string{"marco", "anna"}, now)
		check.Must(t, err)
		if held := slices.Equal(elsewhere, []string{"anna"}); held == (c.ok && !c.talking) || len(elsewhere) > 1 {
			t.Errorf("%s: elsewhere is %v", what, elsewhere)
		}
		for range 2 { // the same node may ask again
			ok, err := s.Engage(ctx, rung("a", now), c.talking, now)
			check.Must(t, err)
			if ok != c.ok {
				t.Errorf("%s: may ring %v", what, ok)
			}
		}
	}
}

func ofManyNodesOne(t *testing.T, s oncall.Engagements) {
	var got atomic.Int32
	var asking sync.WaitGroup
	for i := range 8 {
		asking.Go(func() {
			ok, err := s.Engage(t.Context(), rung(string(rune('a'+i)), monday), true, monday)
			if err != nil {
				t.Error(err)
			}
			if ok {
				got.Add(1)
			}
		})
	}
	if asking.Wait(); got.Load() != 1 {
		t.Errorf("%d nodes ring her", got.Load())
	}
}

func renewed(t *testing.T, s oncall.Engagements) {
	ctx := t.Context()
	for _, name := range []string{"anna", "marco"} {
		_, err := s.Engage(ctx, oncall.Engagement{Name: name, Node: "a", Until: monday.Add(oncall.EngagedTime)}, false, monday)
		check.Must(t, err)
	}
	elsewhere := func(at time.Time, want ...string) {
		t.Helper()
		list, err := s.EngagedElsewhere(ctx, "b", []string{"anna", "marco"}, at)
		check.Must(t, err)
		if slices.Sort(list); !slices.Equal(list, want) {
			t.Errorf("engaged are %v, want %v", list, want)
		}
	}
	elsewhere(monday, "anna", "marco")
	later := monday.Add(20 * time.Second)
	check.Must(t, s.RenewEngagements(ctx, "a", []oncall.Engagement{rung("a", later)}, monday))
	elsewhere(monday.Add(29*time.Second), "anna", "marco") // Marco's may have been made meanwhile
	elsewhere(monday.Add(40*time.Second), "anna")
	check.Must(t, s.RenewEngagements(ctx, "a", nil, later.Add(oncall.EngagedTime)))
	elsewhere(monday.Add(29*time.Second), "anna")
	check.Must(t, s.Disengage(ctx, "a", "anna"))
	elsewhere(monday.Add(29 * time.Second))
}
