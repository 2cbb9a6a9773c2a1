// Package signon is the pages' part of a login by an identity provider (OpenID Connect). It binds the login to a browser by a
// cookie, finds the user of an identity, reads the role from the provider's claim, and makes new users. Package users/oidc knows
// the provider; package web begins the session.
package signon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"hotline/storage"
	"hotline/users"
	"hotline/users/oidc"
	"hotline/web/ui"
)

// Provider is how people log in by an identity provider. The zero value is none.
type Provider struct {
	*oidc.Provider
	Name     string // as the login page calls it
	Redirect string // where browsers come back; empty: at the address under which they reached the login page
	Create   bool   // whoever has a role by the claim and is unknown becomes a user
}

// Callback is the path to which browsers come back.
const Callback = "/login/oidc/callback"

// Handlers answers these pages. It is what a login needs. All of it is required.
type Handlers struct {
	Provider
	Store     users.Store
	Ends      func(user string)                         // ends the live streams of a user on this node
	Link      func(q *http.Request, path string) string // an address of ours as the browser reaches it
	Encrypted func(q *http.Request) bool                // whether the browser speaks TLS
	Local     func(next string) string                  // an address of this site alone
	Log       *slog.Logger
}

// cookie is the name of the cookie of an attempt. Each attempt has its own, so that two tabs do not meet.
func cookie(state string) string { return "hotline_login_" + state[:min(len(state), 12)] }

// Begin gives the browser the secret of a new attempt, and tells where it is to go. next is the page to go to afterwards. The error is oidc.ErrDown.
func (h Handlers) Begin(w http.ResponseWriter, q *http.Request, next string, now time.Time) (address string, err error) {
	a := oidc.Begin(now)
	if address, err = h.Provider.Address(q.Context(), a, h.redirect(q)); err != nil {
		return "", err
	}
	if len(next) > nextMost {
		next = "/"
	}
	h.keep(w, q, a.State(), a.Secret()+"|"+next, int(oidc.AttemptTime/time.Second))
	return address, nil
}

func (h Handlers) keep(w http.ResponseWriter, q *http.Request, state, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: cookie(state), Value: encode(value), Path: Callback, MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.Encrypted(q)})
}

func (h Handlers) redirect(q *http.Request) string {
	if h.Provider.Redirect != "" {
		return h.Provider.Redirect
	}
	return h.Link(q, Callback)
}

// Finish finds out who has come back from the provider, and which page they want. The attempt is over, whatever comes of it. The errors
// are those of package oidc, of the store, and a *ui.Refusal for somebody who may not come in.
func (h Handlers) Finish(w http.ResponseWriter, q *http.Request, now time.Time) (u users.User, next string, err error) {
	came := q.URL.Query()
	state := came.Get("state")
	c, err := q.Cookie(cookie(state))
	if err != nil {
		return users.User{}, "", fmt.Errorf("%w: it has no cookie for it", oidc.ErrState)
	}
	secret, next := decode(c.Value)
	h.keep(w, q, state, "", -1)
	a, ok := oidc.Resume(secret, now)
	if !ok {
		return users.User{}, "", fmt.Errorf("%w: its time is over", oidc.ErrState)
	}
	l, err := h.Provider.Finish(q.Context(), a, h.redirect(q), came)
	if err != nil {
		return users.User{}, "", err
	}
	// A token could be good for longer than the attempt; no attempt can be resumed after its end.
	err = h.Store.SpendLogin(q.Context(), a.Spent(), a.Until(), now)
	if errors.Is(err, storage.ErrExists) {
		return users.User{}, "", fmt.Errorf("%w: it was used before", oidc.ErrState)
	}
	if err != nil {
		return users.User{}, "", err
	}
	u, err = h.whose(q.Context(), l, now)
	return u, h.Local(next), err
}

// refusal is a login that the provider let in and this house does not.
func refusal(id string, values ...any) error {
	return &ui.Refusal{Status: http.StatusForbidden, ID: id, Values: values}
}

// whose is the user of an identity, with the role that the claim gives. Without the claim the role stays as it is. A claim that
// gives no role takes the access away; the user's sessions end, too.
func (h Handlers) whose(ctx context.Context, l oidc.Login, now time.Time) (users.User, error) {
	for range 3 { // an administrator may be changing the user
		u, err := h.Store.UserOf(ctx, l.Identity)
		if errors.Is(err, storage.ErrNotFound) {
			return h.unknown(ctx, l, now)
		}
		switch {
		case err != nil:
			return users.User{}, err
		case u.Disabled:
			return users.User{}, refusal("signon-disabled", u.Name)
		case l.Claimed && l.Role == "":
			if err := h.Store.EndSessions(ctx, u.Name, [32]byte{}); err != nil {
				return users.User{}, err
			}
			h.Ends(u.Name)
			h.Log.WarnContext(ctx, "web: the identity provider gives no role any more: sessions ended", "user", u.Name)
			return users.User{}, refusal("signon-no-role", u.Name, h.Name)
		case !l.Claimed || l.Role == u.Role:
			return u, nil
		}
		former := u.Role
		u.Role = l.Role
		u, err = h.Store.PutUser(ctx, u)
		if err == nil {
			h.Log.InfoContext(ctx, "web: the identity provider gives another role", "user", u.Name, "role", string(u.Role), "former", string(former))
			return u, nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return users.User{}, err
		}
	}
	return users.User{}, fmt.Errorf("the role of a user changes while they log in: %w", storage.ErrConflict)
}

// unknown is somebody whom the provider knows and this house does not. By a name or an address nobody is taken for a user who is there.
func (h Handlers) unknown(ctx context.Context, l oidc.Login, now time.Time) (users.User, error) {
	switch {
	case !h.Create:
		return users.User{}, refusal("signon-unknown", h.Name, l.Identity.Subject)
	case l.Role == "":
		return users.User{}, refusal("signon-unknown-no-role", h.Name, l.Identity.Subject)
	case l.Name == "":
		return users.User{}, refusal("signon-unknown-no-name", h.Name, l.Identity.Subject)
	}
	u, err := h.Store.PutUser(ctx, users.User{Name: l.Name, Role: l.Role, Identity: l.Identity, Created: now})
	if errors.Is(err, storage.ErrExists) {
		if u, err := h.Store.UserOf(ctx, l.Identity); err == nil && !u.Disabled { // another tab was faster
			return u, nil
		}
		return users.User{}, refusal("signon-name-taken", l.Name, l.Identity.Subject)
	}
	if err == nil {
		h.Log.InfoContext(ctx, "web: a user was made by the identity provider", "user", u.Name, "role", string(u.Role))
	}
	return u, err
}
