// Package tokens is the API's bearer tokens: what is kept of each, and what it may do.
package tokens

import (
	"context"
	"time"
)

// Store keeps tokens. Safe for concurrent use.
type Store interface {
	PutToken(ctx context.Context, t Token) error // storage.ErrExists for a name that is taken
	// Token finds a token by its hash; storage.ErrNotFound.
	Token(ctx context.Context, hash [32]byte) (Token, error)
	Tokens(ctx context.Context) ([]Token, error)        // by name
	RemoveToken(ctx context.Context, name string) error // storage.ErrNotFound
}

// Token is a bearer token of the API, kept as its SHA-256.
type Token struct {
	Name    string
	Hash    [32]byte
	Created time.Time
	Scope   Scope
	Expires time.Time // zero: without end
}

// Scope is what a token may do. Each scope includes those before it.
type Scope string

// The scopes.
const (
	ScopeCalendar Scope = "calendar" // the on-call calendar only; the one scope whose tokens may stand in an address
	ScopeRead     Scope = "read"
	ScopeStaff    Scope = "staff"
	ScopeAdmin    Scope = "admin"
)

// Valid tells whether there is such a scope.
func (s Scope) Valid() bool {
	return s == ScopeCalendar || s == ScopeRead || s == ScopeStaff || s == ScopeAdmin
}

// Includes tells whether a token of this scope may do what another scope may.
func (s Scope) Includes(other Scope) bool {
	rank := map[Scope]int{ScopeCalendar: 1, ScopeRead: 2, ScopeStaff: 3, ScopeAdmin: 4}
	return rank[other] > 0 && rank[s] >= rank[other]
}
