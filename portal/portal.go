// Package portal is the customer's pages at /portal. A customer sees a contract's tickets with their clocks explained, opens one,
// adds to it, and reads known faults and the statement of a month. A link opens one ticket without a login. There is a telephone
// in the page (call.go), which needs script; the other pages have none.
//
// A customer logs in with the contract's PIN and a code that is sent to the customer's address. Every page asks the desk and the
// stores that the telephone and the staff use, and shows of a ticket what is meant for its customer (history.go). Package app makes
// the handler with New and serves it at "/portal".
package portal

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hotline/attachments"
	"hotline/budgets"
	"hotline/directory"
	"hotline/idempotency"
	"hotline/notify"
	"hotline/portal/access"
	"hotline/prompts"
	"hotline/sip/ratelimit"
	"hotline/tickets"
	"hotline/tickets/turns"
	"hotline/web/ui"
)

// Store is what the portal keeps.
type Store interface {
	access.Store
	idempotency.Store
}

// Mailer sends letters. An error that wraps notify.ErrRefused is for ever.
type Mailer interface {
	Send(ctx context.Context, m notify.Message) error
}

// Config is what the portal needs. All of it is required but Files, Calls, Mailer, Statement, Notice, KeepDays, URL and Company.
type Config struct {
	Desk      *tickets.Desk
	Store     Store
	Numbers   tickets.Numbers
	PINKey    []byte
	Files     *attachments.Keeper                                         // nil: no files are taken
	Calls     Calls                                                       // nil: nobody calls from the page
	Mailer    Mailer                                                      // nil: nobody logs in, and links work
	Statement func(r *ui.Request, c directory.Contract) (*ui.Page, error) // of a month; nil: there is none
	Notice    map[prompts.Language]string                                 // the house's own words about recordings and data
	KeepDays  int                                                         // for which the house keeps recordings whose contract says nothing else; 0: without a term
	URL       string                                                      // the site as customers reach it; by https: cookies go no other way
	Language  func() prompts.Language                                     // where a browser asks for none that there is
	Company   func() string                                               // the house's name, at the head of each page; nil, or empty: it has none
	Log       *slog.Logger
	Now       func() time.Time
}

// Portal answers for the pages, and sends codes. Safe for concurrent use.
type Portal struct {
	Config
	post      chan notify.Message
	templates ui.Templates
	forms     turns.Queue[[32]byte] // forms of one contract or link are done one after the other

	mu      sync.Mutex // guards what follows
	wrong   *budgets.PINs
	known   map[knownNetwork]time.Time // from where a contract logged in lately
	spent   map[spending]*ratelimit.Bucket
	sources *ratelimit.Sources
	retries *ratelimit.Sources
	reads   *ratelimit.Sources
}

// pages are parsed once in a process.
var pages = sync.OnceValue(func() ui.Templates { return ui.ParseFramed(pageFiles) })

// New makes a portal. Run sends its letters.
func New(c Config) *Portal {
	return &Portal{
		Config: c, post: make(chan notify.Message, lettersWaiting), templates: pages(), wrong: budgets.NewPINs(),
		known: map[knownNetwork]time.Time{}, spent: map[spending]*ratelimit.Bucket{}, sources: ratelimit.NewSources(), retries: ratelimit.NewSources(), reads: ratelimit.NewSources(),
	}
}

// formMost bounds a form in octets: the longest text of one is textMost characters.
const formMost = 64 << 10

// entry says who may use a route.
type entry int

const (
	anybody  entry = iota
	customer       // with the session of a contract
	link           // with a token in the address, which opens one ticket
)

// route is one row of the table that the mux is made of.
type route struct {
	pattern string
	entry   entry
	serve   func(http.ResponseWriter, *request)
	most    int64 // octets of its form; 0: formMost
}

// routes are all pages and forms.
func (p *Portal) routes() []route {
	return []route{
		{"GET /portal/static/{file}", anybody, p.static, 0},
		{"POST /portal/language", anybody, p.chooseLanguage, 0},
		{"GET /portal/notice", anybody, p.notice, 0},
		{"GET /portal/login", anybody, p.loginPage, 0},
		{"POST /portal/login", anybody, p.login, 0},
		{"GET /portal/code", anybody, p.codePage, 0},
		{"POST /portal/code", anybody, p.code, 0},
		{"POST /portal/logout", customer, p.logout, 0},
		{"GET /portal", customer, p.list, 0},
		{"GET /portal/tickets/{number}", customer, p.ticket, 0},
		{"POST /portal/tickets/{number}/comment", customer, p.comment, 0},
		{"POST /portal/tickets/{number}/files", customer, p.attach, fileFormMost},
		{"GET /portal/tickets/{number}/files/{id}", customer, p.download, 0},
		{"GET /portal/open", customer, p.openPage, 0},
		{"POST /portal/open", customer, p.open, 0},
		{"GET /portal/statement", customer, p.statement, 0},
		{"GET /portal/call", customer, p.callPage, 0},
		{"POST /portal/call", customer, p.dial, callFormMost},
		{"POST /portal/call/{call}/end", customer, p.hangUp, 0},
		{"GET /portal/t/{token}", link, p.ticket, 0},
		{"POST /portal/t/{token}/comment", link, p.comment, 0},
		{"POST /portal/t/{token}/files", link, p.attach, fileFormMost},
		{"GET /portal/t/{token}/files/{id}", link, p.download, 0},
	}
}

// Handler serves the pages.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range p.routes() {
		mux.Handle(r.pattern, p.allow(r))
	}
	mux.Handle("/", p.allow(route{"/", anybody, func(w http.ResponseWriter, r *request) { p.showFailure(w, r, http.StatusNotFound, "portal-not-found") }, 0}))
	return ui.Site{
		Headers: map[string]string{"Content-Security-Policy": contentPolicy, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Permissions-Policy": "microphone=()"}, Log: p.Log,
		Foreign: func(w http.ResponseWriter, q *http.Request) {
			p.showFailure(w, p.request(q), http.StatusForbidden, "portal-cross-origin")
		},
		Failed: func(w http.ResponseWriter, q *http.Request) {
			p.showFailure(w, p.request(q), http.StatusInternalServerError, "portal-failed")
		},
	}.Handler(mux)
}

// What a page may load: our own style sheets and pictures, and no script. The page of the telephone also has a script of ours,
// which may connect to this server alone. Nobody frames either.
const (
	contentPolicy   = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	telephonePolicy = contentPolicy + "; script-src 'self'; connect-src 'self'"
)
