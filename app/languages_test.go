package app_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/phone"
	"hotline/prompts"
)

// TestABlockingCallInEachLanguage: the whole program, with a house, a contract and engineers of one language: every sentence of a
// caller whose blocking fault reaches an engineer, and of the engineer who accepts, as it was read in testdata, each in their order.
func TestABlockingCallInEachLanguage(t *testing.T) {
	for _, lang := range []prompts.Language{prompts.German, prompts.French, prompts.Spanish} {
		t.Run(string(lang), func(t *testing.T) {
			golden, err := os.ReadFile("testdata/blocking-" + string(lang) + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				contract, err := p.Store.Contract(t.Context(), "rossi")
				if err != nil {
					t.Fatal(err)
				}
				contract.Language = string(lang)
				if _, err := p.Store.PutContract(t.Context(), contract); err != nil {
					t.Fatal(err)
				}
				speak(t, p, lang, 1)
				ended := make(chan time.Time, 1)
				p.Engineers(pressing(ended, 8*time.Second, "1"), func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") })
				caller := p.Dial("127.0.0.1:6000", "0612345")
				_ = caller.Wait(t.Context(), 15*time.Second) // hears the greeting, and is being asked for the PIN
				p.Message(caller, apptest.Blocking)
				p.Passes(3 * time.Minute)
				if got := strings.Join(byLeg(p.Said()), "\n") + "\n"; got != string(golden) {
					t.Errorf("it is now heard as\n%s", got)
				}
			}, func(c *app.Config) { c.Config.Language = lang })
		})
	}
}

// byLeg is what the caller hears, then what each telephone hears that was rung: two legs that are joined hear it in one instant, in any order.
func byLeg(said []string) []string {
	said = slices.Clone(said)
	slices.SortStableFunc(said, func(a, b string) int {
		legA, _, _ := strings.Cut(a, ": ")
		legB, _, _ := strings.Cut(b, ": ")
		return strings.Compare(legA, legB)
	})
	return said
}
