package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/audit"
	"hotline/storage"
	"hotline/users"
)

// userTables are who may use the staff's pages, and who is logged in.
type userTables struct {
	users    map[string]users.User
	sessions map[[32]byte]users.Session
	logins   map[[32]byte]time.Time // logins by a provider, until when they are remembered
}

func newUserTables() userTables {
	return userTables{users: map[string]users.User{}, sessions: map[[32]byte]users.Session{}, logins: map[[32]byte]time.Time{}}
}

// User reads one user.
func (s *Store) User(_ context.Context, name string) (users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[name]
	if !ok {
		return users.User{}, fmt.Errorf("user %s: %w", name, storage.ErrNotFound)
	}
	return u, nil
}

// Users lists them by name.
func (s *Store) Users(context.Context) ([]users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Collect(maps.Values(s.users))
	slices.SortFunc(list, func(a, b users.User) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// PutUser writes a user whole, and ends the sessions that may not go on.
func (s *Store) PutUser(ctx context.Context, u users.User) (users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stands, known := s.users[u.Name]
	switch {
	case u.Version == 0 && known:
		return users.User{}, fmt.Errorf("user %s: %w", u.Name, storage.ErrExists)
	case u.Version != 0 && !known:
		return users.User{}, fmt.Errorf("user %s: %w", u.Name, storage.ErrNotFound)
	case u.Version != stands.Version:
		return users.User{}, fmt.Errorf("user %s: %w", u.Name, storage.ErrConflict)
	}
	if holder, held := s.holder(u.Identity); held && holder.Name != u.Name {
		return users.User{}, fmt.Errorf("the identity of user %s: %w", u.Name, storage.ErrExists)
	}
	if known {
		u.Created = stands.Created
	}
	if known && (u.Disabled || u.Password != stands.Password || u.Identity != stands.Identity) {
		maps.DeleteFunc(s.sessions, func(_ [32]byte, n users.Session) bool { return n.User == u.Name })
	}
	s.note(ctx, u.Audited(stands))
	u.Version++
	s.users[u.Name] = u
	return u, nil
}

// PutFirstUser writes a user where there is none.
func (s *Store) PutFirstUser(ctx context.Context, u users.User) (users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.users) > 0 {
		return users.User{}, fmt.Errorf("the first user: %w", storage.ErrExists)
	}
	s.note(ctx, u.Audited(users.User{}))
	u.Version = 1
	s.users[u.Name] = u
	return u, nil
}

// holder finds the user of an identity. The mutex is held.
func (s *Store) holder(i users.Identity) (users.User, bool) {
	for _, u := range s.users {
		if i.Known() && u.Identity == i {
			return u, true
		}
	}
	return users.User{}, false
}

// UserOf finds the user of an identity.
func (s *Store) UserOf(_ context.Context, i users.Identity) (users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.holder(i)
	if !ok {
		return users.User{}, fmt.Errorf("the user of an identity: %w", storage.ErrNotFound)
	}
	return u, nil
}

// SpendLogin notes that a login by a provider has been used.
func (s *Store) SpendLogin(_ context.Context, login [32]byte, until, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.logins, func(_ [32]byte, end time.Time) bool { return end.Before(now) })
	if _, used := s.logins[login]; used {
		return fmt.Errorf("a login by a provider: %w", storage.ErrExists)
	}
	s.logins[login] = until
	return nil
}

// PutSession begins a session or moves its end, and forgets those that have ended.
func (s *Store) PutSession(ctx context.Context, n users.Session, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users[n.User]; !ok || u.Disabled {
		return fmt.Errorf("a session of %s: %w", n.User, storage.ErrNotFound)
	}
	if stands, ok := s.sessions[n.Hash]; ok {
		stands.Expires = n.Expires
		n = stands
	} else {
		s.note(ctx, users.AuditedSession(n.User, audit.LoggedIn))
	}
	s.sessions[n.Hash] = n
	maps.DeleteFunc(s.sessions, func(_ [32]byte, n users.Session) bool { return n.Expires.Before(now) })
	return nil
}

// Session finds a session and its user.
func (s *Store) Session(_ context.Context, hash [32]byte) (users.Session, users.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.sessions[hash]
	u := s.users[n.User]
	if !ok || u.Disabled {
		return users.Session{}, users.User{}, fmt.Errorf("session: %w", storage.ErrNotFound)
	}
	return n, u, nil
}

// EndSession ends a session.
func (s *Store) EndSession(ctx context.Context, hash [32]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.sessions[hash]; ok {
		s.note(ctx, users.AuditedSession(n.User, audit.LoggedOut))
	}
	delete(s.sessions, hash)
	return nil
}

// EndSessions ends the sessions of a user but one.
func (s *Store) EndSessions(ctx context.Context, user string, but [32]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.sessions, func(hash [32]byte, n users.Session) bool { return n.User == user && hash != but })
	s.note(ctx, users.AuditedSession(user, audit.LoggedOut))
	return nil
}
