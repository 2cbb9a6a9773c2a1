package tickets_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// another is the desk of another node on the same store, which always answers it.
func (o office) another(t *testing.T) *tickets.Desk {
	t.Helper()
	ids := 0
	return tickets.NewDesk(tickets.DeskConfig{
		Store: o.store, Book: o.Book(), Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID: func() string { ids++; return fmt.Sprintf("o%d", ids) },
	})
}

// act is what one node does to a ticket.
type act func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error)

// apart is what two nodes do to one ticket while one of them cannot reach the store, and what comes of it.
type apart struct {
	here, there act
	want        tickets.State
	lines       string // of the history, behind the opening
}

func at(hour, minute int) time.Time { return monday(hour).Add(time.Duration(minute) * time.Minute) }

func closes(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
	return d.Close(ctx, n, "staff:carla", "done", at(3, 10))
}

func comments(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
	return d.Comment(ctx, n, "staff:ugo", "still looking", at(3, 5))
}

func looks(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
	t, _, err := d.Look(ctx, n, at(5, 0))
	return t, err
}

// whatTwoNodesDo are the cases.
func whatTwoNodesDo() map[string]apart {
	return map[string]apart{
		"closed here, commented there": {closes, comments, tickets.Closed, "commented closed"},
		"waiting here, later in work there": {
			func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
				return d.WaitForCustomer(ctx, n, "staff:carla", "", at(3, 10))
			},
			func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
				return d.Intervene(ctx, n, "staff:ugo", at(3, 20))
			},
			tickets.InProgress, "intervention implied waiting_for_customer resumed",
		},
		"closed here, later assigned there": {
			closes,
			func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
				return d.Assign(ctx, n, "staff:ugo", "anna", at(3, 20))
			},
			tickets.Assigned, "assigned closed reopened",
		},
		"the same breach on both": {
			func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
				if _, err := comments(ctx, d, n); err != nil {
					return tickets.Ticket{}, err
				}
				return looks(ctx, d, n)
			},
			looks, tickets.Open, "warned broken commented",
		},
		"assessed and timed here": {
			func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
				if _, err := d.Assess(ctx, n, "staff:carla", "", sla.NonBlocking, at(3, 5)); err != nil {
					return tickets.Ticket{}, err
				}
				return d.AddTime(ctx, n, tickets.Spent{Minutes: 25, Who: "anna", What: "looked", By: "staff:carla"}, at(3, 6))
			},
			comments, tickets.Open, "commented assessed time_spent",
		},
	}
}

// TestWhatTwoNodesDidApartIsMerged: this node's store was away, and its changes come when the other one has gone on.
func TestWhatTwoNodesDidApartIsMerged(t *testing.T) {
	for name, c := range whatTwoNodesDo() {
		t.Run(name, func(t *testing.T) {
			o, ctx := openOffice(t), t.Context()
			ticket := o.blocking(t)
			other := o.another(t)
			o.sick.set(true)
			here, err := c.here(ctx, o.Desk, ticket.Number)
			must(t, err)
			_, err = c.there(ctx, other, ticket.Number)
			must(t, err)
			o.sick.set(false)
			must(t, o.Replay(ctx))
			must(t, o.Replay(ctx))
			stands, err := o.store.Ticket(ctx, ticket.Number)
			must(t, err)
			lines, err := o.store.History(ctx, ticket.Number)
			must(t, err)
			var kinds []string
			for _, e := range lines[1:] {
				kinds = append(kinds, string(e.Kind))
			}
			if got := strings.Join(kinds, " "); got != c.lines || stands.State != c.want {
				t.Errorf("it is %s, its history %s; want %s, %s", stands.State, got, c.want, c.lines)
			}
			course := o.folded(t, ticket.Number)
			if !reflect.DeepEqual(stands.Clocks, course.Clocks) || !reflect.DeepEqual(stands.Pauses, course.Pauses) {
				t.Errorf("the rows are no cache of the history:\n%+v\n%+v", stands.Clocks, course.Clocks)
			}
			if stands.Category() != here.Category() || stands.TimeSpent != here.TimeSpent || stands.Priority != here.Priority {
				t.Errorf("assessed %s, %d seconds, P%d; here it was %s, %d, P%d",
					stands.Category(), stands.TimeSpent, stands.Priority, here.Category(), here.TimeSpent, here.Priority)
			}
		})
	}
}

// TestABreachThatOnlyTheMergedHistoryShowsIsTold: here a question is assessed as blocking while the store is away, there an
// engineer intervenes in the morning; neither sees the clocks of the other.
func TestABreachThatOnlyTheMergedHistoryShowsIsTold(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket, err := o.Open(ctx, tickets.Draft{Identity: o.rossi(t), Channel: tickets.Web, Actor: "staff:carla", Claim: sla.Question}, monday(3))
	must(t, err)
	other := o.another(t)
	o.sick.set(true)
	_, err = o.Assess(ctx, ticket.Number, "staff:carla", "", sla.Blocking, at(3, 10))
	must(t, err)
	_, err = other.Intervene(ctx, ticket.Number, "staff:ugo", at(9, 0))
	must(t, err)
	o.sick.set(false)
	must(t, o.Replay(ctx))
	outcomes, err := o.store.Outcomes(ctx, statistics.Span{Since: monday(3), Until: monday(4), Whole: true})
	must(t, err)
	for _, x := range outcomes[:2] {
		if !x.Broken || x.Account["en"] == "" || x.Account["it"] == "" {
			t.Errorf("%s: broken %v, %q, %q", x.Clock, x.Broken, x.Account["en"], x.Account["it"])
		}
	}
	letters := 0
	for _, w := range o.store.Waiting() {
		if w.Kind == tickets.WorkNotify && w.Facts["to"] == "manager" {
			letters++
		}
	}
	if letters != 2 {
		t.Errorf("the manager gets %d letters", letters)
	}
}
