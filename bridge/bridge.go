// Package bridge joins the tickets of this house with those of one Zammad, both ways (docs/bridge.md).
//
// Out: the outbox brings each line of a history that staff may see to Send, which opens the twin there or adds an article to it. In: a
// webhook, or the slow poll, says only that something has happened to a ticket there; who reads it then finds how it stands. So it does
// not matter how often, how late and in which order webhooks come. What came from there is told by the actor of its line
// ("zammad:LOGIN"), and no such line is sent back. What a hotline wrote there is told by the marker in its subject, and is not read back.
package bridge

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"hotline/alarm"
	"hotline/bridge/states"
	"hotline/bridge/twins"
	"hotline/bridge/zammad"
	"hotline/directory"
	"hotline/outbox"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/turns"
)

// Endpoint is the id of the outbox's endpoint, and Template the name of its template: neither is written over the API.
const (
	Endpoint = "zammad"
	Template = outbox.Bridged
)

// actorPrefix begins the actor of every line that came from there.
const actorPrefix = "zammad:"

// Desk is what the bridge does to tickets. *tickets.Desk does it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Assign(ctx context.Context, n tickets.Number, actor, engineer string, now time.Time) (tickets.Ticket, error)
	Reopen(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Resume(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	WaitForCustomer(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Intervene(ctx context.Context, n tickets.Number, actor string, now time.Time) (tickets.Ticket, error)
	Restored(ctx context.Context, n tickets.Number, actor string, now time.Time) (tickets.Ticket, error)
	Close(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Book() *directory.Book
}

// Rules are the data of the configuration: what is called how there, and what it means.
type Rules struct {
	Name       string                    // of this hotline among those that write into the same Zammad: a to z, 0 to 9
	Group      string                    // in which tickets are opened there
	Customer   string                    // the address that stands for customers who have none
	Born       []string                  // groups whose new tickets are opened here; empty: none are
	Owners     map[string]string         // login there by engineer
	Heard      map[string]states.Command // what a state there does here
	Said       map[tickets.State]string  // which state there shows one of ours
	Priorities map[int]string            // which priority there shows one of ours
	Files      Files
	Site       string        // address of the staff's pages, for links to files; empty: no links
	Language   func() string // of tickets whose contract names none
}

// Files says how a file of a ticket is brought there.
type Files string

// By its name and a link to the staff's pages, or whole.
const (
	ByLink Files = "link"
	ByFile Files = "file"
)

// File is a file of a ticket.
type File struct {
	Name, Type string
	Data       []byte
}

// Config is what a bridge needs. Everything is required but what Rules leaves open.
type Config struct {
	Rules
	Client  *zammad.Client
	Store   twins.Store
	Facts   storage.Facts
	Desk    Desk
	Numbers tickets.Numbers
	File    func(ctx context.Context, id string) (File, error) // storage.ErrNotFound where it is gone
	Text    func(page string) string                           // of HTML
	Every   time.Duration                                      // between two polls
	Patient time.Duration                                      // how long it may fail before the operator hears of it
	Alarm   alarm.Func
	Log     *slog.Logger
}

// Bridge joins two desks. Safe for concurrent use.
type Bridge struct {
	Config
	told  chan struct{} // there may be something to read
	turns turns.Queue[tickets.Number]

	mu      sync.Mutex
	trouble Trouble
	alarmed bool
}

// New makes a bridge; Run starts it.
func New(c Config) *Bridge { return &Bridge{Config: c, told: make(chan struct{}, 1)} }

// Trouble is since when Zammad does not do what it is asked, and why. The zero value: it does.
type Trouble struct {
	Since time.Time
	Why   string // for people, without secrets
}

// Trouble tells how the bridge fares on this node.
func (b *Bridge) Trouble() Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trouble
}

// noted takes note of how a request to Zammad went. What Zammad understood and refused is no trouble of the bridge: that is one ticket's.
func (b *Bridge) noted(err error, now time.Time) {
	var answer *zammad.Error
	var wait *later
	if errors.Is(err, context.Canceled) || errors.Is(err, errOurs) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil, errors.As(err, &wait), errors.As(err, &answer) && answer.Refused():
		if b.alarmed {
			b.Log.Info("Zammad does again what it is asked", "since", b.trouble.Since)
		}
		b.trouble, b.alarmed = Trouble{}, false
	case b.trouble.Since.IsZero():
		b.trouble = Trouble{now, err.Error()}
	default:
		b.trouble.Why = err.Error()
	}
}

// raise tells the operator, once, of what has failed for long.
func (b *Bridge) raise(now time.Time) {
	b.mu.Lock()
	t, raise := b.trouble, !b.trouble.Since.IsZero() && !b.alarmed && now.Sub(b.trouble.Since) >= b.Patient
	b.alarmed = b.alarmed || raise
	b.mu.Unlock()
	if raise {
		b.Alarm(alarm.Bridge, "tickets have not followed in Zammad since "+t.Since.UTC().Format(time.RFC3339)+": "+t.Why+". Nothing is lost: see bridge in the configuration, and run hotline doctor")
	}
}

// errOurs marks a failure of our own store or desk.
var errOurs = errors.New("this house's own desk")

// ours marks an error as one of our own; nil stays nil.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errOurs, err)
}

