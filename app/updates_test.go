package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
func (n *night) oneOf(c sla.Category) tickets.Ticket {
	n.Helper()
	t, err := n.app.desk.Open(n.Context(), tickets.Draft{Claim: c, Channel: tickets.Phone, Caller: "+39061234", Actor: "caller", Language: "it"}, time.Now())
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
			n := newNight(t)
			defer n.end()
			b := n.withMail()
			n.app.cfg.Config.Mail.Staff = []string{"desk"}
			ticket := n.oneOf(c)
			time.Sleep(2 * time.Minute)
			for _, do := range []func() (tickets.Ticket, error){
				func() (tickets.Ticket, error) {
					return n.app.desk.Assign(t.Context(), ticket.Number, "staff:carla", "anna", time.Now())
				},
				func() (tickets.Ticket, error) {
					return n.app.desk.Restored(t.Context(), ticket.Number, "staff:carla", time.Now())
				},
				func() (tickets.Ticket, error) {
					return n.app.desk.Close(t.Context(), ticket.Number, "staff:carla", "done", time.Now())
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
		change func(n *night)
		want   []string
	}{
		"only closes":        {func(n *night) { n.app.cfg.Config.Mail.Notify = []tickets.Update{tickets.UpdateClosed} }, []string{"desk: [417] +39 06 1234: chiusa, richiesta di chiarimenti"}},
		"nothing":            {func(n *night) { n.app.cfg.Config.Mail.Notify = nil }, nil},
		"nobody":             {func(n *night) { n.app.cfg.Config.Mail.Staff = nil }, nil},
		"without any server": {func(n *night) { n.app.post = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(t)
				defer n.end()
				b := n.withMail()
				n.app.cfg.Config.Mail.Staff = []string{"desk"}
				c.change(n)
				ticket := n.oneOf(sla.Question)
				if _, err := n.app.desk.Close(t.Context(), ticket.Number, "staff:carla", "", time.Now()); err != nil {
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
		change func(n *night, s *full, b *postBox)
		want   bool
	}{
		"all is well": {func(*night, *full, *postBox) {}, true},
		"mail does not leave": {func(_ *night, _ *full, b *postBox) {
			b.set(func(string) error { return errors.New("connection refused") })
		}, true},
		"only staff read": {func(n *night, _ *full, _ *postBox) { n.app.cfg.Config.Mail.Manager = nil }, true},
		"nobody reads": {func(n *night, _ *full, _ *postBox) {
			n.app.cfg.Config.Mail.Manager, n.app.cfg.Config.Mail.Staff = nil, nil
		}, false},
		"no server":         {func(n *night, _ *full, _ *postBox) { n.app.post = nil }, false},
		"the store is down": {func(_ *night, s *full, _ *postBox) { s.full.Store(true) }, false},
	} {
		for _, kind := range []tickets.EventKind{tickets.Unreached, tickets.RotaGap} {
			t.Run(fmt.Sprint(name, " ", kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var store *full
					n := newNight(t, func(c *Config) {
						store = &full{Store: c.Virtual.Store}
						c.Virtual.Store = store
					})
					defer n.end()
					defer store.full.Store(false)
					b := n.withMail()
					ticket := n.oneOf(sla.Question)
					c.change(n, store, b)
					began := time.Now()
					if n.app.desk.Informed(t.Context(), ticket.Number, began) {
						t.Error("nothing has happened yet")
					}
					if _, err := n.app.desk.Note(context.WithoutCancel(t.Context()), ticket.Number, tickets.Event{Kind: kind, Actor: "system"}, time.Now()); err != nil {
						t.Fatal(err)
					}
					if got := n.app.desk.Informed(t.Context(), ticket.Number, began); got != c.want {
						t.Errorf("informed: %v, want %v", got, c.want)
					}
				})
			})
		}
	}
}
