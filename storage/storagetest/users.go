package storagetest

import (
	"sync"
	"testing"
	"time"

	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/users"
)

// Users runs the suite of users.Store; open gives a new and empty store each time.
func Users(t *testing.T, open func(t *testing.T) users.Store) {
	run(t, open, map[string]func(*testing.T, users.Store){
		"users have versions":                                         usersByVersion,
		"of many first users one is written":                          firstUser,
		"sessions are found by hash and end":                          sessionsByHash,
		"disabled, and a new password, end sessions":                  sessionsEndWithTheirUser,
		"all sessions of a user end but one":                          sessionsButOne,
		"a session is not begun for who is not there":                 sessionsOfNobody,
		"sessions that ended are forgotten":                           sessionsForgotten,
		"a session that is written again keeps its age":               sessionsProlonged,
		"an identity is one user's, and a change of it ends sessions": identities,
		"a login by a provider is good once":                          loginsSpent,
	})
}

func anna() users.User {
	return users.User{Name: "anna", Role: users.Engineer, Password: "$hash$1", Second: "totp$1", Engineer: "anna", Created: monday}
}

func usersByVersion(t *testing.T, s users.Store) {
	ctx := t.Context()
	_, err := s.User(ctx, "anna")
	check.Error(t, "a user who does not exist", err, storage.ErrNotFound)
	made, err := s.PutUser(ctx, anna())
	check.Must(t, err)
	want := anna()
	want.Version = 1
	check.Equal(t, "what was written", made, want)
	got, err := s.User(ctx, "anna")
	check.Must(t, err)
	check.Equal(t, "what stands", got, want)
	_, err = s.PutUser(ctx, anna())
	check.Error(t, "the same name again", err, storage.ErrExists)

	got.Role, got.Created = users.Admin, monday.Add(time.Hour)
	changed, err := s.PutUser(ctx, got)
	check.Must(t, err)
	want.Role, want.Version = users.Admin, 2
	check.Equal(t, "what was changed: since when somebody is known does not change", changed, want)
	_, err = s.PutUser(ctx, got)
	check.Error(t, "a version of before", err, storage.ErrConflict)
	_, err = s.PutUser(ctx, users.User{Name: "nobody", Version: 1})
	check.Error(t, "a change of nobody", err, storage.ErrNotFound)

	bruno, err := s.PutUser(ctx, users.User{Name: "bruno", Role: users.Viewer, Created: monday})
	check.Must(t, err)
	all, err := s.Users(ctx)
	check.Must(t, err)
	check.Equal(t, "all by name", all, []users.User{want, bruno})
}

func firstUser(t *testing.T, s users.Store) {
	ctx := t.Context()
	var mu sync.Mutex
	var group sync.WaitGroup
	made := 0
	for _, name := range []string{"anna", "bruno", "carla", "dario"} {
		group.Go(func() {
			u, err := s.PutFirstUser(ctx, users.User{Name: name, Role: users.Admin, Created: monday})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
				check.Equal(t, "the version of the first", u.Version, 1)
				return
			}
			check.Error(t, "one who came later", err, storage.ErrExists)
		})
	}
	group.Wait()
	check.Equal(t, "first users", made, 1)
	all, err := s.Users(ctx)
	check.Must(t, err)
	check.Equal(t, "users", len(all), 1)
}

func sessionsByHash(t *testing.T, s users.Store) {
	ctx := t.Context()
	u, err := s.PutUser(ctx, anna())
	check.Must(t, err)
	n := users.Session{Hash: [32]byte{1}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}
	check.Must(t, s.PutSession(ctx, n, monday))
	got, of, err := s.Session(ctx, n.Hash)
	check.Must(t, err)
	check.Equal(t, "the session", got, n)
	check.Equal(t, "whose it is", of, u)
	_, _, err = s.Session(ctx, [32]byte{2})
	check.Error(t, "a session that does not exist", err, storage.ErrNotFound)
	check.Must(t, s.EndSession(ctx, n.Hash))
	check.Must(t, s.EndSession(ctx, n.Hash))
	_, _, err = s.Session(ctx, n.Hash)
	check.Error(t, "a session that ended", err, storage.ErrNotFound)
}

