package dispatch_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/prove"
	"hotline/tickets"
)

// TestNightsThatWantTwo: by a policy that wants two engineers callers talk to two at once, and never to more; nobody is left over, and
// no caller hears nothing, whoever of the three leaves first and how.
func TestNightsThatWantTwo(t *testing.T) { livePairs(t, outOf{two: true}) }

// livePairs lives through nights in which callers talk to two engineers at once.
func livePairs(t *testing.T, o outOf) {
	t.Helper()
	nights, first := prove.Asked(t, nightsOfATest)
	joined, pairs, began := 0, 0, time.Now()
	for i := range uint64(nights) {
		l := live(t, first+i, o)
		joined, pairs = joined+l.joined, pairs+l.pairs
		if len(l.wrong) > 0 {
			t.Fatalf("night %d (HOTLINE_PROVE_SEED=%d HOTLINE_PROVE=1):\n%s\n\n%s", first+i, first+i, strings.Join(l.wrong, "\n"), strings.Join(l.trace, "\n"))
		}
	}
	t.Logf("%d nights from seed %d on, %+v: %d callers talked to a person, %d of them to two at once; in %s", nights, first, o, joined, pairs, time.Since(began).Round(time.Millisecond))
	if pairs == 0 || pairs == joined {
		t.Error("the dice are loaded")
	}
}

// outOf is what is out of the ordinary in a night.
type outOf struct {
	two   bool // engineers are wanted
	menus bool // are opened in talks
}

// most is how many engineers a caller may talk to at once.
func (n *randomNight) most() int {
	if n.menus {
		return 2
	}
	return min(max(n.need, 1), 2)
}

// DuringTalk implements ring.Menu by dice.
func (n *randomNight) DuringTalk(t ring.Telephone, a oncall.Attempt, _ tickets.Number, third bool) ring.Wish {
	leg := t.(*nightLeg)
	defer leg.air.holds()()
	lets(t.Context(), n.street.between(a.Phone, 500*time.Millisecond, 9*time.Second))
	wish := []ring.Wish{ring.GoBack, ring.AddThird, ring.AddThird, ring.HandOver}[n.street.between(a.Phone, 0, 3)]
	n.say("%s wishes %d in the menu, a third may be asked: %v", a.Phone, wish, third)
	return wish
}

// wantTwo makes a night of one in which two engineers are wanted, and half of the telephones are of people who accept.
func wantTwo(dice *rand.Rand, policy **escalation.Policy, does *[]habit) {
	if *policy == nil {
		*policy = &escalation.Policy{ID: "nights", Name: "nights", Steps: escalation.Default().Steps}
	}
	(*policy).Need = 2 + dice.IntN(2) // of more than two, two are joined
	for len(*does) < 4 {
		*does = append(*does, habit(dice.IntN(int(isCustomer))))
	}
	accept := []habit{isWell, isWell, isWell, isSlow, isLost, regretsIt, wantsToHear, isInBand}
	for i := range *does {
		if dice.IntN(2) == 0 {
			(*does)[i] = accept[dice.IntN(len(accept))]
		}
	}
}

// TestNightsOfMenus: engineers open the menu in the middle of a talk, have a colleague join, hand over, leave, and come back, at random,
// the same holds.
func TestNightsOfMenus(t *testing.T) {
	livePairs(t, outOf{menus: true})
	livePairs(t, outOf{menus: true, two: true})
}
