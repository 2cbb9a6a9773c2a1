// Package inbox keeps mails that were taken and brings each to a ticket: on the disk first, then by the table of package mail, then at the
// desk. A mail lies in the folder "in" until what becomes of it is done; whatever ends the process meanwhile, the next one finds it there.
//
// Run is one goroutine of its caller, with some more for as long as mails wait.
package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotline/atomicfile"
	"hotline/attachments"
	"hotline/directory"
	"hotline/mail"
	"hotline/mail/smtpd"
	"hotline/storage"
	"hotline/tickets"
)

// Desk is what mails do to tickets. *tickets.Desk does it.
type Desk interface {
	Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error)
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Resume(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Book() *directory.Book
}

// Config is what an inbox needs. Everything but Check, Beat, Files, Scan, Staff and Forms is required.
type Config struct {
	Dir       string // of mails
	Store     mail.Store
	Desk      Desk
	Numbers   tickets.Numbers
	Addresses mail.Addresses
	Own       []string      // domains of this house, in lower case
	Staff     []string      // addresses of the house's own readers, in lower case
	Language  func() string // of tickets whose contract names none
	Forms     []mail.Form
	// Check finds who really sent a mail; nil: nobody knows.
	Check func(ctx context.Context, e smtpd.Envelope, from string, raw []byte) mail.Authentication
	// Beat takes what a job says by mail to the address of its heartbeat: word is the first one of the subject. It fails with storage.ErrNotFound for
	// a key that is not known. Nil: there are no heartbeats.
	Beat func(ctx context.Context, key, word, text string, at time.Time) error
	// Files keeps the files of letters; nil: they stay in the originals alone.
	Files *attachments.Keeper
	// Scan looks at the original; an error says what is wrong with it, which stands on the ticket, and none of its files is kept then. Nil:
	// nobody looks.
	Scan  func(ctx context.Context, file string) error
	Count func(what string)
	Log   *slog.Logger
}

// Inbox brings mails to tickets. Safe for concurrent use.
type Inbox struct {
	cfg     Config
	wake    chan struct{}
	waiting atomic.Int64
	senders senders

	mu    sync.Mutex
	tries map[string]try // of mails that failed
}

// try is how often a mail failed, and when it is tried again.
type try struct {
	failed int
	next   time.Time
}

// Bounds.
const (
	waitingMost = 10_000 // mails; more are refused for now
	atOnce      = 4      // are worked at
	lookAgain   = 2 * time.Second
	tellAfter   = 3 // tries
)

// New makes an inbox and its folders.
func New(c Config) (*Inbox, error) {
	k := &Inbox{cfg: c, wake: make(chan struct{}, 1), tries: map[string]try{}}
	if err := os.MkdirAll(k.folder(), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of mails: %w", err)
	}
	names, err := k.names()
	if err != nil {
		return nil, err
	}
	k.waiting.Store(int64(len(names)))
	return k, nil
}

func (k *Inbox) folder() string { return filepath.Join(k.cfg.Dir, "in") }

// Keep brings a mail to the disk; after a nil it outlasts a crash.
func (k *Inbox) Keep(_ context.Context, e smtpd.Envelope, raw []byte) error {
	if k.waiting.Load() >= waitingMost {
		return fmt.Errorf("%d mails wait already", waitingMost)
	}
	head, err := json.Marshal(e)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%s", e.At.UTC().Format("20060102T150405.000000000"), idOf(e, raw))
	if err := atomicfile.Replace(filepath.Join(k.folder(), name+suffix), slices.Concat(head, []byte("\n"), raw)); err != nil {
		return fmt.Errorf("keeping a mail: %w", err)
	}
	k.waiting.Add(1)
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return nil
}

const suffix = ".eml"

// names are the mails that wait, the oldest first.
func (k *Inbox) names() ([]string, error) {
	entries, err := os.ReadDir(k.folder())
	if err != nil {
		return nil, fmt.Errorf("reading the folder of mails: %w", err)
	}
	var list []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok && !strings.HasPrefix(name, ".") {
			list = append(list, name)
		}
	}
	return list, nil
}

// Run brings mails to tickets until ctx ends. What cannot be done now waits.
func (k *Inbox) Run(ctx context.Context) {
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for ctx.Err() == nil {
		if !k.Round(ctx) {
			select {
			case <-ctx.Done():
			case <-k.wake:
			case <-t.C:
			}
		}
	}
}

// Round works at what waits, and tells whether something was done. Mails of one sender go one after the other, in their order.
func (k *Inbox) Round(ctx context.Context) (done bool) {
	names, err := k.names()
	if err != nil {
		k.cfg.Log.Warn("mails wait", "error", err)
		return false
	}
	k.waiting.Store(int64(len(names)))
	names = k.ready(names, time.Now())
	groups := make([][]string, atOnce)
	for _, name := range names {
		worker := workerOf(name)
		groups[worker] = append(groups[worker], name)
	}
	var some atomic.Bool
	var all sync.WaitGroup
	for _, group := range groups {
		all.Go(func() {
			for _, name := range group {
				if ctx.Err() != nil {
					return
				}
				if k.attempt(ctx, name) {
					some.Store(true)
				}
			}
		})
	}
	all.Wait()
	return some.Load()
}

// ready are those that are not put off.
func (k *Inbox) ready(names []string, now time.Time) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.DeleteFunc(names, func(name string) bool { return k.tries[name].next.After(now) })
}

// attempt takes one mail; what fails is put off, longer each time.
func (k *Inbox) attempt(ctx context.Context, name string) bool {
	err := k.take(ctx, name)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.tries, name)
		k.waiting.Add(-1)
		return true
	}
	t := k.tries[name]
	t.failed++
	t.next = time.Now().Add(min(lookAgain<<min(t.failed, 8), 5*time.Minute))
	k.tries[name] = t
	if t.failed >= tellAfter && !errors.Is(err, storage.ErrDown) && ctx.Err() == nil {
		k.cfg.Log.Error("a mail does not get to its ticket: it is kept, and tried again", "file", name, "tries", t.failed, "error", err)
	}
	return false
}

// read reads a mail from the disk.
func (k *Inbox) read(name string) (e smtpd.Envelope, raw []byte, err error) {
	whole, err := os.ReadFile(filepath.Join(k.folder(), name+suffix))
	if err != nil {
		return e, nil, err
	}
	e, raw = parted(whole)
	return e, raw, nil
}

// parted parts a file: the first line says how the mail came. One without it somebody has put there as it is.
func parted(whole []byte) (e smtpd.Envelope, raw []byte) {
	head, raw, _ := bytes.Cut(whole, []byte("\n"))
	if err := json.Unmarshal(head, &e); err != nil {
		return smtpd.Envelope{At: time.Now()}, whole
	}
	return e, raw
}

// put moves a mail to those that are done; the first line says how it came.
func (k *Inbox) put(name, file string) error {
	to := filepath.Join(k.cfg.Dir, file)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(k.folder(), name+suffix), to); err != nil {
		return err
	}
	return errors.Join(atomicfile.SyncFolder(filepath.Dir(to)), atomicfile.SyncFolder(k.folder()))
}