func sessionsEndWithTheirUser(t *testing.T, s users.Store) {
	ctx := t.Context()
	u, err := s.PutUser(ctx, anna())
	check.Must(t, err)
	_, err = s.PutUser(ctx, users.User{Name: "bruno", Role: users.Staff, Created: monday})
	check.Must(t, err)
	for i, name := range []string{"anna", "anna", "bruno"} {
		check.Must(t, s.PutSession(ctx, users.Session{Hash: [32]byte{byte(i)}, User: name, Created: monday, Expires: monday.Add(time.Hour)}, monday))
	}
	stand := func(what string, want int) {
		t.Helper()
		n := 0
		for i := range byte(4) {
			if _, _, err := s.Session(ctx, [32]byte{i}); err == nil {
				n++
			}
		}
		check.Equal(t, what, n, want)
	}
	u.Role, u.Second = users.Viewer, "totp$2"
	u, err = s.PutUser(ctx, u)
	check.Must(t, err)
	stand("sessions after another role", 3)
	u.Password = "$hash$2"
	u, err = s.PutUser(ctx, u)
	check.Must(t, err)
	stand("sessions after another password", 1)
	check.Must(t, s.PutSession(ctx, users.Session{Hash: [32]byte{3}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}, monday))
	stand("sessions after a new login", 2)
	u.Disabled = true
	u, err = s.PutUser(ctx, u)
	check.Must(t, err)
	stand("sessions after anna was disabled", 1)
	u.Disabled = false
	_, err = s.PutUser(ctx, u)
	check.Must(t, err)
	stand("sessions after anna may log in again", 1)
}

func sessionsOfNobody(t *testing.T, s users.Store) {
	ctx := t.Context()
	n := users.Session{Hash: [32]byte{1}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}
	check.Error(t, "a session of somebody who does not exist", s.PutSession(ctx, n, monday), storage.ErrNotFound)
	u := anna()
	u.Disabled = true
	_, err := s.PutUser(ctx, u)
	check.Must(t, err)
	check.Error(t, "a session of somebody who is disabled", s.PutSession(ctx, n, monday), storage.ErrNotFound)
}

func sessionsForgotten(t *testing.T, s users.Store) {
	ctx := t.Context()
	_, err := s.PutUser(ctx, anna())
	check.Must(t, err)
	early := users.Session{Hash: [32]byte{1}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}
	check.Must(t, s.PutSession(ctx, early, monday))
	late := users.Session{Hash: [32]byte{2}, User: "anna", Created: monday.Add(2 * time.Hour), Expires: monday.Add(3 * time.Hour)}
	check.Must(t, s.PutSession(ctx, late, late.Created))
	_, _, err = s.Session(ctx, early.Hash)
	check.Error(t, "a session that ended", err, storage.ErrNotFound)
	_, _, err = s.Session(ctx, late.Hash)
	check.Must(t, err)
}

func sessionsProlonged(t *testing.T, s users.Store) {
	ctx := t.Context()
	_, err := s.PutUser(ctx, anna())
	check.Must(t, err)
	n := users.Session{Hash: [32]byte{1}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}
	check.Must(t, s.PutSession(ctx, n, monday))
	again := n
	again.Created, again.Expires = monday.Add(time.Minute), monday.Add(2*time.Hour)
	check.Must(t, s.PutSession(ctx, again, again.Created))
	got, _, err := s.Session(ctx, n.Hash)
	check.Must(t, err)
	n.Expires = again.Expires
	check.Equal(t, "the session", got, n)
}

func sessionsButOne(t *testing.T, s users.Store) {
	ctx := t.Context()
	for _, name := range []string{"anna", "bruno"} {
		_, err := s.PutUser(ctx, users.User{Name: name, Role: users.Staff, Password: "$hash$1", Created: monday})
		check.Must(t, err)
	}
	for i, name := range []string{"anna", "anna", "anna", "bruno"} {
		check.Must(t, s.PutSession(ctx, users.Session{Hash: [32]byte{byte(i)}, User: name, Created: monday, Expires: monday.Add(time.Hour)}, monday))
	}
	left := func() (n int) {
		for i := range byte(4) {
			if _, _, err := s.Session(ctx, [32]byte{i}); err == nil {
				n |= 1 << i
			}
		}
		return n
	}
	check.Must(t, s.EndSessions(ctx, "anna", [32]byte{1}))
	check.Equal(t, "what is left of anna's, and bruno's", left(), 0b1010)
	check.Must(t, s.EndSessions(ctx, "anna", [32]byte{9}))
	check.Equal(t, "what is left where the one is not there", left(), 0b1000)
	check.Must(t, s.EndSessions(ctx, "nobody", [32]byte{}))
	check.Equal(t, "what is left after nobody's", left(), 0b1000)
}

