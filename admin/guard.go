package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"hotline/admin/access"
	"hotline/tickets"
)

// maxBody bounds a request's body in octets; a flow of two thousand lines is a tenth of it.
const maxBody = 1 << 20

// tokenOctets is the randomness of a token: nobody guesses 256 bits; the budget of wrong ones spares the store.
const tokenOctets = 32

// NewToken draws a bearer token for somebody by name. The secret is shown once; only its SHA-256 is stored.
func NewToken(name string, scope tickets.TokenScope, now time.Time) (secret string, t tickets.Token) {
	octets := make([]byte, tokenOctets)
	_, _ = rand.Read(octets) // never fails: crypto/rand ends the program instead
	secret = "hl_" + hex.EncodeToString(octets)
	return secret, tickets.Token{Name: name, Hash: sha256.Sum256([]byte(secret)), Created: now, Scope: scope}
}

// staffKey is under which a request's context holds its token.
type staffKey struct{}

// staff names who acts, as it stands in histories.
func staff(ctx context.Context) string { return "staff:" + tokenName(ctx) }

func tokenName(ctx context.Context) string {
	t, _ := ctx.Value(staffKey{}).(tickets.Token)
	return t.Name
}

// tokenKey names a token for what is bound to it: another token of the same name is another one.
func tokenKey(ctx context.Context) string {
	t, _ := ctx.Value(staffKey{}).(tickets.Token)
	return hex.EncodeToString(t.Hash[:])
}

// open tells which paths need no token: what a monitor asks, and what a client must read first.
func open(path string) bool {
	return path == base+"/health" || path == base+"/openapi" || strings.HasPrefix(path, base+"/openapi.") ||
		strings.HasPrefix(path, base+"/openapi-")
}

func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if open(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		now, from := time.Now(), sourceOf(r)
		if s.refusals.Spent(from, now) {
			w.Header().Set("Retry-After", "60")
			s.refuse(w, r, "busy", http.StatusTooManyRequests, "too many requests with a wrong token came from your address; wait a minute")
			return
		}
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			s.refuse(w, r, "no token", http.StatusUnauthorized, "send a token: Authorization: Bearer TOKEN")
			return
		}
		token, err := s.Store.Token(r.Context(), sha256.Sum256([]byte(strings.TrimSpace(secret))))
		switch {
		case errors.Is(err, tickets.ErrNotFound):
			s.refusals.Note(from, now)
			s.refuse(w, r, "unknown token", http.StatusUnauthorized, "this token is not known")
		case err != nil:
			s.fail(r.Context(), w, fmt.Errorf("looking a token up: %w", err))
		case !token.Expires.IsZero() && !s.Now().Before(token.Expires):
			s.refuse(w, r, "ended token", http.StatusUnauthorized, "this token ended at "+token.Expires.Format(time.RFC3339)+"; ask for a new one: hotline token add")
		default:
			if need, ok := s.need(r); !ok || !token.Scope.Includes(need) {
				s.refuse(w, r, "scope", http.StatusForbidden, fmt.Sprintf("a token of scope %s may not do this, it takes %s: hotline token add NAME --scope %s", token.Scope, need, need))
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), staffKey{}, token)))
		}
	})
}

// need is the scope that a request asks for. What the router does not know takes any token, and is answered with what it is.
func (s *server) need(r *http.Request) (tickets.TokenScope, bool) {
	c := chi.NewRouteContext()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if !s.routes.Match(c, method, r.URL.Path) {
		return tickets.ScopeRead, true
	}
	if need, ok := access.Rule(method, c.RoutePattern()); ok {
		return need, true
	}
	return tickets.ScopeAdmin, false
}

// refuse answers a request that may not be done, counts it, and writes it down for whoever bans by the log.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, why string, status int, detail string) {
	s.Metrics.APIRefused(why)
	s.Log.WarnContext(r.Context(), "api: request refused", "why", why, "from", sourceOf(r).String(), "status", status)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	problem(w, status, detail)
}

// sourceOf is the host that a request came from.
func sourceOf(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes nothing else
	return at.Addr().Unmap()
}

// audit logs who wrote what: contracts, levels and the rota have no history of their own. The addresses hold ids, never
// a PIN.
func (s *server) audit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		out := &copying{ResponseWriter: w, status: http.StatusInternalServerError}
		defer func() {
			s.Log.InfoContext(r.Context(), "staff wrote", "by", tokenName(r.Context()), "method", r.Method, "path", r.URL.Path, "status", out.status)
		}()
		next.ServeHTTP(out, r)
	})
}

// harden sets what keeps an answer from being cached, sniffed or framed.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// survive makes an answer of a panic: one request's fault never ends the process that holds the calls.
func (s *server) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { // the signal of net/http to drop the connection
				panic(p)
			}
			s.Log.Error("a request failed badly", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			problem(w, http.StatusInternalServerError, "this request failed; the log says why")
		}()
		next.ServeHTTP(w, r)
	})
}

// icalendar is the one kind of body whose lines may be folded within a character; its reader cleans the text itself.
const icalendar = "text/calendar"

// plainText reads the body, within its limit, and refuses text that no store keeps: octets that are not UTF-8 and the
// character NUL, in the address as well as in the body.
func plainText(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !plain(r.URL.Path) {
			problem(w, http.StatusBadRequest, "the address is not plain text")
			return
		}
		for name, values := range query {
			if !plain(name + strings.Join(values, "")) {
				problem(w, http.StatusUnprocessableEntity, "a query parameter is not plain text")
				return
			}
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d octets", maxBody))
		case err != nil:
			problem(w, http.StatusBadRequest, "the body could not be read to its end")
		case r.Header.Get("Content-Type") != icalendar && (!plain(string(body)) || hidesNUL(body)):
			problem(w, http.StatusUnprocessableEntity, "the body is not plain text: it must be UTF-8 without the character NUL")
		default:
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		}
	})
}

func plain(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// hidesNUL finds the character in its JSON spelling, \u0000; a backslash of its own before it makes it text.
func hidesNUL(body []byte) bool {
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return false
	}
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		t, err := d.Token()
		if err != nil {
			return false // the end, or no JSON: the next reader says so
		}
		if text, ok := t.(string); ok && !plain(text) {
			return true
		}
	}
}
