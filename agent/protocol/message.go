package protocol

import (
	"encoding/json"
	"fmt"
	"time"

	"hotline/limits"
)

// Message is what an agent sends: what its checks have found, and how it is itself. A message without facts is a sign that all stands
// as it was.
type Message struct {
	Sequence      int64    `json:"sequence"` // higher in every message of an agent, whatever became of the one before
	Process       string   `json:"process"`  // drawn by chance at the start of the program
	Spool         string   `json:"spool"`    // drawn by chance with the folder in which facts wait
	Host          string   `json:"host"`
	Program       string   `json:"program"`                     // version of the program
	Configuration int      `json:"configuration"`               // version by which it checks; 0: none of the server's
	ClockOff      int64    `json:"clock_off_seconds,omitempty"` // the machine's clock is so far ahead of the server's
	Dropped       int64    `json:"dropped,omitempty"`           // facts that had no room in the spool since it was made
	Product       string   `json:"product,omitempty"`
	Release       string   `json:"release,omitempty"`
	Complaints    []string `json:"complaints,omitempty"` // about its configuration
	Facts         []Fact   `json:"facts"`
}

// Fact is that a problem began, goes on, or is over.
type Fact struct {
	Number   int64     `json:"number"` // higher than that of every fact before it in the spool
	At       time.Time `json:"at"`     // when it was found, by the machine's clock until it is sent, then by the server's
	Check    string    `json:"check"`
	Resolved bool      `json:"resolved,omitempty"`
	Severity string    `json:"severity,omitempty"`
	Title    string    `json:"title,omitempty"`
	Text     string    `json:"text,omitempty"`
}

// Bounds of a message.
const (
	MessageMost    = 1 << 20 // octets
	FactsMost      = 200
	titleMost      = 300 // characters
	factMost       = 2000
	idMost         = 64
	complaintsMost = 20
)

// ParseMessage reads a message. Fields that this program does not know are left out, so that an agent of a newer version is heard.
func ParseMessage(body []byte) (m Message, err error) {
	if len(body) > MessageMost {
		return m, fmt.Errorf("the message is larger than %d octets", MessageMost)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("the message cannot be read: %w", err)
	}
	switch {
	case m.Sequence < 1:
		return m, &WrongError{"sequence", "it must be 1 or more"}
	case m.Process == "" || !text(m.Process, idMost):
		return m, &WrongError{"process", "it is missing or too long"}
	case m.Spool == "" || !text(m.Spool, idMost):
		return m, &WrongError{"spool", "it is missing or too long"}
	case m.Dropped < 0 || m.Configuration < 0:
		return m, &WrongError{"dropped", "it cannot be less than 0"}
	case len(m.Facts) > FactsMost:
		return m, &WrongError{"facts", fmt.Sprintf("there are %d; a message has at most %d", len(m.Facts), FactsMost)}
	}
	last := int64(0)
	for n, f := range m.Facts {
		at := fmt.Sprintf("facts[%d].", n)
		switch {
		case f.Number <= last:
			return m, &WrongError{at + "number", "it must be higher than that of the fact before"}
		case !name.MatchString(f.Check):
			return m, &WrongError{at + "check", "it is the name of no check"}
		case f.Title == "" && !f.Resolved:
			return m, &WrongError{at + "title", "it is missing"}
		}
		last = f.Number
		m.Facts[n] = f.Bounded()
	}
	m.bound()
	return m, nil
}

// bound cuts texts to what can be kept.
func (m *Message) bound() {
	m.Host, m.Program = limits.OneLine(m.Host, shortMost), limits.OneLine(m.Program, shortMost)
	m.Product, m.Release = limits.OneLine(m.Product, ReleaseMost), limits.OneLine(m.Release, ReleaseMost)
	m.Complaints = m.Complaints[:min(len(m.Complaints), complaintsMost)]
	for n, c := range m.Complaints {
		m.Complaints[n] = limits.OneLine(c, shortMost)
	}
}

// ReleaseMost is how many characters the name of a version has.
const ReleaseMost = 60

// Bounded is the fact with texts that can be kept.
func (f Fact) Bounded() Fact {
	f.Severity, f.Title, f.Text = limits.OneLine(f.Severity, shortMost), limits.OneLine(f.Title, titleMost), limits.Plain(f.Text, factMost)
	return f
}

// Reason is why a message was refused.
type Reason string

// The reasons.
const (
	WrongClock Reason = "clock"    // the time of the signature is too far from the server's
	Replayed   Reason = "replayed" // the sequence was used before
	Replaced   Reason = "replaced" // another program took over with this token
	Unreadable Reason = "unreadable"
	Busy       Reason = "busy" // send it again
)

// Answer is what the server says to a message.
type Answer struct {
	Reason   Reason `json:"reason,omitempty"` // empty: it was taken
	Detail   string `json:"detail,omitempty"` // in words
	Sequence int64  `json:"sequence"`         // the highest that was taken
}

// AnswerMost is how many octets of an answer are read, beside a configuration's.
const AnswerMost = 64 << 10
