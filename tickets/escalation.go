package tickets

import (
	"slices"
	"strings"
	"time"

	"hotline/sla"
)

// When the rota is called for a blocking ticket that nobody works on.
const (
	atOnce       = 0
	afterChain   = 5 * time.Minute  // after the chain ended with nobody
	afterHangUp  = 10 * time.Second // after the caller hung up before anybody accepted
	afterOpening = 10 * time.Minute // after a search began that may die without a word: with its caller, or with its process
	afterAccept  = 2 * time.Minute  // after an accept: by then the two have talked, or it was undone, or the process has died
)

// Facts of an escalation and of the lines that ask for one.
const (
	FactAdded    = "added"        // whoever has the ticket in hand is rung: the caller added to it, or it is blocking now and was not
	FactAwaits   = "talk"         // "awaited" on an accept whose caller is on the line: it is undone when they do not talk
	FactFor      = "for"          // of a search that begins: the escalation for which it does, which comes again when the search fails
	factAsked    = "asked_by"     // the line of the history that asked for the escalation
	factStood    = "state_was"    // of an accept: the state that its undoing gives back; of a wait: the one that its end does
	factHad      = "engineer_was" // and the engineer
	factContract = "contract"     // of a line about access: the contract on which it was said
	factStays    = "state_stays"  // of a hand-over: the state, which it leaves as it is
	factFormer   = "contract_was" // of terms that came with another contract
)

// Adds is what is said of a call by which the caller adds to a ticket.
const Adds = "adds to it"

// escalationRule is a line of the history after which the rota is called: which line, how long after it, and by which business rule.
type escalationRule struct {
	kind  EventKind
	when  func(t Ticket, e Event) bool // nil: always
	after time.Duration                // while nobody has the ticket
	held  time.Duration                // while somebody has it, who may be yet to hear of it; never: not then
	rule  string
}

const never time.Duration = -1

// escalationRules is the whole table; the first row that fits counts. A line asks only while its ticket is blocking. Every way into
// the open state, which means that nobody has it, stands here, so a blocking ticket that nobody works on always has an escalation
// due. So does one whose engineer has not heard yet what the caller added, or that it is blocking. The escalation is written in the
// ticket's own transaction, so it outlasts the call and the process.
func escalationRules() []escalationRule {
	return []escalationRule{
		{Opened, func(t Ticket, _ Event) bool { return t.Channel == Phone }, afterOpening, never, "the call itself searches; this is for a call that dies"},
		{Opened, nil, atOnce, never, "no channel is second class"},
		{Categorised, nil, atOnce, afterAccept, "the caller says that it is blocking"},
		{Assessed, func(_ Ticket, e Event) bool { return e.Facts["from"] != string(sla.Blocking) }, atOnce, afterAccept, "a specialist says that it is blocking"},
		{Reopened, nil, atOnce, never, "it was closed too early, or was a request after all"},
		{NotRestored, nil, atOnce, never, "the customer says that it does not work"},
		{Resumed, nil, atOnce, afterAccept, "the answer came and nobody has it, or whoever has it does not know how urgent it has become"},
		{TermsChanged, func(_ Ticket, e Event) bool { return e.Facts[factFormer] != "" }, atOnce, afterAccept, "another contract has other hours"},
		{TermsChanged, nil, afterChain, afterChain, "the contract has other hours"},
		{CallerGone, nil, afterHangUp, afterHangUp, "the caller hung up before anybody accepted"},
		{Unreached, nil, afterChain, afterChain, "the chain ended with nobody"},
		{RotaGap, nil, afterChain, afterChain, "nobody was on duty"},
		{CallingOut, func(_ Ticket, e Event) bool { return e.Facts[FactAdded] != "" }, afterOpening, afterOpening, "for a search whose process dies"},
		{CallingOut, nil, afterOpening, never, "for a search whose process dies"},
		{LegLost, nil, afterOpening, afterOpening, "the search goes on; this is for one that dies"},
		{AcceptUndone, nil, afterOpening, afterOpening, "the search goes on; this is for one that dies, and for the accept of another that stands again"},
		{CalledAgain, func(_ Ticket, e Event) bool { return e.Text == Adds }, afterOpening, afterOpening, "the call itself searches; this is for a call that dies"},
		{Accepted, func(_ Ticket, e Event) bool { return e.Facts[FactAwaits] != "" }, afterAccept, afterAccept, "an accept without a talk is undone"},
	}
}

