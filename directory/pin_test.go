package directory

import (
	"crypto/rand"
	"strings"
	"testing"
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
		if err != nil || !Plausible(pin) || seen[pin] {
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
		if Plausible(pin) {
			t.Errorf("%q passes for a PIN", pin)
		}
	}
}
