package receiver

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/agent/protocol"
	"hotline/sip/ratelimit"
	"hotline/storage"
)

// How often agents may ask: one source, which may be a proxy with many agents behind it, and all of them together.
func ofSource() ratelimit.Rate { return ratelimit.Rate{PerSecond: 100, Burst: 2000} }
func ofAll() ratelimit.Rate    { return ratelimit.Rate{PerSecond: 500, Burst: 4000} }

// Handler answers agents. Safe for concurrent use.
type Handler struct {
	receiver *Receiver
	now      func() time.Time
	log      *slog.Logger
	sources  *ratelimit.Sources
}

// NewHandler makes a handler.
func NewHandler(r *Receiver, now func() time.Time) *Handler {
	return &Handler{receiver: r, now: now, log: r.cfg.Log, sources: ratelimit.NewSources()}
}

// question is a request of which it is known who asks.
type question struct {
	agent  Agent
	token  protocol.Token
	body   []byte
	signed time.Time // by the asker's clock
	now    time.Time
}

// ServeHTTP answers one agent. Whoever has no token hears nothing of which agents there are.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store, no-transform")
	now := h.now()
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes nothing else
	if !h.sources.TakeShared(at.Addr().Unmap(), now, ofSource(), ofAll()) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many questions; ask again in a minute", http.StatusTooManyRequests)
		return
	}
	id, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, protocol.Prefix), "/")
	method := map[string]string{"messages": http.MethodPost, "configuration": http.MethodGet}[what]
	switch method {
	case "":
		http.NotFound(w, r)
		return
	case r.Method:
	default:
		w.Header().Set("Allow", method)
		http.Error(w, "use "+method, http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, protocol.MessageMost))
	if err != nil {
		http.Error(w, "the message did not arrive whole, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	q, err := h.asked(r, id, body, now)
	switch {
	case errors.Is(err, errUnsigned):
		http.Error(w, "this is not signed by the token of an agent that is known; POST /api/v1/agents/ID/token gives a new one", http.StatusUnauthorized)
	case err != nil:
		h.log.Warn("an agent is answered later", "agent", id, "error", err)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "the store cannot be reached now; ask again", http.StatusServiceUnavailable)
	case what == "messages":
		h.message(w, r, q)
	default:
		h.configuration(w, r, q)
	}
}

// errUnsigned is a question of which nobody knows who asks.
var errUnsigned = errors.New("the question is not signed by a token that is known")

// asked finds out who asks.
func (h *Handler) asked(r *http.Request, id string, body []byte, now time.Time) (q question, err error) {
	named, generation, ok := protocol.Named(r.Header)
	if !ok || named != id {
		return q, errUnsigned
	}
	q = question{token: protocol.NewToken(h.receiver.cfg.House, id, generation), body: body, now: now}
	if q.signed, ok = q.token.Verified(r, body); !ok { // before the store is asked: strangers cost it nothing
		return q, errUnsigned
	}
	s, err := h.receiver.cfg.Store.AgentState(r.Context(), id)
	if err != nil {
		return q, err
	}
	if s.Generation != generation {
		return q, errUnsigned
	}
	if q.agent, err = h.receiver.cfg.Store.Agent(r.Context(), id); errors.Is(err, storage.ErrNotFound) {
		err = errUnsigned
	}
	return q, err
}

func (h *Handler) message(w http.ResponseWriter, r *http.Request, q question) {
	m, err := protocol.ParseMessage(q.body)
	if err != nil {
		h.answer(w, r, q, http.StatusUnprocessableEntity, protocol.Answer{Reason: protocol.Unreadable, Detail: err.Error()})
		return
	}
	answer, err := h.receiver.Take(r.Context(), q.agent, m, q.signed, q.now)
	switch {
	case err != nil:
		h.log.Warn("an agent's message was not kept whole, and comes again", "agent", q.agent.ID, "error", err)
		w.Header().Set("Retry-After", "10")
		h.answer(w, r, q, http.StatusServiceUnavailable, protocol.Answer{Reason: protocol.Busy, Detail: "the message could not be kept; send it again", Sequence: answer.Sequence})
	case answer.Reason != "":
		h.answer(w, r, q, http.StatusConflict, answer)
	default:
		h.answer(w, r, q, http.StatusOK, answer)
	}
}

// configuration gives an agent what it is to do. Its version is the ETag. A question that somebody asks again gives the asker of the first
// one nothing new, so that its time alone is looked at.
func (h *Handler) configuration(w http.ResponseWriter, r *http.Request, q question) {
	if q.signed.Sub(q.now).Abs() > protocol.Skew {
		h.answer(w, r, q, http.StatusConflict, protocol.Answer{Reason: protocol.WrongClock, Detail: "the clocks differ by more than " + protocol.Skew.String()})
		return
	}
	tag := strconv.Quote(strconv.Itoa(q.agent.Version))
	w.Header().Set("ETag", tag)
	if strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/") == tag {
		h.send(w, r, q, http.StatusNotModified, nil)
		return
	}
	body, err := json.Marshal(q.agent.Configuration)
	if err != nil {
		h.log.Error("a configuration cannot be written", "agent", q.agent.ID, "error", err)
		http.Error(w, "the log says why", http.StatusInternalServerError)
		return
	}
	h.send(w, r, q, http.StatusOK, body)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, q question, status int, a protocol.Answer) {
	body, err := json.Marshal(a)
	if err != nil { // of numbers and texts
		h.log.Error("an answer cannot be written", "error", err)
	}
	h.send(w, r, q, status, body)
}

// send signs an answer and sends it.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, q question, status int, body []byte) {
	if body != nil {
		w.Header().Set("Content-Type", "application/json")
	}
	q.token.SignAnswer(w.Header(), r.Header.Get(protocol.SignatureHeader), status, w.Header().Get("ETag"), body, q.now)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the agent may have gone; it asks again
}
