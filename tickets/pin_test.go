package tickets

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPINLengthFollowsTheNumberOfContracts(t *testing.T) {
	for contracts, want := range map[int]int{0: 6, 1: 6, 2: 7, 10: 7, 11: 8, 100: 8, 5000: 10, 999_999: 12, 5_000_000: 12} {
		if got := PINLength(contracts); got != want {
			t.Errorf("%d contracts: %d digits, want %d", contracts, got, want)
		}
	}
}

func TestPINsAreDigitsAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 500 {
		pin, err := NewPIN(rand.Reader, 8)
		if err != nil || !plausible(pin) || seen[pin] {
			t.Fatalf("PIN of %d digits (%v)", len(pin), err)
		}
		seen[pin] = true
		for _, d := range pin {
			counts[d]++
		}
	}
	for d, n := range counts {
		if n < 280 || n > 520 { // 4000 digits, 400 each expected, over six standard deviations
			t.Errorf("digit %c came %d times of 4000", d, n)
		}
	}
}

func TestAPINIsOnlyFoundUnderItsKey(t *testing.T) {
	one, other := []byte("one key"), []byte("other key")
	first, again := HashPIN(one, "314159"), HashPIN(one, "314159")
	if first != again || HashPIN(one, "314159") == HashPIN(other, "314159") || HashPIN(one, "314159") == HashPIN(one, "314158") {
		t.Error("the hash does not depend on key and PIN alone")
	}
	if f := KeyFingerprint(one); f == KeyFingerprint(other) || strings.Contains(f, "one") {
		t.Errorf("fingerprint %q", f)
	}
}

func TestImplausiblePINs(t *testing.T) {
	for _, pin := range []string{"", "12345", "1234567890123", "12a456", "12345*", "١٢٣٤٥٦"} {
		if plausible(pin) {
			t.Errorf("%q passes for a PIN", pin)
		}
	}
}

func TestWrongPINsLockANumberForAnHour(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range wrongPerNumber {
		if !b.MayTry("0612345", "", now) {
			t.Fatalf("locked out after %d", i)
		}
		b.Spend("0612345", "", now)
	}
	if b.MayTry("0612345", "", now.Add(59*time.Minute)) {
		t.Error("a seventh try within the hour")
	}
	if !b.MayTry("0699999", "", now) || !b.MayTry("0612345", "", now.Add(61*time.Minute)) {
		t.Error("the lock touches others, or never ends")
	}
}

func TestTheLinesBudgetNeverTouchesCustomers(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for range wrongUnknown {
		b.Spend("", "", now)
	}
	if b.MayTry("0655555", "", now) || b.MayTry("", "", now) {
		t.Error("unknown numbers may still guess after 250 in a day")
	}
	if !b.MayTry("0612345", "rossi", now) {
		t.Error("a customer was locked out by strangers")
	}
	if !b.MayTry("0655555", "", now.Add(25*time.Hour)) {
		t.Error("the day never ends")
	}
}

func TestACustomersCapRaisesOneAlarm(t *testing.T) {
	b, now, alarms := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC), 0
	for i := range wrongPerContract + 5 {
		if b.Spend("06"+string(rune('a'+i)), "rossi", now) {
			alarms++
		}
	}
	if alarms != 1 {
		t.Errorf("%d alarms", alarms)
	}
}

func TestBeyondACustomersCapThoseAreLockedOutWhoKeyedTheWrongPINs(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range wrongPerContract + 1 {
		number := "061" // seven of its numbers, three wrong PINs each
		if !b.MayTry(number+string(rune('a'+i%7)), "rossi", now) {
			t.Fatalf("locked out by %d wrong PINs", i)
		}
		b.Spend(number+string(rune('a'+i%7)), "rossi", now)
	}
	later := now.Add(2 * time.Hour) // the hour of each number is over, the day of the customer is not
	if b.MayTry("061a", "rossi", later) {
		t.Error("a number that keyed wrong PINs may go on beyond the cap")
	}
	if !b.MayTry("0612345", "rossi", later) || !b.MayTry("062", "verdi", later) || !b.MayTry("061a", "rossi", now.Add(25*time.Hour)) {
		t.Error("the cap touches others, or never ends")
	}
}

func TestUnknownCallersAreBundledAfterThree(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range ticketsPerNumber {
		if into := b.Bundle("robot", now); into != nil {
			t.Fatalf("bundled into %v too early", into)
		}
		b.NoteOpened("robot", Number(417+i), now)
	}
	if into := b.Bundle("robot", now.Add(59*time.Minute)); !slices.Equal(into, []Number{419, 418, 417}) {
		t.Errorf("the fourth call is bundled into %v, want the newest first", into)
	}
	if b.Bundle("robot", now.Add(61*time.Minute)) != nil || b.Bundle("another", now) != nil {
		t.Error("bundling does not follow the hour, or touches others")
	}
}

// TestNoMoveLeavesTheTable walks the states at random: every step that is allowed stands in the table, and a closed
// ticket only reopens.
func TestNoMoveLeavesTheTable(t *testing.T) {
	states := []State{Open, Assigned, InProgress, Waiting, Restored, Closed, NotRequest}
	rapid.Check(t, func(t *rapid.T) {
		ticket := Ticket{Number: 1, State: Open}
		for range 30 {
			from, to := ticket.State, rapid.SampledFrom(states).Draw(t, "to")
			if err := ticket.to(to); err != nil {
				if ticket.State != from {
					t.Fatalf("a refused move changed %s to %s", from, ticket.State)
				}
				continue
			}
			if from == Closed && to != Open {
				t.Fatalf("closed became %s", to)
			}
		}
	})
}
