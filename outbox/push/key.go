package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"hotline/atomicfile"
)

// Key is by which push services know this house (VAPID, RFC 8292). Browsers subscribe to it: under another key none of them is reached
// any more.
type Key struct {
	private *ecdsa.PrivateKey
	public  string
}

// url64 is how keys are written: base64 for URLs, without padding.
var url64 = base64.RawURLEncoding

// ReadKey reads the key of a file: the 32 octets of a private key of P-256 in base64 for URLs. A file that is missing is made.
func ReadKey(file string) (Key, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		made, wrong := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if wrong != nil {
			return Key{}, fmt.Errorf("making the key of push messages: %w", wrong)
		}
		octets, wrong := made.Bytes()
		if wrong != nil {
			return Key{}, fmt.Errorf("making the key of push messages: %w", wrong)
		}
		text = []byte(url64.EncodeToString(octets) + "\n")
		err = atomicfile.Replace(file, text)
	}
	if err != nil {
		return Key{}, fmt.Errorf("reading the key of push messages: %w; name another file in outbox.push.key_file", err)
	}
	octets, err := url64.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return Key{}, fmt.Errorf("the key of push messages %s is no key: put it back from the backup", file)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), octets)
	if err != nil {
		return Key{}, fmt.Errorf("the key of push messages %s is no key: put it back from the backup", file)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return Key{}, fmt.Errorf("reading the key of push messages %s: %w", file, err)
	}
	return Key{private, url64.EncodeToString(point)}, nil
}

// Public is the key that browsers subscribe to, in base64 for URLs.
func (k Key) Public() string { return k.public }

// tokenTime is how long a token is good; a push service takes none that is good for more than 24 hours (RFC 8292 section 2).
const tokenTime = 12 * time.Hour

// authorization is the header that proves to a push service who sends (RFC 8292 section 3). contact is how its people reach the house.
func (k Key) authorization(address *url.URL, contact string, now time.Time) (string, error) {
	head, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "ES256"})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"aud": address.Scheme + "://" + address.Host, "exp": now.Add(tokenTime).Unix(), "sub": contact})
	if err != nil {
		return "", err
	}
	signed := url64.EncodeToString(head) + "." + url64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing for a push service: %w", err)
	}
	signature := make([]byte, 64) // r and s of 32 octets each (RFC 7518 section 3.4)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + signed + "." + url64.EncodeToString(signature) + ", k=" + k.public, nil
}
