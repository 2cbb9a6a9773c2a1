package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"hotline/admin/problem"
	"hotline/storage"
	"hotline/tokens"
)

// Authenticator lets a request pass that has a token of the scope that its route asks for. All fields are required. Safe for
// concurrent use.
type Authenticator struct {
	Token   func(ctx context.Context, hash [32]byte) (tokens.Token, error) // ErrNotFound for one that is unknown
	Used    func(ctx context.Context, hash [32]byte, at time.Time) error
	Open    func(path string) bool // paths that need no token
	Routes  chi.Routes
	Now     func() time.Time // by which tokens end
	Log     *slog.Logger
	Refused func(why string) // counts a request that was refused

	refusals Refusals
}

// Wrap is the middleware.
func (a *Authenticator) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Open(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		inAddress := secret == "" && strings.HasSuffix(r.URL.Path, "/oncall/calendar.ics") // calendar programs send no header
		if inAddress {
			scheme, secret = "Bearer", r.URL.Query().Get("token")
		}
		now, from := time.Now(), sourceOf(r)
		if a.refusals.Spent(from, now) {
			w.Header().Set("Retry-After", "60")
			a.refuse(w, r, "busy", http.StatusTooManyRequests, "too many requests with a wrong token came from your address; wait a minute")
			return
		}
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			a.refuse(w, r, "no token", http.StatusUnauthorized, "send a token: Authorization: Bearer TOKEN")
			return
		}
		token, err := a.Token(r.Context(), sha256.Sum256([]byte(strings.TrimSpace(secret))))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			a.refusals.Note(from, now)
			a.refuse(w, r, "unknown token", http.StatusUnauthorized, "this token is not known")
		case err != nil:
			p := problem.Explain(r.Context(), a.Log, "", fmt.Errorf("looking a token up: %w", err))
			problem.Write(w, p.GetStatus(), p.Error())
		case !token.Expires.IsZero() && !a.Now().Before(token.Expires):
			a.refuse(w, r, "ended token", http.StatusUnauthorized, "this token ended at "+token.Expires.Format(time.RFC3339)+"; ask for a new one: hotline token add")
		case inAddress && token.Scope != tokens.ScopeCalendar: // addresses are remembered and passed on
			a.refuse(w, r, "scope", http.StatusForbidden, "only a token of scope calendar may stand in an address: hotline token add NAME --scope calendar")
		default:
			if need, ok := a.need(r); !ok || !token.Scope.Includes(need) {
				a.refuse(w, r, "scope", http.StatusForbidden, fmt.Sprintf("a token of scope %s may not do this, it takes %s: hotline token add NAME --scope %s", token.Scope, need, need))
				return
			}
			a.noteUse(r.Context(), token, now)
			next.ServeHTTP(w, r.WithContext(withToken(r.Context(), token)))
		}
	})
}

// noteUse writes down that a token was used, where that was not just done.
func (a *Authenticator) noteUse(ctx context.Context, t tokens.Token, now time.Time) {
	if now.Sub(t.Used) >= tokens.UseTime {
		if err := a.Used(ctx, t.Hash, now.UTC().Truncate(time.Second)); err != nil { // the next request notes it
			a.Log.WarnContext(ctx, "the use of a token is not noted", "token", t.Name, "error", err)
		}
	}
}

// need is the scope that a request asks for. What the router does not know takes any token, and is answered with what it is.
func (a *Authenticator) need(r *http.Request) (tokens.Scope, bool) {
	c := chi.NewRouteContext()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if !a.Routes.Match(c, method, r.URL.Path) {
		return tokens.ScopeRead, true
	}
	if need, ok := Rule(method, c.RoutePattern()); ok {
		return need, true
	}
	return tokens.ScopeAdmin, false
}

// refuse answers a request that may not be done, counts it, and writes it down for whoever bans by the log.
func (a *Authenticator) refuse(w http.ResponseWriter, r *http.Request, why string, status int, detail string) {
	a.Refused(why)
	a.Log.WarnContext(r.Context(), "api: request refused", "why", why, "from", sourceOf(r).String(), "status", status)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	problem.Write(w, status, detail)
}

// sourceOf is the host that a request came from.
func sourceOf(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes nothing else
	return at.Addr().Unmap()
}
