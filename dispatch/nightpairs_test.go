package dispatch_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hotline/oncall/escalation"
)

// TestNightsThatWantTwo: by a policy that wants two engineers callers talk to two at once, and never to more; nobody is left over, and
// no caller hears nothing, whoever of the three leaves first and how.
func TestNightsThatWantTwo(t *testing.T) {
	nights, first := nightsAsked(t, nightsOfATest)
	joined, pairs, began := 0, 0, time.Now()
	for i := range uint64(nights) {
		l := live(t, first+i, true)
		joined, pairs = joined+l.joined, pairs+l.pairs
		if len(l.wrong) > 0 {
			t.Fatalf("night %d (HOTLINE_PROVE_SEED=%d HOTLINE_PROVE=1):\n%s\n\n%s", first+i, first+i, strings.Join(l.wrong, "\n"), strings.Join(l.trace, "\n"))
		}
	}
	t.Logf("%d nights from seed %d on: %d callers talked to a person, %d of them to two at once; in %s", nights, first, joined, pairs, time.Since(began).Round(time.Millisecond))
	if pairs == 0 || pairs == joined {
		t.Error("the dice are loaded")
	}
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
	accept := []habit{isWell, isWell, isWell, isSlow, isLost, regretsIt, wantsToHear}
	for i := range *does {
		if dice.IntN(2) == 0 {
			(*does)[i] = accept[dice.IntN(len(accept))]
		}
	}
}
