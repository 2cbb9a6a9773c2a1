package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"hotline/tokens"
)

// tokenOctets is the randomness of a token. Nobody guesses 256 bits; the budget of wrong ones spares the store.
const tokenOctets = 32

// NewToken draws a bearer token for somebody by name. The secret is shown once; only its SHA-256 is stored.
func NewToken(name string, scope tokens.Scope, now time.Time) (secret string, t tokens.Token) {
	octets := make([]byte, tokenOctets)
	_, _ = rand.Read(octets) // never fails: crypto/rand ends the program instead
	secret = "hl_" + hex.EncodeToString(octets)
	return secret, tokens.Token{Name: name, Hash: sha256.Sum256([]byte(secret)), Created: now, Scope: scope}
}

// tokenKey is under which a request's context holds its token.
type tokenKey struct{}

func withToken(ctx context.Context, t tokens.Token) context.Context {
	return context.WithValue(ctx, tokenKey{}, t)
}

func tokenOf(ctx context.Context) tokens.Token {
	t, _ := ctx.Value(tokenKey{}).(tokens.Token)
	return t
}

// Name names the token of a request, as its owner called it; empty for a request without one.
func Name(ctx context.Context) string { return tokenOf(ctx).Name }

// Bound is the contract and the installation that a request's token speaks for; empty: it is bound to none.
func Bound(ctx context.Context) (contract, installation string) {
	t := tokenOf(ctx)
	return t.Contract, t.Installation
}

// Staff names who acts, as it stands in histories: "staff:NAME".
func Staff(ctx context.Context) string { return "staff:" + Name(ctx) }

// Fingerprint tells tokens apart for what is bound to one: another token of the same name has another.
func Fingerprint(ctx context.Context) string {
	t := tokenOf(ctx)
	return hex.EncodeToString(t.Hash[:])
}
