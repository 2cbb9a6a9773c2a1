package sdp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"hotline/media/srtp"
)

// Encryption is the policy for the encryption of sound (SRTP, RFC 3711) by keys in the descriptions (SDES, RFC 4568).
type Encryption byte

// The policies. Plain never offers encryption, and takes it from a party that offers nothing else. Preferred offers
// encryption alone, and a party that refuses may be offered plain RTP after it. Required refuses plain RTP.
const (
	Plain Encryption = iota
	Preferred
	Required
)

// ErrNotSecure is the error of a description without encryption where the policy requires it.
var ErrNotSecure = errors.New("sound would not be encrypted")

// suites are the crypto suites that we speak, in the order of our offers (RFC 4568 section 6.2, RFC 7714 section 14.2).
var suites = [...]struct {
	name    string
	profile srtp.Profile
}{
	{"AES_CM_128_HMAC_SHA1_80", srtp.CM80},
	{"AES_CM_128_HMAC_SHA1_32", srtp.CM32},
	{"AEAD_AES_128_GCM", srtp.GCM128},
	{"AEAD_AES_256_GCM", srtp.GCM256},
}

// Crypto is the key with which one side encrypts: one a=crypto line. Two are equal when their keys are.
type Crypto struct {
	tag     string
	profile srtp.Profile
	key     string // master key and salt
	mki     string // octets that name the key in each of its packets; empty for none
}

// Profile is how packets are encrypted.
func (c Crypto) Profile() srtp.Profile { return c.profile }

// Split gives the master key and the master salt, as copies.
func (c Crypto) Split() (key, salt []byte) {
	n := c.profile.KeySize()
	return []byte(c.key[:n]), []byte(c.key[n:])
}

// MKI is the identifier of the key in each of its packets (RFC 3711 section 3.1); empty for none.
func (c Crypto) MKI() []byte { return []byte(c.mki) }

// NewCrypto makes a new key for what we send.
func NewCrypto(profile srtp.Profile) Crypto {
	b := make([]byte, profile.KeySize()+profile.SaltSize())
	_, _ = rand.Read(b)
	return Crypto{profile: profile, key: string(b)}
}

// readCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 ...". ok is false when we cannot use it: an unknown suite,
// a key of the wrong length, several keys, or parameters that switch something off.
func readCrypto(value string) (c Crypto, ok bool) {
	words := strings.Fields(value)
	if len(words) != 3 && !(len(words) > 3 && harmless(words[3:])) {
		return Crypto{}, false
	}
	inline, found := strings.CutPrefix(words[2], "inline:")
	key, rest, _ := strings.Cut(inline, "|")
	mki, known := readMKI(rest)
	if !found || !known {
		return Crypto{}, false
	}
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "=")); err != nil {
			return Crypto{}, false
		}
	}
	for _, s := range suites {
		if strings.EqualFold(s.name, words[1]) && len(raw) == s.profile.KeySize()+s.profile.SaltSize() && len(words[0]) <= 9 {
			return Crypto{tag: words[0], profile: s.profile, key: string(raw), mki: mki}, true
		}
	}
	return Crypto{}, false
}

// readMKI reads the master key identifier of "2^31|1:4" (RFC 4568 section 6.1): its value and its length in octets, at most
// four. There may be a lifetime before it; a second key after it is not understood.
func readMKI(parameters string) (mki string, ok bool) {
	first, last, more := strings.Cut(parameters, "|")
	switch {
	case !more:
		last = parameters
	case strings.Contains(first, ":"):
		return "", false
	}
	value, length, found := strings.Cut(last, ":")
	if !found {
		return "", !more
	}
	n, err := strconv.ParseUint(value, 10, 32)
	octets, failed := strconv.ParseUint(length, 10, 8)
	if err != nil || failed != nil || octets < 1 || octets > 4 || n>>(8*octets) != 0 {
		return "", false
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(n))[4-octets:]), true
}

// harmless tells whether session parameters change nothing that we do (RFC 4568 section 6.3).
func harmless(parameters []string) bool {
	for _, p := range parameters {
		name, _, _ := strings.Cut(strings.ToUpper(p), "=")
		if name != "KDR" && name != "WSH" {
			return false
		}
	}
	return true
}

// String is the value of the a=crypto line. It contains the key: never log it.
func (c Crypto) String() string {
	s := c.tag + " " + suites[c.profile].name + " inline:" + base64.StdEncoding.EncodeToString([]byte(c.key))
	if n := len(c.mki); n > 0 {
		value := binary.BigEndian.Uint32(append(make([]byte, 4-n), c.mki...))
		s += fmt.Sprintf("|%d:%d", value, n)
	}
	return s
}
