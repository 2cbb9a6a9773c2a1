package bridge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/bridge/bridgetest"
	"hotline/bridge/zammad"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
)

// once holds what must be there whatever happened: one twin of each ticket, each line of ours as one article, each article of theirs as one
// line.
func (h *house) once(name string) {
	h.Helper()
	lines := map[string]int{}
	for _, t := range h.z.All() {
		for _, a := range t.Articles {
			if at := strings.LastIndex(a.Subject, "[hotline-"+name+"-"); at >= 0 && a.CreatedBy == bridgetest.BridgeUser {
				lines[a.Subject[at:]]++
			}
		}
	}
	for line, n := range lines {
		if n != 1 {
			h.Errorf("%d articles of one line: %s", n, line)
		}
	}
	found, err := h.Desk.List(h.Context(), tickets.Filter{Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	want := 0
	for _, t := range found.Items {
		history, err := h.Desk.History(h.Context(), t.Number)
		if err != nil {
			h.Fatal(err)
		}
		heard := map[string]int{}
		for _, e := range history {
			if e.Facts["bridge_article"] != "" {
				heard[e.Facts["bridge_article"]]++
			}
			if outbox.KindOf(e) != "" && !strings.HasPrefix(e.Actor, "zammad:") {
				want++
			}
		}
		for article, n := range heard {
			if n != 1 {
				h.Errorf("article %s stands %d times in ticket %d", article, n, t.Number)
			}
		}
	}
	if len(lines) != want {
		h.Errorf("%d lines of ours are articles, want %d", len(lines), want)
	}
}

// TestTheProcessDiesAtEveryStep, and the network and Zammad fail at every step: there is one twin, and each line stands there once.
func TestTheProcessDiesAtEveryStep(t *testing.T) {
	for _, plain := range []bool{false, true} {
		for _, fault := range []bridgetest.Fault{bridgetest.Before, bridgetest.After, bridgetest.TooMany, bridgetest.Broken} {
			for _, dies := range []bool{false, true} {
				for step := 1; step <= 9 && (!plain || fault == bridgetest.After); step++ {
					t.Run(fmt.Sprint("plain ", plain, " fault ", fault, " dies ", dies, " step ", step), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							z := bridgetest.New(time.Now)
							z.Plain = plain
							h := joined(t, z, "main")
							h.Passes(10 * time.Second) // the first poll is over
							var requests atomic.Int64
							z.Breaks(func(string, string) bridgetest.Fault {
								if int(requests.Add(1)) != step {
									return bridgetest.None
								}
								h.store.dead.Store(dies)
								return fault
							})
							n := h.opens(sla.Question)
							h.must(h.Desk.Comment(h.Context(), n, "staff:carla", "one", time.Now()))
							h.Passes(time.Second)
							h.must(h.Desk.Close(h.Context(), n, "staff:carla", "done", time.Now()))
							h.Passes(3 * time.Second)
							if h.store.dead.Load() {
								h.Stop()
								h.store.dead.Store(false)
								h.Restart()
							}
							for range 3 {
								h.settles()
							}
							if all := z.All(); len(all) != 1 || all[0].State != "closed" {
								t.Errorf("in Zammad: %+v", all)
							}
							h.once("main")
						})
					})
				}
			}
		}
	}
}

// TestTheProcessDiesWhileATicketOfTheirsIsOpened: one ticket is opened here.
func TestTheProcessDiesWhileATicketOfTheirsIsOpened(t *testing.T) {
	for _, dies := range []bool{false, true} {
		for step := 1; step <= 6; step++ {
			t.Run(fmt.Sprint("dies ", dies, " step ", step), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					z := bridgetest.New(time.Now)
					h := joined(t, z, "main")
					h.Passes(time.Minute)
					var requests atomic.Int64
					z.Breaks(func(string, string) bridgetest.Fault {
						if int(requests.Add(1)) != step {
							return bridgetest.None
						}
						h.store.dead.Store(dies)
						return bridgetest.After
					})
					z.Opens("Sales", "guasti@rossi.example", "a new press", zammad.Article{Body: "what?", Type: "email", Sender: "Customer"})
					z.Writes(1, zammad.Article{Body: "well?", Type: "email", Sender: "Customer"})
					h.deliver()
					h.Passes(3 * time.Second)
					if h.store.dead.Load() {
						h.Stop()
						h.store.dead.Store(false)
						h.Restart()
					}
					h.settles()
					h.settles()
					found, err := h.Desk.List(h.Context(), tickets.Filter{})
					if err != nil || len(found.Items) != 1 {
						t.Fatalf("%d tickets here, %v", len(found.Items), err)
					}
					if heard := h.heard(found.Items[0].Number); len(heard) != 2 {
						t.Errorf("its history has %q", heard)
					}
					h.once("main")
				})
			})
		}
	}
}

// chance decides what goes wrong in a random run. Safe for concurrent use.
type chance struct {
	mu sync.Mutex
	*rand.Rand
	over bool // nothing goes wrong any more
}

func (c *chance) fault(string, string) bridgetest.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.IntN(5) > 0 {
		return bridgetest.None
	}
	return []bridgetest.Fault{bridgetest.Before, bridgetest.After, bridgetest.TooMany, bridgetest.Broken}[c.IntN(4)]
}

