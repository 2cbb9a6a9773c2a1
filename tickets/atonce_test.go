package tickets_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// distant is a store that takes a while to answer, so that those who come at once really meet.
type distant struct {
	tickets.Store
	writes atomic.Int64
}

const roundTrip = time.Millisecond

func (d *distant) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	time.Sleep(roundTrip)
	return d.Store.Ticket(ctx, n)
}

func (d *distant) Apply(ctx context.Context, c tickets.Change) error {
	time.Sleep(roundTrip)
	d.writes.Add(1)
	return d.Store.Apply(ctx, c)
}

// TestTwoHundredCommentsAtOnceStandAllOfThem: on one node and on two, and on one node nobody works his line out twice.
func TestTwoHundredCommentsAtOnceStandAllOfThem(t *testing.T) {
	const comments = 200
	for nodes := 1; nodes <= 2; nodes++ {
		t.Run(fmt.Sprint(nodes, " nodes"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, ctx := openOffice(t), t.Context()
				ticket := o.blocking(t)
				store := &distant{Store: o.store}
				var ids atomic.Int64
				var desks []*tickets.Desk
				for range nodes {
					desks = append(desks, tickets.NewDesk(tickets.DeskConfig{
						Store: store, Book: o.Book(), Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours,
						NewID: func() string { return fmt.Sprintf("c%d", ids.Add(1)) },
					}))
				}
				var all sync.WaitGroup
				for n := range comments {
					all.Go(func() {
						if _, err := desks[n%nodes].Comment(ctx, ticket.Number, "staff:carla", "one line", monday(3)); err != nil {
							t.Errorf("comment %d: %v", n, err)
						}
					})
				}
				all.Wait()
				lines, err := o.store.History(ctx, ticket.Number)
				must(t, err)
				if len(lines) != comments+1 {
					t.Errorf("%d lines stand, want the opening and %d comments", len(lines), comments)
				}
				if w := store.writes.Load(); nodes == 1 && w != comments {
					t.Errorf("%d writes for %d comments", w, comments)
				}
			})
		})
	}
}

// TestWhatTheDeskHasBegunIsCarriedToItsEnd: whoever asked for it may have gone, which ends his context at any moment of the
// writing. The change stands, its journal is clean, and the desk knows it.
func TestWhatTheDeskHasBegunIsCarriedToItsEnd(t *testing.T) {
	now := monday(4)
	for what, do := range map[string]func(context.Context, *tickets.Desk, tickets.Number) error{
		"comment": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Comment(ctx, n, "staff:carla", "text", now)
			return err
		},
		"assign": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Assign(ctx, n, "staff:carla", "anna", now)
			return err
		},
		"accept": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Accept(ctx, n, "anna", false, now)
			return err
		},
		"assess": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Assess(ctx, n, "staff:carla", "", sla.NonBlocking, now)
			return err
		},
		"intervene": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Intervene(ctx, n, "staff:carla", now)
			return err
		},
		"close": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Close(ctx, n, "staff:carla", "text", now)
			return err
		},
		"keep a recording": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.Keep(ctx, n, tickets.Recording{ID: "r1", Call: "call-1"}, now)
			return err
		},
		"add time": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.AddTime(ctx, n, tickets.Spent{Minutes: 5, What: "looked", Who: "anna", By: "staff:carla"}, now)
			return err
		},
		"withdraw access": func(ctx context.Context, d *tickets.Desk, n tickets.Number) error {
			_, err := d.WithdrawAccess(ctx, n, "staff:carla", "text", now)
			return err
		},
		"open": func(ctx context.Context, d *tickets.Desk, _ tickets.Number) error {
			_, err := d.Open(ctx, tickets.Draft{Call: "call-2", Caller: "0699", Claim: sla.Question, Channel: tickets.Phone, Actor: "caller"}, now)
			return err
		},
	} {
		for when, hook := range map[string]func(*crossed, func()){
			"after the journal": func(c *crossed, f func()) { c.inAppend = f },
			"in the store":      func(c *crossed, f func()) { c.inApply = f },
			"and was slower": func(c *crossed, f func()) {
				c.inApply = func() { f(); c.overtake() }
			},
		} {
			t.Run(what+", gone "+when, func(t *testing.T) {
				o := openOffice(t)
				ticket := o.blocking(t)
				d, c, j := o.journalled(t)
				c.strict = true
				c.overtake = func() {
					_, err := comments(t.Context(), o.another(t), ticket.Number)
					must(t, err)
				}
				ctx, hangUp := context.WithCancel(t.Context())
				defer hangUp()
				hook(c, hangUp)
				err := do(ctx, d, ticket.Number)
				if ctx.Err() == nil {
					t.Fatal("nothing was written")
				}
				if n := len(j.Pending()); n != 0 || d.Waiting() != 0 {
					t.Errorf("%d changes are open in the journal, %d tickets wait", n, d.Waiting())
				}
				if when != "and was slower" {
					must(t, err)
				}
			})
		}
	}
}
