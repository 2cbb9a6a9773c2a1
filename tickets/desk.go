package tickets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/audit"
	"hotline/budgets"
	"hotline/directory"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets/turns"
)

// Numbers gives ticket numbers from a leased block, so that one can be spoken with the store down.
type Numbers interface {
	Next(ctx context.Context) (Number, error)
}

// Journal keeps a change on the local disk before the store is tried. Done tells that the store has it, or that the
// change was given up because somebody else was faster.
type Journal interface {
	Append(ctx context.Context, c Change) error
	Done(ctx context.Context, c Change) error
}

// Numbering knows the spellings of a telephone number. Safe for concurrent use.
type Numbering interface {
	// E164 is the one that is kept: +39065551239. What is no full number stays as it is.
	E164(number string) string
	// Spellings are all that a number may have been written down as, itself first.
	Spellings(number string) []string
}

// DeskConfig is what a desk needs. Journal may be nil (the conversation in the terminal keeps nothing).
type DeskConfig struct {
	Store     Store
	Quick     Store // the same for those on the line: it does not keep them waiting; nil: Store
	Book      *directory.Book
	Numbers   Numbers
	Journal   Journal
	PINKey    []byte
	NewID     func() string
	Own       sla.CalendarID // the owner's own hours: when somebody is there for Support on Request
	Numbering Numbering      // how telephone numbers are spelt; nil: each is its own only spelling
	// Updates tells of which updates staff get a letter; nil: of none.
	Updates func(u Update) bool
	// Outgoing tells of which lines other systems are told; nil: of none. It must not wait.
	Outgoing func(e Event) bool
	// Transcribe has each new recording put into text, as due work.
	Transcribe bool
	// Tells tells of what customers get a letter; nil: of nothing.
	Tells func(p Progress) bool
	// Deferred hears of changes that wait because the store did not take them.
	Deferred func(n Number, err error)
	// Refused hears once of a change that the store does not take although it is up: somebody has to look.
	Refused func(n Number, err error)
	// Erase deletes the sound of recordings on this node; one that is not there is no fault. Nil: there is no sound here.
	Erase func(recordings []string) error
	// Changed hears of each ticket as this desk has changed it, in the goroutine that did; nil for nobody.
	Changed func(t Ticket)
	// Spent hears of each wrong PIN, to keep it; it must not wait. Nil: a restart forgets them.
	Spent func(budgets.Spending)
}

// Desk is where requests are taken and changed, by the rules of the support policy. It is safe for concurrent use. A
// store that is down delays rows, never callers: what it did not take waits here, in order, until Replay.
type Desk struct {
	cfg DeskConfig

	mu        sync.Mutex
	book      *directory.Book
	wrongPINs *budgets.PINs
	opened    openings // by unknown callers
	waiting   map[Number]*deferred
	last      recent // how tickets stood when this desk wrote them
	turns     turns.Queue[Number]

	catching sync.Mutex                // one who brings the snapshot up to date at a time
	agreed   map[string]*sla.Agreement // terms made ready, by id
}

// deferred is a ticket whose rows wait for the store.
type deferred struct {
	ticket   Ticket // as it stands after all changes
	changes  []Change
	refusals int // how often the store refused the oldest one though it was up
}

// NewDesk opens a desk.
func NewDesk(cfg DeskConfig) *Desk {
	if cfg.Deferred == nil {
		cfg.Deferred = func(Number, error) {}
	}
	if cfg.Refused == nil {
		cfg.Refused = func(Number, error) {}
	}
	if cfg.Changed == nil {
		cfg.Changed = func(Ticket) {}
	}
	if cfg.Quick == nil {
		cfg.Quick = cfg.Store
	}
	return &Desk{cfg: cfg, book: cfg.Book, wrongPINs: budgets.NewPINs(), opened: openings{}, waiting: map[Number]*deferred{}, last: recent{tickets: map[Number]Ticket{}}, agreed: map[string]*sla.Agreement{}}
}

