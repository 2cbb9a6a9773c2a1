package signon

import (
	"encoding/base64"
	"strings"
)

// nextMost bounds the address of the page to go to afterwards, in octets: a browser keeps no cookie of more than 4096.
const nextMost = 2000

// encode writes a secret and an address for a cookie, which takes few characters.
func encode(value string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(value))
}

// decode reads them back; what is no cookie of ours gives nothing.
func decode(value string) (secret, next string) {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return "", ""
	}
	secret, next, _ = strings.Cut(string(b), "|")
	return secret, next
}
