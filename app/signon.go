package app

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"hotline/certificate"
	"hotline/config"
	"hotline/secretfile"
	"hotline/users/oidc"
	"hotline/web/signon"
)

// signOn is the identity provider by which staff may log in. It is not asked before somebody does.
func signOn(c config.OIDC) (signon.Provider, error) {
	if c.Issuer == "" {
		return signon.Provider{}, nil
	}
	secret := c.ClientSecret
	if c.ClientSecretFile != "" {
		var err error
		if secret, err = secretfile.Word(c.ClientSecretFile); err != nil {
			return signon.Provider{}, fmt.Errorf("reading the secret for the identity provider (http.oidc.client_secret_file): %w", err)
		}
	}
	believed, err := believing(c.Roots)
	if err != nil {
		return signon.Provider{}, err
	}
	p := oidc.New(oidc.Config{
		Issuer: c.Issuer, ClientID: c.ClientID, Secret: secret, Scopes: c.Scopes, Claim: c.Claim, Roles: c.Roles,
		Client: &http.Client{Transport: believed}, Now: time.Now,
	})
	return signon.Provider{Provider: p, Name: c.Title(), Redirect: c.Redirect, Create: c.Unknown == config.UnknownCreate}, nil
}

// believing is HTTP that believes the authorities of a PEM file; without one, those of the system. Nobody logs in so often that a
// connection is worth keeping.
func believing(roots string) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if roots == "" {
		return t, nil
	}
	pool, err := certificate.Roots(roots)
	if err != nil {
		return nil, fmt.Errorf("the authorities of the identity provider (http.oidc.roots): %w", err)
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}
