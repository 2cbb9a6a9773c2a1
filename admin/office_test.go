package admin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/admin"
	"hotline/admin/metrics"
	"hotline/app/database"
	"hotline/attachments"
	"hotline/directory"
	"hotline/ivr/versions"
	"hotline/logtest"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/sla"
	"hotline/storage"
	"hotline/strictyaml"
	"hotline/tickets"
	"hotline/tokens"
)

const pinKey = "key of the tests"

// house is an API over the memory twin: Rossi (Extended), Neri (expired), Anna on call.
type house struct {
	t       *testing.T
	handler http.Handler
	desk    *tickets.Desk
	store   *watched
	numbers tickets.Numbers
	metrics *metrics.Metrics
	flows   *flows
	health  *health
	spoken  *spoken
	log     *logtest.Log
	config  admin.Config
	atOnce  atomic.Bool // the clock stands still
}

// watched is a store with a list of who listened to what, and a switch that takes it down.
type watched struct {
	database.Store
	mu     sync.Mutex
	access []string
	down   error
	locked error  // of writes of contracts
	unread error  // of lists of tickets
	untold error  // of a contract's running tickets
	left   func() // called once a contract is written
}

func (w *watched) failContracts(err error) { w.mu.Lock(); w.locked = err; w.mu.Unlock() }

func (w *watched) PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error) {
	w.mu.Lock()
	err, left := w.locked, w.left
	w.mu.Unlock()
	if err != nil {
		return directory.Contract{}, err
	}
	if left != nil {
		defer left()
	}
	return w.Store.PutContract(ctx, c)
}

func (w *watched) PutContractWithPIN(ctx context.Context, c directory.Contract, h directory.PINHash) (directory.Contract, error) {
	w.mu.Lock()
	err := w.locked
	w.mu.Unlock()
	if err != nil {
		return directory.Contract{}, err
	}
	return w.Store.PutContractWithPIN(ctx, c, h)
}

func (w *watched) fail(err error) { w.mu.Lock(); w.down = err; w.mu.Unlock() }

func (w *watched) failing() error { w.mu.Lock(); defer w.mu.Unlock(); return w.down }

func (w *watched) Token(ctx context.Context, hash [32]byte) (tokens.Token, error) {
	if err := w.failing(); err != nil {
		return tokens.Token{}, err
	}
	return w.Store.Token(ctx, hash)
}

func (w *watched) LogAccess(ctx context.Context, recording, actor string, a tickets.Action, at time.Time) error {
	w.mu.Lock()
	w.access = append(w.access, actor+" "+recording)
	w.mu.Unlock()
	return w.Store.LogAccess(ctx, recording, actor, a, at)
}

func (w *watched) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.access...)
}

// flows takes a flow whose first line is "name: ..." and complains about every other one.
type flows struct {
	mu   sync.Mutex
	used []int
}

func (f *flows) Check(yaml string) (string, []strictyaml.Complaint) {
	if name, ok := strings.CutPrefix(strings.SplitN(yaml, "\n", 2)[0], "name: "); ok {
		return name, nil
	}
	if strings.Contains(yaml, "panic") {
		panic("a flow that nobody thought of")
	}
	return "", []strictyaml.Complaint{{Line: 3, Step: "main", Field: "keys", Problem: "key 1 leads nowhere", Remedy: "name a step"}}
}

func (f *flows) Use(v versions.Flow) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used = append(f.used, v.Version)
	return nil
}

type health struct {
	store, line, disk error
	asked             atomic.Int32
}

func (h *health) Store(context.Context) error { h.asked.Add(1); return h.store }
func (h *health) Line(context.Context) error  { return h.line }
func (h *health) Disk(context.Context) error  { return h.disk }

// sound is a file in memory.
type sound struct{ *bytes.Reader }

func (sound) Close() error { return nil }

// wave is the sound of every recording: octets that tell where they stand.
func wave() []byte { return []byte("RIFF0123456789WAVEabcdefghij") }

func monday(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC) }

func open(t *testing.T) *house {
	t.Helper()
	return openOver(t, memory.New(417))
}

