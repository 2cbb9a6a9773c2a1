// Package bulletin rings those on duty for warnings and breaches of tickets' clocks. All alarms that come within some seconds, or
// while a telephone may not be rung again yet, are told in one call, the bulletin.
//
// Due work asks for each alarm by itself ([Board.Ring]) and comes again until the alarm was told, so that a restart loses none. The
// first one whose time has come rings for all that wait. It starts no goroutine.
package bulletin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// How alarms are gathered.
const (
	gatherTime = 10 * time.Second // after the first alarm: what comes until then is told with it
	busyTime   = time.Minute      // after a try at which all of them talked to callers of ours
	lookAgain  = 15 * time.Second // at whether a bulletin that is being told is over, or the ticket's caller has left the line
)

// Desk is what the board reads and writes of tickets. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
}

// Ringer rings for a bulletin. ring.Search implements it.
type Ringer interface {
	Bulletin(ctx context.Context, r ring.BulletinRequest) (left []ring.Alarm, rang bool)
}

// Active are the tickets that somebody has in hand. dispatch.ActiveTickets implements it.
type Active interface {
	Enter(n tickets.Number) (leave func())
	Has(n tickets.Number) bool
}

// Config is what a [Board] works with. All of it is required.
type Config struct {
	Desk     Desk
	Duty     ring.Duty
	Ringer   Ringer
	Active   Active
	CallBack func(t tickets.Ticket) string         // where a ticket's customer can be rung; empty for nowhere
	Zone     func(t tickets.Ticket) *time.Location // in which its deadlines are said
	Book     ring.Book
	Limits   *Limits // of the calls to each telephone
}

// Board knows which alarms wait to be told. Safe for concurrent use.
type Board struct {
	cfg Config

	mu      sync.Mutex
	waiting map[string]waiting // by the id of their work
	telling bool
}

// waiting is an alarm that nobody has been told of yet.
type waiting struct {
	work  tickets.Work
	since time.Time
}

// New makes a board.
func New(c Config) *Board { return &Board{cfg: c, waiting: map[string]waiting{}} }

// Ring tells those on duty of an alarm, with all others that wait. An error that wraps tickets.Later says when to ask again: others
// are gathered, a bulletin is being told, somebody is on the line about the ticket, or no telephone may be rung again yet.
func (b *Board) Ring(ctx context.Context, w tickets.Work) error {
	now := time.Now()
	if _, owed, err := b.alarm(ctx, w); err != nil || !owed {
		if err == nil {
			b.drop(w.ID)
		}
		return err
	}
	if at := b.begin(w, now); at.After(now) {
		return later(w, at)
	}
	defer b.end()
	return b.tell(ctx, w)
}

func later(w tickets.Work, at time.Time) error {
	return fmt.Errorf("an alarm of ticket %d waits for its bulletin: %w", w.Ticket, &tickets.Later{At: at})
}

// begin lets an alarm wait. It returns now where the alarm is to be told at once, with the others.
func (b *Board) begin(w tickets.Work, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.waiting[w.ID]; !known {
		b.waiting[w.ID] = waiting{w, now}
	}
	first := now
	for _, other := range b.waiting {
		if other.since.Before(first) {
			first = other.since
		}
	}
	switch {
	case b.telling:
		return now.Add(lookAgain)
	case first.Add(gatherTime).After(now):
		return first.Add(gatherTime)
	}
	b.telling = true
	return now
}

func (b *Board) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.telling = false
}

func (b *Board) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, id)
}

// all are the alarms that wait, in the order in which they came.
func (b *Board) all() []tickets.Work {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []waiting
	for _, w := range b.waiting {
		list = append(list, w)
	}
	slices.SortFunc(list, func(x, y waiting) int {
		return cmp.Or(x.since.Compare(y.since), x.work.Due.Compare(y.work.Due), cmp.Compare(x.work.ID, y.work.ID))
	})
	var work []tickets.Work
	for _, w := range list {
		work = append(work, w.work)
	}
	return work
}

// alarm is the alarm that due work asks for, and whether it must still be told: the clock is not met, nobody works on the ticket,
// and nobody was rung for it yet.
func (b *Board) alarm(ctx context.Context, w tickets.Work) (ring.Alarm, bool, error) {
	t, err := b.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil || (t.State != tickets.Open && t.State != tickets.Assigned) || !sla.Met(t.Clocks, sla.Kind(w.Facts["clock"])).IsZero() {
		return ring.Alarm{}, false, err
	}
	lines, err := b.cfg.Desk.History(ctx, w.Ticket)
	if err != nil || told(lines, w) {
		return ring.Alarm{}, false, err
	}
	return ring.Alarm{Ticket: t, Clock: sla.Kind(w.Facts["clock"]), Work: w.ID, Account: b.account(t, w, time.Now()), CallBack: b.cfg.CallBack(t)}, true, nil
}

// told tells whether those on duty were rung for an alarm, and the ringing came to an end.
func told(lines []tickets.Event, w tickets.Work) bool {
	at := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.Kind == tickets.CallingOut && e.Facts[tickets.FactFor] == w.ID })
	return at >= 0 && slices.ContainsFunc(lines[at:], func(e tickets.Event) bool {
		return e.Kind == tickets.Accepted || e.Kind == tickets.Unreached || e.Kind == tickets.RotaGap
	})
}

