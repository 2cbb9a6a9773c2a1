package dispatch_test

import (
	"strings"
	"testing"

	"hotline/directory"
	"hotline/dispatch"
	"hotline/tickets"
)

// TestACustomerIsRungWhereTheLineMayDial: a number on the ticket that may not be dialled hides none of the customer's own.
func TestACustomerIsRungWhereTheLineMayDial(t *testing.T) {
	const abroad, roma, milano = "+8810000", "+390612345", "+390212345"
	for name, c := range map[string]struct {
		shown string
		own   []string
		rung  string
	}{
		"the number that was shown":                {milano, []string{roma}, milano},
		"none was shown":                           {"", []string{roma, milano}, roma},
		"none was shown, the first is abroad":      {"", []string{abroad, milano}, milano},
		"one was shown that may not be dialled":    {abroad, []string{roma}, roma},
		"it may not be dialled, nor may his own":   {abroad, []string{abroad}, ""},
		"it may not be dialled, and he has none":   {abroad, nil, ""},
		"no number at all":                         {"", nil, ""},
		"an own telephone without any number":      {"sip:1@127.0.0.1", []string{"", roma}, roma},
		"the number of a caller whom nobody knows": {milano, nil, milano},
	} {
		book := new(directory.Book).With(func(b *directory.Book) {
			b.Customers = b.Customers.With("rossi", directory.Customer{ID: "rossi", Numbers: c.own})
		})
		d := dispatch.New(dispatch.Config{
			Desk: tickets.NewDesk(tickets.DeskConfig{Book: book}), Active: new(dispatch.ActiveTickets),
			MayDial: func(number string) bool { return strings.HasPrefix(number, "+39") },
		})
		if got := d.CustomerNumber(tickets.Ticket{Reporter: tickets.Reporter{Customer: "rossi", Caller: c.shown}}); got != c.rung {
			t.Errorf("%s: %q is rung, want %q", name, got, c.rung)
		}
	}
}
