package nodes_test

import (
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/datadir"
	"hotline/directory"
	"hotline/ivr"
	"hotline/ivr/versions"
	"hotline/offline"
	"hotline/sla"
)

// TestANodeTakesOverWhatAnotherOneEdited: the other one writes into the database that both have. Within two seconds this
// line serves by it, and the copy on the disk follows.
func TestANodeTakesOverWhatAnotherOneEdited(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		level, err := n.Store.Level(t.Context(), sla.Professional)
		if err != nil {
			t.Fatal(err)
		}
		level.Name = "Office hours, and no other"
		if _, err := n.Store.PutLevel(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		contract, err := n.Store.PutContractWithPIN(t.Context(), directory.Contract{ID: "new", Level: sla.Professional, RemoteAccess: true}, directory.HashPIN(n.PINKey(), "246813"))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := n.Store.PutFlow(t.Context(), versions.Flow{Name: "other", YAML: ivr.DefaultYAML()})
		if err != nil {
			t.Fatal(err)
		}
		n.Passes(2 * time.Second)
		if got := n.Desk.Book().Levels[level.ID].Name; got != level.Name {
			t.Errorf("the level is still %q", got)
		}
		if id, _, err := n.Desk.Identify("246813", "", time.Now()); err != nil || id.Contract.ID != contract.ID {
			t.Errorf("the new PIN leads to %+v, %v", id, err)
		}
		n.Dial("127.0.0.1:6000", "0612345").Hangup()
		n.Passes(time.Second)
		page, err := n.Store.Calls(t.Context(), cdr.Filter{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Flow != flow.Version || flow.Version == 0 {
			t.Errorf("the next call is %+v, %v; want one that begins with version %d of the flow", page.Items, err, flow.Version)
		}
		n.Passes(5 * time.Second)
		copied := offline.NewCopy(datadir.Dir(n.Config.Config.Data).Cache(), n.Config.Log)
		if !copied.Load() || copied.Book().Contracts.At("new").ID != "new" || copied.Book().PINs.Len() != n.Desk.Book().PINs.Len() {
			t.Error("the copy on the disk lacks the new contract")
		}
	})
}
