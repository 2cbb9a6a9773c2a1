// Package web is the staff's pages: the board, one ticket and what belongs to them, as HTML that the server renders from the desk
// and the stores that the API uses too. Everything that matters works without script. Package app makes the handler with New and
// serves it at "/", beside the API at "/api/v1".
//
// Which role may use which route stands in one table (rules.go). Who acts stands in a ticket's history as "staff:NAME".
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hotline/agent/keys"
	"hotline/attachments"
	"hotline/audit"
	"hotline/bridge"
	"hotline/cdr"
	"hotline/directory"
	"hotline/dispatch/chains"
	"hotline/drafts"
	"hotline/evosupport/news"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/ivr/try"
	"hotline/ivr/versions"
	"hotline/mail"
	"hotline/notify/mailing"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/outbox"
	"hotline/presence"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/sip/ladder"
	"hotline/speech/upload"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tickets/turns"
	"hotline/tokens"
	"hotline/transcription"
	"hotline/users"
	"hotline/web/agents"
	"hotline/web/flows"
	"hotline/web/heartbeats"
	"hotline/web/live"
	"hotline/web/mails"
	"hotline/web/outgoing"
	"hotline/web/pronunciation"
	"hotline/web/setup"
	"hotline/web/signon"
	"hotline/web/ui"
	"hotline/web/webpush"
)

// Store is what the pages read and write beside the desk.
type Store interface {
	audit.Store
	users.Store
	tokens.Store
	tickets.RecordingStore
	cdr.Store
	directory.Store
	escalation.Store
	oncall.Store
	statistics.Store
	drafts.Store
	presence.Store
	storage.Facts
	versions.Store
	replaced.Store
	outbox.Store
	news.Store
	mailing.Reader
	transcription.Store
	agents.Store
	intake.Store
	heartbeat.Store
	FiledMails(ctx context.Context, limit int) ([]mail.Record, error) // see mail.Store
}

// Trunk is how one trunk of the line fares.
type Trunk struct {
	Name  string
	State string // unknown, registered, reachable, failing, refused or silent
	Since time.Time
	Error string // the last one; empty since it works again
	// Trouble is the kind of the last one, as sip/trunk names it; empty: another kind.
	Trouble string
}