func openOver(t *testing.T, s database.Store) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, store: &watched{Store: s}, numbers: memory.New(417), flows: &flows{}, health: &health{}, spoken: &spoken{}, log: &logtest.Log{}}
	h.furnish(ctx)
	book, err := directory.ReadBook(ctx, h.store, monday(8, 0))
	must(t, err)
	var mu sync.Mutex
	ids, now := 0, monday(9, 0)
	h.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: h.store, Book: book, Numbers: h.numbers, PINKey: []byte(pinKey), Own: sla.OfficeHours,
		NewID: func() string { mu.Lock(); defer mu.Unlock(); ids++; return fmt.Sprintf("e%d", ids) },
	})
	h.metrics = metrics.New(prometheus.NewRegistry(), func() metrics.MediaCounts { return metrics.MediaCounts{Legs: 2, PacketsLate: 7} }, func() metrics.LineCounts {
		return metrics.LineCounts{Dropped: map[string]uint64{"junk": 3}, Sent: 4, Came: 5, Up: map[string]bool{"carrier": false}}
	})
	var files atomic.Int64
	h.config = admin.Config{
		Desk: h.desk, Store: h.store, Oncall: h.store, Schedules: admin.Schedules{Store: h.store}, PINs: directory.Issuer{Store: h.store, PINKey: []byte(pinKey), Random: rand.Reader}, EngineerPINs: pins.Issuer{Store: h.store, Key: []byte(pinKey), Random: rand.Reader}, Flows: h.flows, Sounds: admin.Sounds{Spoken: h.spoken, Prompts: owner(t, h), Busy: func() bool { return false }}, Health: h.health, Metrics: h.metrics,
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			if !h.atOnce.Load() {
				now = now.Add(time.Minute)
			}
			return now
		},
		Kept: admin.Kept{
			Recordings: func(_ context.Context, r tickets.Recording) (io.ReadSeekCloser, error) {
				if r.ID == "gone" {
					return nil, fmt.Errorf("recording %s: %w", r.ID, storage.ErrNotFound)
				}
				return sound{bytes.NewReader(wave())}, nil
			},
			Files: attachments.NewKeeper(h.store, []byte(pinKey), func() string { return fmt.Sprint("file-", files.Add(1)) }),
		},
		Telephone: func(address string) error {
			if strings.Contains(address, "evil.example") {
				return errors.New("evil.example is no telephone of the house; list the host under outgoing.sip")
			}
			return nil
		},
	}
	h.handler = admin.New(h.config)
	t.Cleanup(func() { seen.Note(s) })
	return h
}

// serve puts another store behind the API.
func (h *house) serve(s admin.Store) {
	h.config.Store = s
	h.handler = admin.New(h.config)
}

func (h *house) furnish(ctx context.Context) {
	for _, l := range sla.DefaultLevels() {
		_, err := h.store.PutLevel(ctx, l)
		must(h.t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := h.store.PutCalendar(ctx, c)
		must(h.t, err)
	}
	_, err := h.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Numbers: []string{"0612345"}})
	must(h.t, err)
	began := monday(0, 0).AddDate(-1, 0, 0)
	for _, c := range []directory.Contract{
		{ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "it", ValidFrom: began, RemoteAccess: true},
		{ID: "old", Customer: "rossi", Level: sla.Advanced, ValidFrom: began, ValidUntil: monday(0, 0), RemoteAccess: true},
		{ID: "far", Customer: "rossi", Level: sla.Advanced, ValidFrom: began},
	} {
		_, err := h.store.PutContract(ctx, c)
		must(h.t, err)
	}
	must(h.t, h.store.SetPIN(ctx, "rossi", directory.HashPIN([]byte(pinKey), "314159")))
	_, err = h.store.PutEngineer(ctx, oncall.Engineer{ID: "anna", Name: "Anna", Phones: []string{"sip:anna@127.0.0.1:5071"}, Language: "it"})
	must(h.t, err)
	_, err = h.store.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: []oncall.Shift{
		{Engineer: "anna", Level: 1, Order: 1, Day: time.Sunday, Length: 7 * 24 * time.Hour},
	}})
	must(h.t, err)
	must(h.t, h.store.PutToken(ctx, tokens.Token{Name: "demo", Hash: sha256.Sum256([]byte("demo"))}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is an answer of the API.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// ask sends a request with the demo token; each pair of extra is a header.
func (h *house) ask(method, path, body string, extra ...string) reply {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(extra); i += 2 {
		r.Header.Set(extra[i], extra[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return reply{h.t, w.Code, w.Header(), w.Body.String()}
}

func (h *house) get(path string) reply {
	h.t.Helper()
	return h.ask(http.MethodGet, "/api/v1"+path, "")
}

func (h *house) post(path, body string, extra ...string) reply {
	h.t.Helper()
	return h.ask(http.MethodPost, "/api/v1"+path, body, extra...)
}

func (h *house) put(path, body string, extra ...string) reply {
	h.t.Helper()
	return h.ask(http.MethodPut, "/api/v1"+path, body, extra...)
}

// is expects a status and, in the body, every one of the words.
func (r reply) is(status int, words ...string) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("answered %d, want %d: %s", r.status, status, r.body)
	}
	for _, w := range words {
		if !strings.Contains(r.body, w) {
			r.t.Errorf("the answer lacks %q: %s", w, r.body)
		}
	}
	if kind := r.header.Get("Content-Type"); status >= 400 && kind != "application/problem+json" {
		r.t.Errorf("a problem came as %q", kind)
	}
	return r
}

// into reads the body.
func (r reply) into(v any) reply {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("reading %s: %v", r.body, err)
	}
	return r
}

// ticket is what scripts read of a ticket.
type ticket struct {
	Number     int
	State      string
	Claim      string
	Assessment string
	Priority   int
	Assignee   string
	TimeSpent  int `json:"time_spent"`
	Clocks     []struct {
		Kind      string
		Due       time.Time
		MetAt     *time.Time `json:"met_at"`
		BrokenAt  *time.Time `json:"broken_at"`
		Projected bool
	}
	Recordings []struct{ ID, URL string }
	History    []struct{ Kind, Actor, Text string }
}

func (k ticket) last() string { return k.History[len(k.History)-1].Kind }

// opened opens a blocking ticket of Rossi.
func (h *house) opened() ticket {
	h.t.Helper()
	var k ticket
	h.post("/tickets", `{"contract":"rossi","claim":"blocking","caller":"0612345","text":"the switchboard is down"}`).is(201).into(&k)
	return k
}
