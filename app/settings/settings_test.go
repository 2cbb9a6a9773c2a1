package settings

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/atomicfile"
	"hotline/company"
	"hotline/config"
	"hotline/memory"
	"hotline/storage"
)

func settings(dir, secret string, store company.Store) *Settings {
	return New(Config{File: config.Default(), Store: store, Secret: []byte(secret), Cache: atomicfile.Values{Dir: dir}, Log: slog.New(slog.DiscardHandler)})
}

// down is a database that does not answer.
type down struct{ company.Store }

func (down) Profile(context.Context) (company.Profile, error) {
	return company.Profile{}, storage.ErrDown
}

func TestWhatWasSaidHoldsOnEveryNodeAndWithoutTheDatabase(t *testing.T) {
	ctx, store, dir := t.Context(), memory.New(1), t.TempDir()
	here, other := settings(dir, "key", store), settings(t.TempDir(), "key", store)
	changes := 0
	other.OnChange(func() { changes++ })
	said := company.Profile{Name: "Gialli", Language: "de", Trunk: company.Trunk{Server: "carrier.example", Transport: "udp", Registers: true, User: "06", Prefixes: []string{"+39"}}}
	if err := here.Save(ctx, said, "open sesame"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := other.CatchUp(ctx); err != nil || changes != 1 {
			t.Fatalf("%v, %d changes", err, changes)
		}
	}
	kept, err := os.ReadFile(filepath.Join(dir, "house.json"))
	if err != nil || strings.Contains(string(kept), "sesame") {
		t.Errorf("the disk keeps %s, %v", kept, err)
	}
	later := settings(dir, "key", down{})
	if err := later.CatchUp(ctx); !errors.Is(err, storage.ErrDown) {
		t.Errorf("%v", err)
	}
	for name, s := range map[string]*Settings{"here": here, "another node": other, "without the database": later} {
		if l := s.Trunks(); len(l) != 1 || l[0].Password != "open sesame" || l[0].Name != TrunkName || s.Language() != "de" || s.Profile().Name != "Gialli" {
			t.Errorf("%s: %+v, %s", name, l, s.Language())
		}
	}
	if l := settings(dir, "another key", down{}).Trunks(); len(l) != 1 || l[0].Password != "" {
		t.Errorf("another key opens it: %+v", l)
	}
	if err := here.Save(ctx, said, ""); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a stale version: %v", err)
	}
	said.Version, said.Trunk.Server = 1, "not a host"
	if err := here.Save(ctx, said, ""); !errors.Is(err, company.ErrServer) {
		t.Errorf("%v", err)
	}
}
