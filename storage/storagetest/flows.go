package storagetest

import (
	"testing"

	"hotline/ivr/versions"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Flows runs the suite of versions.Store; open gives a new and empty store each time.
func Flows(t *testing.T, open func(t *testing.T) versions.Store) {
	run(t, open, map[string]func(*testing.T, versions.Store){
		"flows are numbered in order":                        flowsInOrder,
		"of many who publish on top of one version one does": onePublishes,
	})
}

func flowsInOrder(t *testing.T, s versions.Store) {
	ctx := t.Context()
	for i := range 2 {
		f, err := s.PutFlow(ctx, versions.Flow{Name: "n", YAML: "flow: 1", Published: monday, By: "staff"})
		check.Must(t, err)
		check.Equal(t, "flow's version", f.Version, i+1)
	}
	flows, err := s.Flows(ctx)
	check.Must(t, err)
	if len(flows) != 2 || flows[0].Version != 2 || !flows[0].Published.Equal(monday) {
		t.Errorf("flows are %+v", flows)
	}
}

func onePublishes(t *testing.T, s versions.Store) {
	ctx := t.Context()
	done, _ := atOnce(writers, func(int) error {
		_, err := s.PutFlow(ctx, versions.Flow{Name: "n", YAML: "y", Published: monday})
		return err
	})
	check.Equal(t, "flows published at once by those who saw none", done, writers)
	done, failed := atOnce(writers, func(int) error {
		_, err := s.PutFlow(ctx, versions.Flow{Version: writers, Name: "n", YAML: "y", Published: monday})
		return err
	})
	check.Equal(t, "flows published at once by those who saw the newest", done, 1)
	for _, err := range failed {
		check.Error(t, "flow", err, storage.ErrConflict)
	}
}
