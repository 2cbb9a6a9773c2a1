package ring_test

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/tickets"
)

// TestATalkWithACustomerWhoIsCalledIsRecordedOnlyWhenBothHaveBeenTold: whether the key of a telephone that rings leads to the customer or that
// of the console. The engineer hears of it before the customer is rung, and the customer before the two hear each other; key 7 refuses.
func TestATalkWithACustomerWhoIsCalledIsRecordedOnlyWhenBothHaveBeenTold(t *testing.T) {
	const told, asked = "talk-told calling-back", "sip:customer hears talk-told talk-refuse"
	for name, c := range map[string]struct {
		policy      bool
		customer    script
		want, never []string
	}{
		"told":             {true, script{delay: time.Second, talk: time.Minute}, []string{told, asked, "are recorded"}, []string{"refused"}},
		"refuses":          {true, script{delay: time.Second, keys: "7", after: 500 * time.Millisecond, talk: time.Minute}, []string{told, asked, "joined to"}, []string{"are recorded"}},
		"refuses later":    {true, script{delay: time.Second, keys: "7", after: 3 * time.Second, talk: time.Minute}, []string{asked, "joined to"}, []string{"are recorded"}},
		"refuses at last":  {true, script{delay: time.Second, keys: "17", after: 500 * time.Millisecond, between: 200 * time.Millisecond, talk: time.Minute}, []string{told, asked, "refused", "joined to"}, []string{"are recorded"}},
		"refuses by tones": {true, script{delay: time.Second, keys: "7", unheard: true, after: 500 * time.Millisecond, talk: time.Minute}, []string{told, asked, "refused", "joined to"}, []string{"are recorded"}},
		"another key":      {true, script{delay: time.Second, keys: "1", after: 500 * time.Millisecond, talk: time.Minute}, []string{asked, "are recorded"}, []string{"refused"}},
		"hangs up over it": {true, script{delay: time.Second, hangsUp: 500 * time.Millisecond}, []string{asked}, []string{"are recorded"}},
		"no policy":        {false, script{delay: time.Second, talk: time.Minute}, []string{"hears calling-back", "joined to"}, []string{"talk-told", "are recorded"}},
		"does not answer":  {true, script{delay: time.Hour}, []string{told}, []string{asked, "are recorded"}},
	} {
		search := func(n *night) *ring.Search {
			cfg := ring.Config{Telephones: n, Duty: n, Book: n}
			if c.policy {
				cfg.Recording = func(tickets.Ticket) *recorded.Session { return n.session(false) }
			}
			return ring.New(cfg)
		}
		happened := func(t *testing.T, n *night) {
			t.Helper()
			n.happened(t, c.want...)
			for _, not := range c.never {
				n.never(t, not)
			}
		}
		t.Run(name+"/by the telephone that rings", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {{keys: "11", after: time.Second, between: 5 * time.Second, talk: time.Hour}}, "sip:customer": {c.customer}}, anna)
				_, err := search(n).Escalate(t.Context(), ring.Request{Call: "old", Ticket: rossi, CallBack: "sip:customer"})
				if err != nil {
					t.Error(err)
				}
				happened(t, n)
			})
		})
		t.Run(name+"/by the console", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:customer": {c.customer}})
				_, err := search(n).CallCustomer(t.Context(), ring.CustomerCall{
					Engineer: oncall.Engineer{ID: "anna", Name: "Anna"}, Line: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Address: "sip:customer",
				})
				if err != nil {
					t.Error(err)
				}
				happened(t, n)
			})
		})
	}
}
