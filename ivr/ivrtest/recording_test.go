package ivrtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

// toTheRecordingMenu reads all that is said until a menu of the recording line has been offered whole, or the line says good-bye. Whoever
// is recorded speaks. What must never be said fails the test.
func (s *script) toTheRecordingMenu() (heard []string) {
	s.Helper()
	for {
		select {
		case w := <-s.call.heard:
			heard = append(heard, w)
			switch {
			case strings.HasPrefix(w, "(no-sentence"):
				s.Errorf("hears %v", heard)
			case w == "(records)":
				s.call.speech <- speech{length: 2 * time.Second, end: ivr.EndedByKey}
			case w == "record-leave" || strings.HasPrefix(w, "goodbye"):
				return heard
			}
		case <-time.After(5 * time.Minute):
			s.Fatalf("no menu after %v", heard)
		}
	}
}

// TestEveryKeyOfTheRecordingLineHasAnAnswer presses each key in each state of the recording line, in every language. It is answered by
// words that the pack has, and leads to a menu or to the end.
func TestEveryKeyOfTheRecordingLineHasAnAnswer(t *testing.T) {
	leads := map[string]map[rune]string{ // what a key must lead to; of those that are not named it is a wrong key
		"languages": {'1': "record-number", '2': "record-number", '3': "record-number", '4': "record-number", '5': "record-number", '*': "goodbye"},
		"number":    {'#': "record-prompt", '*': "goodbye"},
		"none":      {'#': "record-prompt", '*': "goodbye"},
		"taken":     {'1': "record-kept", '2': "record-prompt", '3': "record-prompt", '4': "record-heard", '#': "record-number", '*': "goodbye"},
		"refused":   {'2': "record-prompt", '3': "record-prompt", '#': "record-number", '*': "goodbye"},
		"kept":      {'2': "record-prompt", '3': "record-prompt", '#': "record-number", '*': "goodbye"},
		"broken":    {'#': "record-prompt", '*': "goodbye"},
	}
	typed := map[string][]string{"languages": nil, "number": {"1"}, "none": {"1", "17#"}, "taken": {"1", "101#"}, "refused": {"1", "101#"}, "kept": {"1", "101#", "1"}, "broken": {"1", "101#"}}
	for _, lang := range prompts.Languages() {
		for state, keys := range typed {
			for _, key := range "1234567890*#" {
				t.Run(fmt.Sprintf("%s/%s/%c", lang, state, key), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := atAnnas(t, lang, tickets.Open)
						s.world.recording([]string{"line", "anna"})
						if takes := map[string]string{"refused": "record-full", "broken": "broken"}[state]; takes != "" {
							s.world.recording([]string{"takes", takes})
						}
						s.dial()
						defer s.finish()
						for _, k := range append([]string{ownPIN + "#"}, keys...) {
							s.call.typeAhead(k)
							s.toTheRecordingMenu()
						}
						s.call.press(byte(key))
						want := leads[state][key]
						if want == "" {
							want = map[bool]string{true: "record-none", false: "wrong-key"}[keys == nil || state == "number" || state == "none" || state == "broken"]
						}
						if keys == nil && want == "record-none" {
							want = "wrong-key"
						}
						if heard := s.toTheRecordingMenu(); !slices.ContainsFunc(heard, func(w string) bool { return strings.HasPrefix(w, want) }) {
							t.Errorf("hears %v, want %s", heard, want)
						}
					})
				})
			}
		}
	}
}

// TestWhoKeysNothingOnTheRecordingLineIsHungUpOn: no line is held for ever, and nothing is kept.
func TestWhoKeysNothingOnTheRecordingLineIsHungUpOn(t *testing.T) {
	for _, keys := range []string{"", "1", "1101#"} {
		synctest.Test(t, func(t *testing.T) {
			s := atAnnas(t, prompts.Italian, tickets.Open)
			s.world.recording([]string{"line", "anna"})
			s.dial()
			defer s.finish()
			s.call.typeAhead(ownPIN + "#" + keys)
			for heard := ""; !strings.HasPrefix(heard, "goodbye"); {
				if heard = s.heardUntil("goodbye", "(records)"); heard == "(records)" {
					s.call.speech <- speech{length: 2 * time.Second, end: ivr.EndedByKey}
				}
			}
			s.ends()
			s.replaced("nothing")
		})
	}
}
