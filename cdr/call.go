// Package cdr is the record of calls (call detail records): what happened on the line, call by call, as staff see it.
package cdr

import (
	"time"

	"hotline/directory"
	"hotline/tickets"
)

// Call is one call on the line with its legs, as staff see it.
type Call struct {
	ID       tickets.CallID       `json:"id"`
	SIPID    string               `json:"sip_call_id"`
	From     string               `json:"from"`
	To       string               `json:"to"`
	Trunk    string               `json:"trunk,omitempty"`
	Started  time.Time            `json:"started"`
	Answered time.Time            `json:"answered,omitzero"`
	Ended    time.Time            `json:"ended,omitzero"`
	Ending   string               `json:"ending,omitempty"` // in words of the trade: "caller hung up", "hung up by us", ...
	Contract directory.ContractID `json:"contract,omitempty"`
	Customer directory.CustomerID `json:"customer,omitempty"` // whose contract it is
	Ticket   tickets.Number       `json:"ticket,omitempty"`
	Language string               `json:"language,omitempty"`
	Flow     int                  `json:"flow_version,omitempty"`
	Steps    []string             `json:"steps,omitempty"` // names of the flow's steps entered; never a key
	Quality  Quality              `json:"quality,omitzero"`
	Legs     []Leg                `json:"legs"`
}

// Quality is how the sound of one leg came over.
type Quality struct {
	Law        string  `json:"law"` // "PCMA" or "PCMU"
	Encrypted  bool    `json:"encrypted"`
	PacketsIn  uint64  `json:"packets_in"`
	PacketsOut uint64  `json:"packets_out"`
	Lost       uint64  `json:"lost"`               // of those sent to us
	LostThere  uint64  `json:"lost_there"`         // of ours, as the other side reports
	Jitter     float64 `json:"jitter_seconds"`     // of arrival (RFC 3550)
	RoundTrip  float64 `json:"round_trip_seconds"` // by RTCP; 0 when the other side sent no reports
}

// Leg is one outgoing leg of a call: an engineer's or operator's telephone.
type Leg struct {
	Engineer string    `json:"engineer"`
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	Answered time.Time `json:"answered,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Result   string    `json:"result"` // "accepted", "passed", "no key", "busy", "dead", ...
	Quality  Quality   `json:"quality,omitzero"`
}
