package admin_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/admin/access"
	"hotline/tokens"
)

// token makes one of a scope and gives its header.
func (h *house) token(name string, scope tokens.Scope, expires time.Time) string {
	h.t.Helper()
	secret, token := access.NewToken(name, scope, monday(9, 0))
	token.Expires = expires
	must(h.t, h.store.PutToken(h.t.Context(), token))
	return "Bearer " + secret
}

// TestEveryRouteAsksForItsScope asks each operation of the API's own document, and what stands beside it, with a token of each
// scope: those that the rule leaves out are refused, the others never are. A route without a rule fails.
func TestEveryRouteAsksForItsScope(t *testing.T) {
	h := open(t)
	list := h.operations()
	delete(list, "/api/v1/health") // needs no token
	for _, path := range []string{"/metrics", "/api/v1/debug/profile", "/api/v1/debug/heap", "/api/v1/debug/goroutine"} {
		list[path] = []string{"GET"}
	}
	secrets := map[tokens.Scope]string{}
	for _, scope := range tokens.Scopes() {
		secrets[scope] = h.token(string(scope), scope, time.Time{})
	}
	for path, methods := range list {
		for _, m := range methods {
			need, ok := access.Rule(m, path)
			if !ok {
				t.Errorf("%s %s has no rule in admin/access: say which scope it takes", m, path)
				continue
			}
			if m != "GET" && need == tokens.ScopeRead && !strings.HasSuffix(path, "/preview") && !strings.HasSuffix(path, "/check") && !strings.HasSuffix(path, "/replay") {
				t.Errorf("%s %s writes, and a token that may only read may do it", m, path)
			}
			at := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "1")
			for scope, token := range secrets {
				r := h.ask(m, at, "not json", "Authorization", token)
				if refused := r.status == 403; refused == scope.Includes(need) {
					t.Errorf("%s %s answers %d to a token of scope %s, it takes %s", m, path, r.status, scope, need)
				}
				if r.status == 403 && !strings.Contains(r.body, "--scope "+string(need)) {
					t.Errorf("%s %s: the refusal names no remedy: %s", m, path, r.body)
				}
			}
		}
	}
	h.ask("GET", "/api/v1/nothing", "", "Authorization", secrets[tokens.ScopeRead]).is(404)
	h.ask("HEAD", "/api/v1/recordings/1/accesses", "", "Authorization", secrets[tokens.ScopeStaff]).is(403)
	h.ask("PATCH", "/api/v1/contracts/1", "", "Authorization", secrets[tokens.ScopeStaff]).is(403)
	h.ask("PATCH", "/api/v1/contracts", "", "Authorization", secrets[tokens.ScopeRead]).is(405)
}

func TestATokenEnds(t *testing.T) {
	h := open(t)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", h.token("day", tokens.ScopeRead, monday(23, 0))).is(200)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", h.token("over", tokens.ScopeAdmin, monday(9, 0))).is(401, "ended at")
}

func TestRefusedRequestsAreCountedAndWrittenDown(t *testing.T) {
	h := open(t)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", "").is(401)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", "Bearer guess").is(401)
	h.ask("PUT", "/api/v1/levels/x", "{}", "Authorization", h.token("laura", tokens.ScopeStaff, time.Time{})).is(403)
	h.ask("GET", "/metrics", "").is(200, `hotline_api_refused_total{why="no token"} 1`, `hotline_api_refused_total{why="unknown token"} 1`, `hotline_api_refused_total{why="scope"} 1`)
	if log := h.log.String(); !strings.Contains(log, `msg="api: request refused" why="unknown token" from=127.0.0.1 status=401`) || strings.Contains(log, "guess") {
		t.Errorf("the log for fail2ban is %s", log)
	}
}

// TestAGuesserIsRefusedUnseen: the right token does not help where too many wrong ones came from, until the minute is over.
func TestAGuesserIsRefusedUnseen(t *testing.T) {
	h := open(t)
	var last int
	for i := range 40 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/tickets", nil)
		r.RemoteAddr = "192.0.2.7:4711"
		r.Header.Set("Authorization", "Bearer guess")
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		if last = w.Code; (last == http.StatusTooManyRequests) != (i >= 20) {
			t.Fatalf("guess %d is answered with %d", i+1, last)
		}
	}
	h.get("/tickets").is(200) // others are not touched
}

// TestAnAnswerIsBoundToItsToken: another token of the same name, made when the former was removed, gets none of its answers.
func TestAnAnswerIsBoundToItsToken(t *testing.T) {
	h := open(t)
	first := h.token("laura", tokens.ScopeStaff, time.Time{})
	h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k", "Authorization", first).is(201, `"number":417`)
	must(t, h.store.RemoveToken(t.Context(), "laura"))
	second := h.token("laura", tokens.ScopeStaff, time.Time{})
	h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k", "Authorization", second).is(201, `"number":418`)
	h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k", "Authorization", first).is(401)
	long := "/nothing/" + strings.Repeat("x", 6000)
	h.post(long, "{}", "Idempotency-Key", "k").is(404)
	h.post(long, "{}", "Idempotency-Key", "k").is(404)
}
