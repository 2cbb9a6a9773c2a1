// Package admin is the staff's HTTP API: routes by noun of the domain, one file each, and the views in which they show it.
// What a route shows or takes is a type of this package or of a room below it, never one of the domain (a test holds it).
// Package app makes the handler with New and serves it.
//
// Everything below /api/v1 but health and the OpenAPI document, and /metrics too, asks for a bearer token. Errors are
// RFC 9457 problems. A write may carry an Idempotency-Key: for a day the same key gives the same answer.
package admin

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"hotline/admin/access"
	"hotline/admin/agents"
	"hotline/admin/alerts"
	"hotline/admin/auditlog"
	"hotline/admin/bridged"
	"hotline/admin/calling"
	"hotline/admin/diagnostics"
	"hotline/admin/document"
	"hotline/admin/evo"
	"hotline/admin/files"
	"hotline/admin/heartbeats"
	"hotline/admin/idempotency"
	"hotline/admin/letters"
	"hotline/admin/links"
	"hotline/admin/metrics"
	"hotline/admin/middleware"
	"hotline/admin/operation"
	"hotline/admin/outgoing"
	"hotline/admin/problem"
	"hotline/admin/schedules"
	"hotline/admin/schema"
	"hotline/admin/transcripts"
	"hotline/admin/voice"
	"hotline/agent/receiver"
	"hotline/attachments"
	"hotline/audit"
	"hotline/cdr"
	"hotline/directory"
	"hotline/dispatch/chains"
	"hotline/evosupport/news"
	"hotline/heartbeat"
	replies "hotline/idempotency"
	"hotline/intake"
	"hotline/ivr/versions"
	"hotline/notify/mailing"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/outbox"
	portal "hotline/portal/access"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage"
	"hotline/strictyaml"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tokens"
	"hotline/transcription"
)

// base is where the API lives; its version rises with the first change that breaks a client.
const base = "/api/v1"

