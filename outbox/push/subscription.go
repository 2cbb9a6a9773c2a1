package push

import (
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"hotline/limits"
	"hotline/outbox"
)

// Bounds of what browsers may be told.
const (
	MostOf      = 10   // browsers of one person
	Most        = 500  // of the house
	addressMost = 1000 // characters
)

// Names of what an endpoint of template outbox.Push keeps.
const (
	address = "address" // of the browser at its push service: whoever knows it may knock there, so it is a secret
	browser = "p256dh"  // the browser's public key
	auth    = "auth"
	service = "key"  // ours, to which the browser has subscribed
	Name    = "name" // of the browser, as people read it
	Lang    = "language"
)

// Subscription is what a browser says of itself (PushSubscription.toJSON of the Push API).
type Subscription struct {
	Address string // https, of the browser at its push service
	P256dh  string // base64 for URLs
	Auth    string // the same
	Key     string // the public key of the house to which it has subscribed
}

// What is wrong with a subscription.
var (
	ErrAddress = errors.New("the address of a push service is one of https, without a name and a password")
	ErrKeys    = errors.New("a browser that is told has a public key of P-256 and a secret of 16 octets")
)

// ID names the endpoint of a browser: the same browser is the same endpoint, whoever uses it.
func ID(address string) string {
	sum := sha256.Sum256([]byte(address))
	return "browser-" + hex.EncodeToString(sum[:8])
}

// Endpoint is a browser of somebody as the outbox knows it. The address comes from outside: it is bounded here, and where it leads is judged
// when it is dialled. clear says whether there are networks of the house that may be reached by http.
func (s Subscription) Endpoint(owner string, clear bool) (outbox.Endpoint, error) {
	at, err := url.Parse(s.Address)
	if err != nil || len(s.Address) > addressMost || at.Host == "" || at.User != nil || at.Scheme != "https" && (at.Scheme != "http" || !clear) {
		return outbox.Endpoint{}, ErrAddress
	}
	e := outbox.Endpoint{
		ID: ID(s.Address), Template: outbox.Push, Owner: owner, Values: map[string]string{service: limits.OneLine(s.Key, limits.Line)},
		Secrets: map[string]string{address: s.Address, browser: unpadded(s.P256dh), auth: unpadded(s.Auth)},
	}
	if _, _, err := keys(e); err != nil {
		return outbox.Endpoint{}, err
	}
	return e, nil
}

// unpadded takes the other two ways of writing base64, too.
func unpadded(text string) string {
	return strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimSpace(text)), "=")
}

// keys are what a browser's messages are encrypted by.
func keys(e outbox.Endpoint) (*ecdh.PublicKey, []byte, error) {
	point, err := url64.DecodeString(e.Secrets[browser])
	if err != nil {
		return nil, nil, ErrKeys
	}
	public, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, nil, ErrKeys
	}
	secret, err := url64.DecodeString(e.Secrets[auth])
	if err != nil || len(secret) != authLength {
		return nil, nil, ErrKeys
	}
	return public, secret, nil
}

// KeyOf is the key of the house to which a browser has subscribed.
func KeyOf(e outbox.Endpoint) string { return e.Values[service] }
