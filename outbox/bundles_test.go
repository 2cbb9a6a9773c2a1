package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/memory"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
)

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
	lose []time.Time
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
		d.lose = append(d.lose, time.Now())
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
	store    *memory.Store
	dice     *rand.Rand
	desk     scroll
	fatal    int // see death.one
	endpoint outbox.Endpoint

	mu     sync.Mutex
	down   bool // it takes nothing
	took   []taken
	deaths []time.Time
	lost   []time.Time // see death.lost
}

// newTown has one endpoint; the third of its tickets is blocking.
func newTown(t *testing.T, e outbox.Endpoint, seed uint64, fatal int) *town {
	t.Helper()
	w := &town{T: t, store: memory.New(417), dice: rand.New(rand.NewPCG(seed, 2)), fatal: fatal, endpoint: e}
	w.desk.lines, w.desk.blocking = map[tickets.Number][]tickets.Event{}, map[tickets.Number]bool{3: true}
	e.ID, e.Template = "crm", outbox.Webhook
	if _, err := w.store.PutEndpoint(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return w
}

// Send takes a message, unless the node is dead.
func (w *town) send(d *death, m outbox.Message) error {
	if err := d.step(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return errors.New("connection refused")
	}
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
		w.mu.Lock()
		if at := d.died(); !at.IsZero() {
			w.deaths = append(w.deaths, at)
		}
		w.lost = append(w.lost, d.lose...)
		w.mu.Unlock()
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
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(c.name, " ", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					newTown(t, outbox.Endpoint{Window: propertyWindow, Quiet: c.quiet}, seed, c.fatal).live(seed)
				})
			})
		}
	}
}

// TestADayWithoutTheReceiverIsToldInBundles: what waited for a receiver that was down is told once, in its order, by bundles that are bounded.
func TestADayWithoutTheReceiverIsToldInBundles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, outbox.Endpoint{Window: propertyWindow}, 1, 0)
		w.down = true
		ctx, end := context.WithCancel(t.Context())
		current := make(chan *outbox.Outbox, 1)
		current <- nil
		var running sync.WaitGroup
		running.Go(func() { w.node(ctx, 1, current) })
		synctest.Wait()
		for range 24 * 6 {
			time.Sleep(10 * time.Minute) // of the bubble
			w.happens(tickets.Number(1+w.dice.IntN(3)), []chan *outbox.Outbox{current})
		}
		w.mu.Lock()
		w.down = false
		w.mu.Unlock()
		time.Sleep(outbox.LongestGap + propertyWindow)
		end()
		running.Wait()
		told := map[tickets.Number]int{}
		for _, m := range w.took {
			ids, _ := lines(t, m.Message)
			if len(ids) > 20 {
				t.Errorf("a bundle of %d", len(ids))
			}
			for _, id := range ids {
				if want := fmt.Sprintf("msg_%d-%d", m.Ticket, told[m.Ticket]); id != want {
					t.Fatalf("%s is told instead of %s", id, want)
				}
				told[m.Ticket]++
			}
		}
		if all := told[1] + told[2] + told[3]; all != 24*6 || len(w.took) > 15 {
			t.Errorf("%d lines of %d by %d messages", all, 24*6, len(w.took))
		}
	})
}

// live has lines happen for an hour, and judges what was told.
func (w *town) live(seed uint64) {
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
	w.judge(all)
}

func (w *town) judge(all []tickets.Event) {
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
		latest, urgent := line.At.Add(w.endpoint.Window), line.Ticket == 3 || line.Kind == tickets.Broken
		if urgent {
			latest = line.At
		}
		if kept := w.endpoint.Quiet.End(outbox.KindOf(line), latest); kept.After(latest) {
			latest = kept
		}
		latest = latest.Add(10 * time.Second)
		for _, died := range w.deaths { // what it had belongs to it for a minute
			if died.After(line.At.Add(-time.Hour)) && died.Before(told) {
				latest = latest.Add(time.Minute + 10*time.Second)
			}
		}
		for _, at := range w.lost {
			if at.After(line.At.Add(-time.Hour)) && at.Before(told) {
				latest = latest.Add(5 * time.Second)
			}
		}
		if kept := w.endpoint.Quiet.End(outbox.KindOf(line), latest); kept.After(latest) { // what is late for all of that may come into them
			latest = kept.Add(10 * time.Second)
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
