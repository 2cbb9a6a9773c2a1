package memory_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"hotline/memory"
	"hotline/sla"
	"hotline/tickets"
)

func TestAContractGetsItsPINOnceAndAnotherEndsIt(t *testing.T) {
	store := memory.New(1)
	i := tickets.Issuer{Store: store, PINKey: []byte("key"), Random: rand.Reader}
	c, first, err := i.NewContract(t.Context(), tickets.Contract{ID: "c", Level: sla.Extended}, monday(9))
	if err != nil || c.Version != 1 || len(first) != 6 {
		t.Fatalf("contract %+v with a PIN of %d digits, %v", c, len(first), err)
	}
	_, second, err := i.NewPIN(t.Context(), c, monday(9))
	if err != nil {
		t.Fatal(err)
	}
	pins, err := store.PINs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(pins) != 1 || pins[tickets.HashPIN([]byte("key"), second)] != "c" {
		t.Error("the new PIN is not the only one")
	}
	if _, _, err := i.NewContract(t.Context(), tickets.Contract{ID: "c"}, monday(9)); !errors.Is(err, tickets.ErrExists) {
		t.Errorf("a second contract of this id: %v", err)
	}
}

func TestAPINThatWasEverUsedIsNotGivenAgain(t *testing.T) {
	store := memory.New(1)
	draws := append(bytes.Repeat([]byte{1}, 12), 2, 3, 4, 5, 6, 7)
	i := tickets.Issuer{Store: store, PINKey: []byte("key"), Random: bytes.NewReader(draws)}
	a, first, err := i.NewContract(t.Context(), tickets.Contract{ID: "a"}, monday(9))
	if err != nil || first != "111111" {
		t.Fatalf("first PIN %q, %v", first, err)
	}
	_, second, err := i.NewPIN(t.Context(), a, monday(9))
	if err != nil || second != "234567" {
		t.Errorf("second PIN %q, %v", second, err)
	}
}
