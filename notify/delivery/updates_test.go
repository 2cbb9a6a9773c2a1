package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/sla"
	"hotline/tickets"
)

// subjects are the letters so far, as "reader: subject", sorted.
func (b *postBox) subjects() []string {
	letters, _ := b.sent()
	var list []string
	for _, m := range letters {
		list = append(list, m.To+": "+m.Subject)
	}
	slices.Sort(list)
	return list
}

// oneOf opens a ticket of a category and no contract, as a call or a message for the operator does.
func oneOf(n *apptest.Program, c sla.Category) tickets.Ticket {
	n.Helper()
	t, err := n.Desk.Open(n.Context(), tickets.Draft{Claim: c, Channel: tickets.Phone, Caller: "+39061234", Actor: "caller", Language: "it"}, time.Now())
	if err != nil {
		n.Fatal(err)
	}
	return t
}

// TestStaffAreToldOfEveryTicketAndOfWhatBecomesOfIt: those without clocks have no alarm that would tell of them.
func TestStaffAreToldOfEveryTicketAndOfWhatBecomesOfIt(t *testing.T) {
	names := map[sla.Category]string{
		sla.Question: "richiesta di chiarimenti", sla.Change: "richiesta di modifiche funzionali", sla.Feature: "implementazione di nuove features",
		sla.Uncategorised: "richiesta senza categoria", sla.NonBlocking: "anomalia non bloccante",
	}
	for c, name := range names {
		synctest.Test(t, func(t *testing.T) {
			n, b := withMail(t, func(c *app.Config) { c.Config.Mail.Staff = []string{"desk"} })
			ticket := oneOf(n, c)
			time.Sleep(2 * time.Minute)
			for _, do := range []func() (tickets.Ticket, error){
				func() (tickets.Ticket, error) {
					return n.Desk.Assign(t.Context(), ticket.Number, "staff:carla", "anna", time.Now())
				},
				func() (tickets.Ticket, error) {
					return n.Desk.Restored(t.Context(), ticket.Number, "staff:carla", time.Now())
				},
				func() (tickets.Ticket, error) {
					return n.Desk.Close(t.Context(), ticket.Number, "staff:carla", "done", time.Now())
				},
			} {
				if _, err := do(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
			}
			var want []string
			for _, e := range []string{"assegnata", "chiusa", "nuova richiesta", "servizio ripristinato"} {
				want = append(want, "desk: [417] +39 06 1234: "+e+", "+name)
			}
			if got := b.subjects(); !slices.Equal(got, want) {
				t.Errorf("%q:\n%s", c, strings.Join(got, "\n"))
			}
		})
	}
}

// TestWhatIsToldIsWhatTheConfigurationNames, and nothing without a mail server or readers.
func TestWhatIsToldIsWhatTheConfigurationNames(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *app.Config)
		want   []string
	}{
		"only closes":        {func(c *app.Config) { c.Config.Mail.Notify = []tickets.Update{tickets.UpdateClosed} }, []string{"desk: [417] +39 06 1234: chiusa, richiesta di chiarimenti"}},
		"nothing":            {func(c *app.Config) { c.Config.Mail.Notify = nil }, nil},
		"nobody":             {func(c *app.Config) { c.Config.Mail.Staff = nil }, nil},
		"without any server": {func(c *app.Config) { c.Virtual.Mailer = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, b := withMail(t, func(whole *app.Config) { whole.Config.Mail.Staff = []string{"desk"} }, c.change)
				ticket := oneOf(n, sla.Question)
				if _, err := n.Desk.Close(t.Context(), ticket.Number, "staff:carla", "", time.Now()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Minute)
				if got := b.subjects(); !slices.Equal(got, c.want) {
					t.Errorf("letters: %v, want %v", got, c.want)
				}
			})
		})
	}
}

// TestThatSomebodyWasInformedIsSaidOnlyWhenTheLetterStandsInTheStore: not without readers, not while the store is down; and
// a letter that the mail server does not take yet stands there all the same.
func TestThatSomebodyWasInformedIsSaidOnlyWhenTheLetterStandsInTheStore(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(c *app.Config)       // before the start
		then func(s *full, b *postBox) // after it
		want bool
	}{
		"all is well":         {want: true},
		"mail does not leave": {then: func(_ *full, b *postBox) { b.set(func(string) error { return errors.New("connection refused") }) }, want: true},
		"only staff read":     {set: func(c *app.Config) { c.Config.Mail.Manager = nil }, want: true},
		"nobody reads":        {set: func(c *app.Config) { c.Config.Mail.Manager, c.Config.Mail.Staff = nil, nil }},
		"no server":           {set: func(c *app.Config) { c.Virtual.Mailer = nil }},
		"the store is down":   {then: func(s *full, _ *postBox) { s.full.Store(true) }},
	} {
		for _, kind := range []tickets.EventKind{tickets.Unreached, tickets.RotaGap} {
			t.Run(fmt.Sprint(name, " ", kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var store *full
					n, b := withMail(t, func(c *app.Config) {
						store = &full{Store: c.Virtual.Store}
						c.Virtual.Store = store
					}, func(whole *app.Config) {
						if c.set != nil {
							c.set(whole)
						}
					})
					defer store.full.Store(false)
					ticket := oneOf(n, sla.Question)
					if c.then != nil {
						c.then(store, b)
					}
					began := time.Now()
					if n.Desk.Informed(t.Context(), ticket.Number, began) {
						t.Error("nothing has happened yet")
					}
					if _, err := n.Desk.Note(context.WithoutCancel(t.Context()), ticket.Number, tickets.Event{Kind: kind, Actor: "system"}, time.Now()); err != nil {
						t.Fatal(err)
					}
					if got := n.Desk.Informed(t.Context(), ticket.Number, began); got != c.want {
						t.Errorf("informed: %v, want %v", got, c.want)
					}
				})
			})
		}
	}
}
