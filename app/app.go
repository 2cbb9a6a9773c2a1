// Package app is the whole program as a value, and the only place where its parts are put together.
//
// Goroutines: maintenance, the watcher of deadlines, the sync of nodes, the records of calls, the due work, the HTTP server, the
// listeners of machines' own messages, and one for each call. Stop waits for all of them.
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
	"time"

	"hotline/admin/metrics"
	"hotline/agent/receiver"
	"hotline/alarm"
	"hotline/app/database"
	"hotline/app/flows"
	"hotline/app/settings"
	"hotline/app/voices"
	"hotline/attachments"
	"hotline/bridge"
	"hotline/browser"
	"hotline/calls"
	"hotline/config"
	"hotline/datadir"
	"hotline/dialplan"
	"hotline/dispatch"
	"hotline/dispatch/bulletin"
	"hotline/dispatch/chains"
	"hotline/dispatch/cover"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/intake/listener"
	"hotline/journal"
	"hotline/line"
	"hotline/mail"
	"hotline/mail/inbox"
	"hotline/mail/mailbox"
	"hotline/mail/smtpd"
	"hotline/media/udp"
	"hotline/nodes"
	"hotline/notify/delivery"
	"hotline/numberlease"
	"hotline/numbers"
	"hotline/offline"
	"hotline/oncall/duty"
	"hotline/oncall/pins"
	"hotline/outbox"
	"hotline/prompts"
	"hotline/recovery"
	"hotline/sip"
	"hotline/sip/ladder"
	"hotline/spool"
	"hotline/tickets"
	"hotline/web/webpush"
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
	// Invite hears of the one-time link by which the first user of a house without users is made; nil for nobody.
	Invite func(link string)
	Log    *slog.Logger // nil means silence
}

// Virtual is what tests in virtual time put in the place of database and sockets.
type Virtual struct {
	Store  database.Store
	SIP    sip.Wire
	Media  udp.Network
	Mailer delivery.Mailer                                                                          // nil: no mail is sent
	Sender outbox.Sender                                                                            // required where there are endpoints
	Zammad http.RoundTripper                                                                        // required where there is a bridge
	Check  func(ctx context.Context, e smtpd.Envelope, from string, raw []byte) mail.Authentication // who really sent a mail; nil: nobody knows
}

// App is the program. New, Start, Stop, or Run for all of it.
type App struct {
	cfg     Config
	log     *slog.Logger
	plan    numbers.Plan // how telephone numbers are meant and spelt where the line stands
	undo    stack
	running sync.WaitGroup

	db          *database.Database
	offline     *offline.Start // nil: the database answered at the start
	disk        disk
	desk        *tickets.Desk
	machines    machines
	calls       *calls.Records
	letters     *delivery.Letters
	budgets     *nodes.Budgets
	voices      *voices.Voices
	flows       *flows.Published
	metrics     *metrics.Metrics
	dialler     *dialplan.Dialler
	switchboard *line.Switchboard
	dispatching dispatching
	served
}

// served is what answers over HTTP.
type served struct {
	http      net.Addr
	customers http.Handler     // the customers' pages; nil where they are closed
	browsers  *browser.Gateway // nil where browsers cannot call
	hook      http.Handler     // of the bridge's webhooks; nil: none are taken
	ladder    *ladder.Keeper   // the messages of the latest calls, for the page of a call
}

// disk is what lies in the data folder.
type disk struct {
	dir        datadir.Dir
	pinKey     []byte
	settings   *settings.Settings // what the owner has said, in the file and in the browser; after openCompany
	copy       *offline.Copy
	journal    *journal.Journal
	numbers    *numberlease.Numbers
	spool      *spool.Folder
	recordings *recovery.Recordings
}

// machines is what takes in what installed systems say.
type machines struct {
	intake     *intake.Intake
	heartbeats *heartbeat.Keeper
	agents     *receiver.Receiver
	outbox     *outbox.Outbox  // what tells other systems
	bridge     *bridge.Bridge  // nil: there is none
	push       webpush.Push    // how browsers of the staff are told
	mails      *inbox.Inbox    // nil: none are taken in
	mailbox    *mailbox.Source // nil: none is read
	refused    func() []mail.Refusal
	smtp       net.Addr
	heard      []*listener.Counts // of the listeners of machines' own messages
}

