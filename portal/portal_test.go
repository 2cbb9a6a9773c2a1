package portal_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/attachments"
	"hotline/directory"
	"hotline/logtest"
	"hotline/memory"
	"hotline/notify"
	"hotline/portal"
	"hotline/portal/access"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// house is the portal over the twin, with two customers, one of whom has two contracts.
type house struct {
	t       *testing.T
	store   *memory.Store
	desk    *tickets.Desk
	files   *attachments.Keeper
	handler http.Handler
	letters chan notify.Message
	calls   *calls
	log     logtest.Log
	mu      sync.Mutex
	now     time.Time
}

var rossiPIN, officePIN, verdiPIN = "111111", "222222", "333333"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	rome, _ := time.LoadLocation("Europe/Rome")
	h := &house{t: t, store: memory.New(417), now: time.Date(2026, 11, 23, 9, 0, 0, 0, rome), letters: make(chan notify.Message, 100), calls: &calls{}}
	for _, l := range sla.DefaultLevels() {
		_, err := h.store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := h.store.PutCalendar(ctx, c)
		must(t, err)
	}
	for id, name := range map[directory.CustomerID]string{"rossi": "Rossi S.p.A.", "verdi": "Verdi <b>&</b> figli"} {
		_, err := h.store.PutCustomer(ctx, directory.Customer{ID: id, Name: name, Email: string(id) + "@example.org", Numbers: []string{"+39065551239"}})
		must(t, err)
	}
	for id, c := range map[directory.ContractID]struct {
		customer directory.CustomerID
		level    sla.LevelID
		pin      string
		remote   bool
	}{"rossi": {"rossi", sla.Extended, rossiPIN, true}, "rossi-office": {"rossi", sla.Professional, officePIN, false}, "verdi": {"verdi", sla.Professional, verdiPIN, true}} {
		_, err := h.store.PutContractWithPIN(ctx, directory.Contract{
			ID: id, Customer: c.customer, Level: c.level, Language: "en", ValidFrom: h.now.AddDate(-1, 0, 0), AfterHours: directory.AfterHoursRing, RemoteAccess: c.remote, PINAt: h.now.AddDate(0, -1, 0),
		}, directory.HashPIN([]byte("key"), c.pin))
		must(t, err)
	}
	_, err := h.store.PutFault(ctx, directory.KnownFault{ID: "f", Words: directory.Words{"en": "The <i>gateway</i> is slow"}, Contracts: []directory.ContractID{"verdi"}})
	must(t, err)
	book, err := directory.ReadBook(ctx, h.store, h.now)
	must(t, err)
	n := 0
	h.desk = tickets.NewDesk(tickets.DeskConfig{Store: h.store, Book: book, Numbers: h.store, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID: func() string { h.mu.Lock(); defer h.mu.Unlock(); n++; return fmt.Sprintf("e%d", n) }})
	h.files = attachments.NewKeeper(h.store, []byte("key"), rand.Text)
	p := portal.New(portal.Config{Calls: h.calls, Desk: h.desk, Files: h.files, Store: h.store, Numbers: h.store, PINKey: []byte("key"), Mailer: h, Language: func() prompts.Language { return prompts.English }, Company: func() string { return "Officine <Gialli>" }, Log: slog.New(slog.NewTextHandler(&h.log, nil)), Now: h.clock})
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { p.Run(running) })
	t.Cleanup(func() { stop(); group.Wait() })
	h.handler = p.Handler()
	return h
}

// Send takes a letter.
func (h *house) Send(_ context.Context, m notify.Message) error { h.letters <- m; return nil }

func (h *house) clock() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

func (h *house) passes(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.now = h.now.Add(d) }

// browser is one customer's.
type browser struct {
	*house
	cookies map[string]string
	from    string
}

func (h *house) browser() *browser { return &browser{h, map[string]string{}, "192.0.2.7:1234"} }

// asks sends one request and keeps the cookies.
func (b *browser) asks(method, path string, form ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(strings.Join(form, "&")))
	q.RemoteAddr = b.from
	q.Header.Set("Accept-Language", "en")
	if method == "POST" {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		q.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, q)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			b.t.Errorf("cookie %s may be read by scripts, or sent by other sites", c.Name)
		}
		b.cookies[c.Name] = c.Value
	}
	return w
}

func (b *browser) is(w *httptest.ResponseRecorder, status int, texts ...string) string {
	b.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		b.t.Fatalf("status %d, want %d: %s", w.Code, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			b.t.Errorf("no %q in %s", text, body)
		}
	}
	return body
}

