package tickets

import (
	"testing"

	"pgregory.net/rapid"

	"hotline/prove"
)

// TestNoMoveLeavesTheTable walks the states at random: every step that is allowed stands in the table, and a closed
// ticket only reopens.
func TestNoMoveLeavesTheTable(t *testing.T) {
	states := []State{Open, Assigned, InProgress, Waiting, Restored, Closed, NotRequest}
	prove.Check(t, func(t *rapid.T) {
		ticket := Ticket{Number: 1, State: Open}
		for range 30 {
			from, to := ticket.State, rapid.SampledFrom(states).Draw(t, "to")
			if err := ticket.to(to); err != nil {
				if ticket.State != from {
					t.Fatalf("a refused move changed %s to %s", from, ticket.State)
				}
				continue
			}
			if from == Closed && to != Open {
				t.Fatalf("closed became %s", to)
			}
		}
	})
}
