package outbox_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"hotline/app/apptest"
	"hotline/memory"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
)

// lines are what a message tells: the ids of its messages, by a bundle's list or its own.
func lines(t testing.TB, m outbox.Message) (ids []string, p outbox.Payload) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.Body), &p); err != nil {
		t.Fatal(err)
	}
	for _, one := range p.Data.Lines {
		ids = append(ids, one.ID)
	}
	if len(ids) == 0 {
		ids = []string{m.ID}
	}
	return ids, p
}

func TestMessagesOfOneTicketWithinTheWindowAreOne(t *testing.T) {
	with(t, outbox.Endpoint{Window: 5 * time.Minute}, func(n *apptest.Program, r *receiver) {
		one, other := opened(n, sla.Question), opened(n, sla.Question)
		for i := range 3 {
			n.Passes(time.Minute)
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", fmt.Sprint("note ", i), time.Now())
			})
		}
		n.Passes(time.Minute)
		if got := r.told(); len(got) > 0 {
			t.Errorf("within the window it is told %v", got)
		}
		n.Passes(time.Minute + 5*time.Second)
		got := r.all() // tickets have no order among each other
		slices.SortFunc(got, func(a, b outbox.Message) int { return cmp.Compare(a.Ticket, b.Ticket) })
		if len(got) != 2 || got[0].Ticket != one || got[1].Ticket != other {
			t.Errorf("after it %v", r.told())
			return
		}
		ids, p := lines(t, got[0])
		if len(ids) != 4 || ids[0] != got[0].ID || p.Type != outbox.Commented || p.Data.Event.Text != "note 2" || !strings.HasSuffix(p.Data.Summary, "(+3)") {
			t.Errorf("the bundle %s: %+v", ids, p)
		}
		for _, want := range []string{"note 0", "note 1", "note 2"} {
			if !strings.Contains(p.Data.Text, want) {
				t.Errorf("the text lacks %q: %s", want, p.Data.Text)
			}
		}
		if ids, p := lines(t, got[1]); len(ids) != 1 || p.Data.Lines != nil {
			t.Errorf("what came alone is a bundle of %v", ids)
		}
		n.Passes(time.Hour)
		if len(r.all()) != 2 {
			t.Errorf("told again: %v", r.told())
		}
	})
}

func TestABlockingTicketWaitsForNothingAndTakesAlongWhatWaits(t *testing.T) {
	with(t, outbox.Endpoint{Window: time.Hour}, func(n *apptest.Program, r *receiver) {
		opened(n, sla.Blocking)
		one := opened(n, sla.Question)
		n.Passes(5 * time.Second)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened"}) {
			t.Fatalf("at once it is told %v", got)
		}
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Assess(n.Context(), one, "staff:carla", sla.Blocking, time.Now())
		})
		n.Passes(5 * time.Second)
		ids, _ := lines(t, r.all()[len(r.all())-1])
		if got := r.told(); len(got) != 2 || len(ids) != 2 {
			t.Errorf("when it is found to be blocking it is told %v: %v", got, ids)
		}
	})
}

// TestAWindowDoesNotReachIntoQuietHours: the demo begins at nine, UTC, which is ten in Rome.
func TestAWindowDoesNotReachIntoQuietHours(t *testing.T) {
	quiet := outbox.Quiet{From: "10:20", Until: "12:00", Zone: "Europe/Rome", Except: []outbox.Kind{outbox.Closed}}
	with(t, outbox.Endpoint{Window: 30 * time.Minute, Quiet: quiet}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		n.Passes(5 * time.Second)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened"}) {
			t.Fatalf("before the quiet hours it is told %v", got)
		}
		n.Passes(30 * time.Minute)
		for range 2 {
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", "a note", time.Now())
			})
		}
		do(n, func() (tickets.Ticket, error) { return n.Desk.Close(n.Context(), one, "staff:carla", "", time.Now()) })
		n.Passes(31 * time.Minute)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened", "417 ticket.closed"}) {
			t.Errorf("in them it is told %v", got)
		}
		n.Passes(time.Hour)
		if ids, _ := lines(t, r.all()[len(r.all())-1]); len(r.all()) != 3 || len(ids) != 2 {
			t.Errorf("after them it is told %v: %v", r.told(), ids)
		}
	})
}

