// Package password makes and checks hashes of passwords by Argon2id (RFC 9106). Package web checks by it who logs in; the
// commands `hotline user add` and `hotline user reset` make passwords by it.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The costs of a hash: 19 MiB and two passes on one core, which OWASP's password storage cheat sheet names as the least. More
// would take more from the calls that this machine serves meanwhile.
const (
	memory  = 19 << 10 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16
	hashLen = 32
)

// The lengths that a password may have, in characters. NIST SP 800-63B asks for 8 at least, and for no rule beside.
const (
	Shortest = 10
	Longest  = 200
)

// ErrLength is a password that is too short or too long.
var ErrLength = fmt.Errorf("a password has %d to %d characters", Shortest, Longest)

// ErrWrong is a password that is not the one of the hash.
var ErrWrong = errors.New("this password is wrong")

// Hash hashes a password with a salt of its own, in the PHC string format: "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". It takes
// some ten milliseconds of a core. The error is ErrLength.
func Hash(password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < Shortest || n > Longest {
		return "", ErrLength
	}
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	key := argon2.IDKey([]byte(password), salt, passes, memory, lanes, hashLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// The largest costs that a stored hash may ask for, so that a damaged row does not take the machine's memory.
const (
	mostMemory = 256 << 10 // KiB
	mostPasses = 16
	mostLanes  = 16
)

// Check compares a password with a hash: nil where they belong together, ErrWrong where not, and another error where the hash
// cannot be read. It takes as long for a wrong password as for the right one.
func Check(hash, password string) error {
	var version, m, t, p uint32
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return errors.New("this hash of a password is not one of Argon2id")
	}
	if _, err := fmt.Sscanf(fields[2]+" "+fields[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); err != nil {
		return fmt.Errorf("reading the costs of a password's hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return fmt.Errorf("reading the salt of a password's hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil {
		return fmt.Errorf("reading a password's hash: %w", err)
	}
	if version != argon2.Version || m > mostMemory || t < 1 || t > mostPasses || p < 1 || p > mostLanes || len(want) < 16 || len(want) > 64 {
		return errors.New("a password's hash has costs that are not taken")
	}
	if utf8.RuneCountInString(password) > Longest {
		return ErrWrong
	}
	got := argon2.IDKey([]byte(password), salt, t, m, uint8(p), uint32(len(want)))
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return ErrWrong
	}
	return nil
}

// alphabet has no letter that is taken for another one: 32 of them, 5 bits each.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// drawn is how many letters a drawn password has: 80 bits.
const drawn = 16

// New draws a password that nobody guesses, in groups of four: "k3fa-9wme-x2rt-bq7h".
func New() string {
	octets := make([]byte, drawn)
	_, _ = rand.Read(octets) // never fails: crypto/rand ends the program instead
	var b strings.Builder
	for i, o := range octets {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[o%byte(len(alphabet))])
	}
	return b.String()
}
