package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/sla"
)

// Facts of lines that mails leave.
const (
	FactMail        = "mail" // its ID
	FactMailFrom    = "mail_from"
	FactMailSubject = "mail_subject"
	FactMailMachine = "mail_machine" // why a machine sent it; absent: a person did
	FactMessageID   = "message_id"
	FactAnswer      = "mail_answer" // the address that is told what becomes of the ticket
	FactRefused     = "refused"     // why files are not kept: large, program, full, empty or scan
)

// receiptAfter is how long a receipt waits for the caller to choose a category.
const receiptAfter = time.Minute

// receipts is the written proof for a customer who has an address: under which number the request stands and by when
// somebody acts. It is written when it is sent, so that it tells what stands then.
func (d *Desk) receipts(t Ticket, events []Event) []Work {
	for _, e := range events {
		if e.Kind != Opened || d.reader(t, e) == "" {
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

// reader is who is told of a ticket in writing, by its first line: who wrote by mail, else the customer. A machine is never answered.
func (d *Desk) reader(t Ticket, opened Event) string {
	if t.Channel == Email && opened.Facts[FactMail] != "" {
		return opened.Facts[FactAnswer]
	}
	return d.Book().Customers.At(t.Customer).Email
}

// Reader is who is told of a ticket in writing, by its history; empty: nobody. A machine, and who seems forged, is never answered.
func (d *Desk) Reader(t Ticket, lines []Event) string {
	if len(lines) == 0 {
		return d.reader(t, Event{})
	}
	return d.reader(t, lines[0])
}

// AnswersTo is the address to which words of staff for the customer are mailed; empty: the customer reads them on the portal
// alone.
func (d *Desk) AnswersTo(t Ticket, lines []Event) string {
	if d.cfg.Tells == nil || !d.cfg.Tells(ProgressAnswered) || t.State == NotRequest {
		return ""
	}
	return d.Reader(t, lines)
}

// Update is something about a ticket that staff are told of in writing, if the house wants it.
type Update string

// What staff are told of.
const (
	UpdateNew       Update = "new"       // a ticket, a call that was folded into one or adds to one, one that was reopened, or words of the customer
	UpdateAssigned  Update = "assigned"  // staff assigned it, or an engineer accepted it
	UpdateRestored  Update = "restored"  // the service runs again
	UpdateClosed    Update = "closed"    // it is done, or is no request
	UpdateUnreached Update = "unreached" // no engineer answered, or none is on duty: the person in charge is told
)

// Updates are all of them.
func Updates() []Update {
	return []Update{UpdateNew, UpdateAssigned, UpdateRestored, UpdateClosed, UpdateUnreached}
}

// Who writes on the customer portal, and the mark of what staff write for the customer to read. All other words of staff are for the
// house alone.
const (
	ActorCustomer    = "customer"
	FactAudience     = "audience"
	AudienceCustomer = "customer"
)

// ForCustomer tells whether the words of a line are the customer's own, or meant for the customer.
func (e Event) ForCustomer() bool {
	return e.Actor == ActorCustomer || e.Kind == Commented && e.Facts[FactAudience] == AudienceCustomer
}

// Update is what a line of the history tells staff; empty: nothing.
func (e Event) Update() Update {
	switch e.Kind {
	case Opened, BundledCall, Reopened, NotRestored:
		return UpdateNew
	case CalledAgain:
		if e.Text == Adds {
			return UpdateNew
		}
	case MailReceived:
		if e.Facts[FactMailMachine] == "" { // or a letter to staff that comes back would bring about the next one
			return UpdateNew
		}
	case Commented, Attached:
		if e.Actor == ActorCustomer {
			return UpdateNew
		}
	case AssignedTo, Accepted:
		return UpdateAssigned
	case RestoredAt:
		return UpdateRestored
	case ClosedAtKind, MarkedNoTicket:
		return UpdateClosed
	case Unreached, RotaGap:
		return UpdateUnreached
	}
	return ""
}

// Progress is something that the customer is told of in writing, beside the receipt, if the house wants it.
type Progress string

// What customers are told of.
const (
	ProgressTaken        Progress = "taken"        // somebody has it
	ProgressIntervention Progress = "intervention" // the work has begun
	ProgressAsked        Progress = "asked"        // an answer is owed, with the question
	ProgressRestored     Progress = "restored"
	ProgressClosed       Progress = "closed"
	ProgressBreach       Progress = "breach" // a promise was broken
	// ProgressAnswered is words of staff that are marked for the customer: they go out whatever the house wants to be told of.
	ProgressAnswered Progress = "answered"
)

// Progresses are those that a house chooses from.
func Progresses() []Progress {
	return []Progress{ProgressTaken, ProgressIntervention, ProgressAsked, ProgressRestored, ProgressClosed, ProgressBreach}
}

// Progress is what a line of the history tells the customer; empty: nothing. An accept counts once the two have talked, and then it needs no
// letter.
func (e Event) Progress() Progress {
	switch e.Kind {
	case AssignedTo:
		return ProgressTaken
	case Accepted:
		if e.Facts[FactAwaits] == "" {
			return ProgressTaken
		}
	case Intervened:
		return ProgressIntervention
	case WaitingFor:
		return ProgressAsked
	case RestoredAt:
		return ProgressRestored
	case ClosedAtKind:
		return ProgressClosed
	case Broken:
		return ProgressBreach
	case Commented:
		if e.ForCustomer() && e.Actor != ActorCustomer {
			return ProgressAnswered
		}
	}
	return ""
}

// customerLetters are the letters to the customer that a change asks for. A request that came by mail gets a letter about each step,
// since its customer hears of it by no other way. Words of staff for the customer are sent for every request.
func (d *Desk) customerLetters(t Ticket, events []Event) []Work {
	if d.cfg.Tells == nil {
		return nil
	}
	var work []Work
	for _, e := range events {
		told := e.Progress()
		if told == "" || t.Channel != Email && told != ProgressAnswered {
			continue
		}
		if d.cfg.Tells(told) {
			work = append(work, Work{ID: "tell-" + e.ID, Kind: WorkTell, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactTold: string(told), FactLine: e.ID}})
		}
	}
	return work
}

// Facts of an update.
const (
	FactUpdate = "update" // an Update
	FactLine   = "line"   // id of the line of the history that it tells of
	FactTold   = "told"   // a Progress
)

// updates is the letter to staff that a change asks for. It is enqueued with the change, whatever channel, category and
// level the ticket has: those without clocks have no alarm that would tell of them.
func (d *Desk) updates(t Ticket, events []Event) []Work {
	var work []Work
	for _, e := range events {
		u := e.Update()
		if u == "" || d.cfg.Updates == nil || !d.cfg.Updates(u) {
			continue
		}
		w := Work{ID: "update-" + e.ID, Kind: WorkUpdate, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactUpdate: string(u), FactLine: e.ID}}
		if e.Kind == Opened && t.Category() == sla.Uncategorised {
			w.Due = w.Due.Add(receiptAfter)
		}
		work = append(work, w)
	}
	return work
}

// outgoing is the message to other systems that lines ask for.
func (d *Desk) outgoing(t Ticket, events []Event) (work []Work) {
	for _, e := range events {
		if d.cfg.Outgoing == nil || !d.cfg.Outgoing(e) {
			continue
		}
		w := Work{ID: "outgoing-" + e.ID, Kind: WorkOutgoing, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactLine: e.ID}}
		work = append(work, w)
	}
	return work
}

// Informed tells whether those in charge were told, since an instant, that nobody was reached for a ticket. They were told if the
// letter is in the store or was sent already. A change that still waits for the store has told nobody.
func (d *Desk) Informed(ctx context.Context, n Number, since time.Time) bool {
	if d.cfg.Updates == nil || !d.cfg.Updates(UpdateUnreached) {
		return false
	}
	if _, waits := d.waits(n); waits {
		return false
	}
	lines, err := d.cfg.Quick.History(ctx, n)
	return err == nil && slices.ContainsFunc(lines, func(e Event) bool {
		return e.Update() == UpdateUnreached && !e.At.Before(since.Truncate(time.Second))
	})
}
