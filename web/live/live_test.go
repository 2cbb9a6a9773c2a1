package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/cdr"
	"hotline/dispatch/chains"
	"hotline/sla"
	"hotline/tickets"
)

// page is a browser that hears a stream.
type page struct {
	*httptest.ResponseRecorder
	mu sync.Mutex
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ResponseRecorder.Write(b)
}

// heard are the messages so far.
func (p *page) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, m := range strings.Split(strings.TrimSpace(p.Body.String()), "\n\n") {
		_, m, _ = strings.Cut(m, "event: ")
		kind, data, _ := strings.Cut(m, "\ndata: ")
		list = append(list, strings.TrimSpace(kind+" "+strings.TrimSuffix(data, "{}")))
	}
	return strings.Join(list, "; ")
}

// house is the streams of a node, and the pages that hear them.
type house struct {
	*Streams
	feed  *chains.Feed
	mu    sync.Mutex
	out   map[[32]byte]bool // sessions that hold no more
	fails error
	ended sync.WaitGroup
}

func open() *house {
	h := &house{feed: chains.New(time.Now), out: map[[32]byte]bool{}}
	h.Streams = New(Config{Feed: h.feed, Log: slog.New(slog.DiscardHandler), Now: time.Now, Holds: func(_ context.Context, n [32]byte) (bool, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return !h.out[n], h.fails
	}})
	return h
}

// hears is a page of somebody's session.
func (h *house) hears(ctx context.Context, session byte, user string) *page {
	p := &page{ResponseRecorder: httptest.NewRecorder()}
	h.ended.Go(func() {
		h.Serve(p, httptest.NewRequestWithContext(ctx, http.MethodGet, "/live", nil), [32]byte{session}, user)
	})
	synctest.Wait()
	return p
}

func (h *house) streams() int {
	h.Streams.mu.Lock()
	defer h.Streams.mu.Unlock()
	return len(h.open)
}

func TestAStreamBeatsAndTellsWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		ctx, leave := context.WithCancel(t.Context())
		p := h.hears(ctx, 1, "anna")
		time.Sleep(11 * time.Second)
		h.feed.Changed(tickets.Ticket{Number: 417, State: tickets.Open, Classification: tickets.Classification{Claim: sla.Blocking}, OpenedAt: time.Now()})
		h.feed.Changed(tickets.Ticket{Number: 417, State: tickets.Open, Classification: tickets.Classification{Claim: sla.Blocking}, OpenedAt: time.Now()})
		h.feed.Call(cdr.Call{ID: "c"})
		time.Sleep(gather + time.Millisecond)
		h.feed.Changed(tickets.Ticket{Number: 418, State: tickets.Assigned, Classification: tickets.Classification{Claim: sla.Blocking}, OpenedAt: time.Now()})
		time.Sleep(time.Second)
		leave()
		h.ended.Wait()
		if got, want := p.heard(), `beat; beat; changed {"tickets":[417],"fresh":[417],"calls":true}; changed {"tickets":[418]}; end`; got != want {
			t.Errorf("heard %s\nwant  %s", got, want)
		}
		for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"} {
			if got := p.Header().Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		if h.streams() != 0 {
			t.Error("a stream that has ended is still counted")
		}
	})
}

func TestAStreamTellsWhoIsAtATicketAndWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		ctx, leave := context.WithCancel(t.Context())
		p := h.hears(ctx, 1, "anna")
		h.Tell(417)
		synctest.Wait()
		h.mu.Lock()
		h.out[[32]byte{1}] = true
		h.mu.Unlock()
		h.Tell(418) // to a session that holds no more nothing is told
		h.ended.Wait()
		leave()
		if got, want := p.heard(), `beat; present {"ticket":417}; end`; got != want {
			t.Errorf("heard %s\nwant  %s", got, want)
		}
		h.Tell(419) // nobody is there
		deaf := &stream{present: make(chan tickets.Number, presentMost)}
		h.open = append(h.open, deaf)
		for range presentMost + 1 {
			h.Tell(420)
		}
	})
}

// TestAStreamEndsWithItsSession: within two seconds wherever the user was disabled, and nothing is told meanwhile.
func TestAStreamEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		anna, bruno := h.hears(t.Context(), 1, "anna"), h.hears(t.Context(), 2, "bruno")
		h.mu.Lock()
		h.out[[32]byte{1}] = true
		h.mu.Unlock()
		h.feed.Changed(tickets.Ticket{Number: 417, State: tickets.Assigned})
		time.Sleep(check)
		synctest.Wait()
		if got := anna.heard(); got != "beat; end" {
			t.Errorf("who is disabled heard %s", got)
		}
		if got := bruno.heard(); got != `beat; changed {"tickets":[417]}` {
			t.Errorf("a colleague heard %s", got)
		}
		h.End("bruno") // by this node: at once
		h.ended.Wait()
		if got := bruno.heard(); !strings.HasSuffix(got, "; end") || h.streams() != 0 {
			t.Errorf("heard %s; %d streams are left", got, h.streams())
		}
	})
}

func TestAStoreThatIsDownEndsNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		h.fails = errors.New("down")
		ctx, leave := context.WithCancel(t.Context())
		p := h.hears(ctx, 1, "anna")
		time.Sleep(time.Minute + time.Millisecond)
		if got := strings.Count(p.heard(), "beat"); got != 7 {
			t.Errorf("%d beats in a minute", got)
		}
		leave()
		h.ended.Wait()
	})
}

func TestAStoppingNodeEndsItsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		h.hears(t.Context(), 1, "anna")
		h.feed.Close()
		h.ended.Wait()
		if p := h.hears(t.Context(), 1, "anna"); p.Code != http.StatusServiceUnavailable {
			t.Errorf("a stopping node opens a stream: %d", p.Code)
		}
		h.ended.Wait()
	})
}

// TestStreamsAreBounded: of one session, of one user, and of a node.
func TestStreamsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open()
		ctx, leave := context.WithCancel(t.Context())
		first := h.hears(ctx, 1, "anna")
		for range mostSession {
			h.hears(ctx, 1, "anna")
		}
		if got := first.heard(); got != "beat; end" || h.streams() != mostSession {
			t.Errorf("the oldest of a session heard %s; it has %d", got, h.streams())
		}
		for session := range byte(2 * mostUser) {
			h.hears(ctx, 10+session, "anna")
		}
		if h.streams() != mostUser {
			t.Errorf("a user has %d streams", h.streams())
		}
		last := 0
		for user := range byte(2 * most) {
			last = h.hears(ctx, 100+user, string(rune('A'+user))).Code
		}
		if h.streams() != most || last != http.StatusServiceUnavailable {
			t.Errorf("the node has %d streams, and one more is answered %d", h.streams(), last)
		}
		leave()
		h.ended.Wait()
	})
}
