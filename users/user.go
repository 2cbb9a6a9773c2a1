// Package users is who may use the staff's pages: people with a name, a role and a password, and their sessions. The API knows
// tokens instead (package tokens). It is ground: package web serves the pages, package users/password makes and checks hashes.
package users

import (
	"context"
	"regexp"
	"time"

	"hotline/audit"
)

// Store keeps users and their sessions. PostgreSQL and the memory twin implement it. Safe for concurrent use.
type Store interface {
	User(ctx context.Context, name string) (User, error) // storage.ErrNotFound
	Users(ctx context.Context) ([]User, error)           // by name
	// PutUser writes a user whole and gives the next version. Version 0 makes a new one (storage.ErrExists); any other must
	// be the one that stands (storage.ErrConflict, storage.ErrNotFound). An identity that another user has is storage.ErrExists. All
	// sessions of the user end in the same transaction where the password or the identity is another one, or the user is disabled.
	PutUser(ctx context.Context, u User) (User, error)
	// PutFirstUser writes a new user where there is no user at all; storage.ErrExists where there is one. Of two who try at once one wins.
	PutFirstUser(ctx context.Context, u User) (User, error)
	IdentityStore
	SessionStore
}

// IdentityStore keeps whom an identity provider knows users as. Safe for concurrent use.
type IdentityStore interface {
	UserOf(ctx context.Context, i Identity) (User, error) // storage.ErrNotFound, also for no identity
	// SpendLogin notes that a login by a provider has been used; storage.ErrExists where it has been before. Those whose time is over
	// before now are forgotten.
	SpendLogin(ctx context.Context, login [32]byte, until, now time.Time) error
}

// SessionStore keeps who is logged in. Safe for concurrent use.
type SessionStore interface {
	// PutSession begins a session, or writes its new end. storage.ErrNotFound for a user who does not exist or is disabled. Sessions
	// that ended before now are forgotten.
	PutSession(ctx context.Context, s Session, now time.Time) error
	// Session finds a session and its user by the hash of its secret; storage.ErrNotFound, also where the user is disabled. Whether it
	// has ended is the caller's to compare.
	Session(ctx context.Context, hash [32]byte) (Session, User, error)
	EndSession(ctx context.Context, hash [32]byte) error // one that is not there is no error
	// EndSessions ends every session of a user but one, which need not be there.
	EndSessions(ctx context.Context, user string, but [32]byte) error
}

// User is somebody who may log in to the staff's pages.
type User struct {
	Name     string // as the history names who acted: "staff:NAME"; ValidName
	Role     Role
	Password string // as users/password writes its hash; empty: none, the identity alone lets in
	Second   string // as users/second writes what codes are checked by; empty: none are asked for
	Engineer string // which engineer on call this is; empty: none
	Identity Identity
	Disabled bool
	Created  time.Time
	Version  int
}

// Locked tells whether no password opens this user: none was chosen yet.
func (u User) Locked() bool { return u.Password == "" || u.Invited() }

// Session is one login. Its secret is in the browser's cookie alone.
type Session struct {
	Hash    [32]byte // SHA-256 of the secret
	User    string
	Created time.Time
	Expires time.Time
}

// Role is what a user may do. Which pages and forms a role may use stands in one table of package web.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // looks at everything but callers' voices
	Engineer Role = "engineer" // works on tickets
	Staff    Role = "staff"    // works on tickets, and keeps what belongs to the office's day
	Admin    Role = "admin"    // staff, and what customers are promised: PINs, users
)

// Roles lists the roles.
func Roles() []Role { return []Role{Viewer, Engineer, Staff, Admin} }

// Valid tells whether there is such a role.
func (r Role) Valid() bool {
	for _, known := range Roles() {
		if r == known {
			return true
		}
	}
	return false
}

// namePattern keeps names apart however they are written, and harmless wherever they are shown.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,39}$`)

// ValidName tells whether a text may be a user's name: 1 to 40 small letters of English, digits, dots, hyphens and underscores,
// beginning with a letter or a digit.
func ValidName(name string) bool { return namePattern.MatchString(name) }

// Audited is the record of a user that was written; former is the one that stood, or the zero value.
func (u User) Audited(former User) audit.Record {
	r := audit.OfDocument("user", u.Name, former.Version, former.Version+1, audit.Differences(former, u))
	if former.Version == 0 {
		r.Fields = []audit.Field{{Name: "role", After: string(u.Role)}}
	}
	r.Who = audit.Staff(u.Name)
	return r
}

// AuditedSession is the record of a session that a user begins or ends.
func AuditedSession(user, what string) audit.Record {
	return audit.Record{Who: audit.Staff(user), What: what, Document: audit.Document{Kind: "user", ID: user}}
}