// asks is the row by which a line of the ticket's history calls the rota.
func (t Ticket) asks(e Event) (escalationRule, bool) {
	for _, a := range escalationRules() {
		if a.kind == e.Kind && (a.when == nil || a.when(t, e)) {
			return a, t.State == Open || a.held != never
		}
	}
	return escalationRule{}, false
}

// adds tells whether whoever has a ticket in hand is to hear of a line: the caller added to it, or it is blocking now and was not.
func (e Event) adds() bool {
	return e.Kind != CallingOut && e.Facts[FactAdded] != "" || e.Kind == CalledAgain && e.Text == Adds
}

// urgent completes a line that changed a ticket's category, which was another one before: where the ticket has become blocking, whoever
// has it in hand is to hear, also somebody to whom another node has given it meanwhile.
func (t *Ticket) urgent(e Event, was sla.Category) Event {
	if was != sla.Blocking && t.Category() == sla.Blocking {
		e = e.with(map[string]string{FactAdded: "yes"})
	}
	return e
}

// owed tells whether somebody is to hear of a line whoever has the ticket: of what was added to it, and of a caller whose talk broke off,
// or never came, and who is called back for it. While the customer owes an answer, only what the caller added counts.
func (t Ticket) owed(e Event) bool {
	switch {
	case e.Kind == LegLost || e.Kind == AcceptUndone:
		return t.State != Waiting
	case e.adds():
		return t.State != Waiting || e.Kind == CalledAgain || e.Kind == CallerGone
	}
	return false
}

// unheard tells whether whoever has the ticket in hand is yet to hear of something: since then nobody has talked, accepted the ticket, or
// said that somebody has it. What another node wrote before, and only came to the history behind it, is not since then.
func (t Ticket) unheard(lines []Event) bool {
	var heard time.Time
	for _, e := range slices.Backward(lines) {
		switch {
		case t.owed(e) && (heard.IsZero() || heard.Before(e.At)):
			return true
		case (e.endsAccept() || e.Kind == Accepted || e.Kind == WaitingFor) && e.At.After(heard):
			heard = e.At
		}
	}
	return false
}

// escalations is the call-out that what happened to a ticket asks for.
func escalations(t Ticket, events []Event) []Work {
	if !t.State.Live() || t.Category() != sla.Blocking {
		return nil
	}
	var work []Work
	for _, e := range events {
		a, ok := t.asks(e)
		if !ok {
			continue
		}
		after := a.after
		if t.State != Open {
			after = a.held
		}
		w := Work{ID: escalation + e.ID, Kind: WorkEscalate, Ticket: t.Number, Due: e.At.Add(after), Facts: map[string]string{factAsked: e.ID}}
		if e.adds() || e.Facts[FactAdded] != "" {
			w.Facts[FactAdded] = "yes"
		}
		work = append(work, w)
	}
	return work
}

const escalation = "escalate-" // begins the id of an escalation; the id of the line that asked for it follows

// Stand is what an escalation finds when its time has come.
type Stand string

// What an escalation has to do.
const (
	Settled    Stand = "settled"    // nothing: somebody has the ticket, it has ended, or another escalation goes on with it
	Unanswered Stand = "unanswered" // call the rota
	Untalked   Stand = "untalked"   // undo the accept, for the talk never came, then call the rota
)

