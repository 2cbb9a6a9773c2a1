package tickets

import (
	"crypto/rand"
	"fmt"
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

func TestWrongPINsLockAnUnknownNumberForAnHour(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range wrongPerNumber {
		if b.judges("0612345", "", now) != told {
			t.Fatalf("locked out after %d", i)
		}
		b.Spend("0612345", "", now)
	}
	if b.judges("0612345", "", now.Add(59*time.Minute)) != notAsked {
		t.Error("a seventh try within the hour")
	}
	if b.judges("0699999", "", now) != told || b.judges("0612345", "", now.Add(61*time.Minute)) != told {
		t.Error("the lock touches others, or never ends")
	}
}

func TestTheLinesBudgetNeverTouchesCustomers(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for range wrongUnknown {
		b.Spend("", "", now)
	}
	if b.judges("0655555", "", now) != notAsked || b.judges("", "", now) != notAsked {
		t.Error("unknown numbers may still guess after 250 in a day")
	}
	if b.judges("0612345", "rossi", now) != told {
		t.Error("a customer was locked out by strangers")
	}
	if b.judges("0655555", "", now.Add(25*time.Hour)) != told {
		t.Error("the day never ends")
	}
}

// TestNothingKeyedUnderAKnownNumberKeepsItFromBeingAsked: whatever strangers, forgers and its own people have keyed.
func TestNothingKeyedUnderAKnownNumberKeepsItFromBeingAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
		customers := []CustomerID{"", "rossi", "verdi", "bianchi"}
		for range rapid.IntRange(0, 600).Draw(t, "wrong PINs") {
			who := rapid.SampledFrom(customers).Draw(t, "customer")
			b.Spend("06"+string(who), who, now)
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
		}
		for _, who := range customers[1:] {
			if b.judges("06"+string(who), who, now) == notAsked {
				t.Fatalf("%s is not asked for its PIN", who)
			}
			if d := b.delay(who, now); d < 0 || d > longestDelay {
				t.Fatalf("%s waits %s for the judgement", who, d)
			}
		}
	})
}

// TestAGuesserNeedsMoreThanTenYears counts the guesses of a day that are answered, when everything is spent that there is,
// by a guesser who shows every number. One guess finds a PIN with at most 1 / rarity. One that is told of a customer's own
// contracts alone finds one with his share of that, so that as many guesses under the numbers of each customer find
// one with 1 / rarity too, and no more, however many customers there are.
func TestAGuesserNeedsMoreThanTenYears(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	customers := make([]CustomerID, 40)
	for i := range customers {
		customers[i] = CustomerID(fmt.Sprint("customer", i))
	}
	var expected float64 // contracts found in a day; each customer has as many contracts as the next
	for i := range 100_000 {
		who := customers[i%len(customers)]
		if i%3 == 0 {
			who = ""
		}
		number := fmt.Sprint(i)
		switch b.judges(number, who, now) {
		case told:
			expected += 1.0 / rarity
		case toldOwn:
			expected += 1.0 / rarity / float64(len(customers))
		case untold, notAsked:
			continue
		}
		b.Spend(number, who, now)
	}
	years := 1 / expected / 365.25
	t.Logf("%.1f guesses a day of 10^-6 each: %.2f years until one is right", expected*rarity, years)
	if years < 10 {
		t.Errorf("a guesser needs %.2f years", years)
	}
	if most := wrongUnknown + wrongKnown + wrongOwn; rarity/float64(most)/365.25 < 10 {
		t.Errorf("%d guesses a day leave less than ten years", most)
	}
}

func TestWrongPINsUnderACustomersNumbersAlarmAndDelay(t *testing.T) {
	b, now := NewBudgets(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	var alarms []int
	var delays []time.Duration
	for i := range 50 {
		delays = append(delays, b.delay("rossi", now))
		if b.Spend("06"+string(rune('a'+i%9)), "rossi", now) {
			alarms = append(alarms, i+1)
		}
	}
	if !slices.Equal(alarms, []int{6, 12, 24, 48}) {
		t.Errorf("alarms at %v wrong PINs", alarms)
	}
	if s := time.Second; !slices.Equal(delays[:9], []time.Duration{0, 0, 0, s, 2 * s, 4 * s, 8 * s, 10 * s, 10 * s}) {
		t.Errorf("delays are %v", delays[:9])
	}
	if b.delay("verdi", now) != 0 || b.delay("", now) != 0 || b.delay("rossi", now.Add(25*time.Hour)) != 0 {
		t.Error("the delay touches others, or never ends")
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
