package app

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline/directory"
	"hotline/ivr"
	"hotline/ivr/versions"
	"hotline/sla"
)

// TestANodeTakesOverWhatAnotherOneEdited: the other one writes into the database that both have. Within two seconds this
// line serves by it, and the copy on the disk follows.
func TestANodeTakesOverWhatAnotherOneEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		level, err := n.store.Level(t.Context(), sla.Professional)
		if err != nil {
			t.Fatal(err)
		}
		level.Name = "Office hours, and no other"
		if _, err := n.store.PutLevel(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		contract, err := n.store.PutContractWithPIN(t.Context(), directory.Contract{ID: "new", Level: sla.Professional, RemoteAccess: true}, directory.HashPIN(n.app.pinKey, "246813"))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := n.store.PutFlow(t.Context(), versions.Flow{Name: "other", YAML: ivr.DefaultYAML()})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if got := n.app.desk.Book().Levels[level.ID].Name; got != level.Name {
			t.Errorf("the level is still %q", got)
		}
		if id, _, err := n.app.desk.Identify("246813", "", time.Now()); err != nil || id.Contract.ID != contract.ID {
			t.Errorf("the new PIN leads to %+v, %v", id, err)
		}
		if got := n.app.flows.now.Load().Version; got != flow.Version || got == 0 {
			t.Errorf("the next call begins with version %d of the flow, want %d", got, flow.Version)
		}
		time.Sleep(copyTime)
		var copied directory.Book
		if err := n.app.cache().Get(cachedBook, &copied); err != nil || copied.Contracts.At("new").ID != "new" || copied.PINs.Len() != n.app.desk.Book().PINs.Len() {
			t.Errorf("the copy on the disk: %v", err)
		}
	})
}