// TestABundleIsBounded: what is more follows.
func TestABundleIsBounded(t *testing.T) {
	with(t, outbox.Endpoint{Window: 5 * time.Minute}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		for range 39 {
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", strings.Repeat("è", 900), time.Now())
			})
		}
		n.Passes(6 * time.Minute)
		told := 0
		for _, m := range r.all() {
			ids, p := lines(t, m)
			told += len(ids)
			if len(ids) > 20 || len(m.Body) > 80<<10 || utf8.RuneCountInString(p.Data.Text) > 4000 {
				t.Errorf("a bundle of %d, %d octets, a text of %d characters", len(ids), len(m.Body), utf8.RuneCountInString(p.Data.Text))
			}
		}
		if told != 40 || len(r.all()) > 4 {
			t.Errorf("%d are told by %d messages", told, len(r.all()))
		}
	})
}

// TestADayWithoutTheReceiverIsToldInBundles: what waited for a receiver that was down is told once, in its order, by bundles that are bounded.
func TestADayWithoutTheReceiverIsToldInBundles(t *testing.T) {
	with(t, outbox.Endpoint{Window: 5 * time.Minute}, func(n *apptest.Program, r *receiver) {
		r.set(errors.New("connection refused"))
		one := opened(n, sla.Question)
		for i := range 24 * 4 {
			n.Passes(15 * time.Minute)
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", fmt.Sprint("note ", i), time.Now())
			})
		}
		r.set(nil)
		n.Passes(outbox.LongestGap + 10*time.Minute)
		var told []string
		for _, m := range r.all() {
			ids, p := lines(t, m)
			if len(ids) > 20 {
				t.Errorf("a bundle of %d", len(ids))
			}
			for _, l := range p.Data.Lines {
				told = append(told, l.Event.Text)
			}
			if len(p.Data.Lines) == 0 {
				told = append(told, p.Data.Event.Text)
			}
		}
		notes := 0
		for _, text := range told { // clocks were warned of and passed between
			if strings.HasPrefix(text, "note ") && text != fmt.Sprint("note ", notes) {
				t.Fatalf("%q comes instead of note %d", text, notes)
			} else if strings.HasPrefix(text, "note ") {
				notes++
			}
		}
		if notes != 24*4 || len(r.all()) > 12 {
			t.Errorf("%d notes of %d by %d messages", notes, 24*4, len(r.all()))
		}
	})
}

// mortal is the store as a node sees it that may die at any moment, before what it asks for or after.
type mortal struct {
	outbox.Store
	death *death
}

// death is the end of a node.
type death struct {
	mu   sync.Mutex
	dice *rand.Rand
	one  int // in so many steps it dies; 0: never
	at   time.Time
	end  context.CancelFunc
}

var errDead = errors.New("this node is dead")

// step is errDead once the node has died.
func (d *death) step() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at.IsZero() && d.one > 0 && d.dice.IntN(d.one) == 0 {
		d.at = time.Now()
		d.end()
	}
	if !d.at.IsZero() {
		return errDead
	}
	return nil
}

// lost is now and then an error although the store did as it was told: its answer never came.
func (d *death) lost() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.one > 0 && d.dice.IntN(4) == 0 {
		return errors.New("connection reset by peer")
	}
	return nil
}

func (d *death) died() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (m mortal) around(do func() error) error {
	if err := m.death.step(); err != nil {
		return err
	}
	return errors.Join(do(), m.death.step())
}

func (m mortal) AddMessages(ctx context.Context, list []outbox.Message) error {
	return m.around(func() error { return m.Store.AddMessages(ctx, list) })
}

func (m mortal) ClaimMessage(ctx context.Context, endpoint string, now, until time.Time) (got outbox.Message, err error) {
	var missing error
	err = m.around(func() error {
		got, missing = m.Store.ClaimMessage(ctx, endpoint, now, until)
		return nil
	})
	if err != nil {
		return got, err
	}
	return got, missing
}

