package outbox

import (
	"time"

	"hotline/tickets"
)

// State is where a message stands.
type State string

// The states of a message.
const (
	Waiting State = "waiting" // it was not taken yet, and is tried again
	Sent    State = "sent"    // the endpoint has taken it
	Dead    State = "dead"    // it is tried no more, until somebody says so
	Bundled State = "bundled" // an earlier one of its ticket tells what it does
)

// Message is one payload on its way to one endpoint.
type Message struct {
	Endpoint string
	ID       string // of the payload: the same at every try and for every endpoint, so that a receiver knows it again
	Ticket   tickets.Number
	Kind     Kind
	At       time.Time // of what it tells
	Body     string    // the payload as JSON, written once: every try sends the same
	State    State
	Held     bool      // quiet hours keep it back; what cannot wait goes before it
	Due      time.Time // when it is tried next
	Since    time.Time // its first try, or when it was sent again; with it begins the time after which it is given up
	Tries    int       // how often it was begun to be sent
	Error    string    // why the last try failed; empty while it is tried
	SentAt   time.Time // or when it was bundled; zero: not yet
}

// The times of a message. Between two tries lies twice as long as before.
const (
	FirstGap   = 10 * time.Second
	LongestGap = time.Hour
	GiveUp     = 72 * time.Hour      // of trying, after which it is a dead letter
	KeepSent   = 7 * 24 * time.Hour  // how long those that were taken, or bundled, are shown
	KeepDead   = 90 * 24 * time.Hour // how long dead letters can be sent again
)

// Gap is how long somebody waits after so many tries of what failed.
func Gap(tries int) time.Duration { return min(FirstGap<<min(max(tries-1, 0), 20), LongestGap) }

// failed is the message after a try that failed at an instant. after is what the receiver asks for, final is a failure that no other
// try can mend.
func (m Message) failed(why string, after time.Duration, final bool, now time.Time) Message {
	m.Error = why
	if m.Tries == 1 { // it may have waited for days: for a paused endpoint, or behind another one of its ticket
		m.Since = now
	}
	if final || now.Sub(m.Since) >= GiveUp {
		m.State = Dead
		return m
	}
	m.Due = now.Add(max(Gap(m.Tries), min(after, LongestGap)))
	return m
}

// taken is the message after the endpoint has taken it.
func (m Message) taken(now time.Time) Message {
	m.State, m.SentAt, m.Error = Sent, now, ""
	return m
}

// Again is the message as it is tried at once, whatever became of it.
func (m Message) Again(now time.Time) Message {
	m.State, m.Due, m.Since, m.Held = Waiting, now, now, false
	return m
}

// beingTried tells whether somebody tries it at an instant: who claims a message clears its error, and Due is when the claim ends.
func (m Message) beingTried(now time.Time) bool {
	return m.State == Waiting && !m.Held && m.Tries > 0 && m.Error == "" && m.Due.After(now)
}

// Filter selects messages.
type Filter struct {
	Endpoint string // empty: of all
	State    State  // empty: of all
	Limit    int    // 0: 100
}
