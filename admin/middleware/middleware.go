// Package middleware is what every request to the API passes before a route sees it, whatever the route is. Headers keep an answer
// from being cached, sniffed or framed. A panic ends one request and not the calls. A log says who wrote what, bodies have bounds,
// and writes are carried to their end. Package admin chains them; package web chains those that pages need too.
package middleware

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	chi "github.com/go-chi/chi/v5/middleware"
)

// Headers sets what keeps an answer from being cached, sniffed or framed.
func Headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// Recover makes an answer of a panic: one request's fault never ends the process that holds the calls. The log says why, answer
// tells the client.
func Recover(log *slog.Logger, answer http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if p == http.ErrAbortHandler { // the signal of net/http to drop the connection
					panic(p)
				}
				log.Error("a request failed badly", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				answer(w, r)
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// Audit logs who wrote what, because contracts, levels and the rota have no history of their own. The addresses hold ids,
// never a PIN. by names whose token a request has. What reported tells of is what installed systems send: it has a history, and comes
// by the thousand, so that of it only refusals are logged, unless the log is at debug.
func Audit(log *slog.Logger, by func(context.Context) string, reported func(path string) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if reads(r) {
				next.ServeHTTP(w, r)
				return
			}
			out := chi.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				status := out.Status()
				if status == 0 { // what a panic leaves
					status = http.StatusInternalServerError
				}
				level, what := slog.LevelInfo, "staff wrote"
				if reported(r.URL.Path) {
					what = "an installed system reported"
					if status < http.StatusBadRequest {
						level = slog.LevelDebug
					}
				}
				log.Log(r.Context(), level, what, "by", by(r.Context()), "method", r.Method, "path", r.URL.Path, "status", status)
			}()
			next.ServeHTTP(out, r)
		})
	}
}

// longestWrite bounds a write whose client has gone. It is longer than all that a write asks of the store together.
const longestWrite = time.Minute

// FinishWrites carries a write that has come in whole to its end, although its client hangs up meanwhile. So what follows the
// commit is done for every route: the line hears of the change, other nodes and running tickets are told, the answer is kept
// under its key. A write that is not committed yet may be committed too: to its client both look the same. A request that
// reads stops with its client.
func FinishWrites(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reads(r) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), longestWrite)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// reads tells whether a request changes nothing.
func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }
