package tickets

import (
	"strings"
	"time"
)

// FactNight, "accepted" on an event, tells that the caller took the price of a call outside the hours: the rota is called.
const FactNight = "night"

// EventKind is what happened to a ticket.
type EventKind string

// The events of a ticket's append-only history.
const (
	Opened         EventKind = "opened"
	Categorised    EventKind = "categorised" // the caller's claim came after the opening
	Assessed       EventKind = "assessed"
	AssignedTo     EventKind = "assigned"
	Commented      EventKind = "commented"
	WaitingFor     EventKind = "waiting_for_customer"
	Resumed        EventKind = "resumed"
	Contacted      EventKind = "contact"
	Intervened     EventKind = "intervention"
	RestoredAt     EventKind = "restored"
	ClosedAtKind   EventKind = "closed"
	Reopened       EventKind = "reopened"
	TimeAdded      EventKind = "time_spent"
	Recorded       EventKind = "recording"
	CalledAgain    EventKind = "called_again" // a repeat call added to it, or only heard its state
	Planned        EventKind = "planned"      // who is to be rung, in which order and why: what is rung from here on
	Rang           EventKind = "rang"         // one attempt of the chain and its result
	Accepted       EventKind = "accepted"
	AcceptUndone   EventKind = "accept_undone" // the talk that the accept was for never came
	CallingOut     EventKind = "calling_out"   // the rota is called for a ticket whose caller is not on the line
	Joined         EventKind = "joined"        // customer and engineer have heard each other
	TalkEnded      EventKind = "talk_ended"
	LegLost        EventKind = "engineer_leg_lost"
	Unreached      EventKind = "unreached" // the chain ended with nobody
	RotaGap        EventKind = "rota_gap"  // nobody on duty: the operator is alarmed
	Told           EventKind = "told"      // what the caller was promised, in words
	Warned         EventKind = "warned"    // a clock comes near its end
	Broken         EventKind = "broken"    // a clock's due time passed unmet
	MarkedNoTicket EventKind = "not_a_request"
	BundledCall    EventKind = "bundled"
	CallerGone     EventKind = "caller_gone"
	Notified       EventKind = "notified"    // somebody was told in writing, or by the operator's log where there is no mail
	Undelivered    EventKind = "undelivered" // a letter that was refused, or given up
	TermsChanged   EventKind = "terms"       // another contract, or the contract's terms as they stand now
	TermsKept      EventKind = "terms_kept"  // staff edited level, calendar or contract, and said that it keeps what it was promised
	AccessGone     EventKind = "remote_access_withdrawn"
	AccessBack     EventKind = "remote_access_back"
	CallBackAsked  EventKind = "call_back_asked"     // the customer is to be called back: asked for by the caller, or by staff
	CallBackLost   EventKind = "call_back_lost"      // that was tried in vain often enough: staff must see to it
	ConfirmCalled  EventKind = "confirmation_called" // the customer was rung and asked whether the service works, with the result
	ConfirmLost    EventKind = "confirmation_lost"   // that was tried in vain often enough
	NotRestored    EventKind = "not_restored"        // the customer says that it does not work: the restore is not met any more
	RingAsked      EventKind = "ring_asked"          // staff want those on duty rung now
	ImpliedBy      EventKind = "implied"             // a clock met because a later one was
	AlertHeard     EventKind = "alert"               // what installed systems report of it
	Erased         EventKind = "recordings_erased"   // who erased the sound of which recordings, and why
	Held           EventKind = "hold_set"            // a legal hold: recordings are not erased
	HoldLifted     EventKind = "hold_lifted"
	Attached       EventKind = "attachment"         // a file was added
	Detached       EventKind = "attachment_removed" // it was removed for good
	MailReceived   EventKind = "mail_received"      // somebody wrote by e-mail

	AttachmentRefused EventKind = "attachment_refused" // files of a mail that are not kept: facts name them, and why
)

// Event is one line of a ticket's history. It is never changed after it was written.
type Event struct {
	ID     string // unique for ever: replaying it twice writes it once
	Ticket Number
	At     time.Time
	Kind   EventKind
	Actor  string // "caller", "customer", "engineer:anna", "staff:NAME", "system"
	Text   string
	Facts  map[string]string
}

// ByProgram tells whether the program itself wrote the text of a line, be it for an engineer or a caller at the telephone. What an alert
// opens a ticket with has lines of its own and lines of the program.
func (e Event) ByProgram() bool {
	switch e.Kind {
	case AlertHeard, CalledAgain, TermsKept, AccessGone, AccessBack:
		return true
	}
	caller := e.Actor == "caller" && e.Kind != Opened && e.Kind != Commented // what callers say themselves
	return caller || e.Actor == system || e.Actor == "alert" || strings.HasPrefix(e.Actor, "engineer:")
}
