// Package housetest is the conformance suite of a house.Store.
package housetest

import (
	"errors"
	"testing"

	"hotline/house"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Store holds a store to its rules; open gives a new and empty one.
func Store(t *testing.T, open func(t *testing.T) house.Store) {
	ctx, s := t.Context(), open(t)
	none, err := s.House(ctx)
	check.Must(t, err)
	check.Equal(t, "nothing was said", none, house.House{})
	h := house.House{Name: "Officine Gialli", Spoken: "officine gialli", Language: "it", Trunk: house.Trunk{
		Server: "carrier.example", Transport: "tls", Registers: true, User: "06", Password: []byte{0, 1, 255}, Domain: "a.example", Realm: "a", Number: "+3906", Prefixes: []string{"+39"},
	}}
	written, err := s.PutHouse(ctx, h)
	check.Must(t, err)
	h.Version = 1
	check.Equal(t, "as it was written", written, h)
	stands, err := s.House(ctx)
	check.Must(t, err)
	check.Equal(t, "as it stands", stands, h)
	stands.Trunk.Password[0] = 7 // what was handed out is a copy
	for _, version := range []int{0, 2} {
		if _, err := s.PutHouse(ctx, house.House{Version: version}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("version %d is taken where 1 stands: %v", version, err)
		}
	}
	again, err := s.House(ctx)
	check.Must(t, err)
	check.Equal(t, "nobody has changed it", again, h)
	h.Name = "Gialli"
	written, err = s.PutHouse(ctx, h)
	check.Must(t, err)
	check.Equal(t, "its next version", written.Version, 2)
}
