package sip

import (
	"strings"
	"testing"
)

func TestAnOfferAtAWrongTimeIsRefusedByOneRule(t *testing.T) {
	seen := map[turnDown]bool{}
	for _, r := range turnDowns {
		k := turnDown{method: r.method, offer: r.offer, at: r.at}
		if seen[k] || !strings.HasPrefix(r.rule, "RFC ") || r.code != 491 && r.code != 500 {
			t.Errorf("%+v", r)
		}
		seen[k] = true
	}
}

func TestDialogEndsOnce(t *testing.T) {
	seen := map[[2]uint8]bool{}
	for _, m := range moves {
		k := [2]uint8{uint8(m.from), uint8(m.event)}
		if seen[k] {
			t.Errorf("two moves from %d at %d", m.from, m.event)
		}
		seen[k] = true
		if m.from == ended {
			t.Errorf("a dialog goes on after its end: %s", m.rule)
		}
		if (m.to == ended) != (m.cause != nil) {
			t.Errorf("ending and cause do not go together: %s", m.rule)
		}
		if !strings.HasPrefix(m.rule, "RFC ") {
			t.Errorf("no rule beside %d at %d", m.from, m.event)
		}
	}
	if _, ok := next(ended, byeReceived); ok {
		t.Error("BYE after the end")
	}
}
