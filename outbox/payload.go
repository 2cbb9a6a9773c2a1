package outbox

import (
	"maps"
	"time"

	"hotline/limits"
	"hotline/tickets"
)

// Kind is what a message tells.
type Kind string

// What messages tell of tickets. Test is told to one endpoint when somebody asks for it.
const (
	Opened       Kind = "ticket.opened"
	Reopened     Kind = "ticket.reopened"
	Assessed     Kind = "ticket.assessed"
	Assigned     Kind = "ticket.assigned" // somebody took charge
	Intervention Kind = "ticket.intervention"
	Restored     Kind = "ticket.restored"
	Closed       Kind = "ticket.closed"
	Commented    Kind = "ticket.commented"
	Warning      Kind = "ticket.warning"
	Breach       Kind = "ticket.breach"
	Unreached    Kind = "ticket.unreached" // no engineer answered, or none is on duty
	Noted        Kind = "ticket.noted"     // everything else that staff see of it; only endpoints that name it are told
	Test         Kind = "hotline.test"
)

// Kinds are all that tickets give whoever asks for nothing by name.
func Kinds() []Kind {
	return []Kind{Opened, Reopened, Assessed, Assigned, Intervention, Restored, Closed, Commented, Warning, Breach, Unreached}
}

// KindOf is what a line of a history tells the outside; empty: nothing.
func KindOf(e tickets.Event) Kind {
	switch e.Kind {
	case tickets.Opened:
		return Opened
	case tickets.Reopened, tickets.NotRestored:
		return Reopened
	case tickets.Assessed, tickets.Categorised:
		return Assessed
	case tickets.AssignedTo, tickets.Accepted:
		return Assigned
	case tickets.Intervened:
		return Intervention
	case tickets.RestoredAt:
		return Restored
	case tickets.ClosedAtKind, tickets.MarkedNoTicket:
		return Closed
	case tickets.Commented:
		return Commented
	case tickets.Warned:
		return Warning
	case tickets.Broken:
		return Breach
	case tickets.Unreached, tickets.RotaGap:
		return Unreached
	case tickets.CalledAgain, tickets.Contacted, tickets.WaitingFor, tickets.Resumed, tickets.Recorded, tickets.TimeAdded, tickets.AcceptUndone, tickets.Joined,
		tickets.CallBackAsked, tickets.CallBackLost, tickets.ConfirmCalled, tickets.ConfirmLost, tickets.TermsChanged, tickets.AccessGone, tickets.AccessBack,
		tickets.AlertHeard, tickets.Erased, tickets.Attached, tickets.Detached, tickets.AttachmentRefused, tickets.MailReceived, tickets.BundledCall:
		return Noted
	}
	return ""
}

// Payload is what a message says, in the form of Standard Webhooks. Every field stands in every message, so that templates can name it.
type Payload struct {
	Type      Kind      `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is a ticket, and what happened to it.
type Data struct {
	Summary string `json:"summary"` // one line in the language of the house
	Text    string `json:"text"`    // several, the same
	Ticket  Ticket `json:"ticket"`
	Event   Line   `json:"event"`
	// Lines are all that a bundle tells, oldest first; left out of what tells of one line.
	Lines []BundledLine `json:"lines,omitempty"`
}

// Ticket is how a ticket stood when the message was written.
type Ticket struct {
	Number   int64     `json:"number"`
	State    string    `json:"state"`
	Category string    `json:"category"`
	Priority int       `json:"priority"`
	Level    string    `json:"level"`
	Channel  string    `json:"channel"`
	Contract string    `json:"contract"`
	Customer string    `json:"customer"`
	Name     string    `json:"name"`
	Caller   string    `json:"caller"`
	Assignee string    `json:"assignee"`
	OpenedAt time.Time `json:"opened_at"`
	Clocks   []Clock   `json:"clocks"`
}

// Clock is one promise.
type Clock struct {
	Kind      string     `json:"kind"`
	Due       time.Time  `json:"due"`
	Projected bool       `json:"projected"`
	Met       *time.Time `json:"met_at"`
	Broken    *time.Time `json:"broken_at"`
}

// Line is the line of the history that the message tells of.
type Line struct {
	ID    string            `json:"id"`
	Kind  string            `json:"kind"`
	Actor string            `json:"actor"`
	Text  string            `json:"text"`
	Facts map[string]string `json:"facts"`
}

// longestText bounds what a message repeats of texts that people wrote: the whole stands on the ticket.
const longestText = 4000

// PayloadOf is what a line of a ticket's history tells. summary and text are the same in words.
func PayloadOf(t tickets.Ticket, e tickets.Event, summary, text string) Payload {
	p := Payload{Type: KindOf(e), Timestamp: e.At.UTC(), Data: Data{
		Summary: limits.OneLine(summary, limits.Line), Text: limits.Plain(text, longestText),
		Ticket: Ticket{
			Number: int64(t.Number), State: string(t.State), Category: string(t.Category()), Priority: int(t.Priority), Level: string(t.Level), Channel: string(t.Channel),
			Contract: string(t.Contract), Customer: string(t.Customer), Name: t.Name, Caller: t.Caller, Assignee: t.Assignee, OpenedAt: t.OpenedAt.UTC(), Clocks: []Clock{},
		},
		Event: Line{ID: e.ID, Kind: string(e.Kind), Actor: e.Actor, Text: limits.Plain(e.Text, longestText), Facts: map[string]string{}},
	}}
	maps.Copy(p.Data.Event.Facts, e.Facts)
	for _, c := range t.Clocks {
		p.Data.Ticket.Clocks = append(p.Data.Ticket.Clocks, Clock{string(c.Kind), c.Due.UTC(), c.Projected, some(c.MetAt), some(c.BrokenAt)})
	}
	return p
}

// some is an instant, or nil for none.
func some(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}
