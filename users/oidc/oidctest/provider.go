// Package oidctest is a real provider of OpenID Connect for tests: it signs tokens, rotates its keys, takes each code once and checks PKCE,
// the secret and the address as a provider does. It can be told to lie. No program imports it.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The client that every provider of a test knows. The secret has what must be escaped in HTTP Basic (RFC 6749, section 2.3.1).
const (
	ClientID = "hotline"
	Secret   = "s:cret+%/ü"
)

// Provider is one identity provider. Its methods may be called while it serves.
type Provider struct {
	*httptest.Server
	now func() time.Time

	mu       sync.Mutex
	keys     []key // the last one signs
	codes    map[string]granted
	person   Person
	forge    func(*Token)
	down     string // a path that does not work; "*": all
	again    bool   // codes are taken again and again
	asks     bool
	requests []string // what was asked for, by path
}

type key struct {
	id      string
	private any
	public  any
	alg     jose.SignatureAlgorithm
}

// granted is what a code stands for.
type granted struct {
	redirect, challenge, nonce string
	person                     Person
}

// Person is who sits before the provider's own login.
type Person struct {
	Subject string
	Claims  map[string]any // in the ID token, beside those that every token has
	Refused string         // the error of RFC 6749, section 4.1.2.1, that the provider answers with; empty: it lets them in
}

// Token is an ID token before it is signed.
type Token struct {
	Claims    map[string]any
	Algorithm string // RS256, ES256, HS256 (with the public key as the secret) or none
	KeyID     string
	Raw       string // what is sent instead, whatever the rest says
	Missing   bool   // there is no ID token in the answer
}

// Start starts a provider with TLS, which ends with the test. What it says of the time is what now says.
func Start(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	return start(t, now, (*httptest.Server).StartTLS)
}

// StartOpen starts one without TLS on this machine, which a browser of a test takes: at localhost, which is another site than 127.0.0.1.
func StartOpen(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	return start(t, now, func(s *httptest.Server) {
		s.Start()
		s.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	})
}

func start(t testing.TB, now func() time.Time, begin func(*httptest.Server)) *Provider {
	t.Helper()
	p := &Provider{now: now, codes: map[string]granted{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.metadata)
	mux.HandleFunc("GET /keys", p.jwks)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down == "*" || p.down == r.URL.Path
		p.requests = append(p.requests, r.URL.Path)
		p.mu.Unlock()
		if down {
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	begin(p.Server)
	t.Cleanup(p.Close)
	p.Rotates(t, "RS256")
	return p
}

// Rotates lets another key sign; the former ones are gone from its list.
func (p *Provider) Rotates(t testing.TB, algorithm string) {
	t.Helper()
	k := key{id: rand.Text(), alg: jose.SignatureAlgorithm(algorithm)}
	switch k.alg {
	case jose.ES256:
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k.private, k.public = private, private.Public()
	default:
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		k.private, k.public = private, private.Public()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []key{k}
}

// LogsIn puts somebody before the provider's login.
func (p *Provider) LogsIn(who Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = who
}

// Lies changes every token from now on; nil: it is honest again.
func (p *Provider) Lies(forge func(*Token)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forge = forge
}

// Fails lets a path answer 503 from now on; "*" is everything, and "" nothing.
func (p *Provider) Fails(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = path
}

// TakesCodesAgain breaks the rule that a code is good once.
func (p *Provider) TakesCodesAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = true
}

// Asks shows a page with a button before somebody is let in.
func (p *Provider) Asks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = true
}

// Asked is how often a path was asked for.
func (p *Provider) Asked(path string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.requests {
		if one == path {
			n++
		}
	}
	return n
}

func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"}, // as careless as some are
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set := jose.JSONWebKeySet{}
	for _, k := range p.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
	}
	answer(w, set)
}

// authorize is the login at the provider.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != ClientID, err != nil, !strings.HasSuffix(back.Path, "/login/oidc/callback"):
		http.Error(w, "this client and this address are not registered", http.StatusBadRequest)
		return
	case q.Get("response_type") != "code", !slices.Contains(strings.Fields(q.Get("scope")), "openid"), q.Get("code_challenge_method") != "S256",
		len(q.Get("code_challenge")) != 43, len(q.Get("state")) < 22, len(q.Get("nonce")) < 22:
		http.Error(w, "this is no request with code, openid, PKCE, state and nonce", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asks && q.Get("yes") == "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Provider</title><h1>Provider</h1><a id="yes" href="/authorize?%s&amp;yes=1">I am %s</a>`, html.EscapeString(r.URL.RawQuery), html.EscapeString(p.person.Subject))
		return
	}
	came := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	if p.person.Refused != "" {
		came.Set("error", p.person.Refused)
	} else {
		code := rand.Text()
		p.codes[code] = granted{q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce"), p.person}
		came.Set("code", code)
	}
	back.RawQuery = came.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token takes a code.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	}
	if id != ClientID || secret != Secret {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g, known := p.codes[r.FormValue("code")]
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || g.redirect != r.FormValue("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	if !p.again {
		delete(p.codes, r.FormValue("code"))
	}
	now := p.now()
	t := Token{Algorithm: string(p.keys[0].alg), KeyID: p.keys[0].id, Claims: map[string]any{
		"iss": p.URL, "sub": g.person.Subject, "aud": ClientID, "nonce": g.nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}}
	for name, value := range g.person.Claims {
		t.Claims[name] = value
	}
	if p.forge != nil {
		p.forge(&t)
	}
	body := map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300}
	if !t.Missing {
		raw, err := p.signed(t)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		body["id_token"] = raw
	}
	answer(w, body)
}

// signed is a token as it is sent.
func (p *Provider) signed(t Token) (string, error) {
	if t.Raw != "" {
		return t.Raw, nil
	}
	payload, err := json.Marshal(t.Claims)
	if err != nil {
		return "", err
	}
	k := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(t.Algorithm), Key: p.keys[0].private}
	switch t.Algorithm {
	case "none":
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(payload) + ".", nil
	case "HS256": // the key confusion of RFC 8725, section 2.1
		k.Key, err = json.Marshal(jose.JSONWebKey{Key: p.keys[0].public})
		if err != nil {
			return "", err
		}
	}
	signer, err := jose.NewSigner(k, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", t.KeyID))
	if err != nil {
		return "", err
	}
	signature, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signature.CompactSerialize()
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
}
