package oidc_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotline/users"
	"hotline/users/oidc"
	"hotline/users/oidc/oidctest"
)

const back = "https://desk.example/login/oidc/callback"

// house is somebody who may log in by a provider.
type house struct {
	t        *testing.T
	provider *oidctest.Provider
	client   *oidc.Provider
	now      time.Time
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	h.provider = oidctest.Start(t, func() time.Time { return h.now })
	h.provider.LogsIn(oidctest.Person{Subject: "248289761001", Claims: map[string]any{"preferred_username": "Anna", "groups": []string{"support"}}})
	h.client = oidc.New(h.config())
	return h
}

func (h *house) config() oidc.Config {
	return oidc.Config{
		Issuer: h.provider.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Scopes: []string{"profile"}, Claim: "groups",
		Roles: map[string]users.Role{"support": users.Staff, "bosses": users.Admin, "guests": users.Viewer}, Client: h.provider.Client(), Now: func() time.Time { return h.now },
	}
}

// leaves begins a login, and is let in at the provider; what the browser comes back with is the result.
func (h *house) leaves() (oidc.Attempt, url.Values) {
	h.t.Helper()
	a := oidc.Begin(h.now)
	address, err := h.client.Address(h.t.Context(), a, back)
	if err != nil {
		h.t.Fatal(err)
	}
	return a, h.visits(address)
}

func (h *house) visits(address string) url.Values {
	h.t.Helper()
	browser := *h.provider.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := browser.Get(address)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	to, err := answer.Location()
	if err != nil || !strings.HasPrefix(to.String(), back+"?") {
		h.t.Fatalf("the provider sends the browser to %v: %v", to, err)
	}
	return to.Query()
}

func (h *house) logsIn() (oidc.Login, error) {
	h.t.Helper()
	a, came := h.leaves()
	return h.client.Finish(h.t.Context(), a, back, came)
}

func TestSomebodyLogsIn(t *testing.T) {
	h := open(t)
	for range 2 {
		l, err := h.logsIn()
		want := oidc.Login{Identity: users.Identity{Issuer: h.provider.URL, Subject: "248289761001"}, Name: "anna", Claimed: true, Role: users.Staff}
		if err != nil || l != want {
			t.Fatalf("%+v, %v; want %+v", l, err, want)
		}
	}
	if n := h.provider.Asked("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("two logins asked the provider %d times what it says of itself", n)
	}
	h.now = h.now.Add(2 * time.Hour)
	if _, err := h.logsIn(); err != nil || h.provider.Asked("/.well-known/openid-configuration") != 2 {
		t.Errorf("two hours later it was not asked again: %v", err)
	}
}

