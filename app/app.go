// Package app is the whole program as a value, and the only place where its parts are put together.
//
// Goroutines, all awaited by Stop: the chores, the register of calls, the due work, the HTTP server; and those of the line,
// of which each call is one.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotline/admin/metrics"
	"hotline/alarm"
	"hotline/app/connections"
	"hotline/app/outbound"
	"hotline/budgets"
	"hotline/callhandler"
	"hotline/calls"
	"hotline/cdr"
	"hotline/config"
	"hotline/directory"
	"hotline/dispatch"
	"hotline/idempotency"
	"hotline/ivr/versions"
	"hotline/journal"
	"hotline/line"
	"hotline/media/udp"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/prompts"
	"hotline/sip"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tokens"
)

// Config is what the program is started with.
type Config struct {
	Config       config.Config
	Demo         *Demo // loads the demo company
	DemoAnywhere bool  // allows it beyond loopback
	// Decorators stand around parts of the program. With Demo only.
	Decorators Decorators
	// Drain is how long running calls may go on after a stop was asked for.
	Drain time.Duration
	// Runtime is a folder for sockets that lasts as long as the process; empty: that of temporary files.
	Runtime string
	// Said hears what is said on which line; nil for nobody.
	Said func(to string, lang prompts.Language, text string)
	// Virtual replaces database and sockets, for tests in virtual time; nil means the real ones. There is no API then.
	Virtual *Virtual
	Log     *slog.Logger // nil means silence
}

// Virtual is what tests in virtual time put in the place of database and sockets.
type Virtual struct {
	Store  Store
	SIP    sip.Wire
	Media  udp.Network
	Mailer Mailer // nil: no mail is sent
}

// Store is every store.
type Store interface {
	directory.Store
	tickets.Store
	tickets.WorkQueue
	statistics.Store
	cdr.Store
	tokens.Store
	idempotency.Store
	versions.Store
	budgets.Store
	storage.Facts
	oncall.Store
}

// App is the program. New, Start, Stop, or Run for all of it.
type App struct {
	cfg     Config
	log     *slog.Logger
	folders folders
	plan    numbers.Plan // how telephone numbers are meant and spelt where the line stands
	undo    stack
	running sync.WaitGroup

	late     *lateStore      // the database has not answered since the start; nil once it has
	book     *directory.Book // of the disk, for a late database
	store    Store
	ping     func(context.Context) error
	journal  *journal.Journal
	numbers  *journal.Numbers
	spool    *journal.Spool
	desk     *tickets.Desk
	pinKey   []byte
	voices   *voices
	flows    *flows
	calls    *calls.Records
	metrics  *metrics.Metrics
	board    *line.Board
	dialler  *outbound.Dialler
	ledger   *ledger
	roster   *duty.Roster
	active   *dispatch.ActiveTickets
	dispatch *dispatch.Dispatcher
	handler  *callhandler.Handler
	post     Mailer      // nil: no mail is sent
	gathered atomic.Bool // recordings that a crash cut off are on their tickets; the chores' once they run
	http     net.Addr
}

// New checks what it is given and opens nothing.
func New(c Config) (*App, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Demo == nil && c.Decorators.some() {
		return nil, errors.New("faults and drills are for the demo only")
	}
	if at, beyond := beyondLoopback(c.Config); c.Demo != nil && !c.DemoAnywhere && beyond {
		return nil, fmt.Errorf("the demo company does not listen at %s: everybody knows its PINs and its API token; use loopback addresses, or say --demo-anywhere", at)
	}
	return &App{cfg: c, log: c.Log, folders: folders{c.Config.Data}, plan: numberingPlan(c.Config.Country, c.Log), active: &dispatch.ActiveTickets{}}, nil
}

// Run starts, serves until ctx ends, lets the running calls finish for a while, and stops.
func (a *App) Run(ctx context.Context) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	a.log.Info("stopping: no new calls, the running ones may end")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Drain)
	defer cancel()
	drained := a.board.Drain(last)
	if drained != nil {
		a.log.Warn("calls were still running", "error", drained)
	}
	return a.Stop(context.WithoutCancel(ctx))
}

const stopTime = 30 * time.Second

// Start opens everything, from the disk up to the line. After an error nothing is left open.
func (a *App) Start(ctx context.Context) error {
	began := time.Now()
	steps := []func(context.Context) error{
		a.openFolder, a.openStore, a.openCompany, a.openDisk, a.openDesk, a.openMail, a.openLine, a.openHTTP, a.openChores,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		}
	}
	a.log.Info("ready", "sip", addresses(a.board.Agent().Addresses()), "http", a.http.String(), "data", a.folders.data,
		"after", time.Since(began).Round(time.Millisecond))
	return nil
}

func addresses(list []netip.AddrPort) string {
	var words []string
	for _, at := range list {
		words = append(words, at.String())
	}
	return strings.Join(words, " ")
}

// Stop closes everything, the line first and the database last. Idempotent.
func (a *App) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	return a.undo.run(ctx)
}

// Desk is where tickets are taken and changed, for those who embed the program and for tests; only after Start.
func (a *App) Desk() *tickets.Desk { return a.desk }

// Dispatcher gets tickets to engineers, for those who embed the program and for tests; only after Start.
func (a *App) Dispatcher() *dispatch.Dispatcher { return a.dispatch }

// SIP is where callers reach the line; only after Start.
func (a *App) SIP() []netip.AddrPort { return a.board.Agent().Addresses() }

// HTTP is where staff reach the API; only after Start.
func (a *App) HTTP() string { return a.http.String() }

// alarm tells the operator of the line.
func (a *App) alarm(kind alarm.Kind, text string) {
	if kind == alarm.Unreached {
		a.metrics.Unreachable()
	}
	a.log.Warn("ALARM", "kind", kind, "text", text)
}

func newID() string { return strings.ToLower(rand.Text()) }

// openHTTP serves the staff's API.
func (a *App) openHTTP(ctx context.Context) error {
	if a.cfg.Virtual != nil {
		a.http = &net.TCPAddr{}
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Config.HTTP.Listen.String())
	if err != nil {
		return fmt.Errorf("opening the API at %s: %w; free the port, or say another one with --http", a.cfg.Config.HTTP.Listen, err)
	}
	a.http = l.Addr()
	server := &http.Server{
		Handler: a.api(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: 30 * time.Second,
		ConnState: connections.New().Change, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	a.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the API ended", "error", err)
		}
	})
	a.undo.add("the API", server.Shutdown)
	return nil
}

// openChores starts what goes on beside the calls.
func (a *App) openChores(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() { a.chores(ctx) })
	a.running.Go(func() { a.indexWords(ctx) })
	a.running.Go(func() { a.syncNodes(ctx) })
	if names := a.voices.names; names != nil {
		a.running.Go(func() { names.Run(ctx) })
	}
	a.running.Go(func() { a.watchClocks(ctx) })
	a.running.Go(func() {
		if err := a.store.Run(ctx, a.work); err != nil {
			a.log.Error("due work ended", "error", err)
		}
	})
	a.undo.add("the chores", func(context.Context) error { cancel(); return nil })
	return nil
}
