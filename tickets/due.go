package tickets

import (
	"fmt"
	"time"

	"hotline/sla"
)

// alarmed is the work that the next warning or breach asks for. Its id follows from ticket and instant, so that it is
// done once however often it is enqueued. Exactness is the sweep's; this work carries what the sweep might have missed.
func alarmed(t Ticket) []Work {
	at, ok := sla.NextAlarm(t.Clocks)
	if !ok {
		return nil
	}
	return []Work{{ID: fmt.Sprintf("clocks-%d-%d", t.Number, at.Unix()), Kind: WorkClocks, Ticket: t.Number, Due: at}}
}

// actions is what the policy sets off for warnings and breaches that were raised. Outside the ticket's hours they wait
// for the next opening, unless the policy's night rule says otherwise.
func (d *Desk) actions(t Ticket, events []Event) []Work {
	var work []Work
	for _, e := range events {
		if (e.Kind != Warned && e.Kind != Broken) || t.Promise == nil {
			continue
		}
		line, ok := t.Promise.Alarm(sla.Kind(e.Facts["clock"]), e.Facts["alarm"])
		if !ok {
			continue
		}
		at := e.At
		if a, err := d.ready(*t.Promise); err == nil && line.Night != sla.NightAct {
			if open, err := a.Hours().NextOpen(at); err == nil {
				at = open
			}
		}
		for _, do := range line.Do {
			w := Work{Kind: WorkNotify, Ticket: t.Number, Due: at, Facts: map[string]string{
				"clock": e.Facts["clock"], "alarm": e.Facts["alarm"], "due": e.Facts["due"], "to": "staff",
			}}
			switch do {
			case sla.Raise: // done already, with the alarm itself
				continue
			case sla.Ring:
				w.Kind = WorkRing
				delete(w.Facts, "to")
			case sla.Manager:
				w.Facts["to"] = "manager"
			}
			w.ID = fmt.Sprintf("%s-%d-%s-%s-%s", do, t.Number, e.Facts["clock"], e.Facts["alarm"], e.Facts["due"])
			work = append(work, w)
		}
	}
	return work
}

// receiptAfter is how long a receipt waits for the caller to choose a category.
const receiptAfter = time.Minute

// receipts is the written proof for a customer who has an address: under which number the request stands and by when
// somebody acts. It is written when it is sent, so that it tells what stands then.
func (d *Desk) receipts(t Ticket, events []Event) []Work {
	if d.Book().Customers[t.Customer].Email == "" {
		return nil
	}
	for _, e := range events {
		if e.Kind != Opened {
			continue
		}
		w := Work{ID: fmt.Sprintf("receipt-%d", t.Number), Kind: WorkReceipt, Ticket: t.Number, Due: e.At}
		if t.Category() == sla.Uncategorised {
			w.Due = w.Due.Add(receiptAfter)
		}
		return []Work{w}
	}
	return nil
}

// When the rota is called again for a blocking ticket that nobody accepted.
const (
	afterChain   = 5 * time.Minute  // after the chain ended with nobody
	afterHangUp  = 10 * time.Second // after the caller hung up before anybody accepted
	afterOpening = 10 * time.Minute // after a call opened it, in case that neither of the two was ever written down
)

// Facts of an escalation and of the event that asked for it.
const (
	FactSince = "since" // "opening": only when nothing else has escalated the ticket
	FactAdded = "added" // the caller added to a ticket: whoever has it in hand is rung
)

// escalations is the call-out that goes on without the caller: after a chain that ended with nobody, and after a hang-up.
// One more stands from the opening on, in the ticket's own transaction: it outlasts a process that dies in mid-call, and
// waits for the opening of an office that is closed.
func escalations(t Ticket, events []Event) []Work {
	if !t.State.Live() || t.Category() != sla.Blocking {
		return nil
	}
	var work []Work
	for _, e := range events {
		w := Work{ID: "escalate-" + e.ID, Kind: WorkEscalate, Ticket: t.Number}
		switch {
		case e.Kind == Opened && t.Channel == Phone:
			w.Due, w.Facts = e.At.Add(afterOpening), map[string]string{FactSince: "opening"}
		case e.Kind == CallerGone && e.Facts[FactAdded] != "":
			w.Due, w.Facts = e.At.Add(afterHangUp), map[string]string{FactAdded: e.Facts[FactAdded]}
		case t.State != Open:
			continue
		case e.Kind == CallerGone:
			w.Due = e.At.Add(afterHangUp)
		case e.Kind == Unreached, e.Kind == RotaGap:
			w.Due = e.At.Add(afterChain)
		default:
			continue
		}
		work = append(work, w)
	}
	return work
}

// Later is the error of due work that cannot be done yet: the queue hands it out again at At.
type Later struct{ At time.Time }

// Error names the instant.
func (l *Later) Error() string { return "not before " + l.At.UTC().Format(time.RFC3339) }

// The kinds of due work.
const (
	WorkClocks   = "clocks"   // a warning or a breach is to be raised
	WorkEscalate = "escalate" // nobody has accepted a blocking ticket yet
	WorkRing     = "ring"     // an alarm rings the rota
	WorkNotify   = "notify"   // an alarm tells somebody: facts name whom, which clock and which alarm
	WorkReceipt  = "receipt"  // the customer gets it in writing
	WorkWarn     = "warn"     // of former versions: as WorkClocks
	WorkBreach   = "breach"   // of former versions: as WorkClocks
)