// TestATokenThatIsNotToBeBelieved: whatever a provider, or somebody between it and us, may say.
func TestATokenThatIsNotToBeBelieved(t *testing.T) {
	h := open(t)
	for name, lie := range map[string]func(*oidctest.Token){
		"another nonce":                   func(k *oidctest.Token) { k.Claims["nonce"] = "another" },
		"no nonce":                        func(k *oidctest.Token) { delete(k.Claims, "nonce") },
		"another audience":                func(k *oidctest.Token) { k.Claims["aud"] = "another" },
		"no audience":                     func(k *oidctest.Token) { delete(k.Claims, "aud") },
		"two audiences, nobody's":         func(k *oidctest.Token) { k.Claims["aud"] = []string{oidctest.ClientID, "another"} },
		"given to another client":         func(k *oidctest.Token) { k.Claims["azp"] = "another" },
		"a party that is no text":         func(k *oidctest.Token) { k.Claims["azp"] = []string{oidctest.ClientID} },
		"expired":                         func(k *oidctest.Token) { k.Claims["exp"] = h.now.Add(-time.Second).Unix() },
		"without an end":                  func(k *oidctest.Token) { delete(k.Claims, "exp") },
		"not yet valid":                   func(k *oidctest.Token) { k.Claims["nbf"] = h.now.Add(time.Hour).Unix() },
		"of tomorrow":                     func(k *oidctest.Token) { k.Claims["iat"] = h.now.Add(24 * time.Hour).Unix() },
		"another issuer":                  func(k *oidctest.Token) { k.Claims["iss"] = "https://other.example" },
		"an issuer with one more slash":   func(k *oidctest.Token) { k.Claims["iss"] = h.provider.URL + "/" },
		"no subject":                      func(k *oidctest.Token) { delete(k.Claims, "sub") },
		"an empty subject":                func(k *oidctest.Token) { k.Claims["sub"] = "" },
		"a subject with a line":           func(k *oidctest.Token) { k.Claims["sub"] = "a\nb" },
		"a subject with NUL":              func(k *oidctest.Token) { k.Claims["sub"] = "a\x00" },
		"a subject that is too long":      func(k *oidctest.Token) { k.Claims["sub"] = strings.Repeat("a", users.SubjectMost+1) },
		"no signature":                    func(k *oidctest.Token) { k.Algorithm = "none" },
		"the public key as a secret":      func(k *oidctest.Token) { k.Algorithm = "HS256" },
		"a key that nobody knows":         func(k *oidctest.Token) { k.KeyID = "unknown" },
		"no token":                        func(k *oidctest.Token) { k.Missing = true },
		"a token that is none":            func(k *oidctest.Token) { k.Raw = "a.b.c" },
		"an empty token":                  func(k *oidctest.Token) { k.Raw = "." },
		"a token with the end of another": func(k *oidctest.Token) { k.Raw = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA" },
	} {
		h.provider.Lies(lie)
		if l, err := h.logsIn(); !errors.Is(err, oidc.ErrAnswer) || l != (oidc.Login{}) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	for name, truth := range map[string]func(*oidctest.Token){
		"two audiences, ours": func(k *oidctest.Token) {
			k.Claims["aud"] = []string{oidctest.ClientID, "another"}
			k.Claims["azp"] = oidctest.ClientID
		},
		"one audience as a list":    func(k *oidctest.Token) { k.Claims["aud"] = []string{oidctest.ClientID} },
		"a key without a name":      func(k *oidctest.Token) { k.KeyID = "" },
		"a clock a minute ahead":    func(k *oidctest.Token) { k.Claims["iat"] = h.now.Add(time.Minute).Unix() },
		"the longest subject":       func(k *oidctest.Token) { k.Claims["sub"] = strings.Repeat("a", users.SubjectMost) },
		"a subject that is a blank": func(k *oidctest.Token) { k.Claims["sub"] = " a" },
	} {
		h.provider.Lies(truth)
		if _, err := h.logsIn(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatABrowserComesBackWith(t *testing.T) {
	h := open(t)
	a, came := h.leaves()
	with := func(name, value string) url.Values {
		v := url.Values{}
		for k := range came {
			v.Set(k, came.Get(k))
		}
		if v.Set(name, value); value == "" {
			v.Del(name)
		}
		return v
	}
	for _, row := range []struct {
		why     string
		attempt oidc.Attempt
		came    url.Values
		want    error
	}{
		{"another state", a, with("state", "another"), oidc.ErrState},
		{"no state", a, with("state", ""), oidc.ErrState},
		{"another browser's attempt", oidc.Begin(h.now), came, oidc.ErrState},
		{"a refusal with another's state", oidc.Begin(h.now), with("error", "access_denied"), oidc.ErrState},
		{"another provider's answer", a, with("iss", "https://other.example"), oidc.ErrAnswer},
		{"a refusal", a, with("error", "access_denied"), oidc.ErrDenied},
		{"no code", a, with("code", ""), oidc.ErrAnswer},
		{"a code that was made up", a, with("code", "another"), oidc.ErrAnswer},
	} {
		if l, err := h.client.Finish(t.Context(), row.attempt, back, row.came); !errors.Is(err, row.want) || l != (oidc.Login{}) {
			t.Errorf("%s: %+v, %v", row.why, l, err)
		}
	}
	if _, err := h.client.Finish(t.Context(), a, "https://desk.example/x/login/oidc/callback", came); !errors.Is(err, oidc.ErrAnswer) {
		t.Errorf("a code for another address: %v", err)
	}
	if _, err := h.client.Finish(t.Context(), a, back, came); err != nil {
		t.Fatal(err)
	}
	if _, err := h.client.Finish(t.Context(), a, back, came); !errors.Is(err, oidc.ErrAnswer) {
		t.Errorf("a code that was used: %v", err)
	}
	_, stolen := h.leaves() // a code of one browser with the state of another: PKCE and the nonce bind it
	mine, theirs := h.leaves()
	theirs.Set("code", stolen.Get("code"))
	if _, err := h.client.Finish(t.Context(), mine, back, theirs); !errors.Is(err, oidc.ErrAnswer) {
		t.Errorf("a stolen code: %v", err)
	}
}

func TestAnAttemptIsTheBrowsersForTenMinutes(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	a := oidc.Begin(now)
	for _, row := range []struct {
		secret string
		at     time.Time
		holds  bool
	}{
		{a.Secret(), now, true},
		{a.Secret(), now.Add(oidc.AttemptTime - time.Second), true},
		{a.Secret(), now.Add(oidc.AttemptTime), false},
		{a.Secret(), now.Add(-time.Second), false},
		{"", now, false}, {"1", now, false}, {"x." + strings.Repeat("A", 26), now, false}, {a.Secret()[:20], now, false}, {a.Secret() + strings.Repeat("A", 60), now, false},
	} {
		again, ok := oidc.Resume(row.secret, row.at)
		if ok != row.holds || ok && (again.State() != a.State() || again.Spent() != a.Spent()) {
			t.Errorf("%q at %v: %v", row.secret, row.at, ok)
		}
	}
	if b := oidc.Begin(now); b.State() == a.State() || b.Secret() == a.Secret() || strings.Contains(a.Secret(), a.State()) {
		t.Error("two attempts are one, or the state gives the secret away")
	}
	later, _ := oidc.Resume(strings.Replace(a.Secret(), ".", "0.", 1), now) // who writes another time in it has another attempt
	if later.State() == a.State() {
		t.Error("the time can be changed")
	}
}

func TestKeysRotate(t *testing.T) {
	h := open(t)
	for _, algorithm := range []string{"RS256", "ES256", "RS256"} {
		h.provider.Rotates(t, algorithm)
		for range 2 {
			if _, err := h.logsIn(); err != nil {
				t.Fatalf("after another key of %s: %v", algorithm, err)
			}
		}
	}
	if n := h.provider.Asked("/keys"); n != 3 {
		t.Errorf("three keys were fetched %d times", n)
	}
}

func TestAProviderThatIsDown(t *testing.T) {
	h := open(t)
	for _, path := range []string{"/token", "/keys"} {
		h.provider.Fails(path)
		if _, err := h.logsIn(); !errors.Is(err, oidc.ErrDown) {
			t.Errorf("%s fails: %v", path, err)
		}
	}
	h.provider.Fails("")
	if _, err := h.logsIn(); err != nil {
		t.Fatal(err)
	}
	h.provider.Fails("*")
	h.now = h.now.Add(2 * time.Hour)
	if _, err := h.client.Address(t.Context(), oidc.Begin(h.now), back); err != nil {
		t.Errorf("what it said of itself does not stand: %v", err)
	}
	unknown := oidc.New(h.config())
	for range 2 {
		if _, err := unknown.Address(t.Context(), oidc.Begin(h.now), back); !errors.Is(err, oidc.ErrDown) {
			t.Errorf("one that never answered: %v", err)
		}
	}
	c := h.config()
	c.Client = nil // the system's authorities do not know this one
	h.provider.Fails("")
	if _, err := oidc.New(c).Address(t.Context(), oidc.Begin(h.now), back); !errors.Is(err, oidc.ErrDown) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	c = h.config()
	c.Secret = "wrong"
	h.client = oidc.New(c)
	if _, err := h.logsIn(); !errors.Is(err, oidc.ErrAnswer) || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("a wrong secret: %v", err)
	}
	c.Issuer += "/"
	if _, err := oidc.New(c).Address(t.Context(), oidc.Begin(h.now), back); !errors.Is(err, oidc.ErrDown) || !strings.Contains(err.Error(), "did not match") {
		t.Errorf("a provider that names itself otherwise: %v", err)
	}
}

func TestRolesComeFromAClaim(t *testing.T) {
	h := open(t)
	for _, row := range []struct {
		claim   string
		claims  map[string]any
		role    users.Role
		claimed bool
	}{
		{"groups", map[string]any{"groups": []string{"support"}}, users.Staff, true},
		{"groups", map[string]any{"groups": "support"}, users.Staff, true},
		{"groups", map[string]any{"groups": []any{"guests", 7, "bosses", "support"}}, users.Admin, true},
		{"groups", map[string]any{}, "", false},
		{"groups", map[string]any{"groups": nil}, "", true},
		{"groups", map[string]any{"groups": []string{}}, "", true},
		{"groups", map[string]any{"groups": []string{"Support", "canteen", "admin", ""}}, "", true},
		{"groups", map[string]any{"groups": map[string]any{"support": true}}, "", true},
		{"groups", map[string]any{"groups": true}, "", true},
		{"realm_access.roles", map[string]any{"realm_access": map[string]any{"roles": []string{"guests"}}}, users.Viewer, true},
		{"realm_access.roles", map[string]any{"realm_access.roles": "support", "realm_access": map[string]any{"roles": "bosses"}}, users.Staff, true},
		{"realm_access.roles", map[string]any{"realm_access": []string{"bosses"}}, "", false},
		{"https://desk.example/roles", map[string]any{"https://desk.example/roles": "support"}, users.Staff, true},
		{"", map[string]any{"": "bosses"}, "", false},
	} {
		c := h.config()
		c.Claim = row.claim
		h.client = oidc.New(c)
		h.provider.LogsIn(oidctest.Person{Subject: "a", Claims: row.claims})
		if l, err := h.logsIn(); err != nil || l.Role != row.role || l.Claimed != row.claimed {
			t.Errorf("%s of %v: %q, %v, %v", row.claim, row.claims, l.Role, l.Claimed, err)
		}
	}
}

func TestANameIsSuggested(t *testing.T) {
	h := open(t)
	for want, claims := range map[string]map[string]any{
		"anna":       {"preferred_username": " Anna "},
		"anna.rossi": {"preferred_username": "Anna Rossi", "email": "anna.rossi@example.org"},
		"bruno":      {"preferred_username": "bruno@example.org"},
		"":           {"preferred_username": "../../x", "email": "<script>@example.org", "name": "anna"},
	} {
		h.provider.LogsIn(oidctest.Person{Subject: "a", Claims: claims})
		if l, err := h.logsIn(); err != nil || l.Name != want {
			t.Errorf("%v: %q, %v", claims, l.Name, err)
		}
	}
}