func (m mortal) Bundle(ctx context.Context, lead outbox.Message, others []string, now time.Time) error {
	return m.around(func() error { return errors.Join(m.Store.Bundle(ctx, lead, others, now), m.death.lost()) })
}

func (m mortal) PutMessage(ctx context.Context, one outbox.Message, tried int) error {
	return m.around(func() error { return m.Store.PutMessage(ctx, one, tried) })
}

// taken is a message with the instant at which it was told.
type taken struct {
	outbox.Message
	at time.Time
}

// town is several nodes on one store, and what one receiver takes of them.
type town struct {
	*testing.T
	store *memory.Store
	dice  *rand.Rand
	desk  scroll
	fatal int // see death.one

	mu     sync.Mutex
	took   []taken
	deaths []time.Time
}

// Send takes a message, unless the node is dead.
func (w *town) send(d *death, m outbox.Message) error {
	if err := d.step(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, taken{m, time.Now()})
	return nil
}

// sender sends for one node.
type sender struct {
	*town
	*death
}

func (s sender) Send(_ context.Context, _ outbox.Endpoint, m outbox.Message) error {
	return s.send(s.death, m)
}

// scroll has one ticket of each number with its history.
type scroll struct {
	mu       sync.Mutex
	lines    map[tickets.Number][]tickets.Event
	blocking map[tickets.Number]bool
}

func (s *scroll) Ticket(_ context.Context, n tickets.Number) (tickets.Ticket, error) {
	t := tickets.Ticket{Number: n, Classification: tickets.Classification{Claim: sla.Question}}
	if s.blocking[n] {
		t.Claim = sla.Blocking
	}
	return t, nil
}

func (s *scroll) History(_ context.Context, n tickets.Number) ([]tickets.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines[n]), nil
}

// node runs one that is begun again whenever it dies, until ctx ends; current is the one that lives.
func (w *town) node(ctx context.Context, seed uint64, current chan *outbox.Outbox) {
	for ctx.Err() == nil {
		life, end := context.WithCancel(ctx)
		d := &death{dice: rand.New(rand.NewPCG(seed, 1)), one: w.fatal, end: end}
		seed += 1000
		o := outbox.New(outbox.Config{
			Store: mortal{w.store, d}, Desk: &w.desk, Sender: sender{w, d}, Counted: func(outbox.Outcome) {}, Log: slog.New(slog.DiscardHandler),
			Written: func(_ tickets.Ticket, e tickets.Event) (summary, text string) { return e.ID, e.ID },
		})
		<-current
		current <- o
		o.Run(life)
		end()
		if at := d.died(); !at.IsZero() {
			w.mu.Lock()
			w.deaths = append(w.deaths, at)
			w.mu.Unlock()
		}
	}
}

// happens writes a line, and has its work done by whoever lives, as due work is: again until it is done.
func (w *town) happens(n tickets.Number, nodes []chan *outbox.Outbox) tickets.Event {
	kinds := []tickets.EventKind{tickets.Commented, tickets.Commented, tickets.Commented, tickets.Intervened, tickets.Broken}
	w.desk.mu.Lock()
	e := tickets.Event{ID: fmt.Sprintf("%d-%d", n, len(w.desk.lines[n])), Ticket: n, Kind: kinds[w.dice.IntN(len(kinds))], At: time.Now(), Actor: "staff:carla", Text: "x"}
	w.desk.lines[n] = append(w.desk.lines[n], e)
	w.desk.mu.Unlock()
	for {
		for _, node := range nodes {
			o := <-node
			node <- o
			if o.Spread(w.Context(), tickets.Work{Ticket: n, Facts: map[string]string{tickets.FactLine: e.ID}}) == nil {
				return e
			}
		}
		time.Sleep(100 * time.Millisecond) // of the bubble
	}
}

const propertyWindow = 2 * time.Minute

