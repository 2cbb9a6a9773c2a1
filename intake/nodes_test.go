package intake_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/intake"
	"hotline/sla"
	"hotline/tickets"
)

// node is one that may die before each thing that it asks for, and after it.
type node struct {
	*intake.Intake
	plant *plant
	dice  *rand.Rand
	one   int // in so many steps it dies; 0: never
	dead  bool
}

var errDead = errors.New("this node is dead")

func (n *node) step() error {
	if !n.dead && n.one > 0 && n.dice.IntN(n.one) == 0 {
		n.dead = true
	}
	if n.dead {
		return errDead
	}
	return nil
}

func (n *node) around(do func() error) error {
	if err := n.step(); err != nil {
		return err
	}
	return errors.Join(do(), n.step())
}

// begin starts a node, with a desk of its own.
func (p *plant) begin(dice *rand.Rand, one int, judge func(i intake.Installation)) *node {
	p.t.Helper()
	n := &node{plant: p, dice: dice, one: one}
	book, err := directory.ReadBook(p.t.Context(), p.store, monday)
	must(p.t, err)
	id := func() string { return fmt.Sprintf("n%x", dice.Uint64()) }
	desk := tickets.NewDesk(tickets.DeskConfig{Store: p.store, Book: book, Numbers: p.store, Own: sla.OfficeHours, NewID: id})
	n.Intake = intake.New(intake.Config{
		Store: mortalStore{p.store, n, judge}, Desk: mortalDesk{desk, n}, Numbers: p.store, NewID: id, Language: func() string { return "en" }, Log: slog.New(slog.DiscardHandler),
	})
	return n
}

// mortalStore is the store as such a node sees it. judge sees what is about to be written.
type mortalStore struct {
	intake.Store
	node  *node
	judge func(i intake.Installation)
}

func (s mortalStore) Installation(ctx context.Context, id intake.ID, named []intake.Key, now time.Time) (i intake.Installation, err error) {
	err = s.node.around(func() (err error) { i, err = s.Store.Installation(ctx, id, named, now); return err })
	return i, err
}

func (s mortalStore) PutInstallation(ctx context.Context, i intake.Installation) error {
	return s.node.around(func() error { s.judge(i); return s.Store.PutInstallation(ctx, i) })
}

// mortalDesk is the desk as such a node sees it.
type mortalDesk struct {
	*tickets.Desk
	node *node
}

func (d mortalDesk) changes(do func() (tickets.Ticket, error)) (t tickets.Ticket, err error) {
	err = d.node.around(func() (err error) { t, err = do(); return err })
	return t, err
}

func (d mortalDesk) Open(ctx context.Context, draft tickets.Draft, now time.Time) (tickets.Ticket, error) {
	return d.changes(func() (tickets.Ticket, error) { return d.Desk.Open(ctx, draft, now) })
}

func (d mortalDesk) Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error) {
	return d.changes(func() (tickets.Ticket, error) { return d.Desk.Note(ctx, n, e, now) })
}

func (d mortalDesk) Categorise(ctx context.Context, n tickets.Number, c sla.Category, now time.Time) (tickets.Ticket, error) {
	return d.changes(func() (tickets.Ticket, error) { return d.Desk.Categorise(ctx, n, c, now) })
}

func (d mortalDesk) Close(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error) {
	return d.changes(func() (tickets.Ticket, error) { return d.Desk.Close(ctx, n, actor, text, now) })
}

func (d mortalDesk) Reopen(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error) {
	return d.changes(func() (tickets.Ticket, error) { return d.Desk.Reopen(ctx, n, actor, text, now) })
}

// pair is two nodes on one plant; each is begun again when it dies.
type pair struct {
	*plant
	dice   *rand.Rand
	fatal  int
	nodes  [2]*node
	deaths int
	asked  map[string]bool // actions that were decided on
}

// does has one of the nodes do something, again until one has done it.
func (w *pair) does(what func(n *node) error) {
	w.t.Helper()
	for range 1000 {
		at := w.dice.IntN(2)
		if w.nodes[at] == nil || w.nodes[at].dead {
			w.nodes[at] = w.begin(w.dice, w.fatal, w.judge)
		}
		err := what(w.nodes[at])
		if w.nodes[at].dead {
			w.deaths++
		} else {
			must(w.t, err)
		}
		if err == nil {
			return
		}
	}
	w.t.Fatal("nobody does it")
}

// judge tells whether a ticket is decided on for something behind the uplink, while the uplink fires and has a ticket that is not closed.
func (w *pair) judge(i intake.Installation) {
	w.t.Helper()
	known, err := w.store.ProblemsNamed(w.t.Context(), "rossi", []intake.Ref{{Installation: "hq", Fingerprint: "wan"}})
	must(w.t, err)
	for _, a := range i.State.Pending {
		if a.Kind != intake.ActOpen || w.asked[a.ID] {
			continue
		}
		w.asked[a.ID] = true
		if len(known) == 0 || !known[0].Firing || known[0].Ticket == 0 || known[0].Held != "" || strings.Contains(a.Text, "fingerprint wan") {
			continue
		}
		if t, err := w.desk.Ticket(w.t.Context(), known[0].Ticket); err != nil || t.State.Live() { // one that is not there is being opened
			w.t.Errorf("ticket %d is decided on at %s, while ticket %d of the uplink lives: %s", a.Ticket, w.now, known[0].Ticket, a.Text)
		}
	}
}

