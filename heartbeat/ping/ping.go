// Package ping serves the addresses of heartbeats: /ping/KEY for a run that went well, and /start, /fail, /log or an exit code behind
// it. Whoever has the key may beat: it is long, drawn by chance, and kept by its hash. Package app mounts it beside the API.
package ping

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/heartbeat"
	"hotline/sip/ratelimit"
	"hotline/storage"
)

// Keeper takes what jobs say. *heartbeat.Keeper does.
type Keeper interface {
	Signal(ctx context.Context, key string, s heartbeat.Signal) error
}

// How often jobs may say something: one key, one address, and all of them together.
func ofKey() ratelimit.Rate    { return ratelimit.Rate{PerSecond: 1, Burst: 30} }
func ofSource() ratelimit.Rate { return ratelimit.Rate{PerSecond: 20, Burst: 400} }
func ofAll() ratelimit.Rate    { return ratelimit.Rate{PerSecond: 500, Burst: 2000} }

// Handler answers. Safe for concurrent use.
type Handler struct {
	keeper        Keeper
	now           func() time.Time
	log           *slog.Logger
	keys, sources *ratelimit.Sources
}

// New makes a handler.
func New(k Keeper, now func() time.Time, log *slog.Logger) *Handler {
	return &Handler{keeper: k, now: now, log: log, keys: ratelimit.NewSources(), sources: ratelimit.NewSources()}
}

// ServeHTTP takes one signal. Its answers are plain text: jobs write them into their logs.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "use GET, HEAD or POST", http.StatusMethodNotAllowed)
		return
	}
	key, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/ping/"), "/")
	s := heartbeat.Signal{At: h.now().UTC().Truncate(time.Millisecond), Run: r.URL.Query().Get("rid")}
	var ok bool
	if s.Kind, s.Code, ok = KindOf(what); !ok {
		http.Error(w, "write /ping/KEY for a run that went well, /ping/KEY/start, /fail, /log, or /ping/KEY/EXITCODE with 0 to 255", http.StatusBadRequest)
		return
	}
	if !h.may(r, key, s.At) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many signals; say it again in a minute", http.StatusTooManyRequests)
		return
	}
	if r.Method == http.MethodPost {
		text, err := io.ReadAll(io.LimitReader(r.Body, heartbeat.TextMost)) // the rest of a long log is left out
		if err != nil {
			http.Error(w, "the text did not arrive whole", http.StatusBadRequest)
			return
		}
		s.Text = string(text)
	}
	h.answer(w, h.keeper.Signal(r.Context(), key, s))
}

func (h *Handler) answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		_, _ = io.WriteString(w, "OK\n") // the job may have gone
	case errors.Is(err, storage.ErrNotFound):
		http.Error(w, "no heartbeat has this key; look for a new one in its entry", http.StatusNotFound)
	default:
		h.log.Warn("a heartbeat's signal was not kept", "error", err)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "the signal could not be kept; say it again", http.StatusServiceUnavailable)
	}
}

// KindOf reads what stands behind the key, or in the subject of a mail.
func KindOf(what string) (kind heartbeat.Kind, code int, ok bool) {
	switch k := heartbeat.Kind(what); k {
	case "":
		return heartbeat.Success, 0, true
	case heartbeat.Start, heartbeat.Fail, heartbeat.Log:
		return k, 0, true
	}
	n, err := strconv.ParseUint(what, 10, 8)
	switch {
	case err != nil:
		return "", 0, false
	case n == 0:
		return heartbeat.Success, 0, true
	}
	return heartbeat.Fail, int(n), true
}

// may tells whether a signal of this key may come from there now. Keys are counted by eight octets of their hash.
func (h *Handler) may(r *http.Request, key string, now time.Time) bool {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes nothing else
	sum := sha256.Sum256([]byte(key))
	return h.sources.TakeShared(at.Addr().Unmap(), now, ofSource(), ofAll()) && h.keys.Take(netip.AddrFrom16([16]byte(sum[:16])), now, ofKey())
}
