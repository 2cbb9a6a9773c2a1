package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/directory"
	"hotline/notify"
	"hotline/tickets"
)

// site is the portal as customers reach it.
const site = "https://support.example.org"

// inbox is the customer's mail.
type inbox struct {
	mu      sync.Mutex
	letters []notify.Message
}

func (b *inbox) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, m)
	return nil
}

// finds what a pattern takes out of the newest letter that has it.
func (b *inbox) finds(pattern string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.letters) - 1; i >= 0; i-- {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(b.letters[i].Text); m != nil {
			return m[1]
		}
	}
	return ""
}

// surfer is a browser without script: it keeps cookies by their rules, and goes where it is sent.
type surfer struct {
	*testing.T
	http.Client
}

// pages carries requests to a handler.
type pages struct{ http.Handler }

func (p pages) RoundTrip(q *http.Request) (*http.Response, error) {
	q.RemoteAddr, q.Host = "192.0.2.7:1234", q.URL.Host
	if q.Body == nil {
		q.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, q)
	return w.Result(), nil
}

func surf(t *testing.T, p *apptest.Program) surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return surfer{t, http.Client{Jar: jar, Transport: pages{p.App.Portal()}}}
}

// goes opens a page, or sends a form where there are fields, and reads the page to which it leads.
func (s surfer) goes(path string, fields url.Values, shows ...string) string {
	s.Helper()
	address := site + strings.TrimPrefix(path, site)
	answer, err := s.Get(address)
	if fields != nil {
		answer, err = s.PostForm(address, fields)
	}
	if err != nil {
		s.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	for _, text := range shows {
		if !strings.Contains(string(body), text) {
			s.Fatalf("%s (%s) does not show %q:\n%s", path, answer.Status, text, body)
		}
	}
	return string(body)
}

var formKey = regexp.MustCompile(`name="form" value="([0-9a-f]+)"`)

// fills sends the form of a page as a browser does: with the key that stands in it.
func (s surfer) fills(page, action string, fields url.Values, shows ...string) string {
	s.Helper()
	fields.Set("form", formKey.FindStringSubmatch(page)[1])
	return s.goes(action, fields, shows...)
}

// TestACustomerReportsAndFollowsAFaultOnThePortal walks through it: PIN and the code that is mailed, a blocking request that rings the chain
// as a call does, its clocks explained, words added, the link of the receipt, known faults, the statement of the month, logout.
func TestACustomerReportsAndFollowsAFaultOnThePortal(t *testing.T) {
	box := &inbox{}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		var rings apptest.Rings
		p.Engineers(rings.Accepts(9*time.Second, 40*time.Second), (&apptest.Rings{}).Busy)
		if _, err := p.Store.PutFault(t.Context(), directory.KnownFault{ID: "f", Words: directory.Words{"en": "The provider repairs a cable."}, Contracts: []directory.ContractID{"rossi"}}); err != nil {
			t.Fatal(err)
		}
		p.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
		s := surf(t, p)
		s.goes("/portal", nil, `name="pin"`)
		s.goes("/portal/language", url.Values{"language": {"en"}, "next": {"/portal/login"}}, "Log in")
		s.goes("/portal/login", url.Values{"pin": {"314159"}}, "The code")
		p.Passes(time.Second)
		code := box.finds(`\n    (\d{6})\n`)
		s.goes("/portal/code", url.Values{"code": {code}}, "Rossi S.p.A.", "Requests in progress", "The provider repairs a cable.")

		opened := time.Now()
		form := s.goes("/portal/open", nil, "intervention: by", "called on the telephone at once")
		s.fills(form, "/portal/open", url.Values{"category": {"blocking"}, "title": {"Plant <b>2</b>"}, "text": {"Everything stands still."}}, "on record as number 417", "one after the other, until one accepts", "Plant &lt;b&gt;2&lt;/b&gt;")
		p.Passes(30 * time.Second)
		if at := rings.At(); len(at) != 1 || at[0].Sub(opened) > 2*time.Second {
			t.Errorf("the engineer is rung at %v, opened at %v", at, opened)
		}
		p.Heard("sip:anna@"+apptest.Anna, "Rossi")
		ticket := s.goes("/portal/tickets/417", nil, "an engineer accepted", "How it is worked out", "counted 10:00:01-11:00:01")
		s.fills(ticket, "/portal/tickets/417/comment", url.Values{"text": {"The red lamp is on."}}, "The red lamp is on.")
		s.goes("/portal/statement", nil, "<table")

		link := box.finds(`(https://support\.example\.org/portal/t/\S+)`)
		colleague := surf(t, p)
		colleague.goes("/portal/language", url.Values{"language": {"en"}, "next": {"/portal/login"}})
		ticket = colleague.goes(link, nil, "opens this request alone", "The red lamp is on.")
		colleague.fills(ticket, link+"/comment", url.Values{"text": {"The green one too."}}, "The green one too.")
		colleague.goes("/portal/tickets/417", nil, "Log in")
		colleague.goes("/portal/open", nil, "Log in")
		s.goes("/portal/tickets/417", nil, "The green one too.")
		if h := p.History(); strings.Count(h, "commented The") != 2 || !strings.Contains(h, "accepted") {
			t.Errorf("the history is\n%s", h)
		}
		if got, err := p.Desk.Ticket(t.Context(), 417); err != nil || got.Channel != tickets.Web || got.Contract != "rossi" || got.Assignee != "anna" {
			t.Errorf("the ticket is %+v, %v", got, err)
		}
		s.goes("/portal/logout", url.Values{}, "Log in")
		s.goes("/portal/tickets/417", nil, "Log in")
	}, func(c *app.Config) { c.Virtual.Mailer, c.Config.Portal.URL = box, site })
}
