// Package tokens is the API's bearer tokens: what is kept of each, and what it may do.
package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/audit"
	"hotline/validation"
)

// Store keeps tokens. Safe for concurrent use.
type Store interface {
	PutToken(ctx context.Context, t Token) error // storage.ErrExists for a name that is taken
	// Token finds a token by its hash; storage.ErrNotFound.
	Token(ctx context.Context, hash [32]byte) (Token, error)
	Tokens(ctx context.Context) ([]Token, error) // by name
	// TokenUsed notes that a token was used; the latest instant stays. One that is not there is no error.
	TokenUsed(ctx context.Context, hash [32]byte, at time.Time) error
	RemoveToken(ctx context.Context, name string) error // storage.ErrNotFound
}

// Token is a bearer token of the API, kept as its SHA-256.
type Token struct {
	Name    string
	Hash    [32]byte
	Created time.Time
	Scope   Scope
	Expires time.Time // zero: without end
	// Contract and Installation are what a token of scope alerts is bound to. Installation may be empty: the alerts say it.
	Contract, Installation string
	Used                   time.Time // last, to within UseTime; zero: never since this is noted
}

// UseTime is how often the use of a token is written down anew.
const UseTime = 5 * time.Minute

// nameMost is how long a name may be, in characters.
const nameMost = 100

var errBound = errors.New("only a token of scope alerts is bound to a contract or an installation")

// Check refuses a token that cannot be right.
func (t Token) Check() error {
	switch {
	case strings.TrimSpace(t.Name) == "":
		return validation.Field("name", errors.New("a token needs a name"))
	case utf8.RuneCountInString(t.Name) > nameMost || !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return validation.Field("name", fmt.Errorf("the name of a token is one line of at most %d characters, none of which steers a terminal", nameMost))
	case !t.Scope.Valid():
		return validation.Field("scope", fmt.Errorf("a token has no scope %q; use calendar, alerts, read, staff or admin", t.Scope))
	case t.Scope == ScopeAlerts && t.Contract == "":
		return validation.Field("contract", errors.New("a token of scope alerts speaks for one contract: say which with --contract ID"))
	case t.Scope != ScopeAlerts && t.Contract != "":
		return validation.Field("contract", errBound)
	case t.Scope != ScopeAlerts && t.Installation != "":
		return validation.Field("installation", errBound)
	}
	return nil
}

// Scope is what a token may do. Each scope includes those before it, but for alerts, which only staff and admin include.
type Scope string

// The scopes.
const (
	ScopeCalendar Scope = "calendar" // the on-call calendar only; the one scope whose tokens may stand in an address
	ScopeAlerts   Scope = "alerts"   // hand in what an installed system reports, for one contract
	ScopeRead     Scope = "read"
	ScopeStaff    Scope = "staff"
	ScopeAdmin    Scope = "admin"
)

// Scopes are all of them, the narrowest first.
func Scopes() []Scope {
	return []Scope{ScopeCalendar, ScopeAlerts, ScopeRead, ScopeStaff, ScopeAdmin}
}

// Valid tells whether there is such a scope.
func (s Scope) Valid() bool { return slices.Contains(Scopes(), s) }

// Includes tells whether a token of this scope may do what another scope may.
func (s Scope) Includes(other Scope) bool {
	if s == ScopeAlerts || other == ScopeAlerts {
		return s == other || other == ScopeAlerts && (s == ScopeStaff || s == ScopeAdmin)
	}
	return other.Valid() && s.Valid() && slices.Index(Scopes(), s) >= slices.Index(Scopes(), other)
}

// Audited is the record of a token that was made or removed.
func (t Token) Audited(what string) audit.Record {
	r := audit.Record{What: what, Document: audit.Document{Kind: "token", ID: t.Name}}
	if what == audit.Created {
		r.Fields = []audit.Field{{Name: "scope", After: string(t.Scope)}}
	}
	return r
}
