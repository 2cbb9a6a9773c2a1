package ivrtest_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hotline/ivr/ivrtest"
	"hotline/sla"
	"hotline/tickets"
)

// abandoned are the ways to hang up on: together they lead through every step of the shipped flow.
func abandoned() []ivrtest.Abandoned {
	return []ivrtest.Abandoned{
		{Keys: ""}, {Keys: "314159#1"}, {Keys: "314159#2"}, {Keys: "314159#0"}, {Keys: "314159#9"}, {Keys: "#"},
		{Keys: "#13"}, {Keys: "*314159#3"}, {Keys: "999999#"}, {Keys: "112358#"},
		{Keys: "314159#", Open: sla.Blocking}, {Keys: "314159#9", Open: sla.Blocking}, {Keys: "314159#4", Open: sla.Question},
	}
}

func TestHangingUpAtAnyMomentLeavesWhatThePolicyAsksFor(t *testing.T) {
	ended := map[string]bool{} // the steps in which somebody hung up
	for _, call := range abandoned() {
		for call.After = 500 * time.Millisecond; call.After < 130*time.Second; call.After += 1500 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				left := call.Run(t, shipped(t))
				steps := left.Summary.Steps
				if left.Summary.Ending != nil {
					ended[steps[len(steps)-1]] = true
				}
				if wrong := leftWrongly(call, left); wrong != "" {
					t.Errorf("%s with %q open, hung up after %v in %v: %s", call.Keys, call.Open, call.After, steps, wrong)
				}
			})
		}
	}
	for _, step := range []string{"welcome", "pin", "request", "announce", "category", "operator", "describe", "readout", "connect", "goodbye"} {
		if !ended[step] {
			t.Errorf("nobody hung up in step %s", step)
		}
	}
}

// leftWrongly says what the policy misses in what a call left behind; empty when nothing.
func leftWrongly(call ivrtest.Abandoned, left ivrtest.Leftover) string {
	entered := func(names ...string) bool {
		return slices.ContainsFunc(left.Summary.Steps, func(s string) bool { return slices.Contains(names, s) })
	}
	mine, before := left.Tickets, call.Open != ""
	if before {
		mine = mine[:len(mine)-1] // the oldest stood there already
	}
	called := slices.ContainsFunc(left.History, func(e tickets.Event) bool { return e.Kind == tickets.CalledAgain })
	category := sla.Category("")
	if last := len(call.Keys) - 1; last >= 0 && call.Keys[last] >= '1' && call.Keys[last] <= '5' {
		category = sla.Categories()[call.Keys[last]-'1']
	}
	switch {
	case before && entered("announce") && (call.Keys == "314159#9" || !entered("open")): // told of the open ticket, or adds to it
		if len(mine) != 0 || !called {
			return fmt.Sprintf("%d new tickets, called again: %v; want a line in the open ticket's history", len(mine), called)
		}
		return ""
	case !entered("announce", "category", "open", "message"): // no PIN yet, and no number to call back
		if len(mine) != 0 {
			return fmt.Sprintf("%d tickets of somebody who gave nothing", len(mine))
		}
		return ""
	case len(mine) != 1:
		return fmt.Sprintf("%d tickets, want 1", len(mine))
	}
	return leftBadly(category, entered("open"), entered("readout"), mine[0])
}

// leftBadly looks at the one ticket that a call left.
func leftBadly(category sla.Category, chosen, spoke bool, t tickets.Ticket) string {
	clocks := 0
	if !chosen {
		category = ""
	}
	if t.Contract != "" && (category == sla.Blocking || category == sla.NonBlocking) {
		clocks = 3
	}
	switch {
	case t.Claim != category:
		return fmt.Sprintf("category %q, want %q", t.Claim, category)
	case len(t.Clocks) != clocks:
		return fmt.Sprintf("%d clocks, want %d", len(t.Clocks), clocks)
	case spoke && len(t.Recordings) != 1:
		return fmt.Sprintf("%d recordings of somebody who spoke", len(t.Recordings))
	}
	return ""
}
