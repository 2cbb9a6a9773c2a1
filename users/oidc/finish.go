package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hotline/users"
)

// Login is somebody whom the provider let in.
type Login struct {
	Identity users.Identity
	Name     string // the name of a user that the provider suggests; empty: none that is fit
	Claimed  bool   // the claim that names roles is there
	Role     users.Role
}

// Finish reads with what the browser came back, fetches the ID token and checks it (OpenID Connect Core 1.0, sections 3.1.2.7, 3.1.3.5 and
// 3.1.3.7). redirect is the one of the attempt's Address. The errors are ErrState, ErrDenied, ErrAnswer and ErrDown.
func (p *Provider) Finish(ctx context.Context, a Attempt, redirect string, came url.Values) (Login, error) {
	if !a.IsFor(came.Get("state")) {
		return Login{}, fmt.Errorf("%w: the state is another one", ErrState)
	}
	if came.Has("iss") && came.Get("iss") != p.cfg.Issuer { // RFC 9207, section 2.4
		return Login{}, fmt.Errorf("%w: it comes from %q", ErrAnswer, short(came.Get("iss")))
	}
	if refused := came.Get("error"); refused != "" {
		return Login{}, fmt.Errorf("%w: %q: %q", ErrDenied, short(refused), short(came.Get("error_description")))
	}
	if came.Get("code") == "" {
		return Login{}, fmt.Errorf("%w: there is no code in it", ErrAnswer)
	}
	m, err := p.metadata(ctx)
	if err != nil {
		return Login{}, err
	}
	raw, err := p.exchange(ctx, m, a, redirect, came.Get("code"))
	if err != nil {
		return Login{}, err
	}
	token, err := p.verify(ctx, m, raw)
	if err != nil {
		return Login{}, err
	}
	return p.login(a, token)
}

// exchange gives the code away for the ID token.
func (p *Provider) exchange(ctx context.Context, m *metadata, a Attempt, redirect, code string) (string, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client)
	t, err := p.oauth(m, redirect).Exchange(ctx, code, oauth2.VerifierOption(a.derived("verifier")))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return "", fmt.Errorf("%w: the code was not taken: %q: %q", ErrAnswer, short(refused.ErrorCode), short(refused.ErrorDescription))
	}
	if err != nil {
		return "", fmt.Errorf("%w: giving the code away for a token: %w", ErrDown, err)
	}
	raw, ok := t.Extra("id_token").(string)
	if !ok {
		return "", fmt.Errorf("%w: it has no ID token", ErrAnswer)
	}
	return raw, nil
}

// watched are the keys of the provider; it notes that they could not be fetched.
type watched struct {
	goidc.KeySet
	down error
}

// VerifySignature checks the signature of a token.
func (w *watched) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	if errors.Unwrap(err) != nil { // what it says of a signature that does not fit wraps nothing
		w.down = err
	}
	return payload, err
}

// verify checks signature, issuer, audience and end of an ID token.
func (p *Provider) verify(ctx context.Context, m *metadata, raw string) (*goidc.IDToken, error) {
	keys := &watched{KeySet: m.keys}
	token, err := goidc.NewVerifier(p.cfg.Issuer, keys, &goidc.Config{ClientID: p.cfg.ClientID, SupportedSigningAlgs: m.algorithms, Now: p.cfg.Now}).Verify(ctx, raw)
	switch {
	case keys.down != nil:
		return nil, fmt.Errorf("%w: fetching its keys: %w", ErrDown, keys.down)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return token, nil
}

// ahead is by how much the provider's clock may be ahead of ours.
const ahead = 5 * time.Minute

// login reads who it is from a token that was verified, and that this attempt asked for.
func (p *Provider) login(a Attempt, token *goidc.IDToken) (Login, error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return Login{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	party, named := claims["azp"]
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.derived("nonce"))) != 1:
		return Login{}, fmt.Errorf("%w: the nonce is another one", ErrAnswer)
	case named && party != p.cfg.ClientID, !named && slices.ContainsFunc(token.Audience, func(of string) bool { return of != p.cfg.ClientID }):
		return Login{}, fmt.Errorf("%w: the token is for %q and was given to another client", ErrAnswer, short(fmt.Sprint(token.Audience)))
	case token.IssuedAt.After(p.cfg.Now().Add(ahead)):
		return Login{}, fmt.Errorf("%w: the token is of %s; the clocks differ", ErrAnswer, token.IssuedAt)
	case !users.ValidSubject(token.Subject):
		return Login{}, fmt.Errorf("%w: the subject %q is none", ErrAnswer, short(token.Subject))
	}
	l := Login{Identity: users.Identity{Issuer: p.cfg.Issuer, Subject: token.Subject}, Name: suggested(claims)}
	l.Role, l.Claimed = p.role(claims)
	return l, nil
}

// short is a text from outside for the log.
func short(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
