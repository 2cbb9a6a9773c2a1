package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hotline/storage"
	"hotline/users"
	"hotline/users/password"
	"hotline/web/ui"
)

// sessionCookie holds the secret of a session. Only its hash is stored.
const sessionCookie = "hotline_session"

const (
	sessionIdle    = 12 * time.Hour     // a session ends so long after it was used last
	sessionLongest = 7 * 24 * time.Hour // and so long after the login in any case
	sessionWrite   = 10 * time.Minute   // the end is written anew at most so often
	secretOctets   = 32                 // of randomness
)

// identify finds out who asks, by the cookie. Nobody is no error.
func (s *server) identify(w http.ResponseWriter, r *request) error {
	c, err := r.Cookie(sessionCookie)
	if err != nil || c.Value == "" {
		return nil
	}
	n, u, err := s.Store.Session(r.Context(), sha256.Sum256([]byte(c.Value)))
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding the session: %w", err)
	}
	if !r.Now.Before(n.Expires) {
		return nil
	}
	r.as(u, n)
	if end := sessionEnd(n.Created, r.Now); end.Sub(n.Expires) > sessionWrite {
		n.Expires = end
		if err := s.Store.PutSession(r.Context(), n, r.Now); err != nil { // it is written with the next request
			s.Log.WarnContext(r.Context(), "a session is not prolonged", "user", u.Name, "error", err)
		} else {
			setCookie(w, r, c.Value, end)
		}
	}
	return nil
}

// as makes somebody the one who asks.
func (r *request) as(u users.User, n users.Session) {
	r.User, r.session = u, n
}

// actor names who acts, as it stands in histories.
func (r *request) actor() string { return "staff:" + r.User.Name }

func sessionEnd(created, now time.Time) time.Time {
	end, last := now.Add(sessionIdle), created.Add(sessionLongest)
	if last.Before(end) {
		return last
	}
	return end
}

// begin begins a session and gives its secret to the browser.
func (s *server) begin(ctx context.Context, w http.ResponseWriter, r *request, name string) error {
	octets := make([]byte, secretOctets)
	_, _ = rand.Read(octets) // never fails: crypto/rand ends the program instead
	secret := hex.EncodeToString(octets)
	n := users.Session{Hash: sha256.Sum256([]byte(secret)), User: name, Created: r.Now, Expires: sessionEnd(r.Now, r.Now)}
	if err := s.Store.PutSession(ctx, n, r.Now); err != nil {
		return fmt.Errorf("beginning a session of %s: %w", name, err)
	}
	setCookie(w, r, secret, n.Expires)
	return nil
}

func setCookie(w http.ResponseWriter, r *request, secret string, until time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: secret, Path: "/", MaxAge: int(until.Sub(r.Now) / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: ui.Encrypted(r.Request),
	})
}

// hashed does something that hashes a password, one after the other.
func (s *server) hashed(ctx context.Context, do func() error) error {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// nobodysHash is what the password of an unknown name is compared with, so that it takes as long as that of a known one.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRvZm91cnM$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

// errLogin is a name and a password that do not open anything; which of the two is wrong is not told.
var errLogin = errors.New("name or password is wrong")

// errBusy is a password that is not looked at, because too many before it were wrong.
var errBusy = errors.New("too many wrong passwords")

// verify finds a user by name and password, and counts what is wrong. Passwords are checked one after the other, so the throttle
// also limits many that are sent at once.
func (s *server) verify(r *request, name, secret string) (users.User, error) {
	ctx, from := r.Context(), ui.Source(r.Request)
	switch {
	case !users.ValidName(name): // nobody can have it
		return users.User{}, errLogin
	case !s.throttle.allows(name, from, r.Now): // without asking the store
		return users.User{}, errBusy
	}
	u, err := s.Store.User(ctx, name)
	unknown := errors.Is(err, storage.ErrNotFound)
	if err != nil && !unknown {
		return users.User{}, fmt.Errorf("finding user %s: %w", name, err)
	}
	hash := u.Password
	if unknown = unknown || u.Locked(); unknown { // who is invited, or comes by the identity provider, has no password
		hash = nobodysHash
	}
	err = s.hashed(ctx, func() error {
		if !s.throttle.allows(name, from, r.Now) {
			return errBusy
		}
		err := password.Check(hash, secret)
		switch {
		case err == nil && !unknown && !u.Disabled:
			return nil
		case err == nil, errors.Is(err, password.ErrWrong):
			s.throttle.wrong(name, from, r.Now)
			return errLogin
		}
		return fmt.Errorf("checking the password of %s: %w", name, err)
	})
	if err != nil {
		return users.User{}, err
	}
	return u, nil
}
