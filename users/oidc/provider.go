// Package oidc is the login by an identity provider: OpenID Connect Core 1.0 with the authorization code flow and PKCE (RFC 7636). It
// knows the provider; what becomes of who logs in is for package web/signon.
//
// Nothing of a login is kept here: state, nonce and the verifier of PKCE are made of a secret that the browser alone has. The
// provider is asked when somebody logs in, and at no other time. It starts no goroutine but the one in which the library fetches keys, which
// ends with the answer, 5 s later at most.
package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hotline/circuitbreaker"
	"hotline/users"
)

// Config is which provider is asked, and how. Everything but Secret, Scopes, Claim, Roles and Client is required.
type Config struct {
	Issuer   string // address of the provider, exactly as it names itself
	ClientID string
	Secret   string                // empty: a public client, which PKCE alone protects
	Scopes   []string              // that are asked for beside openid
	Claim    string                // of the ID token, which names roles; empty: none does
	Roles    map[string]users.Role // by what the claim says
	Client   *http.Client          // nil: one that believes the system's authorities
	Now      func() time.Time
}

// Provider is the identity provider. Safe for concurrent use.
type Provider struct {
	cfg     Config
	client  *http.Client
	breaker *circuitbreaker.Breaker

	mu    sync.Mutex
	known *metadata
}

// metadata is what the provider says of itself (OpenID Connect Discovery 1.0).
type metadata struct {
	endpoint   oauth2.Endpoint
	algorithms []string
	keys       goidc.KeySet
	read       time.Time
}

// The errors of a login. Each wraps what was the matter, for the log.
var (
	// ErrDown says that the provider does not answer, or does not work.
	ErrDown = errors.New("the identity provider does not answer")
	// ErrState says that the browser has not begun this login, or too long ago.
	ErrState = errors.New("this browser has not begun this login")
	// ErrDenied says that the provider did not let somebody in.
	ErrDenied = errors.New("the identity provider refused")
	// ErrAnswer says that what came back is not to be believed.
	ErrAnswer = errors.New("the answer of the identity provider is not to be believed")
)

const (
	answerTime = 5 * time.Second // within which the provider is to answer
	cooldown   = 2 * time.Second // for which nobody waits for it again
	fresh      = time.Hour       // after which it is asked again what it says of itself
)

// New makes the provider. It is not asked yet.
func New(c Config) *Provider {
	client := http.Client{}
	if c.Client != nil {
		client = *c.Client
	}
	client.Timeout = answerTime
	client.Transport = bounded{client.Transport}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Provider{cfg: c, client: &client, breaker: circuitbreaker.New(circuitbreaker.Config{Timeout: answerTime, Cooldown: cooldown})}
}

// Issuer is the address of the provider.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// signatures are those by a key pair. One by a shared key (HS256) is none of them: whoever may check it may forge it, and the provider's
// public key would do as that key. "none" is no signature at all.
func signatures() []string {
	return []string{goidc.RS256, goidc.RS384, goidc.RS512, goidc.ES256, goidc.ES384, goidc.ES512, goidc.PS256, goidc.PS384, goidc.PS512, goidc.EdDSA}
}

// metadata asks the provider what it says of itself, unless that is known.
func (p *Provider) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	known := p.known
	p.mu.Unlock()
	if known != nil && p.cfg.Now().Sub(known.read) < fresh {
		return known, nil
	}
	read, err := p.discover(ctx)
	if err != nil && known != nil { // it stands until there is a newer one
		return known, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: reading what %s says of itself: %w", ErrDown, p.cfg.Issuer, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = read
	return read, nil
}

func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	m := &metadata{read: p.cfg.Now()}
	return m, p.breaker.Do(ctx, func(ctx context.Context) error {
		ctx = goidc.ClientContext(ctx, p.client)
		found, err := goidc.NewProvider(ctx, p.cfg.Issuer)
		if err != nil {
			return err
		}
		var more struct {
			Keys       string   `json:"jwks_uri"`
			Algorithms []string `json:"id_token_signing_alg_values_supported"`
			Methods    []string `json:"token_endpoint_auth_methods_supported"`
		}
		if err := found.Claims(&more); err != nil {
			return err
		}
		m.endpoint, m.keys = found.Endpoint(), goidc.NewRemoteKeySet(ctx, more.Keys)
		m.endpoint.AuthStyle = p.style(more.Methods)
		for _, a := range signatures() {
			if slices.Contains(more.Algorithms, a) {
				m.algorithms = append(m.algorithms, a)
			}
		}
		for _, named := range []struct{ what, address string }{{"authorization_endpoint", m.endpoint.AuthURL}, {"token_endpoint", m.endpoint.TokenURL}, {"jwks_uri", more.Keys}} {
			if !users.ProviderAddress(named.address) {
				return fmt.Errorf("its %s is %q, which is no address of https", named.what, named.address)
			}
		}
		return nil
	})
}

// style is how this client shows its secret: by HTTP Basic unless the provider takes it in the form alone.
func (p *Provider) style(methods []string) oauth2.AuthStyle {
	if p.cfg.Secret == "" || len(methods) > 0 && !slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// oauth is the client of one login; redirect is where the browser comes back.
func (p *Provider) oauth(m *metadata, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: m.endpoint, RedirectURL: redirect, Scopes: append([]string{goidc.ScopeOpenID}, p.cfg.Scopes...)}
}