var digits = regexp.MustCompile(`\n    (\d{6})\n`)

func (b *browser) logsIn(pin string) *browser {
	b.t.Helper()
	b.is(b.asks("POST", "/portal/login", "pin="+pin), 303)
	m := <-b.letters
	code := digits.FindStringSubmatch(m.Text)
	if code == nil {
		b.t.Fatalf("no code in %q", m.Text)
	}
	b.is(b.asks("POST", "/portal/code", "code="+code[1]), 303)
	return b
}

func TestAPINAndItsCodeOpenAContractUntilItsPINIsAnother(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.is(b.asks("GET", "/portal"), 303)
	b.logsIn(rossiPIN)
	b.is(b.asks("GET", "/portal"), 200, "Contract rossi", "Rossi S.p.A.")
	c, err := h.store.Contract(t.Context(), "rossi")
	must(t, err)
	c.PINAt = h.clock()
	_, err = h.store.PutContractWithPIN(t.Context(), c, directory.HashPIN([]byte("key"), "444444"))
	must(t, err)
	_, err = h.desk.CatchUp(t.Context(), h.store, h.clock())
	must(t, err)
	b.is(b.asks("GET", "/portal"), 303)
	b.logsIn("444444")
	b.is(b.asks("GET", "/portal"), 200)
	stolen := b.cookies["hotline_portal"]
	b.is(b.asks("POST", "/portal/logout"), 303)
	b.cookies["hotline_portal"] = stolen
	b.is(b.asks("GET", "/portal"), 303)
	b.logsIn("444444")
	h.passes(access.SessionTime)
	b.is(b.asks("GET", "/portal"), 303)
}

func TestNobodyHearsWhetherAPINIsRight(t *testing.T) {
	h := open(t)
	var answers []string
	for _, pin := range []string{rossiPIN, "999999", "not a pin", ""} {
		b := h.browser()
		w := b.asks("POST", "/portal/login", "pin="+strings.ReplaceAll(pin, " ", "+"))
		page := b.asks("GET", "/portal/code")
		wrong := b.asks("POST", "/portal/code", "code=abcdef")
		answers = append(answers, fmt.Sprint(w.Code, w.Header().Get("Location"), page.Body, wrong.Code, wrong.Body))
	}
	for i, a := range answers[1:] {
		if a != answers[0] {
			t.Errorf("answer %d differs from that to a right PIN: %s", i+1, a)
		}
	}
	if m := <-h.letters; m.To != "rossi@example.org" || len(h.letters) != 0 {
		t.Errorf("a letter to %s, and %d more", m.To, len(h.letters))
	}
}

func TestACodeHasFiveTriesTenMinutesAndOneBrowser(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.is(b.asks("POST", "/portal/login", "pin="+rossiPIN), 303)
	m := <-h.letters
	code := digits.FindStringSubmatch(m.Text)[1]
	other := h.browser()
	other.is(other.asks("POST", "/portal/code", "code="+code), 401)
	for range access.Tries {
		b.is(b.asks("POST", "/portal/code", "code=x"), 401)
	}
	b.is(b.asks("POST", "/portal/code", "code="+code), 401, "does not hold any more")
	b.is(b.asks("POST", "/portal/login", "pin="+rossiPIN), 303)
	code = digits.FindStringSubmatch((<-h.letters).Text)[1]
	h.passes(access.CodeTime)
	b.is(b.asks("POST", "/portal/code", "code="+code), 401)
}

func form(n int) string { return "form=" + fmt.Sprintf("%064d", n) }