// Ticket is the ticket as it stands, changes that still wait for the store included. With the store down it is the ticket
// as this desk last wrote it, so that a call that is under way goes on.
func (d *Desk) Ticket(ctx context.Context, n Number) (Ticket, error) {
	if w, ok := d.waits(n); ok {
		return w.ticket, nil
	}
	t, err := d.cfg.Quick.Ticket(ctx, n)
	if err == nil || errors.Is(err, storage.ErrNotFound) || ctx.Err() != nil {
		return t, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.last.tickets[n]; ok {
		return last.clone(), nil
	}
	return t, err
}

// waits is what waits of a ticket now; what is queued or written later does not change it.
func (d *Desk) waits(n Number) (deferred, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.waiting[n]
	if !ok {
		return deferred{}, false
	}
	return deferred{ticket: w.ticket.clone(), changes: slices.Clone(w.changes)}, true
}

// rememberedAtMost bounds the tickets that are remembered: those of some hours, of the busiest house.
const rememberedAtMost = 2000

// recent is the tickets written last.
type recent struct {
	tickets map[Number]Ticket
	order   []Number // oldest first
}

func (m *recent) keep(t Ticket) {
	if _, known := m.tickets[t.Number]; !known {
		if len(m.order) == rememberedAtMost {
			delete(m.tickets, m.order[0])
			m.order = m.order[1:]
		}
		m.order = append(m.order, t.Number)
	}
	m.tickets[t.Number] = t
}

func (d *Desk) remember(t Ticket) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last.keep(t)
}

// History is the ticket's history, lines that still wait for the store included. A line that the store has although it
// said otherwise stands once.
func (d *Desk) History(ctx context.Context, n Number) ([]Event, error) {
	w, waits := d.waits(n) // before the store is read: what is written meanwhile is there or here
	lines, err := d.cfg.Store.History(ctx, n)
	if !waits {
		return lines, err
	}
	if err != nil && w.changes[0].Expect != 0 { // the store has lines that nobody else knows
		return nil, err
	}
	for _, c := range w.changes {
		lines = append(lines, missing(lines, c.Events)...)
	}
	return lines, nil
}

// tries bounds how often a change is worked out anew because somebody else changed the ticket meanwhile. Those of this
// process wait for each other, so only other nodes can be faster, and there are few of them.
const tries = 64

// edit works out a change of a ticket: it alters t and returns the lines for its history, or no line for no change.
type edit func(t *Ticket) ([]Event, error)

// change loads the ticket, works the edit out, and writes the whole; it begins anew when somebody was faster.
func (d *Desk) change(ctx context.Context, n Number, now time.Time, e edit) (Ticket, error) {
	defer d.turns.Take(ctx, n)()
	for range tries {
		t, err := d.Ticket(ctx, n)
		if err != nil {
			return Ticket{}, fmt.Errorf("ticket %d: %w", n, err)
		}
		next := t.clone()
		events, err := e(&next)
		if err != nil || len(events) == 0 {
			return t, err
		}
		if next, err = d.write(ctx, t.Version, next, now, events); !errors.Is(err, storage.ErrConflict) {
			return next, err
		}
	}
	return Ticket{}, fmt.Errorf("ticket %d: %w", n, storage.ErrConflict)
}

