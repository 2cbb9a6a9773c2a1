package app

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline/ivr"
	"hotline/sla"
	"hotline/tickets"
)

// TestANodeTakesOverWhatAnotherOneChanged: the other one writes into the database that both have, and names the change.
func TestANodeTakesOverWhatAnotherOneChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		level := sla.DefaultLevels()[0]
		level.Name = "Office hours"
		if err := n.store.PutLevel(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		flow, err := n.store.PutFlow(t.Context(), tickets.FlowVersion{Name: "other", YAML: ivr.DefaultYAML()})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * choreTime)
		if n.app.desk.Book().Levels[level.ID].Name == level.Name {
			t.Error("a change that nobody named is read all the same, each time")
		}
		if err := n.store.PutFact(t.Context(), bookFact, "x"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * choreTime)
		if got := n.app.desk.Book().Levels[level.ID].Name; got != level.Name {
			t.Errorf("the level is still %q", got)
		}
		if got := n.app.flows.now.Load().Version; got != flow.Version || got == 0 {
			t.Errorf("the next call begins with version %d of the flow, want %d", got, flow.Version)
		}
	})
}

// TestANodeNamesWhatItPublishes: so that the others hear of it.
func TestANodeNamesWhatItPublishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		named := func() string { v, _ := n.store.Fact(t.Context(), bookFact); return v }
		if err := (published{n.app}).Use(tickets.FlowVersion{Version: 7, YAML: ivr.DefaultYAML()}); err != nil {
			t.Fatal(err)
		}
		first := named()
		n.app.changed(n.app.desk.Book())
		if second := named(); first == "" || second == first {
			t.Errorf("the changes are named %q and %q", first, second)
		}
		if err := (published{n.app}).Use(tickets.FlowVersion{Version: 8, YAML: "?"}); err == nil || n.app.flows.now.Load().Version != 7 {
			t.Errorf("a flow that cannot be read: %v", err)
		}
	})
}