func identities(t *testing.T, s users.Store) {
	ctx := t.Context()
	_, err := s.UserOf(ctx, users.Identity{})
	check.Error(t, "nobody's identity", err, storage.ErrNotFound)
	for _, name := range []string{"anna", "bruno"} { // many may have none
		_, err := s.PutUser(ctx, users.User{Name: name, Role: users.Staff, Password: "$hash$1", Created: monday})
		check.Must(t, err)
	}
	_, err = s.UserOf(ctx, users.Identity{})
	check.Error(t, "no identity, which two have", err, storage.ErrNotFound)
	one, other := users.Identity{Issuer: "https://login.example", Subject: "248289761001"}, users.Identity{Issuer: "https://other.example", Subject: "248289761001"}
	u, err := s.User(ctx, "anna")
	check.Must(t, err)
	check.Must(t, s.PutSession(ctx, users.Session{Hash: [32]byte{1}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}, monday))
	u.Identity = one
	u, err = s.PutUser(ctx, u)
	check.Must(t, err)
	_, _, err = s.Session(ctx, [32]byte{1})
	check.Error(t, "a session of before the identity was another one", err, storage.ErrNotFound)
	check.Must(t, s.PutSession(ctx, users.Session{Hash: [32]byte{2}, User: "anna", Created: monday, Expires: monday.Add(time.Hour)}, monday))
	u.Role = users.Admin
	u, err = s.PutUser(ctx, u)
	check.Must(t, err)
	_, of, err := s.Session(ctx, [32]byte{2})
	check.Must(t, err)
	check.Equal(t, "whose session it is, with the identity", of, u)
	got, err := s.UserOf(ctx, one)
	check.Must(t, err)
	check.Equal(t, "the user of the identity", got, u)
	for _, not := range []users.Identity{other, {Issuer: one.Issuer}, {Issuer: one.Issuer, Subject: "248289761001 "}, {Subject: one.Subject}} {
		_, err := s.UserOf(ctx, not)
		check.Error(t, "the user of another identity", err, storage.ErrNotFound)
	}
	bruno, err := s.User(ctx, "bruno")
	check.Must(t, err)
	bruno.Identity = one
	_, err = s.PutUser(ctx, bruno)
	check.Error(t, "an identity that somebody has", err, storage.ErrExists)
	_, err = s.PutUser(ctx, users.User{Name: "carla", Role: users.Staff, Identity: one, Created: monday})
	check.Error(t, "a new user with an identity that somebody has", err, storage.ErrExists)
	bruno.Identity = other
	_, err = s.PutUser(ctx, bruno)
	check.Must(t, err)
	u.Identity = users.Identity{}
	_, err = s.PutUser(ctx, u)
	check.Must(t, err)
	_, err = s.UserOf(ctx, one)
	check.Error(t, "an identity that was taken away", err, storage.ErrNotFound)
}

func loginsSpent(t *testing.T, s users.Store) {
	ctx := t.Context()
	check.Must(t, s.SpendLogin(ctx, [32]byte{1}, monday.Add(time.Minute), monday))
	check.Error(t, "the same again", s.SpendLogin(ctx, [32]byte{1}, monday.Add(time.Minute), monday.Add(time.Second)), storage.ErrExists)
	check.Must(t, s.SpendLogin(ctx, [32]byte{2}, monday.Add(time.Hour), monday.Add(time.Second)))
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 4 {
		group.Go(func() {
			err := s.SpendLogin(ctx, [32]byte{3}, monday.Add(time.Hour), monday.Add(time.Second))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken++
				return
			}
			check.Error(t, "one that came later", err, storage.ErrExists)
		})
	}
	group.Wait()
	check.Equal(t, "of four at once", taken, 1)
	check.Must(t, s.SpendLogin(ctx, [32]byte{1}, monday.Add(2*time.Hour), monday.Add(2*time.Minute))) // it was forgotten, because it could not come again
	check.Error(t, "one whose time is not over", s.SpendLogin(ctx, [32]byte{2}, monday.Add(time.Hour), monday.Add(2*time.Minute)), storage.ErrExists)
}