// TestNothingIsLostInABundle: at random times, with nodes that die at any step, every message is told at least once, also to a receiver that
// ignores the ids it knows; one id has one body; and nothing waits longer than its window, quiet hours, and the leases of who died.
func TestNothingIsLostInABundle(t *testing.T) {
	for _, c := range []struct {
		name  string
		fatal int
		quiet outbox.Quiet
	}{{"two nodes", 0, outbox.Quiet{}}, {"they die", 40, outbox.Quiet{}}, {"they die at night", 40, outbox.Quiet{From: "00:20", Until: "00:50", Except: []outbox.Kind{outbox.Breach}}}} {
		for seed := range uint64(12) {
			t.Run(fmt.Sprint(c.name, " ", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := &town{T: t, store: memory.New(417), dice: rand.New(rand.NewPCG(seed, 2)), fatal: c.fatal}
					w.desk.lines, w.desk.blocking = map[tickets.Number][]tickets.Event{}, map[tickets.Number]bool{3: true}
					e, err := w.store.PutEndpoint(t.Context(), outbox.Endpoint{ID: "crm", Template: outbox.Webhook, Window: propertyWindow, Quiet: c.quiet})
					if err != nil {
						t.Fatal(err)
					}
					w.live(e, seed)
				})
			})
		}
	}
}

// live has lines happen for an hour, and judges what was told.
func (w *town) live(e outbox.Endpoint, seed uint64) {
	ctx, end := context.WithCancel(w.Context())
	var running sync.WaitGroup
	nodes := []chan *outbox.Outbox{make(chan *outbox.Outbox, 1), make(chan *outbox.Outbox, 1)}
	for i, current := range nodes {
		current <- nil
		running.Go(func() { w.node(ctx, seed*2+uint64(i), current) })
	}
	synctest.Wait()
	var all []tickets.Event
	for range 150 {
		time.Sleep(time.Duration(w.dice.IntN(48_000)) * time.Millisecond) // of the bubble
		all = append(all, w.happens(tickets.Number(1+w.dice.IntN(3)), nodes))
	}
	time.Sleep(2 * time.Hour)
	end()
	running.Wait()
	w.judge(e, all)
}

func (w *town) judge(e outbox.Endpoint, all []tickets.Event) {
	first, bodies, bundles := map[string]time.Time{}, map[string]string{}, 0
	for _, m := range w.took {
		if body, known := bodies[m.ID]; known && body != m.Body {
			w.Fatalf("%s has two bodies:\n%s\n%s", m.ID, body, m.Body)
		} else if known {
			continue // so a receiver does that ignores what it knows
		}
		bodies[m.ID] = m.Body
		ids, _ := lines(w, m.Message)
		if len(ids) > 1 {
			bundles++
		}
		for _, id := range ids {
			if _, known := first[id]; !known {
				first[id] = m.at
			}
		}
	}
	for _, line := range all {
		told, ok := first["msg_"+line.ID]
		if !ok {
			w.Fatalf("%s is told never", line.ID)
		}
		latest, hurried := line.At.Add(e.Window), line.Ticket == 3 || line.Kind == tickets.Broken
		if hurried {
			latest = line.At
		}
		if kept := e.Quiet.End(outbox.KindOf(line), latest); kept.After(latest) {
			latest = kept
		}
		latest = latest.Add(10 * time.Second)
		for _, died := range w.deaths { // what it had belongs to it for a minute
			if died.After(line.At.Add(-time.Hour)) && died.Before(told) {
				latest = latest.Add(time.Minute + 10*time.Second)
			}
		}
		if told.After(latest) {
			w.Errorf("%s of ticket %d at %s is told at %s, want %s", line.Kind, line.Ticket, line.At, told, latest)
		}
	}
	if bundles == 0 || w.fatal > 0 && len(w.deaths) == 0 {
		w.Errorf("%d bundles and %d deaths show nothing", bundles, len(w.deaths))
	}
	w.Logf("%d lines by %d messages, %d of them bundles; %d deaths", len(all), len(w.took), bundles, len(w.deaths))
}
