package states_test

import (
	"slices"
	"testing"

	"hotline/bridge/states"
	"hotline/tickets"
)

// TestCommandsLeadToSteps: the whole table, each command in each state.
func TestCommandsLeadToSteps(t *testing.T) {
	in := []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting, tickets.Restored, tickets.Closed, tickets.NotRequest}
	const stay, reopen, resume, wait, act, restore, closes, note = states.Stay, states.Reopens, states.Resumes, states.Waits, states.Acts, states.Restores, states.Closes, states.TellsOnly
	table := map[states.Command][]states.Step{
		states.Nothing: {stay, stay, stay, stay, stay, stay, stay},
		states.Note:    {note, note, note, note, note, note, note},
		states.Open:    {stay, stay, stay, resume, stay, reopen, reopen},
		states.Wait:    {wait, wait, wait, stay, wait, wait, wait}, // the desk refuses the last three
		states.Act:     {act, act, stay, act, stay, act, act},
		states.Restore: {restore, restore, restore, restore, stay, stay, stay},
		states.Close:   {closes, closes, closes, closes, closes, stay, stay},
	}
	if len(table) != len(states.Commands()) {
		t.Errorf("%d of %d commands", len(table), len(states.Commands()))
	}
	for c, want := range table {
		for i, s := range in {
			if is := states.Plan(c, s); is != want[i] {
				t.Errorf("%s where it is %s: %q, want %q", c, s, is, want[i])
			}
		}
	}
	for _, s := range in {
		if states.Said()[s] == "" {
			t.Errorf("%s is shown by nothing", s)
		}
	}
	for name, c := range states.Heard() {
		if !slices.Contains(states.Commands(), c) {
			t.Errorf("%s does %q", name, c)
		}
	}
}
