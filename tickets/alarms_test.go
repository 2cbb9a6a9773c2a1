package tickets_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/directory/persistent"
	"hotline/sla"
	"hotline/tickets"
)

func TestTheNightRuleHoldsTheTelephoneBack(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket, err := o.Open(ctx, tickets.Draft{Identity: tickets.Identity{Contract: directory.Contract{ID: "p1"}}, Channel: tickets.Web, Claim: sla.Blocking}, monday(15))
	must(t, err) // four in the afternoon in Rome; contact is due at five, and nobody looks before midnight
	_, raised, err := o.Look(ctx, ticket.Number, monday(23))
	must(t, err)
	if len(raised) != 2 {
		t.Fatalf("raised %+v", raised)
	}
	rings := 0
	for _, w := range o.store.Waiting() {
		if w.Kind == tickets.WorkRing {
			rings++
			if !w.Due.Equal(monday(8).AddDate(0, 0, 1)) {
				t.Errorf("the rota is rung at %v, want Tuesday at nine in Rome", w.Due)
			}
		}
	}
	if rings != 1 {
		t.Errorf("%d calls to the rota are planned", rings)
	}
}

// TestAnAlarmMayActAtNight: what the policy's line says so is not held back.
func TestAnAlarmMayActAtNight(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	o.SetBook(o.Book().With(func(b *directory.Book) {
		l := b.Levels[sla.Professional]
		l.Alarms = []sla.Alarm{{Clock: sla.Contact, Do: []sla.Action{sla.Ring}, Night: sla.NightAct}, {Clock: sla.Contact, Share: 50, Do: []sla.Action{sla.Notify}}}
		b.Levels[sla.Professional] = l
	}))
	ticket, err := o.Open(ctx, tickets.Draft{Identity: tickets.Identity{Contract: directory.Contract{ID: "p1"}}, Channel: tickets.Web, Claim: sla.Blocking}, monday(15))
	must(t, err)
	_, _, err = o.Look(ctx, ticket.Number, monday(23))
	must(t, err)
	due := map[string]time.Time{}
	for _, w := range o.store.Waiting() {
		due[w.Kind] = w.Due
	}
	if !due[tickets.WorkRing].Equal(monday(23)) || !due[tickets.WorkNotify].Equal(monday(8).AddDate(0, 0, 1)) {
		t.Errorf("due are %v", due)
	}
}

// TestATicketThatIsRaisedAgainAndAgainStaysAtTheTop: there is nothing above P1.
func TestATicketThatIsRaisedAgainAndAgainStaysAtTheTop(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	o.SetBook(o.Book().With(func(b *directory.Book) {
		l := b.Levels[sla.Extended]
		l.Alarms = nil
		for _, share := range []int{10, 20, 30} {
			l.Alarms = append(l.Alarms, sla.Alarm{Clock: sla.Contact, Share: share, Do: []sla.Action{sla.Raise}})
		}
		b.Levels[sla.Extended] = l
	}))
	ticket := o.blocking(t)
	ticket, _, err := o.Look(ctx, ticket.Number, monday(4))
	must(t, err)
	if ticket.Raised != 3 || ticket.Priority != 1 {
		t.Errorf("raised %d times to P%d", ticket.Raised, ticket.Priority)
	}
	lines, _ := o.store.History(ctx, ticket.Number)
	if f := lines[len(lines)-1].Facts; f["raised"] != "3" {
		t.Errorf("the history says %v", f)
	}
}

// TestTermsThatAreOverAlreadyBreakBehindTheChange: the history first tells the change, then what it broke, by the new terms.
func TestTermsThatAreOverAlreadyBreakBehindTheChange(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	o.SetBook(o.Book().With(func(b *directory.Book) {
		l := b.Levels[sla.Extended]
		l.Blocking.Contact = 10 * time.Minute
		b.Levels[sla.Extended] = l
	}))
	_, err := o.Follow(ctx, n, "staff:carla", monday(3).Add(30*time.Minute))
	must(t, err)
	lines, _ := o.store.History(ctx, n)
	var said []string
	for _, l := range lines[1:] {
		said = append(said, string(l.Kind)+" "+l.Facts["clock"])
	}
	if got := strings.Join(said, ", "); got != "terms , warned contact, broken contact" {
		t.Errorf("history: %s", got)
	}
	if text := lines[len(lines)-1].Text; !strings.Contains(text, "counted 04:00-04:10; due") {
		t.Errorf("the breach is told as %s", text)
	}
	if _, err = o.Close(ctx, n, "staff:carla", "", monday(4)); err != nil {
		t.Fatal(err)
	}
	before := len(lines)
	o.SetBook(o.Book().With(func(b *directory.Book) {
		l := b.Levels[sla.Extended]
		l.Blocking.Restore = time.Hour
		b.Levels[sla.Extended] = l
	}))
	var move *tickets.MoveError
	if _, err = o.Follow(ctx, n, "staff:carla", monday(6)); !errors.As(err, &move) {
		t.Errorf("a closed ticket is told to follow: %v", err)
	}
	if lines, _ = o.store.History(ctx, n); len(lines) != before+1 {
		t.Errorf("a closed ticket follows: %v", lines[before:])
	}
}

// TestAReceiptIsPlannedForACustomerWithAnAddress: at once, or in a minute when the caller has not said what it is about.
func TestAReceiptIsPlannedForACustomerWithAnAddress(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	receipts := func() map[tickets.Number]time.Time {
		due := map[tickets.Number]time.Time{}
		for _, w := range o.store.Waiting() {
			if w.Kind == tickets.WorkReceipt {
				due[w.Ticket] = w.Due
			}
		}
		return due
	}
	o.blocking(t)
	if got := receipts(); len(got) != 0 {
		t.Errorf("without an address: %v", got)
	}
	o.SetBook(o.Book().With(func(b *directory.Book) {
		b.Customers = persistent.Of(map[directory.CustomerID]directory.Customer{"rossi": {ID: "rossi", Name: "Rossi S.p.A.", Email: "guasti@rossi.example"}})
	}))
	known := o.blocking(t)
	open, err := o.Open(ctx, tickets.Draft{Identity: o.rossi(t), Channel: tickets.Phone}, monday(3))
	must(t, err)
	_, err = o.Categorise(ctx, open.Number, sla.NonBlocking, monday(3).Add(20*time.Second))
	must(t, err)
	if got := receipts(); len(got) != 2 || !got[known.Number].Equal(monday(3)) || !got[open.Number].Equal(monday(3).Add(time.Minute)) {
		t.Errorf("receipts are due %v", got)
	}
}