// Link is where people see the twin of a ticket.
type Link struct{ Number, URL string }

// Twin is the one there; ok is false where there is none yet.
func (b *Bridge) Twin(ctx context.Context, n tickets.Number) (l Link, ok bool, err error) {
	t, err := b.Store.Twin(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return l, false, nil
	}
	if err != nil || t.Foreign == 0 {
		return l, false, err
	}
	return Link{t.Number, b.Client.Page(t.Foreign)}, true, nil
}

// Foreign tells whether a line of a history came from there.
func Foreign(actor string) bool { return strings.HasPrefix(actor, actorPrefix) }

const (
	look     = 2 * time.Second  // between two looks for what is due
	lease    = time.Minute      // for which a poke belongs to who reads it; reading takes less
	readTime = 40 * time.Second // of one ticket
)

// Run reads what has happened there until ctx ends. It starts no goroutine.
func (b *Bridge) Run(ctx context.Context) {
	for ctx.Err() == nil {
		b.Round(ctx, time.Now)
		next := time.NewTimer(look)
		select {
		case <-next.C:
		case <-b.told:
		case <-ctx.Done():
		}
		next.Stop()
	}
}

// Round reads what is due, once. Tests call it by themselves.
func (b *Bridge) Round(ctx context.Context, now func() time.Time) {
	b.poll(ctx, now())
	for ctx.Err() == nil {
		p, err := b.Store.ClaimPoke(ctx, now(), now().Add(lease))
		if err != nil {
			if !errors.Is(err, storage.ErrNotFound) && ctx.Err() == nil {
				b.Log.Debug("what happened in Zammad is read when the database answers", "error", err)
			}
			break
		}
		b.read(ctx, p, now)
	}
	b.raise(now())
}

// read reads one ticket there, and says when it is tried again.
func (b *Bridge) read(ctx context.Context, p twins.Poke, now func() time.Time) {
	limited, cancel := context.WithTimeout(ctx, readTime)
	err := b.sync(limited, p.Foreign, now())
	cancel()
	if ctx.Err() != nil {
		return // the lease ends, and somebody reads it
	}
	b.noted(err, now())
	if err == nil || zammad.Gone(err) {
		err = b.Store.PokeDone(ctx, p)
	} else {
		b.Log.Warn("a ticket of Zammad is read again later", "id", p.Foreign, "tries", p.Tries, "error", err)
		err = b.Store.PokeLater(ctx, p, now().Add(outbox.Gap(p.Tries)), err.Error())
	}
	if err != nil {
		b.Log.Warn("a ticket of Zammad will be read once more", "id", p.Foreign, "error", err)
	}
}
