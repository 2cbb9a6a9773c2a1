// Package database is where the database is: the configured one, or a private one below the data folder; and the commands that need
// nothing but it.
//
// The keeper of a private database is a goroutine of postgres/local, which Close waits for. It starts no other.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"hotline/agent/receiver"
	"hotline/attachments"
	"hotline/audit"
	"hotline/bridge/twins"
	"hotline/budgets"
	"hotline/cdr"
	"hotline/company"
	"hotline/config"
	"hotline/datadir"
	"hotline/directory"
	"hotline/drafts"
	"hotline/evosupport/news"
	"hotline/heartbeat"
	"hotline/idempotency"
	"hotline/intake"
	"hotline/ivr/versions"
	"hotline/mail"
	"hotline/notify/mailing"
	"hotline/notify/statement"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/outbox"
	"hotline/portal/access"
	"hotline/postgres"
	"hotline/postgres/local"
	"hotline/presence"
	"hotline/prompts/replaced"
	"hotline/secretfile"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tokens"
	"hotline/transcription"
	"hotline/users"
)

// Store is every store.
type Store interface {
	audit.Store
	directory.Store
	tickets.Store
	tickets.WorkQueue
	statistics.Store
	cdr.Store
	tokens.Store
	users.Store
	idempotency.Store
	versions.Store
	budgets.Store
	storage.Facts
	oncall.Store
	attachments.Store
	drafts.Store
	presence.Store
	oncall.Engagements
	escalation.Store
	intake.Store
	heartbeat.Store
	receiver.Store
	outbox.Store
	twins.Store
	news.Store
	statement.Store
	mailing.Reader
	mail.Store
	replaced.Store
	transcription.Store
	access.Store
	company.Store
}

// Config is which database to open.
type Config struct {
	Database config.Database
	Dir      datadir.Dir // of the private one
	Runtime  string      // folder for sockets that lasts as long as the process; empty: that of temporary files
	Patient  bool        // a database that does not answer is no error: it may come later
	Log      *slog.Logger
}

// Database is an open database. Safe for concurrent use.
type Database struct {
	Store Store // for staff and what goes on in the background
	Calls Store // the same over connections of its own, for those on the line
	// Late is why the database does not answer after a patient opening; it wraps storage.ErrDown. nil: the database answers.
	Late error

	ping    func(context.Context) error
	prepare func(context.Context) error
	close   []func() error // in their order
}

// Virtual is a store in memory as a database.
func Virtual(s Store) *Database {
	well := func(context.Context) error { return nil }
	return &Database{Store: s, Calls: s, ping: well, prepare: well}
}

// Open connects to the database, or starts a private one.
func Open(ctx context.Context, c Config) (*Database, error) {
	d := &Database{}
	url, err := d.url(ctx, c)
	if err != nil {
		return nil, err
	}
	store, err := postgres.Open(ctx, url, postgres.Config{Late: c.Patient, Log: quiet(c.Log)})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.Store, d.Calls, d.ping, d.prepare = store, store.ForCalls(), store.Ping, store.Prepare
	d.close = append([]func() error{func() error { store.Close(); return nil }}, d.close...)
	late := store.Late() // also when it answers by now: its schema may be an old one
	if late == nil && c.Patient {
		late = store.Ping(ctx)
	}
	if errors.Is(late, storage.ErrDown) {
		d.Late = late
	}
	return d, nil
}

// url is where the database is. A patient opening does without a private one that does not start.
func (d *Database) url(ctx context.Context, c Config) (string, error) {
	if c.Database.URLFile != "" {
		url, err := secretfile.Word(c.Database.URLFile)
		if err != nil {
			return "", fmt.Errorf("reading database.url_file: %w", err)
		}
		return url, nil
	}
	if c.Database.URL != "" {
		return c.Database.URL, nil
	}
	server, err := local.Keep(ctx, local.Config{Dir: c.Dir.Postgres(), Sockets: c.Runtime, Log: c.Log}, c.Patient)
	if err != nil {
		return "", err
	}
	d.close = append(d.close, server.Stop)
	return server.URL(), nil
}

// Ping tells whether the database answers.
func (d *Database) Ping(ctx context.Context) error { return d.ping(ctx) }

// Prepare brings the schema up to date; Open has done so where the database answered.
func (d *Database) Prepare(ctx context.Context) error { return d.prepare(ctx) }

// Close closes the connections, and stops a private database.
func (d *Database) Close() error {
	var all []error
	for _, c := range d.close {
		all = append(all, c())
	}
	d.close = nil
	return errors.Join(all...)
}

// quiet keeps a library's everyday lines out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

// warnings passes warnings and worse.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
