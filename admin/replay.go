package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"hotline/tickets"
)

// maxKey bounds an Idempotency-Key in octets.
const maxKey = 200

// keepFor is how long a finished write may take to be written down after its client has gone.
const keepFor = 5 * time.Second

// carryTime bounds a write whose client has gone. It is longer than all that a write asks of the store together.
const carryTime = time.Minute

// carryOn carries a write that has come in whole to its end, although its client hangs up meanwhile. What follows the
// commit is then done for every route, now and later: the line hears of the change, other nodes and running tickets are
// told, the answer is kept under its key. A write that is not committed yet may be committed too: to its client both look
// the same. Reading stops with its client.
func carryOn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), carryTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// replay gives the same answer to the same write. Two rows stand for a keyed write: the claim, written before it is
// done, and the answer, written afterwards. A claim without an answer is a write that a crash interrupted: nobody knows
// how far it came, so it is never done a second time.
func (s *server) replay(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		switch {
		case key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead || open(r.URL.Path):
			next.ServeHTTP(w, r)
		case len(key) > maxKey || !plain(key):
			problem(w, http.StatusUnprocessableEntity, fmt.Sprintf("the Idempotency-Key is longer than %d octets or no text", maxKey))
		default:
			s.once(w, r, replyKey(r, key), next)
		}
	})
}

// replyKey binds an Idempotency-Key to the token, method and address; of one length, whatever the address is.
func replyKey(r *http.Request, key string) string {
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + key))
	return tokenKey(r.Context()) + "\n" + hex.EncodeToString(sum[:])
}

// once does a keyed write, or gives back what was answered to it before.
func (s *server) once(w http.ResponseWriter, r *http.Request, key string, next http.Handler) {
	if err := s.running.enter(r.Context(), key); err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	defer s.running.leave(key)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.fail(r.Context(), w, fmt.Errorf("reading a body: %w", err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	claim := tickets.Reply{
		Key: "claim\n" + key, At: s.Now(),
		Digest: sha256.Sum256(append([]byte(r.URL.RawQuery+"\x00"), body...)),
	}
	known, done, err := s.Store.Remember(r.Context(), claim)
	switch {
	case err != nil:
		s.fail(r.Context(), w, fmt.Errorf("claiming an Idempotency-Key: %w", err))
	case done && known.Digest != claim.Digest:
		problem(w, http.StatusUnprocessableEntity, "this Idempotency-Key was used for another request")
	case done:
		s.repeat(w, r, key, claim)
	default:
		s.first(w, r, key, claim, next)
	}
}

// first does the write and keeps its answer; the answer is kept even when the client has gone. A fault of ours is not
// kept: how far the write came is as unknown as after a crash.
func (s *server) first(w http.ResponseWriter, r *http.Request, key string, claim tickets.Reply, next http.Handler) {
	out := &copying{ResponseWriter: w, status: http.StatusInternalServerError} // what a panic leaves
	defer func() {
		if out.status >= http.StatusInternalServerError {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
		defer cancel()
		reply := tickets.Reply{Key: "answer\n" + key, Digest: claim.Digest, Status: out.status, Body: withoutPIN(out.body.Bytes()), At: claim.At, Location: out.Header().Get("Location")}
		if _, _, err := s.Store.Remember(ctx, reply); err != nil {
			s.Log.Error("the answer to a keyed write was not kept", "path", r.URL.Path, "error", err)
		}
	}()
	next.ServeHTTP(out, r)
}

// repeat gives the kept answer back, or settles for ever that there is none.
func (s *server) repeat(w http.ResponseWriter, r *http.Request, key string, claim tickets.Reply) {
	reply, _, err := s.Store.Remember(r.Context(), tickets.Reply{Key: "answer\n" + key, Digest: claim.Digest, At: claim.At, Status: http.StatusConflict})
	switch {
	case err != nil:
		s.fail(r.Context(), w, fmt.Errorf("reading a kept answer: %w", err))
	case len(reply.Body) == 0 && reply.Status == http.StatusConflict:
		problem(w, http.StatusConflict, "the first request under this Idempotency-Key was interrupted; look at what stands, then use a new key")
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

// copying keeps what is answered.
type copying struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (c *copying) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write notes the octets.
func (c *copying) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *copying) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// withoutPIN takes the PIN out of an answer before it is kept: it is shown once, and the store never holds one.
func withoutPIN(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return body
	}
	if _, ok := fields["pin"]; !ok {
		return body
	}
	delete(fields, "pin")
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
