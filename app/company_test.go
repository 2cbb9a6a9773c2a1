package app

import (
	"testing"
	"time"

	"hotline/memory"
)

// TestADemoIsFoundedOverOneOfBefore: its engineers have other telephones each time, and the folder of data is the same.
func TestADemoIsFoundedOverOneOfBefore(t *testing.T) {
	s, now := memory.New(417), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if err := standing(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []string{"sip:anna@127.0.0.1:6001", "sip:anna@127.0.0.1:6002"} {
		if err := (Demo{Anna: phone}).found(t.Context(), s, []byte("key"), now); err != nil {
			t.Fatal(err)
		}
		if anna, err := s.Engineer(t.Context(), "anna"); err != nil || anna.Phones[0] != phone {
			t.Errorf("Anna is called at %v, %v; want %s", anna.Phones, err, phone)
		}
	}
}