// write hands a change to the journal and then to the store. Only a conflict, or a journal that cannot write, is an error; a
// store that fails otherwise leaves the change waiting. From here on the change is finished, even if the one who asked for it has
// gone: a caller who hung up, a client that closed its connection.
func (d *Desk) write(ctx context.Context, expect int, t Ticket, now time.Time, events []Event) (Ticket, error) {
	ctx = context.WithoutCancel(ctx)
	now = now.Truncate(time.Second)
	t.Version = expect + 1
	for i := range events {
		events[i].Ticket = t.Number
		if events[i].ID == "" { // what comes from outside and may come twice brings its own
			events[i].ID = d.cfg.NewID()
		}
		if events[i].At.IsZero() {
			events[i].At = now
		}
	}
	c := Change{Ticket: t, Expect: expect, Events: events, Work: append(alarmed(t), escalations(t, events)...)}
	c.By, _ = audit.Of(ctx)
	c.Work = append(append(c.Work, d.actions(t, events)...), d.receipts(t, events)...)
	c.Work = append(append(c.Work, d.updates(t, events)...), append(callOuts(t, events), d.confirmations(t, events)...)...)
	c.Work = append(c.Work, d.outgoing(t, events)...)
	if slices.ContainsFunc(events, func(e Event) bool { return e.Kind == Erased }) {
		c.Unheld = t.Contract
	}
	c.Work = append(c.Work, d.transcriptions(t, events)...)
	c.Work = append(c.Work, d.customerLetters(t, events)...)
	changeBounds.Apply(&c) // the last gate: whatever let a text in, the store can keep it
	t = c.Ticket
	if slices.ContainsFunc(events, func(e Event) bool { return e.Kind == AssignedTo }) { // who accepts a call is there
		c.Staffed = t.Assignee
	}
	if d.cfg.Journal != nil {
		if err := d.cfg.Journal.Append(ctx, c); err != nil {
			d.cfg.Deferred(t.Number, fmt.Errorf("writing the journal: %w", err)) // the store may still take it
		}
	}
	if conflict, waits := d.queue(c, false); conflict != nil {
		return d.giveUp(ctx, c)
	} else if waits {
		d.cfg.Changed(t)
		return t, nil
	}
	err := d.cfg.Quick.Apply(ctx, c)
	switch {
	case err == nil:
		d.remember(t)
		d.done(ctx, c)
		d.cfg.Changed(t)
		return t, nil
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrExists):
		return d.giveUp(ctx, c)
	case errors.Is(err, ErrNoEngineer):
		d.done(ctx, c)
		return Ticket{}, fmt.Errorf("giving ticket %d to %s: %w", t.Number, c.Staffed, err)
	}
	if conflict, _ := d.queue(c, true); conflict != nil {
		return d.giveUp(ctx, c)
	}
	d.cfg.Deferred(t.Number, err)
	d.cfg.Changed(t)
	return t, nil
}

// giveUp gives up a change that somebody else was faster than. The journal forgets it, for it is worked out anew under
// other ids, and would be written twice. Where the faster one was a replay of the change itself it is written.
func (d *Desk) giveUp(ctx context.Context, c Change) (Ticket, error) {
	d.done(ctx, c)
	n := c.Ticket.Number
	lines, err := d.cfg.Quick.History(ctx, n)
	if err == nil && slices.ContainsFunc(lines, c.tells) {
		if stands, err := d.cfg.Quick.Ticket(ctx, n); err == nil {
			d.remember(stands)
			return stands, nil
		}
		return c.Ticket, nil
	}
	return Ticket{}, fmt.Errorf("ticket %d: %w", n, storage.ErrConflict)
}

// queue puts a change behind those of its ticket that wait already; begin lets it also be the first to wait. waits is
// false when the store should be tried.
func (d *Desk) queue(c Change, begin bool) (conflict error, waits bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.waiting[c.Ticket.Number]
	if !ok && !begin {
		return nil, false
	}
	if !ok {
		w = &deferred{}
		d.waiting[c.Ticket.Number] = w
	} else if w.ticket.Version != c.Expect {
		return fmt.Errorf("ticket %d: %w", c.Ticket.Number, storage.ErrConflict), true
	}
	w.ticket, w.changes = c.Ticket, append(w.changes, c)
	d.last.keep(c.Ticket)
	return nil, true
}

// tells tells whether a line of a history is one of the change's.
func (c Change) tells(line Event) bool {
	return slices.ContainsFunc(c.Events, func(e Event) bool { return e.ID == line.ID })
}

func (d *Desk) done(ctx context.Context, c Change) {
	if d.cfg.Journal == nil {
		return
	}
	if err := d.cfg.Journal.Done(ctx, c); err != nil {
		d.cfg.Deferred(c.Ticket.Number, fmt.Errorf("marking the journal: %w", err)) // replayed again, which is harmless
	}
}

// Waiting counts the tickets whose rows wait for the store.
func (d *Desk) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting)
}

