package try_test

import (
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/ivr"
	"hotline/ivr/try"
	"hotline/prompts"
	"hotline/sla"
)

func rehearse(t *testing.T, typed string) string {
	t.Helper()
	flow, err := ivr.Default()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = try.Run(t.Context(), try.Config{
		In: strings.NewReader(typed), Out: &out, Flow: flow, From: "0612345", Language: prompts.English,
		Contracts: []try.Contract{{
			Customer: directory.Customer{ID: "rossi", Name: "Rossi S.p.A."}, PIN: "314159",
			Contract: directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "en", RemoteAccess: true, ValidFrom: time.Unix(0, 0)},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAWholeConversationOnTheKeyboard(t *testing.T) {
	got := rehearse(t, "314159#\n1\nthe press stands still\n1\ny\n")
	at := 0
	for _, want := range []string{
		"NOTHING IS KEPT", "Welcome to the support line", "For a blocking fault, press one", "the rota is called for ticket 417", "what you say>", "Your ticket number is 417",
		"does an engineer press 1?", "Please note the number of your ticket 417", "Goodbye", "Ticket 417 would have been kept: Rossi S.p.A.", "intervention",
	} {
		i := strings.Index(got[at:], want)
		if i < 0 {
			t.Fatalf("%q is not said after what was said before, in\n%s", want, got)
		}
		at += i
	}
}

func TestHangingUpOnTheKeyboard(t *testing.T) {
	if got := rehearse(t, "bye\n"); !strings.Contains(got, "No ticket would have been opened") {
		t.Errorf("after hanging up at once:\n%s", got)
	}
	if got := rehearse(t, "314159#\n"); !strings.Contains(got, "Ticket 417 would have been kept") {
		t.Errorf("after the PIN only:\n%s", got)
	}
}
