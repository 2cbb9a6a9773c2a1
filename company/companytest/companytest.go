// Package companytest is the conformance suite of a company.Store.
package companytest

import (
	"errors"
	"testing"

	"hotline/company"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Store holds a store to its rules; open gives a new and empty one.
func Store(t *testing.T, open func(t *testing.T) company.Store) {
	ctx, s := t.Context(), open(t)
	none, err := s.Profile(ctx)
	check.Must(t, err)
	check.Equal(t, "nothing was said", none, company.Profile{})
	h := company.Profile{Name: "Officine Gialli", Spoken: "officine gialli", Language: "it", Trunk: company.Trunk{
		Server: "carrier.example", Transport: "tls", Registers: true, User: "06", Password: []byte{0, 1, 255}, Domain: "a.example", Realm: "a", Number: "+3906", Prefixes: []string{"+39"},
	}}
	written, err := s.PutProfile(ctx, h)
	check.Must(t, err)
	h.Version = 1
	check.Equal(t, "as it was written", written, h)
	stands, err := s.Profile(ctx)
	check.Must(t, err)
	check.Equal(t, "as it stands", stands, h)
	stands.Trunk.Password[0] = 7 // what was handed out is a copy
	for _, version := range []int{0, 2} {
		if _, err := s.PutProfile(ctx, company.Profile{Version: version}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("version %d is taken where 1 stands: %v", version, err)
		}
	}
	again, err := s.Profile(ctx)
	check.Must(t, err)
	check.Equal(t, "nobody has changed it", again, h)
	h.Name = "Gialli"
	written, err = s.PutProfile(ctx, h)
	check.Must(t, err)
	check.Equal(t, "its next version", written.Version, 2)
}
