package portal

import (
	"testing"

	"pgregory.net/rapid"

	"hotline/directory"
	"hotline/portal/access"
	"hotline/prove"
	"hotline/tickets"
)

// TestNobodySeesTheTicketOfAnother holds the one rule of scope to its words, for every pair of contracts and every ticket.
func TestNobodySeesTheTicketOfAnother(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom([]string{"", "a", "b", "c"})
		r := &request{contract: directory.Contract{ID: directory.ContractID(id.Draw(t, "contract")), Customer: directory.CustomerID(id.Draw(t, "customer"))}}
		one := tickets.Ticket{Number: tickets.Number(rapid.IntRange(1, 3).Draw(t, "number")), State: tickets.Open}
		one.Contract, one.Customer = directory.ContractID(id.Draw(t, "ticket's contract")), directory.CustomerID(id.Draw(t, "ticket's customer"))
		if rapid.Bool().Draw(t, "by a link") {
			r.secret, r.link = "token", access.Link{Ticket: tickets.Number(rapid.IntRange(1, 3).Draw(t, "linked"))}
			if r.mine(one) != (one.Number == r.link.Ticket) {
				t.Fatalf("a link to %d and ticket %d: %v", r.link.Ticket, one.Number, r.mine(one))
			}
			return
		}
		if r.mine(one) && (r.contract.ID == "" || one.Contract != r.contract.ID && (one.Contract != "" || one.Customer != r.contract.Customer || one.Customer == "")) {
			t.Fatalf("contract %q of %q sees a ticket of contract %q of %q", r.contract.ID, r.contract.Customer, one.Contract, one.Customer)
		}
	})
}