func (c *chance) n(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.IntN(n)
}

// scatter delivers webhooks in any order; some are lost, some come twice, some to a program that is not there.
func (c *chance) scatter(z *bridgetest.Zammad, houses ...*house) {
	c.mu.Lock()
	hooks := z.Webhooks(c.Rand)
	c.mu.Unlock()
	for _, body := range hooks {
		for _, h := range houses {
			for range c.n(3) {
				z.Deliver(h.App.BridgeHook(), body)
			}
		}
	}
}

// act lets somebody do something, here or there.
func (c *chance) act(h *house, z *bridgetest.Zammad) {
	ctx, now, staff := h.Context(), time.Now(), "staff:carla"
	found, err := h.Desk.List(ctx, tickets.Filter{Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	if len(found.Items) == 0 || c.n(12) == 0 && len(found.Items) < 4 {
		h.opens(sla.Question)
		return
	}
	n := found.Items[c.n(len(found.Items))].Number
	there := z.All()
	switch c.n(12) { // what a state does not allow is refused, which is fine
	case 0:
		_, _ = h.Desk.Close(ctx, n, staff, "done", now)
	case 1:
		_, _ = h.Desk.Reopen(ctx, n, staff, "no", now)
	case 2:
		_, _ = h.Desk.Assign(ctx, n, staff, "anna", now)
	case 3:
		_, _ = h.Desk.Intervene(ctx, n, staff, now)
	case 4:
		_, _ = h.Desk.Restored(ctx, n, staff, now)
	case 5:
		_, _ = h.Desk.WaitForCustomer(ctx, n, staff, "?", now)
	case 6:
		_, _ = h.Desk.Comment(ctx, n, staff, fmt.Sprint("words ", now.Unix()), now)
	case 7:
		z.Opens("Sales", "guasti@rossi.example", "a press", zammad.Article{Body: "what?", Type: "email", Sender: "Customer"})
	default:
		if len(there) == 0 {
			return
		}
		id := int64(c.n(len(there)) + 1)
		switch c.n(3) {
		case 0:
			z.Does(id, zammad.Change{State: z.States[c.n(4)]})
		case 1:
			z.Does(id, zammad.Change{Owner: []string{"emma@zammad.example", "jacob@zammad.example"}[c.n(2)]})
		default:
			z.Writes(id, zammad.Article{Body: fmt.Sprint("said ", now.Unix()), Type: "note", Sender: []string{"Agent", "Customer"}[c.n(2)], CreatedBy: "emma@zammad.example"})
		}
	}
}

// TestTwoDesksSettle: whatever people do here and there, however webhooks come and requests fail, and when the process dies: once everybody
// has done, the two desks fall silent, nothing stands twice, and no line is lost. With two hotlines at one Zammad too.
func TestTwoDesksSettle(t *testing.T) {
	seeds := 12
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &chance{Rand: rand.New(rand.NewPCG(uint64(seed), 16))}
				z := bridgetest.New(time.Now)
				z.Plain = seed%3 == 0
				names := []string{"main", "night"}[:1+seed%2]
				var houses []*house
				for _, name := range names {
					houses = append(houses, joined(t, z, name, func(a *app.Config) { a.Config.Bridge.OpenHere = []string{"Sales", "Support"} }))
				}
				z.Breaks(c.fault)
				for range 40 {
					h := houses[c.n(len(houses))]
					c.act(h, z)
					h.Passes(time.Duration(c.n(20_000)) * time.Millisecond)
					if c.n(2) == 0 {
						c.scatter(z, houses...)
					}
					if c.n(15) == 0 {
						h.store.dead.Store(true)
						h.Passes(2 * time.Second)
						h.Stop()
						h.store.dead.Store(false)
						h.Restart()
					}
				}
				c.mu.Lock()
				c.over = true
				c.mu.Unlock()
				c.scatter(z, houses...)
				houses[0].Passes(80 * time.Minute) // failed tries come again within an hour, the poll in five minutes
				settled := z.All()
				houses[0].Passes(15 * time.Minute)
				if now := z.All(); !slices.EqualFunc(now, settled, func(a, b bridgetest.Ticket) bool {
					return a.Ticket == b.Ticket && len(a.Articles) == len(b.Articles)
				}) {
					t.Errorf("it does not settle:\n%+v\n%+v", settled, now)
				}
				for i, h := range houses {
					h.once(names[i])
					h.agree(names[i], len(houses) == 1)
				}
			})
		})
	}
}

// agree holds that both desks say the same: where ours is closed theirs is, and the other way round.
func (h *house) agree(name string, alone bool) {
	h.Helper()
	if !alone {
		return // the other hotline may have had the last word
	}
	for _, there := range h.z.All() {
		twin, err := h.Store.TwinOf(h.Context(), there.ID)
		if err != nil {
			continue
		}
		here := h.ticket(twin.Ticket)
		if there.State != "open" && there.State != "closed" {
			continue // what was set there changes nothing here
		}
		if closed := there.State == "closed"; closed != (here.State == tickets.Closed) {
			h.Errorf("%s: ticket %d is %s here, and %d is %s there (%+v)", name, here.Number, here.State, there.ID, there.State, twin)
		}
	}
}
