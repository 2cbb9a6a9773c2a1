package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/agent"
	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/directory"
	"hotline/heartbeat"
	"hotline/heartbeat/ping"
	"hotline/intake"
	"hotline/memory"
	"hotline/sla"
	"hotline/tickets"
)

// house is hotline with Rossi's installation, and the network between the two, in virtual time.
type house struct {
	t        *testing.T
	store    *memory.Store
	desk     *tickets.Desk
	receiver *receiver.Receiver
	answers  http.Handler
	alerts   *intake.Intake
	log      *bytes.Buffer // the server's
	ids      func() string

	mu       sync.Mutex
	down     bool            // nobody answers
	deaf     int             // so many answers are lost on their way
	asked    []*http.Request // with their bodies, as they came
	bodies   [][]byte
	failures map[string]bool // targets that fail
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, does protocol.Configuration) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, store: memory.New(417), log: &bytes.Buffer{}, failures: map[string]bool{}}
	for _, l := range sla.DefaultLevels() {
		_, err := h.store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := h.store.PutCalendar(ctx, c)
		must(t, err)
	}
	_, err := h.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A."})
	must(t, err)
	_, err = h.store.PutContract(ctx, directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Extended, ValidFrom: time.Now().AddDate(-1, 0, 0), RemoteAccess: true, EvoSupport: true})
	must(t, err)
	book, err := directory.ReadBook(ctx, h.store, time.Now())
	must(t, err)
	var mu sync.Mutex
	n := 0
	h.ids = func() string { mu.Lock(); defer mu.Unlock(); n++; return fmt.Sprintf("e%d", n) }
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.desk = tickets.NewDesk(tickets.DeskConfig{Store: h.store, Book: book, Numbers: h.store, Own: sla.OfficeHours, NewID: h.ids})
	alerts := intake.New(intake.Config{Store: h.store, Desk: h.desk, Numbers: h.store, NewID: h.ids, Language: func() string { return "en" }, Log: log})
	h.alerts = alerts
	keeper := heartbeat.New(heartbeat.Config{Store: h.store, Intake: alerts, Process: "p", NewKey: func() string { return "k3v9" }, Log: log})
	h.receiver = receiver.New(receiver.Config{Store: h.store, Installed: h.store, Intake: alerts, House: []byte("secret of the house"), Log: log})
	agents, pings := receiver.NewHandler(h.receiver, time.Now), ping.New(keeper, time.Now, log)
	h.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ping/") {
			pings.ServeHTTP(w, r)
			return
		}
		agents.ServeHTTP(w, r)
	})
	h.configure(does)
	_, err = h.store.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "agent-plant", Contract: "rossi", Installation: "plant", Title: "the agent", Rule: heartbeat.Rule{Period: 60, Grace: 240}})
	must(t, err)
	_, err = keeper.Rekey(ctx, "agent-plant", time.Now())
	must(t, err)
	return h
}

// configure writes what the agent is to do.
func (h *house) configure(does protocol.Configuration) {
	h.t.Helper()
	if wrong := does.Check(); len(wrong) > 0 {
		h.t.Fatal(wrong[0])
	}
	stands, _ := h.store.Agent(context.Background(), "plant") // none at first
	_, err := h.store.PutAgent(context.Background(), receiver.Agent{ID: "plant", Contract: "rossi", Installation: "plant", Configuration: does, Version: stands.Version})
	must(h.t, err)
}

// errDown is a network that does not reach hotline.
var errDown = errors.New("no route to host")

// RoundTrip is the network.
func (h *house) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	down := h.down
	if !down && r.Method == http.MethodPost {
		h.asked, h.bodies = append(h.asked, r.Clone(context.Background())), append(h.bodies, body)
	}
	h.mu.Unlock()
	if down {
		return nil, errDown
	}
	answer := h.ask(r, body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method == http.MethodPost && h.deaf > 0 {
		h.deaf--
		return nil, errors.New("connection reset by peer")
	}
	return answer, nil
}

// ask asks the server, as whoever has the request.
func (h *house) ask(r *http.Request, body []byte) *http.Response {
	w := httptest.NewRecorder()
	q := httptest.NewRequest(r.Method, r.URL.Path, bytes.NewReader(body))
	q.Header = r.Header.Clone()
	h.answers.ServeHTTP(w, q)
	return w.Result()
}

func (h *house) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// fails has a target fail from now on, or not any more.
func (h *house) fails(target string, fails bool) { h.set(func() { h.failures[target] = fails }) }

// probe looks at a target of the house.
func (h *house) probe(_ context.Context, c protocol.Check, _ time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures[c.Target] {
		return fmt.Errorf("%s: nothing listens there", c.Target)
	}
	return nil
}

// token gives the agent a token.
func (h *house) token() string {
	h.t.Helper()
	token, err := h.receiver.Rekey(context.Background(), "plant")
	must(h.t, err)
	return token.String()
}

// config is an agent with a folder.
func (h *house) config(dir, token string) agent.Config {
	h.t.Helper()
	name := filepath.Join(dir, "agent.yaml")
	must(h.t, os.MkdirAll(dir, 0o700))
	must(h.t, os.WriteFile(name, []byte("server: http://hotline.example\nheartbeat: k3v9\ntoken: "+token+"\n"), 0o600))
	file, err := agent.ReadFile(name)
	must(h.t, err)
	return agent.Config{
		File: file, Program: "hotline v1", Host: filepath.Base(dir), NewID: h.ids, Log: slog.New(slog.DiscardHandler), Transport: h, Probe: h.probe,
		Write: func(name string, text []byte) error { return os.WriteFile(name, text, 0o600) }, // a disk is slow in virtual time too
	}
}

// start runs an agent; stop ends it, and gives its error.
func (h *house) start(c agent.Config) (stop func() error) {
	h.t.Helper()
	a, err := agent.New(c)
	must(h.t, err)
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	ended := sync.OnceValue(func() error { end(); return <-done })
	h.t.Cleanup(func() { _ = ended() }) // whoever wants its error asks for it
	return ended
}

// passes lets time go by.
func passes(d time.Duration) { time.Sleep(d); synctest.Wait() }

// stand is each ticket with its category and its state, in the order of their numbers, and how often its problem was told beyond the first time.
func (h *house) stand(want ...string) {
	h.t.Helper()
	problems, err := h.store.Problems(context.Background(), intake.Filter{Limit: 100})
	must(h.t, err)
	slices.SortFunc(problems, func(a, b intake.Problem) int { return int(a.Ticket - b.Ticket) })
	var got []string
	for _, p := range problems {
		ticket, err := h.desk.Ticket(context.Background(), p.Ticket)
		must(h.t, err)
		got = append(got, fmt.Sprintf("%d %s %s %s", p.Ticket, p.Key.Fingerprint, ticket.Category(), ticket.State))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("the tickets are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// history is what a ticket's history says, in one text.
func (h *house) history(n tickets.Number) string {
	h.t.Helper()
	events, err := h.desk.History(context.Background(), n)
	must(h.t, err)
	text := ""
	for _, e := range events {
		text += fmt.Sprintf("%+v\n", e)
	}
	return text
}

// due does what is due at the Alerting Manager, as the program does every two seconds.
func (h *house) due() error { return h.alerts.Due(context.Background(), time.Now()) }
