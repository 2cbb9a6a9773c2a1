package tickets

import (
	"fmt"
	"slices"
)

// move is one allowed change of a ticket's state, with the business rule that allows it.
type move struct {
	from, to State
	rule     string
}

// moves is the whole table:
//
//	open -> assigned -> in_progress -> restored -> closed
//	          \-> waiting <-/            \-> in_progress (it broke again)
//	closed -> open (reopened), anything open -> not_request -> open
func moves() []move {
	return []move{
		{Open, Assigned, "accepting a call, or staff, assigns the ticket"},
		{Assigned, Assigned, "staff may hand a ticket over"},
		{Open, InProgress, "an intervention may begin without an assignment on record"},
		{Assigned, Open, "an accept whose talk never came is undone"},
		{Assigned, InProgress, "the engineer begins the intervention"},
		{InProgress, Assigned, "a ticket in work may be handed over"},
		{Open, Waiting, "the customer owes an answer"},
		{Assigned, Waiting, "the customer owes an answer"},
		{InProgress, Waiting, "the customer owes an answer"},
		{Waiting, Open, "the answer came and nobody has it"},
		{Waiting, Assigned, "the answer came"},
		{Waiting, InProgress, "the answer came while the intervention is on record"},
		{Open, Restored, "the service came back"},
		{Assigned, Restored, "the service came back"},
		{InProgress, Restored, "the service runs again"},
		{Waiting, Restored, "the service came back by itself"},
		{Restored, InProgress, "it broke again"},
		{Open, Closed, "a question may be answered at once"},
		{Assigned, Closed, "the request is done"},
		{InProgress, Closed, "the request is done"},
		{Waiting, Closed, "the customer never answered"},
		{Restored, Closed, "the customer agrees"},
		{Restored, Open, "the customer says that it does not work"},
		{Closed, Open, "staff reopen what was closed too early"},
		{Open, NotRequest, "a robot or a wrong number"},
		{Assigned, NotRequest, "a robot or a wrong number"},
		{Waiting, NotRequest, "a robot or a wrong number"},
		{NotRequest, Open, "it was a request after all"},
	}
}

// MoveError is a change of state, or a command, that the tables do not allow.
type MoveError struct {
	Ticket   Number
	From, To State  // To is empty where a command would not have moved it
	Rule     string // of a command that the state does not allow; else empty
}

func (e *MoveError) Error() string {
	text := fmt.Sprintf("ticket %d is %s", e.Ticket, e.From)
	if e.To != "" {
		text += fmt.Sprintf(" and cannot become %s", e.To)
	}
	if e.Rule != "" {
		text += ": " + e.Rule
	}
	return text
}

// to changes the state where the table allows it.
func (t *Ticket) to(s State) error {
	for _, m := range moves() {
		if m.from == t.State && m.to == s {
			t.State = s
			return nil
		}
	}
	return &MoveError{Ticket: t.Number, From: t.State, To: s}
}

// command is an action on a ticket that the table of states cannot decide alone. Either the state stays as it is, or the move
// between these two states belongs to another command.
type command struct {
	name string
	in   []State // in which it is allowed
	to   State   // empty: it stays, or goes where it was
	rule string
}

// The commands that the table of moves does not decide alone. Whatever is not named here either moves the state, by the
// table of moves, or is allowed always: a comment, a recording, time spent, what happened on the line.
const (
	assessing  = "assess"
	resuming   = "resume"
	reopening  = "reopen"
	contacting = "contact"
	acting     = "intervention, restored"
	reaching   = "access-withdrawn, access-back"
	agreeing   = "contract, follow"
	calling    = "call-back, ring"
	denying    = "not-restored"
	entering   = "contact, intervention, restored: entered later"
)

// commands is the whole table of them.
func commands() []command {
	live := []State{Open, Assigned, InProgress, Waiting}
	work := append(slices.Clone(live), Restored)
	return []command{
		{assessing, append(slices.Clone(work), Closed), "", "nobody assesses what is no request; reopen it first"},
		{resuming, []State{Waiting}, "", "only a ticket that waits for the customer can be resumed"},
		{reopening, []State{Closed, NotRequest}, Open, "only what was closed or marked can be reopened"},
		{contacting, live, "", "nobody waits for a contact any more; reopen it first"},
		{acting, work, InProgress, "nobody works on it any more; reopen it first"},
		{reaching, live, "", "access concerns a ticket that somebody works on; reopen it, or say it on the contract"},
		{entering, append(slices.Clone(work), Closed), "", "nothing is owed to what is no request; reopen it first"},
		{calling, live, "", "nobody works on it any more; reopen it first"},
		{denying, []State{Restored}, Open, "only what is marked as restored can be said not to work"},
		{agreeing, live, "", "no clock runs any more; reopen it first"},
	}
}

// may refuses a command that the ticket's state does not allow.
func (t Ticket) may(name string) error {
	for _, c := range commands() {
		if c.name == name && !slices.Contains(c.in, t.State) {
			return &MoveError{Ticket: t.Number, From: t.State, To: c.to, Rule: c.rule}
		}
	}
	return nil
}

// Live tells whether somebody still owes something to the ticket.
func (s State) Live() bool { return slices.Contains(LiveStates(), s) }

// LiveStates are the states in which somebody still owes something to the ticket.
func LiveStates() []State { return []State{Open, Assigned, InProgress, Waiting} }