func TestARequestIsOpenedOnceByTheDeskOfTheTelephone(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(rossiPIN)
	b.is(b.asks("GET", "/portal/open"), 200, "intervention: by", "called on the telephone at once", "restore: expected by")
	fields := []string{form(1), "category=blocking", "title=Plant+%3Cscript%3E", "text=stands+still", "number=%2B39065551239"}
	w := b.asks("POST", "/portal/open", fields...)
	b.is(w, 303)
	for range 3 {
		if again := b.asks("POST", "/portal/open", fields...); again.Header().Get("Location") != w.Header().Get("Location") {
			t.Errorf("the second press leads to %s, the first to %s", again.Header().Get("Location"), w.Header().Get("Location"))
		}
	}
	b.is(b.asks("POST", "/portal/open", append(fields, "text=other")[0], "category=blocking", "title=Other"), 409)
	page := b.is(b.asks("GET", w.Header().Get("Location")), 200, "on record as number 417", "Plant &lt;script&gt;", "stands still", "until one accepts", "How it is worked out")
	if strings.Contains(page, "<script") {
		t.Error("what customers write is markup")
	}
	all, err := h.desk.List(t.Context(), tickets.Filter{})
	must(t, err)
	if len(all.Items) != 1 {
		t.Fatalf("%d tickets", len(all.Items))
	}
	phone, err := h.desk.Open(t.Context(), tickets.Draft{Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller", Identity: tickets.Identity{Contract: h.desk.Book().Contracts.At("rossi")}}, h.clock())
	must(t, err)
	if got := all.Items[0]; got.Channel != tickets.Web || got.Contract != "rossi" || fmt.Sprint(got.Clocks) != fmt.Sprint(phone.Clocks) {
		t.Errorf("%s of %s has the clocks %v, by telephone %v", got.Channel, got.Contract, got.Clocks, phone.Clocks)
	}
}

func TestOutsideTheHoursThePriceIsTakenBeforeAnybodyIsRung(t *testing.T) {
	h := open(t)
	h.passes(14 * time.Hour)
	b := h.browser().logsIn(verdiPIN)
	b.is(b.asks("GET", "/portal/open"), 200, "a price of its own", "from Tuesday", "The &lt;i&gt;gateway&lt;/i&gt; is slow")
	for n, night := range []string{"", "night=1"} {
		w := b.asks("POST", "/portal/open", form(n), "category=blocking", "title=x", night)
		want := []string{"from Tuesday", "now, one after the other"}[n]
		b.is(b.asks("GET", w.Header().Get("Location")), 200, want)
	}
}

func TestWithoutRemoteAccessARequestHasNoContract(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(officePIN)
	b.is(b.asks("GET", "/portal/open"), 200, "has no remote access")
	w := b.asks("POST", "/portal/open", form(1), "category=blocking", "title=x")
	b.is(b.asks("GET", w.Header().Get("Location")), 200, "Without a deadline")
	b.is(b.asks("GET", "/portal"), 200, "Requests without a contract")
}

func TestACustomerReadsWhatIsMeantForCustomersAlone(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	b := h.browser().logsIn(rossiPIN)
	b.is(b.asks("POST", "/portal/open", form(1), "category=question", "title=How"), 303)
	for kind := range 3 {
		_, err := []func() (tickets.Ticket, error){
			func() (tickets.Ticket, error) { return h.desk.Comment(ctx, 417, "staff:anna", "secret one", h.clock()) },
			func() (tickets.Ticket, error) {
				return h.desk.Answer(ctx, 417, "staff:anna", "so it is done", h.clock())
			},
			func() (tickets.Ticket, error) {
				return h.desk.WaitForCustomer(ctx, 417, "staff:anna", "secret two", h.clock())
			},
		}[kind]()
		must(t, err)
	}
	_, err := h.desk.Note(ctx, 417, tickets.Event{Kind: tickets.Rang, Actor: "system", Text: "secret three", Facts: map[string]string{"engineer": "secret"}}, h.clock())
	must(t, err)
	page := b.is(b.asks("GET", "/portal/tickets/417"), 200, "so it is done", "waits for your answer")
	if strings.Contains(page, "secret") || strings.Contains(page, "anna") {
		t.Errorf("it shows what is the house's: %s", page)
	}
	for range 2 {
		b.is(b.asks("POST", "/portal/tickets/417/comment", form(7), "text=here+it+is"), 303)
	}
	page = b.is(b.asks("GET", "/portal/tickets/417"), 200, "here it is", "work goes on")
	if strings.Count(page, "here it is") != 1 {
		t.Error("a form that came twice is done twice")
	}
	if got, _ := h.desk.Ticket(ctx, 417); got.State != tickets.Open {
		t.Errorf("the ticket is %s after the answer", got.State)
	}
}

// TestAnAnswerWhoseFirstTryWasCutOffTakesTheTicketUp: its words were written, and the process died before the ticket was taken up again. Who
// sends the form again is not told that all is well while the ticket waits for ever. What staff have asked since stays asked.
func TestAnAnswerWhoseFirstTryWasCutOffTakesTheTicketUp(t *testing.T) {
	for name, c := range map[string]struct {
		asked bool // again, behind the words
		want  tickets.State
	}{"cut off": {false, tickets.Open}, "staff have asked again": {true, tickets.Waiting}} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			b := h.browser().logsIn(rossiPIN)
			b.is(b.asks("POST", "/portal/open", form(1), "category=blocking", "title=How"), 303)
			_, err := h.desk.WaitForCustomer(t.Context(), 417, "staff:anna", "which one?", h.clock())
			must(t, err)
			key := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimPrefix(form(7), "form="))))[:32]
			_, err = h.desk.Note(t.Context(), 417, tickets.Event{Kind: tickets.Commented, Actor: tickets.ActorCustomer, Text: "the left one", Facts: map[string]string{"form": key}}, h.clock())
			must(t, err)
			if c.asked {
				_, err = h.desk.Resume(t.Context(), 417, "staff:anna", "", h.clock())
				must(t, err)
				_, err = h.desk.WaitForCustomer(t.Context(), 417, "staff:anna", "and when?", h.clock())
				must(t, err)
			}
			b.is(b.asks("POST", "/portal/tickets/417/comment", form(7), "text=the+left+one"), 303)
			page := b.is(b.asks("GET", "/portal/tickets/417"), 200)
			if got, _ := h.desk.Ticket(t.Context(), 417); got.State != c.want || strings.Count(page, "the left one") != 1 {
				t.Errorf("the ticket is %s, want %s: %s", got.State, c.want, page)
			}
		})
	}
}

