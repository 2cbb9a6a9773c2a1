package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/app/settings"
	"hotline/app/voices"
	"hotline/atomicfile"
	"hotline/attachments"
	"hotline/cdr"
	"hotline/config"
	"hotline/directory"
	"hotline/dispatch/chains"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
	"hotline/users/password"
)

// office is the pages over the twin, with a house of one customer.
type office struct {
	t       *testing.T
	store   *memory.Store
	desk    *tickets.Desk
	handler http.Handler
	config  Config
	mu      sync.Mutex
	now     time.Time
	log     bytes.Buffer
	calls   []cdr.Call       // that go on now
	rung    []oncall.Attempt // by test calls

	sessions atomic.Int64
}

// monday is a working day of the demo's calendars, in Rome.
func monday(h, m int) time.Time {
	rome, _ := time.LoadLocation("Europe/Rome")
	return time.Date(2026, 11, 23, h, m, 0, 0, rome)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const secret = "correct horse"

// hash is the one of secret; it is made once, because that takes its time.
var hash = sync.OnceValue(func() string { h, _ := password.Hash(secret); return h })

// spoken is the voices that ship; they are read once.
var spoken = sync.OnceValue(func() *voices.Voices { v, _ := voices.Load(slog.New(slog.DiscardHandler)); return v })

func open(t *testing.T) *office {
	t.Helper()
	ctx := t.Context()
	o := &office{t: t, store: memory.New(417), now: monday(9, 0)}
	for _, l := range sla.DefaultLevels() {
		_, err := o.store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := o.store.PutCalendar(ctx, c)
		must(t, err)
	}
	_, err := o.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A."})
	must(t, err)
	for id, level := range map[directory.ContractID]sla.LevelID{"rossi": sla.Extended, "rossi-office": sla.Professional} {
		_, err = o.store.PutContract(ctx, directory.Contract{ID: id, Customer: "rossi", Level: level, Language: "it", ValidFrom: monday(0, 0).AddDate(-1, 0, 0), AfterHours: directory.AfterHoursWait, RemoteAccess: true})
		must(t, err)
	}
	_, err = o.store.PutEngineer(ctx, oncall.Engineer{ID: "anna", Name: "Anna Verdi", Phones: []string{"sip:anna@127.0.0.1"}})
	must(t, err)
	_, err = o.store.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Day: time.Monday, From: 8 * time.Hour, Length: 4 * time.Hour}}})
	must(t, err)
	for _, role := range users.Roles() {
		_, err := o.store.PutUser(ctx, users.User{Name: string(role), Role: role, Password: hash(), Engineer: "anna", Created: monday(8, 0)})
		must(t, err)
	}
	book, err := directory.ReadBook(ctx, o.store, monday(8, 0))
	must(t, err)
	n := 0
	o.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: o.store, Book: book, Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID: func() string { o.mu.Lock(); defer o.mu.Unlock(); n++; return fmt.Sprintf("e%d", n) },
	})
	o.config = Config{
		Desk: o.desk, Store: o.store, Language: func() prompts.Language { return prompts.English }, Log: slog.New(slog.NewTextHandler(&o.log, nil)), Now: o.clock,
		PINs: directory.Issuer{Store: o.store, PINKey: []byte("key"), Random: rand.Reader},
		Feed: chains.New(o.clock), Calls: func() []cdr.Call { return o.calls },
		Telephones: Telephones{
			Telephone: func(address string) error {
				if strings.HasPrefix(address, "sip:") {
					return nil
				}
				return errors.New("no trunk leads there")
			},
			TestCall: func(_ context.Context, a oncall.Attempt) string { o.rung = append(o.rung, a); return "no answer" },
			Numbers:  []string{"+39051123456"},
			Owner:    settings.New(settings.Config{File: config.Default(), Store: o.store, Secret: []byte("key"), Cache: atomicfile.Values{Dir: t.TempDir()}, Log: slog.New(slog.DiscardHandler)}),

			EngineerPIN: pins.Issuer{Store: o.store, Key: []byte("key"), Random: rand.Reader}.Renew,
		},
		Speech: Speech{Flows: &usedFlows{}, Prompts: voices.Owner{Voices: spoken(), Store: o.store}},
		Line:   func(context.Context) error { return nil },
		Trunks: func() []Trunk { return []Trunk{{Name: "carrier", State: "registered", Since: monday(7, 0)}} },
		Files:  attachments.NewKeeper(o.store, []byte("key"), rand.Text),
		Recordings: func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) {
			return sound{bytes.NewReader(wave())}, nil
		},
	}
	o.handler = New(o.config)
	t.Cleanup(func() {
		seen.Note(o.config.Store)
		seen.Note(o.store)
		if t.Failed() {
			t.Log(o.log.String())
		}
	})
	return o
}

