package ivrtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/prompts"
	"hotline/tickets"
)

// toTheMenu reads all that is said until a menu has been offered whole; what must never be said fails the test.
func (s *script) toTheMenu() (heard []string) {
	s.Helper()
	for {
		select {
		case w := <-s.call.heard:
			heard = append(heard, w)
			if w == "console-trouble" || strings.HasPrefix(w, "(no-sentence") {
				s.Errorf("hears %v", heard)
			}
			if w == "console-key-again" {
				return heard
			}
		case <-time.After(5 * time.Minute):
			s.Fatalf("no menu after %v", heard)
		}
	}
}

// TestTheCustomerCanBeCalledInEveryState: key 8 of a ticket rings the customer, however the ticket stands, and leads back to the menu
// whatever comes of it. It is offered while the customer may want something: not of a ticket that is over.
func TestTheCustomerCanBeCalledInEveryState(t *testing.T) {
	answers := map[string]string{"answers": "console-call-over", "silent": "console-no-answer", "nowhere": "console-no-customer"}
	for _, lang := range prompts.Languages() {
		for _, state := range states() {
			for customer, want := range answers {
				t.Run(fmt.Sprintf("%s/%s/%s", lang, state, customer), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := atAnnas(t, lang, state)
						s.world.customer = customer
						s.dial()
						defer s.finish()
						s.call.typeAhead(ownPIN + "#2417#")
						offered := slices.Contains(s.toTheMenu(), "console-key-call")
						if over := state == tickets.Closed || state == tickets.NotRequest; offered == over {
							t.Errorf("that key 8 is offered is %v", offered)
						}
						s.call.press('8')
						if heard := s.toTheMenu(); !slices.Contains(heard, want) {
							t.Errorf("hears %v, want %s", heard, want)
						}
					})
				})
			}
		}
	}
}

// TestEveryKeyOfTheShiftsHasAnAnswer walks the menu of shifts, two keys deep, as the rota stands: Anna on call now, or next, or nobody
// else, or nobody at all. Each key is answered by words that the pack has, and leads to a menu.
func TestEveryKeyOfTheShiftsHasAnAnswer(t *testing.T) {
	firsts := map[string]string{"1": "console-on-call", "2": "console-shift", "3": "console-your-shift", "4": "console-your-shift"}
	for _, lang := range prompts.Languages() {
		for rota, on := range map[string][2]string{"hers": {"anna", "marco"}, "another's": {"marco", "anna"}, "hers alone": {"anna", "nobody"}, "a gap": {"nobody", "anna"}, "none": {"nobody", "nobody"}} {
			for _, first := range "1234#*9" {
				for _, second := range "1234#*9" {
					keys := string(first) + string(second)
					t.Run(fmt.Sprintf("%s/%s/4%s", lang, rota, keys), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							s := atAnnas(t, lang, tickets.Open)
							s.must(s.world.colleague(s.ctx, "marco", "no"))
							s.must(s.world.rota(s.ctx, on[0], on[1]))
							s.dial()
							defer s.finish()
							s.call.typeAhead(ownPIN + "#4")
							for i, k := range " " + keys {
								if k != ' ' {
									s.call.press(byte(k))
								}
								if k == '2' && first == '#' { // the number of a ticket, of the main menu
									s.call.typeAhead("#")
								}
								heard := s.toTheMenu()
								want := firsts[string(k)]
								if i == 1 && want != "" && rota == "hers" && !slices.ContainsFunc(heard, func(w string) bool { return strings.HasPrefix(w, want) }) {
									t.Errorf("key %c: hears %v, nothing of %s", k, heard, want)
								}
								if len(heard) < 2 {
									t.Errorf("key %c: hears %v", k, heard)
								}
							}
						})
					})
				}
			}
		}
	}
}
