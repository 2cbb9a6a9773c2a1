package stored

import (
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// Change is one whole change of a ticket, as the journal keeps it.
type Change struct {
	Ticket Ticket
	Expect int
	Events []Event
	Work   []Work
	By     Origin `json:",omitzero"`
}

// Origin is who makes a change.
type Origin struct {
	Who   string    `json:"who,omitempty"`
	From  string    `json:"from,omitempty"`
	Route string    `json:"route,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// OfChange is the stored form of a change.
func OfChange(c tickets.Change) Change {
	return Change{
		Ticket: ofTicket(c.Ticket), Expect: c.Expect, Events: each(c.Events, func(e tickets.Event) Event { return Event(e) }),
		Work: each(c.Work, func(w tickets.Work) Work { return Work(w) }), By: Origin(c.By),
	}
}

// Domain is the change.
func (c Change) Domain() tickets.Change {
	return tickets.Change{
		Ticket: c.Ticket.domain(), Expect: c.Expect, Events: each(c.Events, func(e Event) tickets.Event { return tickets.Event(e) }),
		Work: each(c.Work, func(w Work) tickets.Work { return tickets.Work(w) }), By: audit.Origin(c.By),
	}
}

// Ticket is one request. The database keeps it in columns; this is its form in the journal.
type Ticket struct {
	Number     tickets.Number       `json:"number"`
	Contract   directory.ContractID `json:"contract,omitempty"`
	Customer   directory.CustomerID `json:"customer,omitempty"`
	Name       string               `json:"customer_name"`
	Caller     string               `json:"caller"`
	Channel    tickets.Channel      `json:"channel"`
	Claim      sla.Category         `json:"claim"`
	Assessment sla.Category         `json:"assessment,omitempty"`
	Priority   sla.Priority         `json:"priority"`
	Level      sla.LevelID          `json:"level"`
	State      tickets.State        `json:"state"`
	Assignee   string               `json:"assignee,omitempty"`
	Evo        bool                 `json:"evo_support"`
	Language   string               `json:"language"`
	OpenedAt   time.Time            `json:"opened_at"`
	ClosedAt   time.Time            `json:"closed_at,omitzero"`
	Clocks     []Clock              `json:"clocks"`
	Pauses     []Pause              `json:"pauses,omitempty"`
	Stamps     Stamps               `json:"stamps,omitzero"`
	Promise    *Terms               `json:"promise,omitempty"`
	Raised     int                  `json:"raised,omitempty"`
	Recordings []Recording          `json:"recordings"`
	TimeSpent  int                  `json:"time_spent"`
	Bundled    int                  `json:"bundled"`
	Version    int                  `json:"version"`
}

func ofTicket(t tickets.Ticket) Ticket {
	s := Ticket{
		Number: t.Number, Contract: t.Contract, Customer: t.Customer, Name: t.Name, Caller: t.Caller, Channel: t.Channel, Claim: t.Claim,
		Assessment: t.Assessment, Priority: t.Priority, Level: t.Level, State: t.State, Assignee: t.Assignee, Evo: t.Evo,
		Language: t.Language, OpenedAt: t.OpenedAt, ClosedAt: t.ClosedAt, Clocks: each(t.Clocks, ofClock), Pauses: OfPauses(t.Pauses),
		Stamps: Stamps(t.Stamps), Raised: t.Raised, Recordings: each(t.Recordings, ofRecording), TimeSpent: t.TimeSpent,
		Bundled: t.Bundled, Version: t.Version,
	}
	if t.Promise != nil {
		terms := OfTerms(*t.Promise)
		s.Promise = &terms
	}
	return s
}

func (s Ticket) domain() tickets.Ticket {
	t := tickets.Ticket{
		Number:         s.Number,
		Reporter:       tickets.Reporter{Contract: s.Contract, Customer: s.Customer, Name: s.Name, Caller: s.Caller, Channel: s.Channel, Language: s.Language},
		Classification: tickets.Classification{Claim: s.Claim, Assessment: s.Assessment, Priority: s.Priority},
		Commitment: tickets.Commitment{
			Level: s.Level, Clocks: each(s.Clocks, Clock.domain), Pauses: Pauses(s.Pauses), Stamps: sla.Stamps(s.Stamps), Raised: s.Raised,
		},
		State: s.State, Assignee: s.Assignee, Evo: s.Evo, OpenedAt: s.OpenedAt, ClosedAt: s.ClosedAt,
		Recordings: each(s.Recordings, Recording.domain), TimeSpent: s.TimeSpent, Bundled: s.Bundled, Version: s.Version,
	}
	if s.Promise != nil {
		terms := s.Promise.Domain()
		t.Promise = &terms
	}
	return t
}

// Recording is a caller's message, or a talk.
type Recording struct {
	ID      string         `json:"id"`
	Call    tickets.CallID `json:"call"`
	At      time.Time      `json:"at"`
	Seconds float64        `json:"seconds"`
	Law     string         `json:"law"`
	Partial bool           `json:"partial,omitempty"`
	File    string         `json:"-"` // the id says it
	SHA256  string         `json:"sha256,omitempty"`

	Kind tickets.RecordingKind `json:"kind,omitempty"`
}

func ofRecording(r tickets.Recording) Recording { return Recording(r) }

func (r Recording) domain() tickets.Recording { return tickets.Recording(r) }

// Event is one line of a ticket's history.
type Event struct {
	ID     string            `json:"id"`
	Ticket tickets.Number    `json:"ticket"`
	At     time.Time         `json:"at"`
	Kind   tickets.EventKind `json:"kind"`
	Actor  string            `json:"actor"`
	Text   string            `json:"text,omitempty"`
	Facts  map[string]string `json:"facts,omitempty"`
}

// Work is one due act.
type Work struct {
	ID     string            `json:"id"`
	Kind   string            `json:"kind"`
	Ticket tickets.Number    `json:"ticket"`
	Due    time.Time         `json:"due"`
	Facts  map[string]string `json:"facts,omitempty"`
}
