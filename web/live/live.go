// Package live is the streams by which a browser hears that something has changed (server-sent events). A stream tells what
// changed, and nothing of it: the page fetches its regions, which are rendered in one place and asked for by the rules of every page.
//
// A stream ends with its session: whether that still holds is asked every two seconds, and before anything is told. Each stream
// is served by the goroutine of its request; this package starts none.
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hotline/dispatch/chains"
	"hotline/sla"
	"hotline/tickets"
)

// Beat is how often a stream shows that it lives.
const Beat = 10 * time.Second

// The bounds of the streams of one node.
const (
	most        = 40                     // together; the API's watchers need room too
	mostSession = 4                      // of one session: a browser has one, and one more while it connects again
	mostUser    = 12                     // of one user, in several browsers
	check       = 2 * time.Second        // between two looks at the session
	gather      = 100 * time.Millisecond // what changes meanwhile is told together
	writeTime   = 10 * time.Second       // after which a browser that reads nothing is given up
	named       = 50                     // tickets in one message; of more the page learns by what it fetches
	presentMost = 8                      // words of who is where that wait for a browser
	freshFor    = 5 * time.Minute        // how long a blocking ticket is a new one
)

// Config is what streams need. Everything is required but Feed.
type Config struct {
	Feed *chains.Feed // nil: the streams only beat
	// Holds tells whether a session still holds: its user is there and not disabled.
	Holds func(ctx context.Context, session [32]byte) (bool, error)
	Log   *slog.Logger
	Now   func() time.Time
}

// Streams are all those of this node. Safe for concurrent use.
type Streams struct {
	Config
	mu   sync.Mutex
	open []*stream // oldest first
}

// stream is one.
type stream struct {
	session [32]byte
	user    string
	end     context.CancelFunc
	present chan tickets.Number // who is at a ticket has changed; what does not fit is seen with the next beat
}

// New makes the streams of a node; none is open yet.
func New(c Config) *Streams { return &Streams{Config: c} }

// End ends every stream of a user at once.
func (s *Streams) End(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.open {
		if o.user == user {
			o.end()
		}
	}
}

// Tell tells the browsers of this node that who is at a ticket has changed. It waits for none of them.
func (s *Streams) Tell(n tickets.Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.open {
		select {
		case o.present <- n:
		default:
		}
	}
}