// PINs gives contracts their PINs. A PIN is returned by the call that made it and by nothing else.
type PINs interface {
	// NewContract writes a new contract together with its first PIN.
	NewContract(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
	// NewPIN replaces the contract's PIN; the former one ends at once. ErrConflict when c is not the version that stands.
	NewPIN(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
}

// EngineerPINs gives engineers their PINs. A PIN is returned by the call that made it and by nothing else.
type EngineerPINs interface {
	// Renew gives an engineer another PIN; the former one ends at once. pins.ErrJustRenewed within ten seconds of the last one.
	Renew(ctx context.Context, id oncall.EngineerID, now time.Time) (stands oncall.PIN, digits string, err error)
}

// Flows knows what callers hear. Its methods are safe for concurrent use.
type Flows interface {
	// Check reads a flow; name is what the flow calls itself. A flow without complaints may be published.
	Check(yaml string) (name string, complaints []strictyaml.Complaint)
	// Use makes a published version the one with which the next call begins.
	Use(v versions.Flow) error
}

// Health tells what works; nil is well. The methods are called at once for each request and must come back when ctx ends.
type Health interface {
	Store(ctx context.Context) error
	Line(ctx context.Context) error // the trunk and the listening sockets
	Disk(ctx context.Context) error // the folder of recordings and journal
}

// OpenRecording opens the sound of a recording as a WAV file; ErrNotFound when it is gone from the disk.
type OpenRecording func(ctx context.Context, r tickets.Recording) (io.ReadSeekCloser, error)

// Spoken is names in the line's own voice. Its methods do not wait for the voice. Safe for concurrent use.
type Spoken interface {
	// Want has a name spoken in the background, unless it is.
	Want(c directory.Customer)
	WantEngineer(e oncall.Engineer)
	// File is a name as a WAV file; rendering while it is being spoken, an error where it cannot be.
	File(c directory.Customer, lang prompts.Language) (wav []byte, rendering bool, err error)
	// FileOfEngineer is the same for an engineer's name.
	FileOfEngineer(e oncall.Engineer, lang prompts.Language) (wav []byte, rendering bool, err error)
	// Trouble tells why names are not spoken; nil while the voice works.
	Trouble() error
}

// Store is what the API reads and writes, noun by noun.
type Store interface {
	audit.Store
	directory.Store
	tickets.Store
	statistics.Store
	cdr.Store
	tokens.Store
	intake.Store
	replies.Store
	versions.Store
	heartbeat.Store
	receiver.Store
	outbox.Store
	news.Store
	mailing.Reader
	replaced.Store
	transcription.Store
	portal.Store
	storage.Facts
}

// Config is what the API needs. Everything but Telephone, Tests, Chains, Sounds.Spoken, Machines and Trunks is required.
type Config struct {
	Desk         *tickets.Desk
	Store        Store
	Oncall       oncall.Store
	Schedules    Schedules
	PINs         PINs
	EngineerPINs EngineerPINs
	Kept
	Flows Flows
	// Telephone tells why a telephone must not be an engineer's; nil: every one may.
	Telephone func(address string) error
	Tests     calling.Tests // nil: no telephone can be rung
	Chains    *chains.Feed  // what goes on, live; nil: nothing is told
	Node      string        // the name of this process among those on one database
	Sounds
	Machines Machines // nothing in it: no alert and no heartbeat is taken
	Health   Health
	Metrics  *metrics.Metrics
	Trunks   func() (all []Trunk, certificateEnds time.Time) // nil: there are none
	Locale
	Log *slog.Logger
	Now func() time.Time
}

// Kept are what tickets have beside their rows.
type Kept struct {
	Recordings OpenRecording
	Files      *attachments.Keeper
}

// Sounds are what the line says.
type Sounds struct {
	Spoken     Spoken      // nil: names are not spoken
	Prompts    voice.Line  // as they are heard
	Busy       func() bool // tells whether somebody is on the telephone
	Recogniser Recogniser  // nil: recordings are not put into text
}

// Recogniser is what puts recordings into text.
type Recogniser interface {
	Ready() error // an error where no recording can be put into text
}

// Schedules are the rotas and policies, and the house's values for a policy that says nothing of its own, as calls are made with them.
type Schedules struct {
	escalation.Store
	Defaults escalation.Defaults
}

// Machines are what takes in what installed systems say, and what tells other systems.
type Machines struct {
	Intake     *intake.Intake
	Heartbeats *heartbeat.Keeper
	Agents     *receiver.Receiver // at installations
	Outbox     *outbox.Outbox     // what goes out to other systems
	// Lost is when a message of a machine that came by SNMP or syslog was lost last; zero: none was. Nil: none come that way.
	Lost   func() time.Time
	Bridge bridged.Bridge // nil: there is none
}

// Locale is how the house writes.
type Locale struct {
	Plan     numbers.Plan            // how telephone numbers are spelt; the zero value leaves them as they are
	Language func() prompts.Language // of reports, where nobody asks for another; nil: Italian
	Portal   string                  // public address of the customer portal; empty: it is closed
	Numbers  []string                // telephone numbers of the line
}

// server answers for the house. It starts no goroutine of its own. Safe for concurrent use.
type server struct {
	Config
	last lastHealth
}

// New gives the handler of the API and of /metrics.
func New(c Config) http.Handler {
	s := &server{Config: c}
	if s.Telephone == nil {
		s.Telephone = func(string) error { return nil }
	}
	r := router()
	s.routes(r)
	r.Method(http.MethodGet, "/metrics", s.Metrics.Handler(s.Store))
	diagnostics.Routes(r, base)
	keys := idempotency.New(idempotency.Config{Store: s.Store, Open: open, Owner: access.Fingerprint, Name: access.Name, Log: s.Log, Now: s.Now, Secrets: []string{"pin", "key", "secret", "url"}})
	token := &access.Authenticator{Token: s.Store.Token, Used: s.Store.TokenUsed, Open: open, Routes: r, Now: s.Now, Log: s.Log, Refused: s.Metrics.APIRefused, Note: s.Store.NoteAudit}
	failed := func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusInternalServerError, "this request failed; the log says why")
	}
	return chi.Chain(
		middleware.Headers, middleware.Recover(s.Log, failed), token.Wrap, middleware.Audit(s.Log, access.Name, fromMachine), middleware.PlainText, middleware.FinishWrites, keys.Wrap,
	).Handler(r)
}

// routes registers every operation of the API, and describes it in the OpenAPI document.
func (s *server) routes(r *chi.Mux) huma.API {
	api := humachi.New(r, head())
	s.ticketRoutes(api)
	s.commandRoutes(api)
	s.recordingRoutes(api)
	bridged.Mount(s.operations(api), bridged.Config{Bridge: s.Machines.Bridge, Ticket: s.Desk.Ticket})
	transcripts.Mount(s.operations(api), transcripts.Config{Store: s.Store, Tickets: s.Desk})
	files.Mount(s.operations(api), files.Config{Files: s.Files, Desk: s.Desk, Staff: access.Staff, Now: s.Now})
	s.callRoutes(api)
	s.customerRoutes(api)
	s.contractRoutes(api)
	s.engineerRoutes(api)
	s.rotaRoutes(api)
	schedules.Mount(s.operations(api), s.schedules())
	calling.Mount(api, s.calling())
	s.levelRoutes(api)
	s.calendarRoutes(api)
	s.clockRoutes(api)
	s.reportRoutes(api)
	s.faultRoutes(api)
	alerts.Mount(s.operations(api), s.alerts())
	heartbeats.Mount(s.operations(api), s.heartbeats())
	agents.Mount(s.operations(api), agents.Config{Store: s.Store, Receiver: s.Machines.Agents, Heartbeats: s.Store, Keeper: s.Machines.Heartbeats, Contract: s.isContract, Now: s.Now})
	evo.Mount(s.operations(api), evo.Config{Store: s.Store, Desk: s.Desk, Now: s.Now})
	letters.Mount(s.operations(api), letters.Config{Store: s.Store})
	auditlog.Mount(s.operations(api), auditlog.Config{Store: s.Store})
	outgoing.Mount(s.operations(api), outgoing.Config{Store: s.Store, Outbox: s.Machines.Outbox, Contract: s.isContract, Now: s.Now})
	links.Mount(s.operations(api), links.Config{Store: s.Store, Ticket: s.Desk.Ticket, Site: s.Portal, Staff: access.Staff, Now: s.Now})
	s.flowRoutes(api)
	voice.Mount(s.operations(api), voice.Config{Store: s.Store, Line: s.Prompts, Busy: s.Busy, Staff: access.Staff, Now: s.Now})
	s.trunkRoutes(api)
	s.healthRoute(api)
	document.Patch(api, r)
	schema.Bound(api)
	return api
}

