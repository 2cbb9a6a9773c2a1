package budgets

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/directory"
	"hotline/prove"
)

func TestWrongPINsLockAnUnknownNumberForAnHour(t *testing.T) {
	b, now := NewPINs(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range wrongPerNumber {
		if b.Answer("0612345", "", now) != Told {
			t.Fatalf("locked out after %d", i)
		}
		b.Spend("0612345", "", now)
	}
	if b.Answer("0612345", "", now.Add(59*time.Minute)) != NotAsked {
		t.Error("a seventh try within the hour")
	}
	if b.Answer("0699999", "", now) != Told || b.Answer("0612345", "", now.Add(61*time.Minute)) != Told {
		t.Error("the lock touches others, or never ends")
	}
}

func TestTheLinesBudgetNeverTouchesCustomers(t *testing.T) {
	b, now := NewPINs(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for range wrongUnknown {
		b.Spend("", "", now)
	}
	if b.Answer("0655555", "", now) != NotAsked || b.Answer("", "", now) != NotAsked {
		t.Error("unknown numbers may still guess after 250 in a day")
	}
	if b.Answer("0612345", "rossi", now) != Told {
		t.Error("a customer was locked out by strangers")
	}
	if b.Answer("0655555", "", now.Add(25*time.Hour)) != Told {
		t.Error("the day never ends")
	}
}

// TestNothingKeyedUnderAKnownNumberKeepsItFromBeingAsked: whatever strangers, forgers and its own people have keyed.
func TestNothingKeyedUnderAKnownNumberKeepsItFromBeingAsked(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		b, now := NewPINs(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
		customers := []directory.CustomerID{"", "rossi", "verdi", "bianchi"}
		for range rapid.IntRange(0, 600).Draw(t, "wrong PINs") {
			who := rapid.SampledFrom(customers).Draw(t, "customer")
			b.Spend("06"+string(who), who, now)
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
		}
		for _, who := range customers[1:] {
			if b.Answer("06"+string(who), who, now) == NotAsked {
				t.Fatalf("%s is not asked for its PIN", who)
			}
			if d := b.Delay(who, now); d < 0 || d > longestDelay {
				t.Fatalf("%s waits %s for the judgement", who, d)
			}
		}
	})
}

// TestAGuesserNeedsMoreThanTenYears counts the guesses of a day that are answered, when everything is spent that there is,
// by a guesser who shows every number. One guess finds a PIN with a probability of 10^-6 at most. One that is told of a customer's own
// contracts alone finds one with his share of that, so that as many guesses under the numbers of each customer find
// one with that probability too, and no more, however many customers there are.
func TestAGuesserNeedsMoreThanTenYears(t *testing.T) {
	b, now := NewPINs(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	customers := make([]directory.CustomerID, 40)
	for i := range customers {
		customers[i] = directory.CustomerID(fmt.Sprint("customer", i))
	}
	var expected float64 // contracts found in a day; each customer has as many contracts as the next
	for i := range 100_000 {
		who := customers[i%len(customers)]
		if i%3 == 0 {
			who = ""
		}
		number := fmt.Sprint(i)
		switch b.Answer(number, who, now) {
		case Told:
			expected += 1.0 / directory.Rarity
		case ToldOwn:
			expected += 1.0 / directory.Rarity / float64(len(customers))
		case Untold, NotAsked:
			continue
		}
		b.Spend(number, who, now)
	}
	years := 1 / expected / 365.25
	t.Logf("%.1f guesses a day of 10^-6 each: %.2f years until one is right", expected*directory.Rarity, years)
	if years < 10 {
		t.Errorf("a guesser needs %.2f years", years)
	}
	if most := wrongUnknown + wrongKnown + wrongOwn; float64(directory.Rarity)/float64(most)/365.25 < 10 {
		t.Errorf("%d guesses a day leave less than ten years", most)
	}
}

func TestWrongPINsUnderACustomersNumbersAlarmAndDelay(t *testing.T) {
	b, now := NewPINs(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	var alarms []int
	var delays []time.Duration
	for i := range 50 {
		delays = append(delays, b.Delay("rossi", now))
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
	if b.Delay("verdi", now) != 0 || b.Delay("", now) != 0 || b.Delay("rossi", now.Add(25*time.Hour)) != 0 {
		t.Error("the delay touches others, or never ends")
	}
}

// TestWhatIsForgivenWasNeverSpent: of spendings in any order, several at one instant, those that are forgiven leave no trace, and what
// others have spent at that instant stays.
func TestWhatIsForgivenWasNeverSpent(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
		all, kept := NewPINs(), NewPINs()
		type spending struct {
			number string
			who    directory.CustomerID
			at     time.Time
		}
		var forgiven, noted []spending
		n := rapid.IntRange(0, 30).Draw(t, "spendings")
		for i := range n {
			one := spending{rapid.SampledFrom([]string{"06", "07"}).Draw(t, "number"), rapid.SampledFrom([]directory.CustomerID{"", "rossi", "bianchi"}).Draw(t, "customer"), start.Add(time.Duration(i/4) * time.Second)}
			if len(all.known) >= wrongKnown {
				one.who = "" // what was spent beyond it depends on what was spent before
			}
			noted = append(noted, one)
			all.Spend(one.number, one.who, one.at)
			if rapid.Bool().Draw(t, "forgiven") {
				forgiven = append(forgiven, one)
			} else {
				kept.Spend(one.number, one.who, one.at)
			}
		}
		for _, one := range noted { // of those who have spent nothing: nothing
			all.Forgive(one.number, "verdi", one.at)
			all.Forgive("08", "", one.at)
		}
		for _, one := range forgiven {
			all.Forgive(one.number, one.who, one.at)
		}
		end := start.Add(time.Minute)
		for _, who := range []directory.CustomerID{"", "rossi", "bianchi"} {
			if got, want := all.Answer("06", who, end), kept.Answer("06", who, end); got != want {
				t.Fatalf("%q is answered %d, want %d", who, got, want)
			}
		}
		if got, want := fmt.Sprint(len(all.unknown), len(all.known), len(all.blamed["rossi"])), fmt.Sprint(len(kept.unknown), len(kept.known), len(kept.blamed["rossi"])); got != want {
			t.Fatalf("what is counted is %s, want %s", got, want)
		}
	})
}
