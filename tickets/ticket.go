// Package tickets is the ticket, its history, contracts and customers, and the desk that changes them.
//
// It is ground: pure rules of the support policy. The desk asks a Store for what it needs and hands back whole
// changes; it starts no goroutine and never asks the time.
package tickets

import (
	"time"

	"hotline/directory"
	"hotline/sla"
)

// Number is a ticket's number as it is spoken; given once and never again.
type Number int64

// CallID names one call on the line: ours, or a Call-ID's stand-in; unique.
type CallID string

// State is where a ticket stands; moves.go holds the table of allowed moves.
type State string

// The states of a ticket.
const (
	Open       State = "open"        // nobody has it yet
	Assigned   State = "assigned"    // an engineer has it
	InProgress State = "in_progress" // the intervention has begun
	Waiting    State = "waiting"     // the customer owes an answer
	Restored   State = "restored"    // the service runs again
	Closed     State = "closed"
	NotRequest State = "not_request" // staff: a robot or a wrong number, not a request
)

// Channel is how a request reached us.
type Channel string

// The channels of the policy; none is second class.
const (
	Phone Channel = "phone"
	Web   Channel = "web"
	Email Channel = "email"
	Alert Channel = "alert"
)

// Ticket is one request: who reported it, what it is, what was promised and how the clocks stand, and who has it.
type Ticket struct {
	Number Number
	Reporter
	Classification
	Commitment
	State      State
	Assignee   string // engineer id
	Evo        bool
	OpenedAt   time.Time
	ClosedAt   time.Time
	Recordings []Recording
	TimeSpent  int // seconds, recorded in minutes; for Support on Request above all
	Bundled    int // further calls of an unknown caller folded into this ticket
	Version    int // rises by one with each change; writers compare it
}

// Reporter is who reported a request, and how to reach them.
type Reporter struct {
	Contract directory.ContractID // empty: Support on Request
	Customer directory.CustomerID
	Name     string // of the customer as at the opening, for the brief and the list
	Caller   string // number to call back
	Channel  Channel
	Language string
}

// Classification is what kind of request it is, and how urgent.
type Classification struct {
	Claim      sla.Category // what the caller said
	Assessment sla.Category // what a specialist says; empty: nobody has looked
	Priority   sla.Priority
}

// Category is the assessment where there is one, else the caller's claim.
func (c Classification) Category() sla.Category {
	if c.Assessment != sla.Uncategorised {
		return c.Assessment
	}
	return c.Claim
}

// Commitment is what was promised for a request, and how the clocks stand. Clocks, pauses and stamps are a cache of the
// history's fold (sla.Timeline).
type Commitment struct {
	Level   sla.LevelID
	Promise *sla.Terms // nobody writes to it; nil: opened before terms were kept
	Clocks  []sla.Clock
	Pauses  []sla.Pause
	Stamps  sla.Stamps
	Raised  int // level of escalation
}

// Recording is a caller's message; the audio itself lies outside the store.
type Recording struct {
	ID      string // opaque
	Call    CallID
	At      time.Time
	Seconds float64
	Law     string // "alaw" or "ulaw"
	Partial bool   // cut by a fault: said on the ticket
	File    string // name below the recordings folder
	SHA256  string
	Kind    RecordingKind
}

// RecordingKind is what was recorded.
type RecordingKind string

// The kinds of recordings.
const (
	Message RecordingKind = ""     // of a caller, or a note that an engineer has dictated: one channel
	Talk    RecordingKind = "talk" // of a caller and an engineer, by the policy of the contract: two channels, the caller's first
)

// Zone is where the ticket's clocks run: the zone of the calendar that it was promised by, in which people are told its
// instants. UTC for a ticket that was promised nothing.
func (c Commitment) Zone() *time.Location {
	if c.Promise != nil {
		if zone, err := time.LoadLocation(c.Promise.Calendar.Zone); err == nil {
			return zone
		}
	}
	return time.UTC
}
