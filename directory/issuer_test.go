package directory_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"hotline/directory"
	"hotline/memory"
	"hotline/sla"
	"hotline/storage"
)

// monday is when every PIN is given here.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestAContractGetsItsPINOnceAndAnotherEndsIt(t *testing.T) {
	store := memory.New(1)
	i := directory.Issuer{Store: store, PINKey: []byte("key"), Random: rand.Reader}
	c, first, err := i.NewContract(t.Context(), directory.Contract{ID: "c", Level: sla.Extended}, monday)
	if err != nil || c.Version != 1 || len(first) != 6 {
		t.Fatalf("contract %+v with a PIN of %d digits, %v", c, len(first), err)
	}
	_, second, err := i.NewPIN(t.Context(), c, monday)
	if err != nil {
		t.Fatal(err)
	}
	pins, err := store.PINs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(pins) != 1 || pins[directory.HashPIN([]byte("key"), second)] != "c" {
		t.Error("the new PIN is not the only one")
	}
	if _, _, err := i.NewContract(t.Context(), directory.Contract{ID: "c"}, monday); !errors.Is(err, storage.ErrExists) {
		t.Errorf("a second contract of this id: %v", err)
	}
}

func TestAPINThatWasEverUsedIsNotGivenAgain(t *testing.T) {
	store := memory.New(1)
	draws := append(bytes.Repeat([]byte{1}, 12), 2, 3, 4, 5, 6, 7)
	i := directory.Issuer{Store: store, PINKey: []byte("key"), Random: bytes.NewReader(draws)}
	a, first, err := i.NewContract(t.Context(), directory.Contract{ID: "a"}, monday)
	if err != nil || first != "111111" {
		t.Fatalf("first PIN %q, %v", first, err)
	}
	_, second, err := i.NewPIN(t.Context(), a, monday)
	if err != nil || second != "234567" {
		t.Errorf("second PIN %q, %v", second, err)
	}
}
