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
	"hotline/audit"
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
	Refused func(why string)                                // counts a request that was refused
	Note    func(ctx context.Context, r audit.Record) error // writes a record of what changes nothing in the store

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
			need, route, ok := a.need(r)
			if !ok || !token.Scope.Includes(need) {
				a.refuse(w, r, "scope", http.StatusForbidden, fmt.Sprintf("a token of scope %s may not do this, it takes %s: hotline token add NAME --scope %s", token.Scope, need, need))
				return
			}
			a.noteUse(r.Context(), token, now)
			ctx := withToken(r.Context(), token)
			by := audit.Origin{Who: audit.Staff(token.Name), From: from.String(), Route: route.String(), At: now.UTC().Truncate(time.Microsecond)}
			if need != tokens.ScopeAlerts { // what installed systems report has a history
				ctx = audit.With(ctx, by)
			}
			if act, ok := acts()[route.String()]; ok {
				act.ID = route.params.URLParam(act.ID)
				if err := a.Note(ctx, audit.Record{What: audit.Asked, Document: act}.By(by)); err != nil { // what cannot be noted is not done
					p := problem.Explain(ctx, a.Log, token.Name, fmt.Errorf("noting what is asked for: %w", err))
					problem.Write(w, p.GetStatus(), p.Error())
					return
				}
			}
			next.ServeHTTP(w, r.WithContext(ctx))
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

// need is the scope that a request asks for, and its route. What the router does not know takes any token, and is answered with what it
// is.
func (a *Authenticator) need(r *http.Request) (need tokens.Scope, at route, ok bool) {
	c := chi.NewRouteContext()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if !a.Routes.Match(c, method, r.URL.Path) {
		return tokens.ScopeRead, at, true
	}
	at = route{method, c}
	if need, ok := Rule(method, c.RoutePattern()); ok {
		return need, at, true
	}
	return tokens.ScopeAdmin, at, false
}

// route is the one that a request takes; the zero value: the router knows none.
type route struct {
	method string
	params *chi.Context
}

// String is the route as the table of rules has it.
func (r route) String() string {
	if r.params == nil {
		return ""
	}
	return r.method + " " + r.params.RoutePattern()
}

// acts are the routes that do something outside and change nothing in the store, with the kind of document that they are about and the
// part of the path that names it. They are noted before it is done.
func acts() map[string]audit.Document {
	return map[string]audit.Document{
		"POST /api/v1/engineers/{id}/test-call": {Kind: "engineer", ID: "id"},
		"POST /api/v1/trunks/{name}/test-call":  {Kind: "trunk", ID: "name"},
		"POST /api/v1/endpoints/{id}/test":      {Kind: "endpoint", ID: "id"},
	}
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
