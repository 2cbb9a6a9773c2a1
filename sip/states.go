package sip

// state is where a dialog stands. The picture:
//
//	            answer sent                ACK
//	ringing ───────────────▶ answered ───────────▶ talking ──┐
//	   │                        │ no ACK, BYE                │ BYE, 481, 408, no refresh
//	   └── refused, CANCEL ─────┴──────────▶ ended ◀─────────┘
//
// A leg that we dialled begins at talking: its ACK is our own and is sent with
// the first 2xx.
type state uint8

const (
	ringing state = iota
	answered
	talking
	ended
)

// event is what may happen to a dialog.
type event uint8

const (
	answerSent event = iota
	answerReceived
	ackReceived
	ackMissing
	byeReceived
	byeSent
	dialogLost
	sessionOver
	cancelReceived
	refusalSent
	sendFailed
)

// move is one allowed step of a dialog.
type move struct {
	from  state
	event event
	to    state
	cause error  // the ending, when to is ended
	rule  string // where it is written
}

// moves is the whole machine. What is not in it does not happen: the event is
// answered (481, or nothing for an ACK) and the dialog stays as it is.
var moves = [...]move{
	{ringing, answerSent, answered, nil, "RFC 3261 13.3.1.4: 2xx sent, repeated until its ACK"},
	{ringing, answerReceived, talking, nil, "RFC 3261 13.2.2.4: 2xx received, ACK sent"},
	{ringing, refusalSent, ended, ErrRefused, "RFC 3261 12.3: a non-2xx final ends an early dialog"},
	{ringing, cancelReceived, ended, ErrCancelled, "RFC 3261 9.2: CANCEL before the final answer, 487"},
	{ringing, byeReceived, ended, ErrRemoteBye, "RFC 3261 15.1.2: BYE in an early dialog, 487"},
	{answered, ackReceived, talking, nil, "RFC 3261 13.3.1.4: the ACK ends the repeats"},
	{answered, ackMissing, ended, ErrNoACK, "RFC 3261 13.3.1.4: 64*T1 without ACK, BYE"},
	{answered, byeReceived, ended, ErrRemoteBye, "RFC 5407 3.1.2: BYE may overtake a lost ACK"},
	{answered, byeSent, ended, ErrLocalBye, "RFC 3261 15: our BYE itself waits for the ACK or its time-out"},
	{answered, sendFailed, ended, ErrTransport, "RFC 3261 8.1.3.1"},
	{talking, ackReceived, talking, nil, "RFC 3261 14.2: ACK of a re-INVITE, or a repeated one"},
	{talking, ackMissing, ended, ErrNoACK, "RFC 3261 14.2: a re-INVITE's 2xx without ACK, BYE"},
	{talking, byeReceived, ended, ErrRemoteBye, "RFC 3261 15.1.2"},
	{talking, byeSent, ended, ErrLocalBye, "RFC 3261 15.1.1"},
	{talking, dialogLost, ended, ErrGone, "RFC 3261 12.2.1.2: 481 or 408 inside the dialog"},
	{talking, sessionOver, ended, ErrGone, "RFC 4028 10: no refresh within the session interval, BYE"},
	{talking, sendFailed, ended, ErrTransport, "RFC 3261 8.1.3.1"},
}

// next looks the step up; ok is false when the table has none.
func next(from state, ev event) (m move, ok bool) {
	for _, m := range moves {
		if m.from == from && m.event == ev {
			return m, true
		}
	}
	return move{}, false
}
