package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hotline/users"
)

// TestEveryRouteHasARule: the table of routes is what the mux is made of, so a route without a rule, or a rule without a route, is
// found here; served it would be open to nobody.
func TestEveryRouteHasARule(t *testing.T) {
	known := map[string]bool{notFound: true}
	for _, r := range (&server{}).routes() {
		known[r.pattern] = true
		if rule, ok := rules()[r.pattern]; !ok || !rule.anybody && len(rule.roles) == 0 {
			t.Errorf("%s has no rule: nobody may use it", r.pattern)
		}
	}
	for pattern, rule := range rules() {
		if !known[pattern] {
			t.Errorf("%s has a rule and is no route", pattern)
		}
		for _, role := range rule.roles {
			if !role.Valid() {
				t.Errorf("%s is for the role %q, which does not exist", pattern, role)
			}
		}
	}
}

// example is an address that a route's pattern stands for.
func example(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	for gap, value := range map[string]string{"{number}": "417", "{id}": "rossi", "{token}": "token", "{file}": "desk.css", "{table}": "contracts.csv", "{name}": "nobody", "{language}": "la", "{key}": "welcome"} {
		path = strings.ReplaceAll(path, gap, value)
	}
	return method, path
}

// TestEachRoleMayDoWhatTheTableSays asks every route as every role, and without a session. What is asked for need not be there.
func TestEachRoleMayDoWhatTheTableSays(t *testing.T) {
	o := open(t)
	for _, r := range (&server{}).routes() {
		method, path := example(r.pattern)
		rule := rules()[r.pattern]
		if path == "/live" { // it does not end by itself; its own tests ask
			continue
		}
		for _, role := range users.Roles() {
			if a := o.as(role).do(method, path, nil); (a.Code == http.StatusForbidden) == may(role, r.pattern) && !strings.Contains(path, "/setup/") && !strings.Contains(path, "/invite/") {
				t.Errorf("%s as %s: %d", r.pattern, role, a.Code)
			}
		}
		if a := o.browser().do(method, path, nil); !rule.anybody {
			if want := "/login?next="; a.Code != http.StatusSeeOther || !strings.HasPrefix(a.Header().Get("Location"), want) {
				t.Errorf("%s without a session: %d to %q", r.pattern, a.Code, a.Header().Get("Location"))
			}
		}
	}
	o.browser().get("/nothing").goes("/login?next=%2Fnothing")
	o.as(users.Viewer).get("/nothing").is(http.StatusNotFound)
}

func TestCallersVoicesAreNotForViewers(t *testing.T) {
	for role, listens := range map[users.Role]bool{users.Viewer: false, users.Engineer: true, users.Staff: true, users.Admin: true} {
		if may(role, "GET /recordings/{id}/audio") != listens {
			t.Errorf("%s: %v", role, !listens)
		}
	}
	if slices.Contains(users.Roles(), "root") || may("root", "GET /{$}") || may("", "GET /{$}") {
		t.Error("somebody without a role sees the board")
	}
}

// TestAFormFromAnotherSiteChangesNothing: every POST, by what browsers say of where a request comes from, and by its origin.
func TestAFormFromAnotherSiteChangesNothing(t *testing.T) {
	o := open(t)
	for _, r := range (&server{}).routes() {
		method, path := example(r.pattern)
		if method != http.MethodPost {
			continue
		}
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			b := o.as(users.Admin)
			b.header.Set(name, value)
			b.do(method, path, nil).is(http.StatusForbidden, "another site")
		}
	}
	o.as(users.Admin).get("/").is(http.StatusOK)
}