// EndOthers ends the streams of a user but those of one session.
func (s *Streams) EndOthers(user string, session [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.open {
		if o.user == user && o.session != session {
			o.end()
		}
	}
}

// enter notes a stream. The oldest one of a session or of a user that has too many ends. It is false where the node has too many.
func (s *Streams) enter(o *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= most {
		return false
	}
	s.endOldest(mostSession, func(other *stream) bool { return other.session == o.session })
	s.endOldest(mostUser, func(other *stream) bool { return other.user == o.user })
	s.open = append(s.open, o)
	return true
}

// endOldest makes room for one more of a kind; s.mu is held.
func (s *Streams) endOldest(bound int, same func(*stream) bool) {
	var list []*stream
	for _, o := range s.open {
		if same(o) {
			list = append(list, o)
		}
	}
	for _, o := range list[:max(0, len(list)-bound+1)] {
		o.end()
	}
}

func (s *Streams) leave(o *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.open {
		if other == o {
			s.open = append(s.open[:i:i], s.open[i+1:]...)
			return
		}
	}
}

// change is what a message tells.
type change struct {
	Tickets []tickets.Number `json:"tickets"`         // that changed; of more than fifty the first ones
	Fresh   []tickets.Number `json:"fresh,omitempty"` // blocking ones that nobody has taken yet, opened just now
	Calls   bool             `json:"calls,omitempty"` // somebody called, is rung, or has hung up
}

// present is the ticket at which others are now.
type present struct {
	Ticket tickets.Number `json:"ticket"`
}

// note adds an event to a message.
func (c *change) note(e chains.Event, now time.Time) {
	add := func(list []tickets.Number, n tickets.Number) []tickets.Number {
		for _, known := range list {
			if known == n {
				return list
			}
		}
		if n == 0 || len(list) >= named {
			return list
		}
		return append(list, n)
	}
	switch {
	case e.Ticket != nil:
		c.Tickets = add(c.Tickets, e.Ticket.Number)
		if t := e.Ticket; t.State == tickets.Open && t.Category() == sla.Blocking && now.Sub(t.OpenedAt) < freshFor {
			c.Fresh = add(c.Fresh, t.Number)
		}
	case e.Attempt != nil:
		c.Tickets, c.Calls = add(c.Tickets, e.Attempt.Ticket), true
	case e.Line != nil:
		c.Tickets = add(c.Tickets, e.Line.Ticket)
	case e.Call != nil:
		c.Calls = true
	}
}

// Serve streams to a browser until it goes, the session ends, or this node stops.
func (s *Streams) Serve(w http.ResponseWriter, q *http.Request, session [32]byte, user string) {
	ctx, end := context.WithCancel(q.Context())
	defer end()
	o := &stream{session, user, end, make(chan tickets.Number, presentMost)}
	var events <-chan chains.Event
	var err error
	if s.Feed != nil {
		var watcher *chains.Watcher
		if _, watcher, err = s.Feed.Watch(); err == nil {
			defer watcher.Close()
			events = watcher.Events()
		}
	}
	if err != nil || !s.enter(o) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "this node has as many streams as it can take; the page asks by itself meanwhile", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(o)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform") // a proxy neither keeps nor compresses it
	h.Set("X-Accel-Buffering", "no")                 // nor holds it back
	s.run(ctx, &writer{w, http.NewResponseController(w)}, o, events)
}

// run tells what happens. Every wait of it ends with ctx.
func (s *Streams) run(ctx context.Context, out *writer, o *stream, events <-chan chains.Event) {
	beat, look := time.NewTicker(Beat), time.NewTicker(check)
	defer beat.Stop()
	defer look.Stop()
	if out.send("beat", struct{}{}) != nil {
		return
	}
	var waiting change
	var due <-chan time.Time // when what waits is told; nil: nothing waits
	for {
		var err error
		select {
		case <-ctx.Done():
			_ = out.send("end", struct{}{}) // it may have gone
			return
		case <-look.C:
			if !s.holds(ctx, o) {
				_ = out.send("end", struct{}{}) // it may have gone
				return
			}
		case <-beat.C:
			err = out.send("beat", struct{}{})
		case e, more := <-events:
			if !more { // this node is stopping, or the browser reads too slowly: it connects again
				return
			}
			waiting.note(e, s.Now())
			if due == nil {
				due = time.After(gather)
			}
		case n := <-o.present:
			if !s.holds(ctx, o) {
				_ = out.send("end", struct{}{}) // it may have gone
				return
			}
			err = out.send("present", present{n})
		case <-due:
			if !s.holds(ctx, o) {
				_ = out.send("end", struct{}{}) // it may have gone
				return
			}
			err = out.send("changed", waiting)
			waiting, due = change{}, nil
		}
		if err != nil {
			return
		}
	}
}

// holds asks for the session. A store that does not answer ends nothing: what is told are numbers, and pages ask for themselves.
func (s *Streams) holds(ctx context.Context, o *stream) bool {
	holds, err := s.Holds(ctx, o.session)
	if err != nil {
		s.Log.DebugContext(ctx, "a stream's session cannot be looked up", "user", o.user, "error", err)
		return true
	}
	return holds
}

// writer sends messages, each within writeTime.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (o *writer) send(event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("writing an event: %w", err)
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(writeTime)) // by the socket's clock; a writer without deadlines is a test's
	if _, err := fmt.Fprintf(o.w, "retry: 2000\nevent: %s\ndata: %s\n\n", event, text); err != nil {
		return fmt.Errorf("writing an event: %w", err)
	}
	return o.control.Flush()
}