// PINs gives contracts their PINs. A PIN is returned by the call that made it and by nothing else.
type PINs interface {
	// NewContract writes a new contract together with its first PIN: both, or neither.
	NewContract(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
	// NewPIN replaces the contract's PIN; the former one ends at once. storage.ErrConflict when c is not the version that stands.
	NewPIN(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
}

// Config is what the pages need. All fields but Trunks, Feed, Calls, TestCall and Doors are required.
type Config struct {
	Desk  *tickets.Desk
	Store Store
	PINs  PINs
	Speech
	Telephones
	Files *attachments.Keeper
	Channels
	Recordings func(ctx context.Context, r tickets.Recording) (io.ReadSeekCloser, error) // storage.ErrNotFound when it is gone from the disk
	Trunks     func() []Trunk                                                            // nil: there are none
	Line       func(ctx context.Context) error                                           // nil result: callers are answered
	Feed       *chains.Feed                                                              // nil: nothing is told live
	Calls      func() []cdr.Call                                                         // those that go on now on this node; nil: none
	Doors
	Plan     numbers.Plan            // how telephone numbers are written
	Language func() prompts.Language // where a browser asks for none that there is
	Log      *slog.Logger
	Now      func() time.Time

	ends func(user string)    // ends the live streams of a user
	tell func(tickets.Number) // tells browsers that who is at a ticket has changed
}

// Channels are the ways by which machines and letters come and go.
type Channels struct {
	Outbox     outgoing.Outbox
	Bridge     Bridge // nil: there is none
	Push       webpush.Push
	Mails      mails.Inbox                                                            // nil: no mail is taken in
	Refused    func() []mail.Refusal                                                  // mails that this node did not take; nil: none
	Renew      func(ctx context.Context, id string, now time.Time) (keys.Pair, error) // the token of an agent; nil: none are answered
	Retire     func(ctx context.Context, id string, version int, now time.Time) error // ends an agent; nil: as Renew
	Heartbeats heartbeats.Keeper                                                      // nil: none are kept
	Letters    bool                                                                   // customers are told of published versions by letter
}

// Bridge joins tickets with those of another system. *bridge.Bridge does it.
type Bridge interface {
	Trouble() bridge.Trouble
	Twin(ctx context.Context, n tickets.Number) (bridge.Link, bool, error)
}

// Doors are the ways in beside name and password.
type Doors struct {
	Setup    *Setup          // nil: nobody becomes the first user by a link
	Provider signon.Provider // the zero value: nobody logs in by an identity provider
}

// Telephones are those that the line rings, and its own numbers.
type Telephones struct {
	Telephone func(address string) error                                  // nil result: an engineer can be rung there
	TestCall  func(ctx context.Context, a oncall.Attempt) (result string) // nil: this process rings nobody
	Numbers   []string                                                    // of the line
	Ladder    Ladder                                                      // nil: no messages are remembered
	Owner     setup.Owner                                                 // what is said of the house; nil: nobody is asked
	// EngineerPIN gives an engineer another PIN of the console by telephone, which it returns once; nil: none are given.
	EngineerPIN func(ctx context.Context, id oncall.EngineerID, now time.Time) (stands oncall.PIN, digits string, err error)
	Escalation  escalation.Defaults // of a policy that says nothing of its own
}

// Ladder remembers the messages of the latest calls of this node. Safe for concurrent use.
type Ladder interface {
	Of(id string) (ladder.Dialog, bool)
	Rung(address string, at time.Time) (ladder.Dialog, bool)
}

// Speech is what callers hear.
type Speech struct {
	Flows    flows.Line
	Prompts  upload.Line
	Rehearse []try.Contract      // that a dry run of a flow knows
	Voice    pronunciation.Voice // nil: what people write is not spoken
}

// server answers for the pages. It starts no goroutine. Safe for concurrent use.
type server struct {
	Config
	templates ui.Templates
	throttle  *throttle
	sorted    *sortedCustomers
	streams   *live.Streams
	hashing   chan struct{}               // holds one token for each password that may be hashed at once
	asking    chan struct{}               // holds one token for each login that the identity provider is asked about at once
	forms     turns.Queue[tickets.Number] // forms of one ticket are done one after the other
}

// hashers is how many passwords are hashed at once: each takes 19 MiB and a core, which calls need too.
const hashers = 1

// askers is how many logins the identity provider is asked about at once: who makes up answers of it costs no more than that.
const askers = 8

// pages are parsed once in a process.
var pages = sync.OnceValue(func() ui.Templates { return ui.ParseFramed(pageFiles) })

// New gives the handler of the pages.
func New(c Config) http.Handler {
	s := &server{Config: c, templates: pages(), throttle: newThrottle(), sorted: &sortedCustomers{}, hashing: make(chan struct{}, hashers), asking: make(chan struct{}, askers)}
	s.streams = live.New(live.Config{Feed: c.Feed, Holds: s.holds, Log: c.Log, Now: c.Now})
	s.ends, s.tell = s.streams.End, s.streams.Tell
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.allow(r.pattern, r.serve))
	}
	mux.Handle("/", s.allow(notFound, func(w http.ResponseWriter, r *request) { s.showFailure(w, r, http.StatusNotFound, "page-not-found") }))
	return ui.Site{
		Headers: map[string]string{"Content-Security-Policy": contentPolicy, "Referrer-Policy": "same-origin"}, Log: c.Log,
		Foreign: func(w http.ResponseWriter, q *http.Request) {
			s.showFailure(w, s.request(q), http.StatusForbidden, "page-cross-origin")
		},
		Failed: func(w http.ResponseWriter, q *http.Request) {
			s.showFailure(w, s.request(q), http.StatusInternalServerError, "page-failed")
		},
	}.Handler(mux)
}

// contentPolicy lets a page load nothing but our own files, and nobody frame it.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// formMost bounds a form in octets: the longest text of one is 10,000 characters.
const formMost = 128 << 10