// router is the routes' home, with problems for what is not there.
func router() *chi.Mux {
	r := chi.NewRouter()
	r.Use(chimiddleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing at "+r.URL.Path)
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed(r, q.URL.Path), ", "))
		problem.Write(w, http.StatusMethodNotAllowed, q.Method+" is not for "+q.URL.Path)
	})
	return r
}

// allowed lists the methods that a path takes (RFC 9110, section 15.5.6).
func allowed(routes chi.Routes, path string) []string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), m, path) {
			list = append(list, m)
		}
	}
	if slices.Contains(list, http.MethodGet) {
		list = append(list, http.MethodHead)
	}
	return list
}

// open tells which paths need no token: what a monitor asks, and what a client must read first.
func open(path string) bool {
	return path == base+"/health" || path == base+"/openapi" || strings.HasPrefix(path, base+"/openapi.") ||
		strings.HasPrefix(path, base+"/openapi-")
}

// fromMachine tells which paths take what installed systems report.
func fromMachine(path string) bool { return strings.HasPrefix(path, base+"/alerts/") }

// operations is what the API's operations, of this package and of its rooms, are registered with.
func (s *server) operations(api huma.API) operation.Set {
	return operation.Set{API: api, Route: route, Guard: schema.Instants, Explain: s.explain}
}

func (s *server) explain(ctx context.Context, err error) error {
	return problem.Explain(ctx, s.Log, access.Name(ctx), err)
}

// serve registers an operation of this package.
func serve[I, O any](s *server, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	operation.Serve(s.operations(api), op, handle)
}

// alerts is the API of what installed systems report.
func (s *server) alerts() alerts.Config {
	return alerts.Config{Intake: s.Machines.Intake, Store: s.Store, Tickets: s.Desk, Bound: access.Bound, Now: s.Now}
}

// heartbeats is the API of signs of life.
func (s *server) heartbeats() heartbeats.Config {
	return heartbeats.Config{Store: s.Store, Keeper: s.Machines.Heartbeats, Contract: s.isContract, Now: s.Now}
}

// isContract tells whether there is a contract of an id.
func (s *server) isContract(id string) bool {
	_, ok := s.Desk.Book().Contracts.Get(directory.ContractID(id))
	return ok
}

// head is the head of the OpenAPI document. The library's own page of documentation stays off: it loads scripts
// from elsewhere.
func head() huma.Config {
	c := huma.DefaultConfig("hotline", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = base+"/openapi", "", "", nil
	c.Transformers = append(c.Transformers, problem.Readable)
	c.RejectUnknownQueryParameters = true // a filter that is misspelt must not select everything
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schema.Name)
	c.Security = []map[string][]string{{"token": {}}}
	return c
}

// refresh tells the line of a change of contracts, customers, levels, calendars or faults, so that the next caller is served
// by it. What was written stands even when this fails; the nodes' own look at what is new brings it then.
func (s *server) refresh(ctx context.Context) {
	if _, err := s.Desk.CatchUp(ctx, s.Store, s.Now()); err != nil {
		s.Log.Warn("the line hears of a change a moment later", "error", err)
	}
}

// route describes one operation of the API.
func route(method, path, id, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: base + path, Summary: summary, MaxBodyBytes: middleware.MaxBody + 1,
		Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusServiceUnavailable},
	}
}

// answer is a response that is all body.
type answer[T any] struct{ Body T }

func answered[T any](v T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{v}, nil
}

// removal deletes a document: the version that If-Match names, else whichever stands.
type removal struct {
	document.Keyed
	document.Precondition
	ByID
}