func (w *pair) wait(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.later(2 * time.Second)
		w.does(func(n *node) error { return n.Due(w.t.Context(), w.now) })
	}
}

// staff close the ticket of the uplink, or open it again.
func (w *pair) staff() {
	w.t.Helper()
	known, err := w.store.ProblemsNamed(w.t.Context(), "rossi", []intake.Ref{{Installation: "hq", Fingerprint: "wan"}})
	must(w.t, err)
	if len(known) == 0 || known[0].Ticket == 0 {
		return
	}
	t, err := w.desk.Ticket(w.t.Context(), known[0].Ticket)
	switch {
	case err != nil: // it is being opened
	case t.State.Live():
		_, err = w.desk.Close(w.t.Context(), t.Number, "staff:anna", "done", w.now)
		must(w.t, err)
	case t.State == tickets.Closed && known[0].Firing:
		_, err = w.desk.Reopen(w.t.Context(), t.Number, "staff:anna", "not done", w.now)
		must(w.t, err)
	}
}

// TestNobodyIsWokenTwiceWhoeverDiesAndWhateverStaffDo: two nodes that may die at any step, and staff who close the uplink's ticket and open it again
// while others wait in it. Nothing that waits for the uplink is to have a ticket while that of the uplink lives, and no alert is lost.
func TestNobodyIsWokenTwiceWhoeverDiesAndWhateverStaffDo(t *testing.T) {
	deaths := 0
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &pair{plant: behind(t), dice: rand.New(rand.NewPCG(seed, 17)), asked: map[string]bool{}}
			if seed%2 == 1 {
				w.fatal = 8
			}
			firing := map[string]bool{}
			for range 50 {
				w.wait(time.Duration(w.dice.IntN([]int{4, 8, 90}[w.dice.IntN(3)])) * 2 * time.Second) // close together, or when all has settled
				w.later(time.Second)
				name := []string{"hq/wan", "hq/disk", "yard/a", "yard/b", "hall/power", "hall/switch1"}[w.dice.IntN(6)]
				installation, fingerprint, _ := strings.Cut(name, "/")
				alert := fires(fingerprint, []string{"critical", "warning"}[w.dice.IntN(2)])
				if firing[name] = w.dice.IntN(3) > 0; !firing[name] {
					alert = ends(fingerprint)
				}
				w.does(func(n *node) error {
					_, err := n.Take(t.Context(), intake.Origin{Contract: "rossi", Source: "native"}, intake.Batch{Alerts: []intake.Alert{at(installation, alert)}}, w.now)
					return err
				})
				if seed%4 > 1 && w.dice.IntN(5) == 0 {
					w.staff()
				}
			}
			w.wait(20 * time.Minute)
			w.everyAlertHasItsPlace(seed, firing)
			deaths += w.deaths
		})
	}
	if deaths < 100 {
		t.Errorf("%d deaths show nothing", deaths)
	}
}

// TestWhatStaffHaveClosedWaitsForTheUplinkToo: an alert that goes on an hour after staff have closed its ticket would open another one. While the
// uplink is down it waits there.
func TestWhatStaffHaveClosedWaitsForTheUplinkToo(t *testing.T) {
	p := behind(t)
	p.take(at("yard", fires("a", "critical")))
	p.wait(20 * time.Second)
	_, err := p.desk.Close(t.Context(), 417, "staff:anna", "done", p.now)
	must(t, err)
	p.wait(50 * time.Minute)
	p.take(at("hq", fires("wan", "critical")))
	p.wait(20 * time.Minute)
	p.is("it goes on", p.take(at("yard", fires("a", "critical"))), intake.Outcome{Waiting: 1})
	p.wait(10 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "trouble with a") != 1 || p.woken() != 2 {
		t.Errorf("live are %v, %d were woken", live, p.woken())
	}
	p.take(at("hq", ends("wan")))
	p.wait(5 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 || live[0] == 417 || p.said(live[0], "trouble with a") != 1 || p.woken() != 3 {
		t.Errorf("when it is back, live are %v, %d were woken", live, p.woken())
	}
}

// TestWhatStaffHaveClosedOpensNothingDuringMaintenance, and one ticket at its end.
func TestWhatStaffHaveClosedOpensNothingDuringMaintenance(t *testing.T) {
	p := behind(t)
	p.take(at("hq", fires("wan", "warning")))
	_, err := p.desk.Close(t.Context(), 417, "staff:anna", "done", p.now)
	must(t, err)
	_, err = p.store.PutMaintenance(t.Context(), intake.Maintenance{ID: "w", Contract: "rossi", Installation: "hq", From: p.now.Add(time.Minute), Until: p.now.Add(3 * time.Hour)})
	must(t, err)
	p.wait(2 * time.Hour)
	p.is("it goes on", p.take(at("hq", fires("wan", "warning"))), intake.Outcome{Held: 1})
	p.wait(50 * time.Minute)
	if live := p.live("rossi"); len(live) != 0 {
		t.Errorf("during maintenance live are %v", live)
	}
	p.wait(11 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 {
		t.Errorf("after it live are %v", live)
	}
}