// Replay writes what waits, of each ticket the oldest change first. It stops when the store is down; a change that the
// store refuses for another reason keeps those of its own ticket only. Call it from one goroutine.
func (d *Desk) Replay(ctx context.Context) error {
	var refused []error
	for _, n := range d.numbers() {
		err := d.replay(ctx, n)
		if err == nil {
			continue
		}
		refused = append(refused, fmt.Errorf("replaying ticket %d: %w", n, err))
		if errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(refused...)
}

// replay writes what waits of one ticket.
func (d *Desk) replay(ctx context.Context, n Number) error {
	for {
		c, ok := d.oldest(n)
		if !ok {
			return nil
		}
		if err := Restore(ctx, d.cfg.Store, c); err != nil {
			d.refused(ctx, n, err)
			return err
		}
		d.done(ctx, c)
		d.drop(n)
	}
}

// refusalsMost is how often a store that is up may refuse a change before somebody is told: it may have been busy.
const refusalsMost = 3

// refused counts a refusal of a ticket's oldest change.
func (d *Desk) refused(ctx context.Context, n Number, err error) {
	if errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	w := d.waiting[n]
	w.refusals++
	tell := w.refusals == refusalsMost
	d.mu.Unlock()
	if tell {
		d.cfg.Refused(n, err)
	}
}

// Load takes the changes that a former process left in the journal and that the store has not taken. The tickets are known as
// those changes left them, and the changes are tried again. Before the first caller.
func (d *Desk) Load(left []Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range left {
		w, ok := d.waiting[c.Ticket.Number]
		if !ok {
			w = &deferred{}
			d.waiting[c.Ticket.Number] = w
		}
		changeBounds.Apply(&c)
		w.ticket, w.changes = c.Ticket, append(w.changes, c)
		d.last.keep(c.Ticket)
	}
}

// List lists tickets as they stand after the changes that still wait for the store. The first page begins with the tickets that
// match and that the store does not have yet. So a ticket whose opening was answered is in the next list.
func (d *Desk) List(ctx context.Context, f Filter) (paging.Page[Ticket], error) {
	waiting := d.allWaiting() // before the store is read: what is written meanwhile is there or here
	p, err := d.cfg.Store.List(ctx, f)
	if err != nil || len(waiting) == 0 {
		return p, err
	}
	onPage := map[Number]bool{}
	for i := range p.Items {
		onPage[p.Items[i].Number] = true
		if w, ok := waiting[p.Items[i].Number]; ok && w.ticket.Version > p.Items[i].Version {
			p.Items[i] = w.ticket
		}
	}
	var fresh []Ticket
	for n, w := range waiting {
		if w.changes[0].Expect == 0 && !onPage[n] && f.Matches(w.ticket) && f.names(w.ticket) {
			fresh = append(fresh, w.ticket)
		}
	}
	p.Total += len(fresh)
	if f.After == "" {
		slices.SortFunc(fresh, func(a, b Ticket) int { return cmp.Compare(b.Number, a.Number) })
		p.Items = append(fresh, p.Items...)
	}
	return p, nil
}

// allWaiting is everything that waits now.
func (d *Desk) allWaiting() map[Number]deferred {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make(map[Number]deferred, len(d.waiting))
	for n, w := range d.waiting {
		all[n] = deferred{ticket: w.ticket.clone(), changes: slices.Clone(w.changes)}
	}
	return all
}

// names tells whether what is looked for stands in a ticket's number, its caller or its customer's name.
func (f Filter) names(t Ticket) bool {
	text := strings.ToLower(fmt.Sprint(t.Number, " ", Digits(t.Caller), " ", t.Name))
	return !slices.ContainsFunc(f.Words(), func(w string) bool { return !strings.Contains(text, w) })
}

func (d *Desk) numbers() []Number {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Number
	for n := range d.waiting {
		list = append(list, n)
	}
	return list
}

func (d *Desk) oldest(n Number) (Change, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w, ok := d.waiting[n]; ok {
		return w.changes[0], true
	}
	return Change{}, false
}

func (d *Desk) drop(n Number) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.waiting[n]
	w.refusals = 0
	if w.changes = w.changes[1:]; len(w.changes) == 0 {
		delete(d.waiting, n)
	}
}

// keep adds a recording unless it is there.
func (t *Ticket) keep(r Recording) {
	for i := range t.Recordings {
		if t.Recordings[i].ID == r.ID {
			t.Recordings[i] = r
			return
		}
	}
	t.Recordings = append(t.Recordings, r)
}

// clone copies the slices too, so that an edit that is given up leaves nothing behind.
func (t Ticket) clone() Ticket {
	t.Clocks = slices.Clone(t.Clocks)
	t.Pauses = slices.Clone(t.Pauses)
	t.Recordings = slices.Clone(t.Recordings)
	return t
}
