package oncall

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// PINDigits is how long an engineer's PIN is. It is asked for at the engineer's own telephones only, so that a guess finds one with a
// probability of 10^-8 for each engineer who has the telephone.
const PINDigits = 8

// PIN is what an engineer keys to work by telephone, as it is kept: its keyed hash, never a digit.
type PIN struct {
	Engineer EngineerID
	Hash     string    // HashPIN of it
	At       time.Time // when it was given
	Version  int
}

// HashPIN is the keyed hash under which an engineer's PIN is kept: HMAC-SHA-256 under the key of pin_key_file, in hexadecimal.
// It is bound to the engineer: the same digits of another one, or of a contract, have another hash.
func HashPIN(key []byte, id EngineerID, digits string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hotline engineer pin\x00" + string(id) + "\x00" + digits))
	return hex.EncodeToString(mac.Sum(nil))
}

// Is tells whether the digits are this PIN; how long that takes tells nothing of it.
func (p PIN) Is(key []byte, digits string) bool {
	return hmac.Equal([]byte(p.Hash), []byte(HashPIN(key, p.Engineer, digits)))
}