func TestALinkOpensOneTicketChangesNothingByGETAndEnds(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	b := h.browser().logsIn(rossiPIN)
	for n := range 2 {
		b.is(b.asks("POST", "/portal/open", form(n), "category=question", fmt.Sprint("title=matter", n)), 303)
	}
	l, token := access.NewLink(417, "staff:anna", h.clock())
	must(t, h.store.PutLink(ctx, l, h.clock()))
	reader := h.browser()
	before, err := h.desk.Ticket(ctx, 417)
	must(t, err)
	page := reader.is(reader.asks("GET", "/portal/t/"+token), 200, "matter0", "opens this request alone")
	if strings.Contains(page, "matter1") || len(reader.cookies) != 0 {
		t.Error("a link opens more than its ticket")
	}
	if after, _ := h.desk.Ticket(ctx, 417); after.Version != before.Version {
		t.Error("opening a link changes its ticket")
	}
	reader.is(reader.asks("GET", "/portal/tickets/417"), 303)
	reader.is(reader.asks("POST", "/portal/t/"+token+"/comment", form(3), "text=from+the+link"), 303)
	b.is(b.asks("GET", "/portal/tickets/417"), 200, "from the link")
	reader.is(reader.asks("GET", "/portal/t/"+token+"x"), 404)
	_, err = h.store.RevokeLinks(ctx, 417)
	must(t, err)
	reader.is(reader.asks("GET", "/portal/t/"+token), 404)
	reader.is(reader.asks("POST", "/portal/t/"+token+"/comment", form(4), "text=x"), 404)
	l, token = access.NewLink(417, "staff:anna", h.clock())
	must(t, h.store.PutLink(ctx, l, h.clock()))
	reader.is(reader.asks("GET", "/portal/t/"+token), 200)
	h.passes(access.LinkTime)
	reader.is(reader.asks("GET", "/portal/t/"+token), 404)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	h := open(t)
	q := httptest.NewRequest("POST", "/portal/login", strings.NewReader("pin="+rossiPIN))
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, q)
	if w.Code != 403 || len(h.letters) != 0 {
		t.Errorf("status %d", w.Code)
	}
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the policy is %s", csp)
	}
}

// TestTheNoticeSaysForHowLongRecordingsAreKept: everybody reads what callers hear, and who is logged in the term of the contract.
func TestTheNoticeSaysForHowLongRecordingsAreKept(t *testing.T) {
	h := open(t)
	h.desk.SetBook(h.desk.Book().With(func(b *directory.Book) {
		c := b.Contracts.At("rossi")
		c.KeepDays = 90
		b.Contracts = b.Contracts.With("rossi", c)
	}))
	stranger := h.browser()
	stranger.is(stranger.asks("GET", "/portal/notice"), 200, "The message that you leave will be recorded.", "To refuse seven, for details eight.", "The company that runs this line keeps it", "You may ask for a copy",
		"No term is set for which recordings are kept.")
	stranger.is(stranger.asks("GET", "/portal/login"), 200, `<a href="/portal/notice">`)
	rossi := h.browser().logsIn(rossiPIN)
	rossi.is(rossi.asks("GET", "/portal/notice"), 200, "Days for which recordings are kept before they are erased: 90.")
	office := h.browser().logsIn(officePIN)
	office.is(office.asks("GET", "/portal/notice"), 200, "No term is set for which recordings are kept.")
}
