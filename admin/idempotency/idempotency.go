// Package idempotency gives the same answer to the same write: a client that does not know whether its write was done sends
// it again under the same Idempotency-Key. Package admin chains it before its routes.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hotline/admin/problem"
	"hotline/idempotency"
)

// maxKey bounds an Idempotency-Key in octets.
const maxKey = 200

// keepFor is how long a finished write may take to be written down after its client has gone.
const keepFor = 5 * time.Second

// Store keeps claims and answers for a day.
type Store interface {
	// Remember keeps a reply, or gives the one that is kept under its key already.
	Remember(ctx context.Context, r idempotency.Reply) (known idempotency.Reply, done bool, err error)
}

// Config is what the keys need. All of it is required.
type Config struct {
	Store   Store
	Open    func(path string) bool           // paths that know no keys
	Owner   func(ctx context.Context) string // whose keys they are: the fingerprint of the request's token
	Name    func(ctx context.Context) string // of the token, for the log
	Log     *slog.Logger
	Now     func() time.Time
	Secrets []string // fields of answers that are shown once and never kept
}

// Keys are the Idempotency-Keys of all writes. Two rows stand for a keyed write: the claim, written before it is done, and
// the answer, written afterwards. A claim without an answer is a write that a crash interrupted. Nobody knows how far it
// came, so it is never done a second time. Safe for concurrent use.
type Keys struct {
	Config
	running inFlight
}

// New makes the keys.
func New(c Config) *Keys {
	return &Keys{Config: c, running: inFlight{keys: map[string]chan struct{}{}}}
}

// Wrap is the middleware. It reads the body, so one that bounds bodies stands before it.
func (k *Keys) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		switch {
		case key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead || k.Open(r.URL.Path):
			next.ServeHTTP(w, r)
		case len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0):
			problem.Write(w, http.StatusUnprocessableEntity, fmt.Sprintf("the Idempotency-Key is longer than %d octets or no text", maxKey))
		default:
			k.once(w, r, k.bound(r, key), next)
		}
	})
}

// bound binds a key to the token, method and address. It has one length, whatever the address is.
func (k *Keys) bound(r *http.Request, key string) string {
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + key))
	return k.Owner(r.Context()) + "\n" + hex.EncodeToString(sum[:])
}

// once does a keyed write, or gives back what was answered to it before.
func (k *Keys) once(w http.ResponseWriter, r *http.Request, key string, next http.Handler) {
	if err := k.running.enter(r.Context(), key); err != nil {
		k.fail(w, r, err)
		return
	}
	defer k.running.leave(key)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		k.fail(w, r, fmt.Errorf("reading a body: %w", err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	claim := idempotency.Reply{
		Key: "claim\n" + key, At: k.Now(),
		Digest: sha256.Sum256(append([]byte(r.URL.RawQuery+"\x00"), body...)),
	}
	known, done, err := k.Store.Remember(r.Context(), claim)
	switch {
	case err != nil:
		k.fail(w, r, fmt.Errorf("claiming an Idempotency-Key: %w", err))
	case done && known.Digest != claim.Digest:
		problem.Write(w, http.StatusUnprocessableEntity, "this Idempotency-Key was used for another request")
	case done:
		k.repeat(w, r, key, claim)
	default:
		k.first(w, r, key, claim, next)
	}
}

// first does the write and keeps its answer; the answer is kept even when the client has gone. A fault of ours is not
// kept: how far the write came is as unknown as after a crash.
func (k *Keys) first(w http.ResponseWriter, r *http.Request, key string, claim idempotency.Reply, next http.Handler) {
	out := &recorder{ResponseWriter: w, status: http.StatusInternalServerError} // what a panic leaves
	defer func() {
		if out.status >= http.StatusInternalServerError {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
		defer cancel()
		reply := idempotency.Reply{Key: "answer\n" + key, Digest: claim.Digest, Status: out.status, Body: k.withoutSecret(out.body.Bytes()), At: claim.At, Location: out.Header().Get("Location")}
		if _, _, err := k.Store.Remember(ctx, reply); err != nil {
			k.Log.Error("the answer to a keyed write was not kept", "path", r.URL.Path, "error", err)
		}
	}()
	next.ServeHTTP(out, r)
}

// repeat gives the kept answer back, or settles for ever that no answer was kept.
func (k *Keys) repeat(w http.ResponseWriter, r *http.Request, key string, claim idempotency.Reply) {
	reply, _, err := k.Store.Remember(r.Context(), idempotency.Reply{Key: "answer\n" + key, Digest: claim.Digest, At: claim.At, Status: http.StatusConflict})
	switch {
	case err != nil:
		k.fail(w, r, fmt.Errorf("reading a kept answer: %w", err))
	case len(reply.Body) == 0 && reply.Status == http.StatusConflict:
		problem.Write(w, http.StatusConflict, "the first request under this Idempotency-Key was interrupted; look at what stands, then use a new key")
	default:
		kind := "application/json"
		if reply.Status >= http.StatusBadRequest {
			kind = "application/problem+json"
		}
		w.Header().Set("Content-Type", kind)
		if reply.Location != "" {
			w.Header().Set("Location", reply.Location)
		}
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(reply.Status)
		_, _ = w.Write(reply.Body) // the client may have gone
	}
}

// recorder keeps what is answered while it is sent.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (o *recorder) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

// Write notes the octets.
func (o *recorder) Write(b []byte) (int, error) {
	o.body.Write(b)
	return o.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (o *recorder) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// fail answers with what went wrong.
func (k *Keys) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Explain(r.Context(), k.Log, k.Name(r.Context()), err)
	problem.Write(w, p.GetStatus(), p.Error())
}

// withoutSecret takes the secret out of an answer before it is kept: it is shown once, and the store never holds one.
func (k *Keys) withoutSecret(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return body
	}
	if !slices.ContainsFunc(k.Secrets, func(s string) bool { _, ok := fields[s]; return ok }) {
		return body
	}
	for _, s := range k.Secrets {
		delete(fields, s)
	}
	kept, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return kept
}

// inFlight lets one request at a time work under a key. Safe for concurrent use.
type inFlight struct {
	mu   sync.Mutex
	keys map[string]chan struct{} // closed when its owner leaves
}

// enter waits until nobody works under the key, or until ctx ends.
func (f *inFlight) enter(ctx context.Context, key string) error {
	for {
		f.mu.Lock()
		busy, ok := f.keys[key]
		if !ok {
			f.keys[key] = make(chan struct{})
			f.mu.Unlock()
			return nil
		}
		f.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return fmt.Errorf("waiting for another request under the same key: %w", context.Cause(ctx))
		}
	}
}

func (f *inFlight) leave(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.keys[key])
	delete(f.keys, key)
}
