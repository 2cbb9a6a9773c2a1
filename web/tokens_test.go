package web

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/tokens"
	"hotline/users"
)

// TestATokenIsShownOnceAndRevokedAtOnce: only its hash is kept, and who made it is logged.
func TestATokenIsShownOnceAndRevokedAtOnce(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.get("/tokens").is(200, "nobody uses the API")
	m := regexp.MustCompile(`class="link-once">(hl_[0-9a-f]{64})<`).FindStringSubmatch(b.post("/tokens", "name", "phone of anna", "scope", "read", "days", "90").is(200, "It is not shown again").Body.String())
	if m == nil {
		t.Fatal("no token is shown")
	}
	token, err := o.store.Token(t.Context(), sha256.Sum256([]byte(m[1])))
	must(t, err)
	if token.Scope != tokens.ScopeRead || !token.Expires.Equal(o.clock().AddDate(0, 0, 90)) {
		t.Errorf("%+v", token)
	}
	b.get("/tokens").is(200, "phone of anna", "read", "never", "Sunday 21 February 2027").hides(m[1])
	must(t, o.store.TokenUsed(t.Context(), token.Hash, o.clock()))
	b.get("/tokens").is(200, "Monday 23 November 2026 09:00").hides("never")
	b.post("/tokens", "name", "phone of anna", "scope", "read").is(409, "already")
	o.passes(91 * 24 * time.Hour)
	b = o.as(users.Admin)
	b.get("/tokens").is(200, "ended Sunday 21 February 2027")
	b.post("/tokens/remove", "name", "phone of anna").goes("/tokens")
	b.post("/tokens/remove", "name", "phone of anna").goes("/tokens") // somebody else was faster
	for _, want := range []string{`by=admin token="phone of anna" scope=read what=make`, `by=admin token="phone of anna" what=revoke`} {
		if !strings.Contains(o.log.String(), want) {
			t.Errorf("the log does not say %s", want)
		}
	}
	if strings.Contains(o.log.String(), m[1]) {
		t.Error("the token stands in the log")
	}
}

// TestATokenThatCannotBeMeantIsNotMade: the form keeps what it said.
func TestATokenThatCannotBeMeantIsNotMade(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	for _, form := range [][]string{
		{"name", "", "scope", "read"}, {"name", "x", "scope", "root"}, {"name", "x", "scope", "read", "days", "0"}, {"name", "x", "scope", "read", "days", "99999"}, {"name", strings.Repeat("x", 101), "scope", "read"},
		{"name", "x", "scope", "alerts"}, {"name", "x", "scope", "read", "contract", "rossi"}, {"name", "x", "scope", "alerts", "contract", "nobody"}, {"name", "a\nb", "scope", "read"},
	} {
		b.post("/tokens", form...).is(422, `role="alert"`)
	}
	b.post("/tokens", "name", "plant", "scope", "alerts", "contract", "rossi", "installation", "plant-2").is(200, "report alerts of one contract: rossi, plant-2")
	if all, err := o.store.Tokens(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}
