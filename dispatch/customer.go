package dispatch

import (
	"context"
	"fmt"

	"hotline/ivr"
	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// CallCustomer rings the customer of a ticket for an engineer who is on the line, and joins the two; the engineer hears music
// until the customer picks up. called is false where there was no answer, and ring.ErrNoNumber says that there is none to ring. Nobody is rung about the ticket meanwhile. It writes each
// step into the ticket's history. The console calls it.
func (d *Dispatcher) CallCustomer(ctx context.Context, call ivr.Call, lang prompts.Language, who oncall.Engineer, n tickets.Number) (called bool, err error) {
	t, err := d.desk.Ticket(ctx, n)
	if err != nil {
		return false, fmt.Errorf("reading ticket %d before its customer is called: %w", n, err)
	}
	address := d.customerNumber(t)
	if address == "" {
		return false, ring.ErrNoNumber
	}
	defer d.active.Enter(n)()
	line := caller{call}
	star, ok := call.(interface{ OutOfBand() bool })
	result, err := d.search.CallCustomer(ctx, ring.CustomerCall{
		Engineer: who, Line: line, Language: lang, Ticket: t, Address: address, Star: ok && star.OutOfBand(),
	})
	line.Flush() // what was pressed in the talk was for nobody here
	return result == ring.ResultCalled, err
}

// AskByTelephone rings a telephone of an engineer's with a question; see ring.Search.AskByTelephone.
func (d *Dispatcher) AskByTelephone(ctx context.Context, a oncall.Attempt, q ring.Question) (result string) {
	return d.search.AskByTelephone(ctx, a, q)
}
