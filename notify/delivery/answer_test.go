package delivery_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/notify"
	"hotline/tickets"
)

// answers are the letters with the words of staff.
func (b *postBox) answers() (list []notify.Message) {
	letters, _ := b.sent()
	for _, m := range letters {
		if strings.Contains(m.Text, "the pump is ordered") {
			list = append(list, m)
		}
	}
	return list
}

// TestWordsOfStaffForTheCustomerGoOutByLetter, whichever way the request came; notes for the house, and what the customer writes, never do.
func TestWordsOfStaffForTheCustomerGoOutByLetter(t *testing.T) {
	const words = "the pump is ordered <b>"
	for name, c := range map[string]struct {
		draft func(d *tickets.Draft)
		set   func(c *app.Config)
		kind  func(n *apptest.Program, t tickets.Ticket) error
		want  string // reader; empty: no letter
	}{
		"a request by telephone": {want: "guasti@rossi.example"},
		"a request by mail": {draft: func(d *tickets.Draft) {
			d.Channel, d.Facts = tickets.Email, map[string]string{tickets.FactMail: "m1", tickets.FactMailFrom: "anna@rossi.example", tickets.FactAnswer: "anna@rossi.example", tickets.FactMessageID: "1@rossi.example"}
		}, want: "anna@rossi.example"},
		"a machine's mail": {draft: func(d *tickets.Draft) {
			d.Channel, d.Facts = tickets.Email, map[string]string{tickets.FactMail: "m1", tickets.FactMailFrom: "nagios@rossi.example"}
		}},
		"a customer without an address": {draft: func(d *tickets.Draft) { d.Identity = tickets.Identity{} }},
		"the house tells nothing else":  {set: func(c *app.Config) { c.Config.Mail.Customers = nil }, want: "guasti@rossi.example"},
		"no mail server":                {set: func(c *app.Config) { c.Virtual.Mailer = nil }},
		"a note of the house": {kind: func(n *apptest.Program, t tickets.Ticket) error {
			_, err := n.Desk.Comment(n.Context(), t.Number, "staff:carla", words, time.Now())
			return err
		}},
		"what the customer writes": {kind: func(n *apptest.Program, t tickets.Ticket) error {
			_, err := n.Desk.Note(n.Context(), t.Number, tickets.Event{Kind: tickets.Commented, Actor: tickets.ActorCustomer, Text: words}, time.Now())
			return err
		}},
		"what is no request": {kind: func(n *apptest.Program, t tickets.Ticket) error {
			if _, err := n.Desk.MarkNotRequest(n.Context(), t.Number, "staff:carla", time.Now()); err != nil {
				return err
			}
			_, err := n.Desk.Answer(n.Context(), t.Number, "staff:carla", words, time.Now())
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := c.set
				if set == nil {
					set = func(*app.Config) {}
				}
				n, b := withMail(t, func(c *app.Config) {
					c.Config.Mail.Staff, c.Config.Mail.Manager, c.Config.Mail.Notify = nil, nil, nil
					c.Config.Mail.From = "support@house.example"
					c.Config.Mail.Inbox.Listen, c.Config.Mail.Inbox.Address = netip.MustParseAddrPort("127.0.0.1:25"), "support@house.example"
				}, set)
				book := n.Desk.Book()
				d := tickets.Draft{Channel: tickets.Phone, Actor: "caller", Language: "en", Identity: tickets.Identity{Contract: book.Contracts.At("rossi"), Customer: book.Customers.At("rossi")}}
				if c.draft != nil {
					c.draft(&d)
				}
				ticket, err := n.Desk.Open(n.Context(), d, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				if c.kind == nil {
					c.kind = func(n *apptest.Program, t tickets.Ticket) error {
						_, err := n.Desk.Answer(n.Context(), t.Number, "staff:carla", words, time.Now())
						return err
					}
				}
				if err := c.kind(n, ticket); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Minute)
				lettersAre(t, n, b, ticket, c.want)
			})
		})
	}
}

func lettersAre(t *testing.T, n *apptest.Program, b *postBox, ticket tickets.Ticket, want string) {
	t.Helper()
	list := b.answers()
	if want == "" {
		if len(list) > 0 {
			t.Errorf("a letter goes to %s: %s", list[0].To, list[0].Text)
		}
		return
	}
	if len(list) != 1 {
		t.Fatalf("%d letters, want one to %s", len(list), want)
	}
	m := list[0]
	if m.To != want || !m.HTML || m.Subject != "[417] We have written to you about your request" || !strings.HasPrefix(m.Text, "Rossi S.p.A.\n\nWe have written to you about your request.\n\nthe pump is ordered <b>\n\nNumber: 417\n") {
		t.Errorf("to %s, %q:\n%s", m.To, m.Subject, m.Text)
	}
	if meant, ok := n.App.Threads().Of(m.Reply); !ok || meant.Ticket != ticket.Number {
		t.Errorf("answers go to %q, which means %+v", m.Reply, meant)
	}
	if ticket.Channel == tickets.Email && m.Answers != "1@rossi.example" {
		t.Errorf("it answers %q", m.Answers)
	}
	if got := n.Desk.AnswersTo(ticket, nil); ticket.Channel == tickets.Phone && got != want {
		t.Errorf("the page names %q", got)
	}
}
