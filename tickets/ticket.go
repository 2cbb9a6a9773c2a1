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

// Ticket is one request. Clocks are derived from the facts and stored as they were promised.
type Ticket struct {
	Number     Number               `json:"number"`
	Contract   directory.ContractID `json:"contract,omitempty"` // empty: Support on Request
	Customer   directory.CustomerID `json:"customer,omitempty"`
	Name       string               `json:"customer_name"` // as at the opening, for the brief and the list
	Caller     string               `json:"caller"`        // number to call back
	Channel    Channel              `json:"channel"`
	Claim      sla.Category         `json:"claim"`
	Assessment sla.Category         `json:"assessment,omitempty"`
	Priority   sla.Priority         `json:"priority"`
	Level      sla.LevelID          `json:"level"`
	State      State                `json:"state"`
	Assignee   string               `json:"assignee,omitempty"` // engineer id
	Evo        bool                 `json:"evo_support"`
	Language   string               `json:"language"`
	OpenedAt   time.Time            `json:"opened_at"`
	ClosedAt   time.Time            `json:"closed_at,omitzero"`
	Clocks     []sla.Clock          `json:"clocks"` // a cache of the history's fold, as are pauses and stamps
	Pauses     []sla.Pause          `json:"pauses,omitempty"`
	Stamps     sla.Stamps           `json:"stamps,omitzero"`
	Promise    *sla.Terms           `json:"promise,omitempty"` // nobody writes to it; nil: opened before terms were kept
	Raised     int                  `json:"raised,omitempty"`  // level of escalation
	Recordings []Recording          `json:"recordings"`
	TimeSpent  int                  `json:"time_spent"` // seconds, recorded in minutes; for Support on Request above all
	Bundled    int                  `json:"bundled"`    // further calls of an unknown caller folded into this ticket
	Version    int                  `json:"version"`    // rises by one with each change; writers compare it
}

// Category is the assessment where there is one, else the caller's claim.
func (t Ticket) Category() sla.Category {
	if t.Assessment != sla.Uncategorised {
		return t.Assessment
	}
	return t.Claim
}

// Recording is a caller's message; the audio itself lies outside the store.
type Recording struct {
	ID      string    `json:"id"` // opaque
	Call    CallID    `json:"call"`
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
	Law     string    `json:"law"`               // "alaw" or "ulaw"
	Partial bool      `json:"partial,omitempty"` // cut by a fault: said on the ticket
	URL     string    `json:"url,omitempty"`     // filled by the API only
	File    string    `json:"-"`                 // name below the recordings folder
	SHA256  string    `json:"sha256,omitempty"`
}

// Zone is where the ticket's clocks run: the zone of the calendar that it was promised by, in which people are told its
// instants. UTC for a ticket that was promised nothing.
func (t Ticket) Zone() *time.Location {
	if t.Promise != nil {
		if zone, err := time.LoadLocation(t.Promise.Calendar.Zone); err == nil {
			return zone
		}
	}
	return time.UTC
}
