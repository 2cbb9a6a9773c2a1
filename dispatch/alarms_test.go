package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

func TestABreachRingsTheRotaAndTellsTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		rang := make(chan time.Time, 20)
		anna := n.Phone("127.0.0.1:5071", "anna", func(_ context.Context, in *phone.Incoming) {
			rang <- time.Now()
			in.Refuse(486, "Busy Here")
		})
		defer anna.Stop(context.Background())
		ticket := n.Open("rossi")
		n.Assign(ticket.Number, "anna")
		at := <-rang
		if late := at.Sub(ticket.Clocks[0].Due); late < 0 || late > 15*time.Second {
			t.Errorf("the rota was rung %v after contact was due", late)
		}
		time.Sleep(time.Minute)
		if got := n.History(); !strings.Contains(got, "notified manager: contact") || !strings.Contains(got, "notified staff: contact") {
			t.Errorf("history:\n%s", got)
		}
	})
}

func TestNothingRaisedAtNightWakesAnybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		rang := make(chan time.Time, 20)
		anna := n.Phone("127.0.0.1:5071", "anna", func(_ context.Context, in *phone.Incoming) {
			rang <- time.Now()
			in.Refuse(486, "Busy Here")
		})
		defer anna.Stop(context.Background())
		time.Sleep(7 * time.Hour) // 17:00 in Rome, an hour before the office closes: contact is due on the closing instant
		ticket := n.Open("bianchi")
		n.Assign(ticket.Number, "anna")
		at := <-rang
		if got := fmt.Sprint(n.Raised(ticket.Number)[1]); got != "17:00:01 broken contact" {
			t.Errorf("raised %s", got)
		}
		if local := at.UTC().Format("Mon 15:04"); local != "Tue 08:00" {
			t.Errorf("rung at %s UTC, want Tuesday at nine in Rome", local)
		}
	})
}

// TestTheRotaIsNotRungForWhatSomebodyHasDoneMeanwhile: the night held the call back, and in the morning nobody needs it.
func TestTheRotaIsNotRungForWhatSomebodyHasDoneMeanwhile(t *testing.T) {
	for name, act := range map[string]func(d *tickets.Desk, number tickets.Number) error{
		"contacted": func(d *tickets.Desk, number tickets.Number) error {
			_, err := d.Contact(context.Background(), number, "staff:carla", time.Now())
			return err
		},
		"in work": func(d *tickets.Desk, number tickets.Number) error {
			_, err := d.Intervene(context.Background(), number, "staff:carla", time.Now())
			return err
		},
		"closed": func(d *tickets.Desk, number tickets.Number) error {
			_, err := d.Close(context.Background(), number, "staff:carla", "", time.Now())
			return err
		},
		"nothing": func(*tickets.Desk, tickets.Number) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := apptest.Start(t)
				defer n.Stop()
				ticket := n.Open("rossi")
				if err := act(n.Desk, ticket.Number); err != nil {
					t.Fatal(err)
				}
				clock := sla.Intervention
				if name == "contacted" {
					clock = sla.Contact
				}
				w := tickets.Work{ID: "w", Kind: tickets.WorkRing, Ticket: ticket.Number, Facts: map[string]string{"clock": string(clock)}}
				for {
					err := n.App.Dispatcher().RingForAlarm(t.Context(), w)
					var later *tickets.Later
					if errors.As(err, &later) { // others are gathered
						n.Passes(time.Until(later.At))
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if rang := strings.Contains(n.History(), "rang "); rang != (name == "nothing") {
					t.Errorf("rung: %v\n%s", rang, n.History())
				}
			})
		})
	}
}
