package stored

import (
	"time"

	"hotline/cdr"
	"hotline/directory"
	"hotline/tickets"
)

// Call is the record of one call with its legs.
type Call struct {
	ID        tickets.CallID       `json:"id"`
	SIPID     string               `json:"sip_call_id"`
	From      string               `json:"from"`
	To        string               `json:"to"`
	Trunk     string               `json:"trunk,omitempty"`
	Transport string               `json:"transport,omitempty"`
	Started   time.Time            `json:"started"`
	Answered  time.Time            `json:"answered,omitzero"`
	Ended     time.Time            `json:"ended,omitzero"`
	Ending    string               `json:"ending,omitempty"`
	Contract  directory.ContractID `json:"contract,omitempty"`
	Customer  directory.CustomerID `json:"customer,omitempty"`
	Ticket    tickets.Number       `json:"ticket,omitempty"`
	Language  string               `json:"language,omitempty"`
	Flow      int                  `json:"flow_version,omitempty"`
	Steps     []string             `json:"steps,omitempty"`
	Refusals  []string             `json:"refusals,omitempty"`
	Quality   Quality              `json:"quality,omitzero"`
	Legs      []Leg                `json:"legs"`
}

// Quality is how the sound of one leg came over.
type Quality struct {
	Law        string  `json:"law"`
	Encrypted  bool    `json:"encrypted"`
	PacketsIn  uint64  `json:"packets_in"`
	PacketsOut uint64  `json:"packets_out"`
	Lost       uint64  `json:"lost"`
	LostThere  uint64  `json:"lost_there"`
	Jitter     float64 `json:"jitter_seconds"`
	RoundTrip  float64 `json:"round_trip_seconds"`
}

// Leg is one outgoing leg of a call.
type Leg struct {
	Ticket   tickets.Number `json:"ticket,omitempty"`
	Alarm    bool           `json:"alarm,omitempty"`
	Engineer string         `json:"engineer"`
	Address  string         `json:"address"`
	SIPID    string         `json:"sip_call_id,omitempty"`
	Started  time.Time      `json:"started"`
	Answered time.Time      `json:"answered,omitzero"`
	Ended    time.Time      `json:"ended,omitzero"`
	Result   string         `json:"result"`
	Quality  Quality        `json:"quality,omitzero"`
}

// OfCall is the stored form of a call.
func OfCall(c cdr.Call) Call {
	return Call{
		ID: c.ID, SIPID: c.SIPID, From: c.From, To: c.To, Trunk: c.Trunk, Transport: c.Transport, Started: c.Started, Answered: c.Answered, Ended: c.Ended,
		Ending: c.Ending, Contract: c.Contract, Customer: c.Customer, Ticket: c.Ticket, Language: c.Language, Flow: c.Flow,
		Steps: c.Steps, Refusals: c.Refusals, Quality: Quality(c.Quality), Legs: each(c.Legs, OfLeg),
	}
}

// Domain is the call.
func (c Call) Domain() cdr.Call {
	return cdr.Call{
		ID: c.ID, SIPID: c.SIPID, From: c.From, To: c.To, Trunk: c.Trunk, Transport: c.Transport, Started: c.Started, Answered: c.Answered, Ended: c.Ended,
		Ending: c.Ending, Contract: c.Contract, Customer: c.Customer, Ticket: c.Ticket, Language: c.Language, Flow: c.Flow,
		Steps: c.Steps, Refusals: c.Refusals, Quality: cdr.Quality(c.Quality), Legs: each(c.Legs, Leg.Domain),
	}
}

// OfLeg is the stored form of a leg.
func OfLeg(l cdr.Leg) Leg {
	return Leg{
		Ticket: l.Ticket, Alarm: l.Alarm, Engineer: l.Engineer, Address: l.Address, SIPID: l.SIPID, Started: l.Started, Answered: l.Answered, Ended: l.Ended, Result: l.Result,
		Quality: Quality(l.Quality),
	}
}

// Domain is the leg.
func (l Leg) Domain() cdr.Leg {
	return cdr.Leg{
		Ticket: l.Ticket, Alarm: l.Alarm, Engineer: l.Engineer, Address: l.Address, SIPID: l.SIPID, Started: l.Started, Answered: l.Answered, Ended: l.Ended, Result: l.Result,
		Quality: cdr.Quality(l.Quality),
	}
}
