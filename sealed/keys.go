package sealed

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// secretOctets is how long a secret is.
const secretOctets = 32

// mostKeys is how many keys a text may hold; more were given by mistake.
const mostKeys = 1000

// key is one secret, and the name by which files know it.
type key struct {
	id     [keyID]byte
	secret [secretOctets]byte
}

// Keys are the secrets that files are sealed with. The first one writes, all of them read. The zero value holds none. A value,
// which does not change.
type Keys struct{ list []key }

// ParseKeys reads keys: one a line, as 64 hexadecimal digits. Blank lines and what stands behind # are passed over. The id of
// a key is made of the key, so that no file can be read with the wrong one by mistake. No error repeats a key.
func ParseKeys(text []byte) (Keys, error) {
	var keys Keys
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		digits, _, _ := strings.Cut(lines.Text(), "#")
		if digits = strings.TrimSpace(digits); digits == "" {
			continue
		}
		secret, err := hex.DecodeString(digits)
		if err != nil || len(secret) != secretOctets {
			return Keys{}, fmt.Errorf("line %d is no key: write %d hexadecimal digits", n, 2*secretOctets)
		}
		k := key{secret: [secretOctets]byte(secret)}
		sum := sha256.Sum256(append([]byte("hotline sealed key id\x00"), secret...))
		copy(k.id[:], sum[:])
		if _, known := keys.find(k.id); known {
			return Keys{}, fmt.Errorf("the key of line %d stands here twice: keep one of the two lines", n)
		}
		if keys.list = append(keys.list, k); len(keys.list) > mostKeys {
			return Keys{}, fmt.Errorf("these are more than %d keys", mostKeys)
		}
	}
	if err := lines.Err(); err != nil {
		return Keys{}, fmt.Errorf("reading the keys: %w", err)
	}
	if len(keys.list) == 0 {
		return Keys{}, errors.New("there is no key: write one line of 64 hexadecimal digits")
	}
	return keys, nil
}

// NewKey makes a key, as a line that ParseKeys reads.
func NewKey() string {
	secret := make([]byte, secretOctets)
	rand.Read(secret)
	return hex.EncodeToString(secret) + "\n"
}

// IDs name the keys, the one that writes first, in hexadecimal. An id tells nothing of its key.
func (k Keys) IDs() []string {
	ids := make([]string, 0, len(k.list))
	for _, one := range k.list {
		ids = append(ids, hex.EncodeToString(one.id[:]))
	}
	return ids
}

// find gives the key of an id.
func (k Keys) find(id [keyID]byte) (key, bool) {
	for _, one := range k.list {
		if one.id == id {
			return one, true
		}
	}
	return key{}, false
}
