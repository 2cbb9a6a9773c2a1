package directory

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"math/big"
)

// The lengths of a PIN: six digits at least, twelve at most.
const (
	minPIN = 6
	maxPIN = 12
)

// Rarity is how many possible PINs there must be for each contract: a guess finds a contract with a probability of 10^-6 at most.
const Rarity = 1_000_000

// PINLength is the shortest length for which contracts / 10^length <= 10^-6.
func PINLength(contracts int) int {
	space := 1_000_000
	for n := minPIN; n < maxPIN; n++ {
		if contracts <= space/Rarity {
			return n
		}
		space *= 10
	}
	return maxPIN
}

// NewPIN draws a PIN of n digits from random, each equally likely.
func NewPIN(random io.Reader, n int) (string, error) {
	pin := make([]byte, n)
	for i := range pin {
		d, err := uniform(random, 10)
		if err != nil {
			return "", fmt.Errorf("drawing a PIN: %w", err)
		}
		pin[i] = byte('0' + d)
	}
	return string(pin), nil
}

// uniform draws a number below n, n at most 256, refusing the octets that would favour the small ones.
func uniform(random io.Reader, n int) (int, error) {
	var b [1]byte
	for limit := 256 - 256%n; ; {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < limit {
			return int(b[0]) % n, nil
		}
	}
}

// HashPIN is the keyed hash under which a PIN is stored and looked up: HMAC-SHA-256 under the key of pin_key_file.
func HashPIN(key []byte, pin string) PINHash {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hotline pin\x00" + pin))
	return PINHash(mac.Sum(nil))
}

// KeyFingerprint names a PIN key without revealing it; it stands in the database, and a node with another key refuses to
// start.
func KeyFingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hotline pin key fingerprint"))
	return new(big.Int).SetBytes(mac.Sum(nil)[:8]).Text(36)
}

// Plausible tells whether the keys can be a PIN at all.
func Plausible(pin string) bool {
	if len(pin) < minPIN || len(pin) > maxPIN {
		return false
	}
	for _, c := range pin {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