// Escalation tells what an escalation of a ticket has to do, by the ticket and its history as they stand. Of several
// escalations only the one that the last line asked for does anything.
func Escalation(t Ticket, lines []Event, w Work) Stand {
	if t.Category() != sla.Blocking || !t.State.Live() {
		return Settled
	}
	asked, added := w.asked(), w.Facts[FactAdded] != ""
	if _, waits := unfinishedAccept(lines); waits && !added && (t.State == Assigned || t.State == InProgress) {
		return Untalked
	}
	at := slices.IndexFunc(lines, func(e Event) bool { return e.ID == asked })
	for _, e := range lines[at+1:] {
		_, asks := t.asks(e)
		ends := e.endsAccept() && at >= 0 && !e.At.Before(lines[at].At) // or another node wrote it before, and it only came behind
		if at >= 0 && (asks && e.Facts[FactFor] != w.ID || ends) {      // a line that is not there leaves nothing out
			return Settled
		}
	}
	died := added && (at < 0 || lines[at].Kind == CallingOut) // the process that rang whoever has it
	if t.State == Open || died || t.unheard(lines) {
		return Unanswered
	}
	return Settled
}

// asked is the line that asked for an escalation, by its id.
func (w Work) asked() string {
	if id := w.Facts[factAsked]; id != "" {
		return id
	}
	return strings.TrimPrefix(w.ID, escalation) // of a former version
}

// endsAccept tells whether a line of the history settles an accept: the two talked, or staff or the engineer said that somebody
// has the ticket in hand.
func (e Event) endsAccept() bool {
	switch e.Kind {
	case Joined, Contacted, AssignedTo, Intervened, RestoredAt:
		return true
	}
	return e.Kind == Accepted && e.Facts[FactAwaits] == ""
}

// Needless is why nobody is rung for a ticket any more.
type Needless string

// What makes ringing pointless.
const (
	TakenCharge Needless = "taken"    // somebody else has it
	InContact   Needless = "contact"  // staff have talked to the customer
	NotBlocking Needless = "assessed" // a specialist says so
	AnswerOwed  Needless = "waiting"  // the customer owes an answer
	ServiceBack Needless = "restored"
	TicketEnded Needless = "closed" // or it is no request
)

// Needless tells why nobody is rung any more for a ticket that stood like t when the search began; empty while there is
// no reason.
func (t Ticket) Needless(now Ticket) Needless {
	// What waited goes back to whoever had it with the caller's own message: that engineer is yet to be rung.
	taken := (now.State == Assigned || now.State == InProgress) && (now.Assignee != t.Assignee || t.State == Open)
	switch {
	case now.State == Restored:
		return ServiceBack
	case !now.State.Live():
		return TicketEnded
	case now.Category() != sla.Blocking && t.Category() == sla.Blocking: // for others somebody is rung who was asked for
		return NotBlocking
	case now.State == Waiting && t.State != Waiting:
		return AnswerOwed
	case taken:
		return TakenCharge
	case !sla.Met(now.Clocks, sla.Contact).IsZero() && sla.Met(t.Clocks, sla.Contact).IsZero():
		return InContact
	}
	return ""
}

// retryAfter is how long after a chain that ended with nobody it is called again: after the first one, the second and so
// on. One ticket that nobody answers must not use up the calls of the others.
func retryAfter(unanswered int) time.Duration {
	steps := [...]time.Duration{afterChain, 2 * afterChain, 4 * afterChain, 6 * afterChain}
	return steps[min(max(unanswered, 1), len(steps))-1]
}

// CallAgain is when an escalation may call the rota: at once, unless what asked for it is one more chain that ended with
// nobody. Chains count from the last time that the caller, staff or an engineer did something about the ticket. over is true
// when another chain has ended with nobody since: its own escalation goes on, and one ticket has one.
func CallAgain(lines []Event, w Work) (at time.Time, over bool) {
	unanswered, asked := 0, w.asked()
	for _, e := range lines {
		switch e.Kind {
		case Unreached:
			unanswered++
			if over = !at.IsZero(); asked == e.ID {
				at = e.At.Add(retryAfter(unanswered))
			}
		case Accepted, Reopened, NotRestored, Resumed, Assessed, TermsChanged, CalledAgain, CallerGone:
			unanswered = 0
		}
	}
	return at, over
}