// dispatching is what gets tickets to engineers.
type dispatching struct {
	roster     *duty.Roster
	pins       *pins.Guard // of engineers
	active     *dispatch.ActiveTickets
	engaged    *nodes.Engaged // over all nodes
	chains     *chains.Feed
	cover      *cover.Board // questions to engineers
	dispatcher *dispatch.Dispatcher
	limits     *bulletin.Limits // of the calls for alarms
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
	dir := datadir.Dir(c.Config.Data)
	return &App{
		cfg: c, log: c.Log, plan: numberingPlan(c.Config.Country, c.Log),
		disk: disk{dir: dir, copy: offline.NewCopy(dir.Cache(), c.Log)}, dispatching: dispatching{active: &dispatch.ActiveTickets{}, chains: chains.New(time.Now)},
	}, nil
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
	if err := errors.Join(a.switchboard.Drain(last), a.drainBrowsers(last)); err != nil {
		a.log.Warn("calls were still running", "error", err)
	}
	return a.Stop(context.WithoutCancel(ctx))
}

const stopTime = 30 * time.Second

// Start opens everything, from the disk up to the line. After an error nothing is left open.
func (a *App) Start(ctx context.Context) error {
	began := time.Now()
	steps := []func(context.Context) error{
		a.openFolder, a.openStore, a.openCompany, a.openDisk, a.openDesk, a.openBridge, a.openLine, a.openBrowsers, a.openIntake, a.openListeners, a.openMail, a.openAPI, a.openBackground,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		}
	}
	a.log.Info("ready", "sip", addresses(a.switchboard.Agent().Addresses()), "http", a.http.String(), "data", a.disk.dir,
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

// Intake takes what installed systems report, for those who embed the program and for tests; only after Start.
func (a *App) Intake() *intake.Intake { return a.machines.intake }

// Heartbeats keeps signs of life, for those who embed the program and for tests; only after Start.
func (a *App) Heartbeats() *heartbeat.Keeper { return a.machines.heartbeats }

// Outbox tells other systems of tickets, for those who embed the program and for tests; only after Start.
func (a *App) Outbox() *outbox.Outbox { return a.machines.outbox }

// Bridge joins tickets with those of another system, for those who embed the program and for tests; only after Start. Nil where there is none.
func (a *App) Bridge() *bridge.Bridge { return a.machines.bridge }

// BridgeHook takes the bridge's webhooks; only after Start. Nil where none are taken.
func (a *App) BridgeHook() http.Handler { return a.hook }

// Files keeps the files of tickets, for those who embed the program and for tests; only after Start.
func (a *App) Files() *attachments.Keeper { return a.files() }

// Mails brings mails to tickets, for those who embed the program and for tests; only after Start. Nil where none are taken in.
func (a *App) Mails() *inbox.Inbox { return a.machines.mails }

// Browsers takes calls from browsers, for those who embed the program and for tests; only after Start. Nil where there are none.
func (a *App) Browsers() *browser.Gateway { return a.browsers }

// SMTP is where mail is taken in; only after Start.
func (a *App) SMTP() net.Addr { return a.machines.smtp }

// Dispatcher gets tickets to engineers, for those who embed the program and for tests; only after Start.
func (a *App) Dispatcher() *dispatch.Dispatcher { return a.dispatching.dispatcher }

// Letters sends what is due in writing, for those who embed the program and for tests; only after Start.
func (a *App) Letters() *delivery.Letters { return a.letters }

// SIP is where callers reach the line; only after Start.
func (a *App) SIP() []netip.AddrPort { return a.switchboard.Agent().Addresses() }

// HTTP is where staff reach the API; only after Start.
func (a *App) HTTP() string { return a.http.String() }

// changed tells those who must know of a ticket that this node has changed.
func (d dispatching) changed(t tickets.Ticket) {
	d.active.Changed(t)
	d.chains.Changed(t)
}

// alarm tells the operator of the line.
func (a *App) alarm(kind alarm.Kind, text string) {
	if kind == alarm.Unreached {
		a.metrics.Unreachable()
	}
	a.log.Warn("ALARM", "kind", kind, "text", text)
}

func newID() string { return strings.ToLower(rand.Text()) }
