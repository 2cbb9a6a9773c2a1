package tickets

import "fmt"

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
		{Closed, Open, "staff reopen what was closed too early"},
		{Open, NotRequest, "a robot or a wrong number"},
		{Assigned, NotRequest, "a robot or a wrong number"},
		{Waiting, NotRequest, "a robot or a wrong number"},
		{NotRequest, Open, "it was a request after all"},
	}
}

// MoveError is a change of state that the table does not allow.
type MoveError struct {
	Ticket   Number
	From, To State
}

func (e *MoveError) Error() string {
	return fmt.Sprintf("ticket %d is %s and cannot become %s", e.Ticket, e.From, e.To)
}

// to changes the state where the table allows it.
func (t *Ticket) to(s State) error {
	for _, m := range moves() {
		if m.from == t.State && m.to == s {
			t.State = s
			return nil
		}
	}
	return &MoveError{t.Number, t.State, s}
}

// Live tells whether somebody still owes something to the ticket.
func (s State) Live() bool { return s == Open || s == Assigned || s == InProgress || s == Waiting }
