package sip

import (
	"errors"

	"hotline/sip/digest"
	"hotline/sip/syntax"
	"hotline/sip/transport"
)

// The endings of a dialog (the cause of [Dialog.Context]) and the conditions that callers of this package tell apart with
// errors.Is.
var (
	// ErrRemoteBye: the other side hung up (RFC 3261 section 15).
	ErrRemoteBye = errors.New("the other side hung up")
	// ErrLocalBye: we hung up.
	ErrLocalBye = errors.New("we hung up")
	// ErrNoACK: our 200 was never acknowledged within 64*T1 (RFC 3261 section 13.3.1.4).
	ErrNoACK = errors.New("no ACK for our answer")
	// ErrGone: the other side no longer knows the dialog (481 or 408 to a request inside it, RFC 3261 section 12.2.1.2).
	ErrGone = errors.New("the other side lost the dialog")
	// ErrCancelled: the caller gave up before our final answer (RFC 3261 section 9).
	ErrCancelled = errors.New("the caller cancelled")
	// ErrNoAnswer: the ACK of a 200 with our offer brought no answer (RFC 3261 section 13.2.2.4).
	ErrNoAnswer = errors.New("the ACK brought no answer to our offer")
	// ErrTransport: a message could not be sent.
	ErrTransport = transport.ErrTransport
	// ErrDead: no response at all to an INVITE within [Timers.Dead].
	ErrDead = errors.New("no response at all")
	// ErrStopped: the agent was stopped.
	ErrStopped = transport.ErrStopped
	// ErrRefused: the INVITE already has a final answer of ours.
	ErrRefused = errors.New("the call already has a final answer")
	// ErrGlare: two re-INVITEs kept crossing (491, RFC 3261 section 14.1).
	ErrGlare = errors.New("re-INVITEs kept crossing")
	// ErrCredentials: a challenge was not answered, or our answer was not taken (RFC 3261 section 22).
	ErrCredentials = digest.ErrCredentials
)

// FinalError is a final answer of 300 or more to a request of ours.
type FinalError = transport.FinalError

// Unacceptable is an offer that the owner of a call refuses. Warning, "305 hotline \"Incompatible media format\"", is told
// to the other side (RFC 3261 20.43).
type Unacceptable struct {
	Err     error
	Warning string
}

func (u *Unacceptable) Error() string { return u.Err.Error() }
func (u *Unacceptable) Unwrap() error { return u.Err }

// warningOf is the Warning that an error carries; empty for none.
func warningOf(err error) string {
	var u *Unacceptable
	if errors.As(err, &u) && !syntax.HasControl(u.Warning) {
		return u.Warning
	}
	return ""
}
