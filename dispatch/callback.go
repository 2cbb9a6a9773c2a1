package dispatch

import (
	"context"
	"fmt"
	"time"

	"hotline/alarm"
	"hotline/oncall"
	"hotline/tickets"
)

// How a promised call-back is kept.
const (
	guardTime     = 15 * time.Minute // after a caller chose not to wait: by then somebody has called back, or is rung again for it
	callBackTries = 6                // of a call-back for which nobody accepted, or that the customer did not answer
)

// callBackAgain is how long after so many vain tries a call-back is tried again.
func callBackAgain(tries int) time.Duration {
	steps := [...]time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute}
	return steps[min(max(tries, 1), len(steps))-1]
}

// CallBack keeps a promise to call a customer back. It rings those on duty, the ticket's own engineer first. It joins the
// engineer who accepts with the customer. It is done when the two have talked. A try without success, and somebody on the line
// about the ticket, is an error that wraps tickets.Later; after the last try the operator hears of it. Due work calls it.
func (d *Dispatcher) CallBack(ctx context.Context, w tickets.Work) error {
	t, tries, last, err := d.owedCallBack(ctx, w)
	if err != nil || t.Number == 0 {
		return err
	}
	now := time.Now()
	if err := d.onTheLine(w.Ticket, now); err != nil {
		return err
	}
	switch {
	case tries >= callBackTries:
		return d.giveUpCallBack(ctx, w, tries, now)
	case tries > 0 && last.Add(callBackAgain(tries)).After(now):
		return d.callBackLater(w, last.Add(callBackAgain(tries)))
	}
	if err := d.callOut(ctx, t, w); err != nil {
		return err
	}
	if t, tries, last, err = d.owedCallBack(ctx, w); err != nil || t.Number == 0 {
		return err
	}
	return d.callBackLater(w, last.Add(callBackAgain(tries)))
}

// owedCallBack is the ticket whose customer waits for the call-back, and the tries until now; no ticket where nobody waits.
func (d *Dispatcher) owedCallBack(ctx context.Context, w tickets.Work) (t tickets.Ticket, tries int, last time.Time, err error) {
	if t, err = d.desk.Ticket(ctx, w.Ticket); err != nil {
		return tickets.Ticket{}, 0, last, err
	}
	lines, err := d.desk.History(ctx, w.Ticket)
	if err != nil {
		return tickets.Ticket{}, 0, last, err
	}
	if asked, waits := tickets.PromisedCallBack(lines); !waits || !w.AsksFor(asked) || !t.State.Live() {
		return tickets.Ticket{}, 0, last, nil
	}
	tries, last = tickets.CallBackTries(lines, w)
	return t, tries, last, nil
}

func (d *Dispatcher) callBackLater(w tickets.Work, at time.Time) error {
	return fmt.Errorf("the customer of ticket %d was not reached: %w", w.Ticket, &tickets.Later{At: at})
}

// giveUpCallBack hands a call-back to people.
func (d *Dispatcher) giveUpCallBack(ctx context.Context, w tickets.Work, tries int, now time.Time) error {
	text := fmt.Sprintf("the customer waits to be called back, and %d tries were in vain", tries)
	if _, err := d.desk.Note(ctx, w.Ticket, tickets.Event{Kind: tickets.CallBackLost, Actor: "system", Text: text}, now); err != nil {
		return err
	}
	d.alarm(alarm.Unreached, fmt.Sprintf("ticket %d: %s; call the customer", w.Ticket, text))
	return nil
}

// promiseCallBack writes down that a caller who does not wait is called back. The search goes on without the caller; this is for
// an engineer who accepts and calls nobody.
func (d *Dispatcher) promiseCallBack(ctx context.Context, t tickets.Ticket) {
	now := time.Now()
	if _, err := d.desk.AskCallBack(context.WithoutCancel(ctx), t.Number, "caller", "the caller asked to be called back", now.Add(guardTime), now); err != nil {
		d.search.Log.Error("a promised call-back is not written", "ticket", t.Number, "error", err)
	}
}

// RingNow rings those on duty for a ticket because staff want it, whatever the hour and the category. While somebody is on the line
// about the ticket it returns an error that wraps tickets.Later. Due work calls it.
func (d *Dispatcher) RingNow(ctx context.Context, w tickets.Work) error {
	t, err := d.desk.Ticket(ctx, w.Ticket)
	if err != nil || !t.State.Live() {
		return err
	}
	lines, err := d.desk.History(ctx, w.Ticket)
	if err != nil || tickets.RingDone(lines, w) {
		return err
	}
	if err := d.onTheLine(w.Ticket, time.Now()); err != nil {
		return err
	}
	return d.callOut(ctx, t, w)
}

// TestCall rings one telephone of an engineer's and waits for the key that proves it; see ring.Search.TestCall. The API calls it.
func (d *Dispatcher) TestCall(ctx context.Context, a oncall.Attempt) (result string) {
	return d.search.TestCall(ctx, a)
}

// TestTrunk rings a telephone by one trunk and waits for the key; see ring.Search.TestTrunk. The API calls it.
func (d *Dispatcher) TestTrunk(ctx context.Context, trunk, customer string, a oncall.Attempt) (result string, reached bool, problem error) {
	return d.search.TestTrunk(ctx, trunk, customer, a)
}

// customerNumber is the number at which a ticket's customer can be rung. It is the number on the ticket. Where the caller showed
// none, or one that the line may not dial, it is the first of the customer's numbers in the directory that it may. It is empty where
// the line may dial none of them.
func (d *Dispatcher) customerNumber(t tickets.Ticket) string {
	numbers := []string{t.Caller}
	if t.Customer != "" {
		numbers = append(numbers, d.desk.Book().Customers.At(t.Customer).Numbers...)
	}
	for _, n := range numbers {
		if n != "" && d.mayDial(n) {
			return n
		}
	}
	return ""
}
