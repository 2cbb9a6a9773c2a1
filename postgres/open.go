// Package postgres keeps everything in PostgreSQL: one struct that is every store, and the due work on River.
//
// SQL is written by hand beside the Go that scans it; rows never leave this package. Instants are parameters: no statement
// asks the database for the time. Errors are those of tickets: ErrNotFound, ErrExists, ErrConflict, and ErrDown for a
// database that does not answer.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"hotline/budgets"
	"hotline/cdr"
	"hotline/directory"
	"hotline/idempotency"
	"hotline/ivr/versions"
	"hotline/oncall"
	"hotline/postgres/backfill"
	"hotline/postgres/bridged"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tokens"
	"hotline/users"
)

//go:embed migrations/*.sql
var migrations embed.FS

// What makes a database unusable, beside being down.
var (
	ErrTooNew = errors.New("the database was written by a newer hotline")
	ErrTooOld = errors.New("the PostgreSQL server is too old")
)

const (
	oldestServer = 130000 // server_version_num
	answerTime   = 5 * time.Second
	connections  = 20
	reserved     = 6 // more, for calls alone
)

// Config is how a database is used.
type Config struct {
	// Late opens a database that does not answer yet: every method says ErrDown until it does, and Prepare must be called
	// again until it has succeeded.
	Late bool
	Log  *slog.Logger // nil means silence
}

// Store is a database in use. Safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	jobs  *river.Client[pgx.Tx]
	log   *slog.Logger
	told  chan struct{}   // work was enqueued here
	lease *lease          // of this process on due work
	slow  *pgxpool.Config // for statements that take their time
	late  error

	pulse    *pulse
	searches *searches
	bridged.Rows
	calls *pgxpool.Pool // for calls alone
}

var (
	_ directory.Store    = (*Store)(nil)
	_ tickets.Store      = (*Store)(nil)
	_ cdr.Store          = (*Store)(nil)
	_ tokens.Store       = (*Store)(nil)
	_ users.Store        = (*Store)(nil)
	_ idempotency.Store  = (*Store)(nil)
	_ versions.Store     = (*Store)(nil)
	_ statistics.Store   = (*Store)(nil)
	_ budgets.Store      = (*Store)(nil)
	_ storage.Facts      = (*Store)(nil)
	_ tickets.WorkQueue  = (*Store)(nil)
	_ oncall.Store       = (*Store)(nil)
	_ oncall.Engagements = (*Store)(nil)
)

// Open connects, checks the server, and brings the schema up to date; several programs may do so at once.
func Open(ctx context.Context, url string, c Config) (*Store, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database's URL: it should look like postgres://user@host/name: %w", bare(err))
	}
	cfg.MaxConns = connections
	cfg.ConnConfig.ConnectTimeout = answerTime
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "hotline"
	cfg.ConnConfig.RuntimeParams["jit"] = "off"                           // compiling a statement costs more than any of ours does
	cfg.ConnConfig.RuntimeParams["max_parallel_workers_per_gather"] = "0" // a search takes no second core away from the line
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(answerTime.Milliseconds(), 10)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s := &Store{pool: pool, log: c.Log, told: make(chan struct{}, 1), lease: newLease(), slow: cfg.Copy(), pulse: &pulse{}, searches: &searches{}}
	s.Rows = bridged.Rows{With: s.with}
	few := cfg.Copy()
	few.MaxConns = reserved
	if s.calls, err = pgxpool.NewWithConfig(ctx, few); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.slow.ConnConfig.RuntimeParams["statement_timeout"] = "0"
	if s.late = s.Prepare(ctx); s.late != nil && (!c.Late || !errors.Is(s.late, storage.ErrDown)) {
		s.Close()
		return nil, s.late
	}
	s.jobs, err = river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: c.Log})
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("opening the due work: %w", err)
	}
	return s, nil
}

// bare keeps a password that stands in a URL out of messages.
func bare(err error) error {
	var parse *pgconnParseError
	if errors.As(err, &parse) {
		return parse.Unwrap()
	}
	return err
}

// Close closes the connections.
func (s *Store) Close() {
	s.pool.Close()
	s.calls.Close()
}

// Backfill completes what former versions wrote; see package backfill.
func (s *Store) Backfill() backfill.Rows { return backfill.Rows{Within: s.within} }

// ForCalls is the same store over connections that nobody else takes: whatever staff ask for, however many at once, a call
// does not stand behind it. Close closes both.
func (s *Store) ForCalls() *Store {
	view := *s
	view.pool = s.calls
	return &view
}

// Late is why a database that was opened with Config.Late was not prepared by Open; nil when it was.
func (s *Store) Late() error { return s.late }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return fault("asking the database", s.calls.Ping(ctx)) // however busy staff keep the others
}

// Prepare checks the server and brings the schema up to date, which may take as long as it takes. Open has done so, but
// for a late database.
func (s *Store) Prepare(ctx context.Context) error {
	var text string
	if err := s.pool.QueryRow(ctx, `select current_setting('server_version_num')`).Scan(&text); err != nil {
		return fault("connecting to the database", err)
	}
	if n, err := strconv.Atoi(text); err != nil || n < oldestServer {
		return fmt.Errorf("the database server is version %s, version 13 is needed: %w", text, ErrTooOld)
	}
	pool, err := pgxpool.NewWithConfig(ctx, s.slow)
	if err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	defer pool.Close()
	if err := s.migrate(ctx, pool); err != nil {
		return err
	}
	return s.migrateRiver(ctx, pool)
}

// riverLock is an advisory lock's number: River's own changes of the schema do not wait for each other.
const riverLock = 417_001

// migrateRiver brings River's tables up to date, one program after the other.
func (s *Store) migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: s.log})
	if err != nil {
		return fmt.Errorf("preparing the due work: %w", err)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fault("preparing the due work", err)
	}
	defer conn.Release() // the pool closes at once, and the lock ends with its connection
	if _, err := conn.Exec(ctx, lockRiver, riverLock); err != nil {
		return fault("preparing the due work", err)
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return fault("preparing the due work", err)
}

const lockRiver = `select pg_advisory_lock($1)`

func (s *Store) migrate(ctx context.Context, pool *pgxpool.Pool) error {
	scripts, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, scripts, goose.WithSessionLocker(locker), goose.WithSlog(s.log))
	if err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fault("reading the schema's version", err)
	}
	if current > target {
		return fmt.Errorf("the database has schema %d, this program knows %d; start the newer program, or restore the dump made before it: %w", current, target, ErrTooNew)
	}
	if current == target {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fault("bringing the schema up to date", err)
	}
	if current == 0 {
		return nil
	}
	// Lists are read from indexes alone, where PostgreSQL knows that every row is visible; a change of the tables forgot it.
	_, err = pool.Exec(ctx, tidyLists)
	return fault("tidying up behind the changes of the schema", err)
}

const tidyLists = `vacuum (analyze) tickets, calls`
