// Package cdr is the record of calls (call detail records): what happened on the line, call by call, as staff see it.
package cdr

import (
	"cmp"
	"time"

	"hotline/directory"
	"hotline/tickets"
)

// Call is one call on the line with its legs, as staff see it.
type Call struct {
	ID        tickets.CallID
	SIPID     string
	From      string
	To        string
	Trunk     string
	Transport string // Browser; empty: the telephone
	Started   time.Time
	Answered  time.Time
	Ended     time.Time
	Ending    string // in words of the trade: "caller hung up", "hung up by us", ...
	Contract  directory.ContractID
	Customer  directory.CustomerID // whose contract it is
	Ticket    tickets.Number
	Language  string
	Flow      int
	Steps     []string // names of the flow's steps entered; never a key
	Refusals  []string // of being recorded, in the words of a ticket's history: also where the call has no ticket
	Quality   Quality
	Legs      []Leg
}

// Browser is the transport of a call that came from the customers' pages.
const Browser = "browser"

// Quality is how the sound of one leg came over.
type Quality struct {
	Law        string // "PCMA" or "PCMU"
	Encrypted  bool
	PacketsIn  uint64
	PacketsOut uint64
	Lost       uint64  // of those sent to us
	LostThere  uint64  // of ours, as the other side reports
	Jitter     float64 // of arrival (RFC 3550)
	RoundTrip  float64 // by RTCP; 0 when the other side sent no reports
}

// Leg is one outgoing leg of a call: an engineer's or operator's telephone.
type Leg struct {
	Ticket   tickets.Number // for which it was rung; 0: for none
	Alarm    bool           // rung for warnings and breaches, of this ticket first
	Engineer string
	Address  string
	SIPID    string // the Call-ID of the last INVITE; empty: none was sent, or the record is older than this field
	Started  time.Time
	Answered time.Time
	Ended    time.Time
	Result   string // "accepted", "passed", "no key", "busy", "dead", ...
	Quality  Quality
}

// The results of legs of which more depends than what people read.
const (
	LegAccepted   = "accepted"
	LegHandedOver = "handed over" // accepted, and handed over to a colleague in the talk
	LegProven     = "proven by a test call"
)

// Same tells whether two are one: no telephone is rung twice at one instant.
func (l Leg) Same(other Leg) bool { return l.Compare(other) == 0 }

// Compare orders legs by their begin, then by engineer and address.
func (l Leg) Compare(other Leg) int {
	return cmp.Or(l.Started.Compare(other.Started), cmp.Compare(l.Engineer, other.Engineer), cmp.Compare(l.Address, other.Address))
}

// Accepted tells whether whoever picked up pressed accept, and the accept stood.
func (l Leg) Accepted() bool { return l.Result == LegAccepted || l.Result == LegHandedOver }