// account says which clock it is and by when it is, or was, to be met.
func (b *Board) account(t tickets.Ticket, w tickets.Work, now time.Time) prompts.Phrase {
	how := prompts.ID("alarm-soon")
	if w.Facts["alarm"] == sla.AtBreach {
		how = "alarm-late"
	}
	p := prompts.P(prompts.ID("alarm-"+w.Facts["clock"]), how)
	due, err := time.Parse(time.RFC3339, w.Facts["due"])
	for _, k := range t.Clocks {
		if string(k.Kind) == w.Facts["clock"] {
			due, err = k.Due, nil
		}
	}
	if err != nil {
		return nil
	}
	zone := b.cfg.Zone(t)
	return prompts.Join(p, prompts.When(due.In(zone), now.In(zone)))
}

// group are the alarms that are told in one call, to one chain.
type group struct {
	chain  []oncall.Attempt
	gap    bool
	alarms []ring.Alarm
}

// tell rings for an alarm and for all that wait for the same chain.
func (b *Board) tell(ctx context.Context, w tickets.Work) error {
	if b.cfg.Active.Has(w.Ticket) {
		return later(w, time.Now().Add(lookAgain))
	}
	g, err := b.gathered(ctx, w)
	if err != nil || len(g.alarms) == 0 {
		return err
	}
	if at, rings := b.free(g.chain, time.Now()); !rings && !g.gap {
		return later(w, at)
	}
	ctx = context.WithoutCancel(ctx)
	for _, a := range g.alarms {
		defer b.cfg.Active.Enter(a.Ticket.Number)()
	}
	began := sync.OnceValue(func() error { return b.began(ctx, g) })
	left, why, text := g.alarms, tickets.RotaGap, "nobody is on duty"
	if g.gap {
		if err := began(); err != nil {
			return err
		}
	} else {
		var rang bool
		left, rang = b.cfg.Ringer.Bulletin(ctx, ring.BulletinRequest{
			Attempts: g.chain, Alarms: g.alarms, Owed: func(a ring.Alarm) bool { return b.owes(ctx, a) },
			May: func(phone string) bool { return b.cfg.Limits.take(ctx, phone, time.Now()) && began() == nil },
		})
		if !rang && len(left) > 0 { // all of them talk to callers of ours, or the store is down
			return later(w, time.Now().Add(busyTime))
		}
		why, text = tickets.Unreached, "the chain was called with a bulletin and nobody accepted"
	}
	noted := map[tickets.Number]bool{}
	for _, a := range g.alarms {
		b.drop(a.Work)
		if n := a.Ticket.Number; slices.ContainsFunc(left, func(l ring.Alarm) bool { return l.Work == a.Work }) && !noted[n] {
			noted[n] = true
			b.cfg.Book.Note(ctx, ring.Event{Kind: why, Ticket: n, At: time.Now(), Text: text})
		}
	}
	return nil
}

// began writes on each ticket that those on duty are called. It is the line by which told knows of the ringing.
func (b *Board) began(ctx context.Context, g group) error {
	for _, a := range g.alarms {
		e := tickets.Event{Kind: tickets.CallingOut, Actor: "system", Text: fmt.Sprintf("the engineers on duty are called with a bulletin of %d", len(g.alarms)), Facts: map[string]string{tickets.FactFor: a.Work}}
		if a.Ticket.State != tickets.Open { // whoever has it in hand is rung
			e.Facts[tickets.FactAdded] = "yes"
		}
		if _, err := b.cfg.Desk.Note(ctx, a.Ticket.Number, e, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// owes tells whether an alarm is still to be told while its bulletin is.
func (b *Board) owes(ctx context.Context, a ring.Alarm) bool {
	t, err := b.cfg.Desk.Ticket(ctx, a.Ticket.Number)
	if err != nil {
		return true
	}
	for _, k := range t.Clocks {
		if k.Kind == a.Clock && !k.MetAt.IsZero() {
			return false
		}
	}
	return t.State == tickets.Open || t.State == tickets.Assigned
}

// free is when the first telephone of a chain may be rung again; rings where one may now.
func (b *Board) free(chain []oncall.Attempt, now time.Time) (at time.Time, rings bool) {
	for _, a := range chain {
		if next := b.cfg.Limits.next(a.Phone, now); !next.After(now) {
			return now, true
		} else if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at, false
}

// gathered are the alarms that wait and have the chain of w's ticket, w's among them, the most urgent first. One whose
// caller is on the line waits on.
func (b *Board) gathered(ctx context.Context, w tickets.Work) (g group, err error) {
	key := ""
	for _, other := range append([]tickets.Work{w}, b.all()...) {
		if other.ID == w.ID && len(g.alarms) > 0 || b.cfg.Active.Has(other.Ticket) {
			continue
		}
		a, owed, err := b.alarm(ctx, other)
		if err != nil || !owed {
			if err == nil { // another node has told it
				b.drop(other.ID)
			}
			if other.ID == w.ID {
				return g, err
			}
			continue
		}
		plan, err := b.cfg.Duty.Plan(ctx, time.Now(), a.Ticket)
		if err != nil {
			return g, fmt.Errorf("planning whom to ring for an alarm of ticket %d: %w", other.Ticket, err)
		}
		chain := plan.Attempts()
		gap := plan.Gap || len(chain) == 0
		if len(g.alarms) == 0 {
			key, g.chain, g.gap = phonesOf(chain), chain, gap
		}
		if phonesOf(chain) == key && gap == g.gap {
			g.alarms = append(g.alarms, a)
		}
	}
	slices.SortStableFunc(g.alarms, func(x, y ring.Alarm) int { return cmp.Compare(x.Ticket.Priority, y.Ticket.Priority) })
	return g, nil
}

func phonesOf(chain []oncall.Attempt) string {
	var words []string
	for _, a := range chain {
		words = append(words, a.Phone)
	}
	return strings.Join(words, " ")
}