// sound is a recording in memory.
type sound struct{ *bytes.Reader }

func (sound) Close() error { return nil }

func wave() []byte { return append([]byte("RIFF....WAVEfmt "), bytes.Repeat([]byte{0x55}, 8000)...) }

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

// passes lets time pass.
func (o *office) passes(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// opened opens a ticket of a contract.
func (o *office) opened(contract directory.ContractID, c sla.Category, text string) tickets.Number {
	o.t.Helper()
	d := tickets.Draft{Claim: c, Channel: tickets.Web, Actor: "staff:test", Text: text, Caller: "+39065551239", Language: "it"}
	if contract != "" {
		d.Identity.Contract, _ = o.store.Contract(o.t.Context(), contract)
		d.Identity.Customer, _ = o.store.Customer(o.t.Context(), d.Identity.Contract.Customer)
	}
	t, err := o.desk.Open(o.t.Context(), d, o.clock())
	must(o.t, err)
	return t.Number
}

// browser is one browser: it keeps cookies and does not follow redirections.
type browser struct {
	o      *office
	jar    http.CookieJar
	from   string // where it stands
	header http.Header
}

func (o *office) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(o.t, err)
	return &browser{o: o, jar: jar, from: "127.0.0.1:50000", header: http.Header{}}
}

// as is a browser in which somebody is logged in.
func (o *office) as(name users.Role) *browser {
	o.t.Helper()
	b := o.browser()
	cookie := fmt.Sprintf("%s-%d", name, o.sessions.Add(1)) // a login would hash a password each time
	must(o.t, o.store.PutSession(o.t.Context(), users.Session{Hash: sha256.Sum256([]byte(cookie)), User: string(name), Created: o.clock(), Expires: sessionEnd(o.clock(), o.clock())}, o.clock()))
	b.jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: cookie, Path: "/"}})
	return b
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t    *testing.T
	what string
}

var site = &url.URL{Scheme: "http", Host: "desk.example", Path: "/"}

func (b *browser) do(method, path string, form url.Values) answer {
	b.o.t.Helper()
	return b.send(method, path, form.Encode())
}

// send sends a body of whatever form.
func (b *browser) send(method, path, body string) answer {
	b.o.t.Helper()
	q := httptest.NewRequestWithContext(b.o.t.Context(), method, "http://desk.example"+path, strings.NewReader(body))
	q.RemoteAddr = b.from
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if b.header.Get("Origin") == "" { // a browser of before Sec-Fetch-Site sends Origin alone
			q.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	for name, values := range b.header {
		q.Header[name] = values
	}
	for _, c := range b.jar.Cookies(site) {
		q.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.o.handler.ServeHTTP(w, q)
	b.jar.SetCookies(site, w.Result().Cookies())
	return answer{w, b.o.t, method + " " + path}
}

func (b *browser) get(path string) answer { b.o.t.Helper(); return b.do(http.MethodGet, path, nil) }

func (b *browser) post(path string, fields ...string) answer {
	b.o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// is wants a status and texts in the page.
func (a answer) is(status int, texts ...string) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Errorf("%s: %d, want %d\n%s", a.what, a.Code, status, a.main())
	}
	for _, text := range texts {
		if !strings.Contains(a.Body.String(), text) {
			a.t.Errorf("%s does not show %q:\n%s", a.what, text, a.main())
		}
	}
	return a
}

// main is the page without its frame.
func (a answer) main() string {
	_, body, _ := strings.Cut(a.Body.String(), "<main")
	body, _, _ = strings.Cut(body, "</main>")
	return body
}

// hides wants texts not to be in the page.
func (a answer) hides(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body.String(), text) {
			a.t.Errorf("%s shows %q", a.what, text)
		}
	}
	return a
}

// goes wants a redirection.
func (a answer) goes(where string) {
	a.t.Helper()
	if a.is(http.StatusSeeOther).Header().Get("Location") != where {
		a.t.Errorf("%s leads to %q, want %q", a.what, a.Header().Get("Location"), where)
	}
}
