package receiver

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/agent/protocol"
)

// Agent is the agent of an installation, with what it is to do. A document of the API.
type Agent struct {
	ID            string
	Contract      string
	Installation  string // as alerts name it; empty: the contract's only one
	Configuration protocol.Configuration
	Version       int
}

// Check finds what is wrong with an agent that is written in the place of one that stands, which is empty for a new one: a
// *protocol.WrongError. An agent stays with its installation: its token speaks for that one.
func (a Agent) Check(stands Agent) error {
	if stands.Version > 0 && (stands.Contract != a.Contract || stands.Installation != a.Installation) {
		return &protocol.WrongError{Field: "contract", Problem: "an agent stays with its installation: remove it, and add another one with a token of its own"}
	}
	if wrong := a.Configuration.Check(); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}

// Store keeps agents, and how they stand. storagetest.Agents holds each store to it. All methods are safe for concurrent use and fail
// with the errors of package storage.
type Store interface {
	Agent(ctx context.Context, id string) (Agent, error)
	Agents(ctx context.Context) ([]Agent, error) // by id
	PutAgent(ctx context.Context, a Agent) (Agent, error)
	// DeleteAgent removes an agent with how it stands. The generation of its token is kept, one higher: no token that was given is known
	// again, whoever adds an agent of the same id.
	DeleteAgent(ctx context.Context, id string, version int) error
	// AgentState is how an agent stands; one of which nothing is known has version 0.
	AgentState(ctx context.Context, id string) (State, error)
	AgentStates(ctx context.Context) ([]State, error) // by id
	// PutAgentState writes how it stands. Its version must be the one that stands: storage.ErrConflict.
	PutAgentState(ctx context.Context, s State) error
}

// State is what is known of an agent. A value: Hear and Took make the next one of it.
type State struct {
	ID         string
	Generation int // of its token; 0: it was given none
	Known
	Version int
}

// Known is what was heard of an agent since it has its token.
type Known struct {
	Sequence int64 // highest that was taken
	Process  string
	Retired  []string // processes that were replaced, the last ones
	Spool    string
	Fact     int64 // number of the last fact of this spool that was taken
	Dropped  int64 // facts that this spool had no room for
	Report   Report
	Told     map[Trouble]time.Time // since when the Alerting Manager knows of a trouble, or last had reason to
}

// Report is what an agent last said of itself.
type Report struct {
	Heard         time.Time // zero: never
	Host          string
	Program       string
	Configuration int
	ClockOff      int64 // seconds
	Product       string
	Release       string
	Complaints    []string
}

// Clone shares nothing with the state.
func (s State) Clone() State {
	s.Retired, s.Told, s.Report.Complaints = slices.Clone(s.Retired), maps.Clone(s.Told), slices.Clone(s.Report.Complaints)
	return s
}

// Trouble is what may be wrong with an agent itself.
type Trouble string

// The troubles.
const (
	ClockWrong Trouble = "clock" // of its machine
	FactsLost  Trouble = "spool" // its spool was full
	TwoAgents  Trouble = "twice" // two programs speak for one installation
)

const (
	retiredKept = 8
	clockMost   = 60 * time.Second // a clock may be off
	lastingFor  = time.Hour        // a trouble that is an event is over so long after the last one
)

// Hear judges a message that is signed by the agent's token. signed is the time of the signature. Of what it accepts, the next state
// holds the sequence: it is written before anything is done, so that of the same message twice one is taken. fresh are the facts that were not taken before.
func (s State) Hear(m protocol.Message, signed, now time.Time) (next State, fresh []protocol.Fact, refused protocol.Answer) {
	s = s.Clone()
	switch off := signed.Sub(now).Abs(); {
	case off > protocol.Skew:
		return s, nil, protocol.Answer{Reason: protocol.WrongClock, Detail: fmt.Sprintf("the message says that it is %s, and here it is %s", signed.Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	case m.Sequence <= s.Sequence:
		return s, nil, protocol.Answer{Reason: protocol.Replayed, Detail: fmt.Sprintf("sequence %d was used before; the highest is %d", m.Sequence, s.Sequence)}
	case slices.Contains(s.Retired, m.Process):
		s.trouble(TwoAgents, now)
		return s, nil, protocol.Answer{Reason: protocol.Replaced, Detail: fmt.Sprintf("another agent on host %s took over with this token; give each installation a token of its own, and stop one of the two", cmp.Or(s.Report.Host, "unknown"))}
	}
	if s.Process != "" && s.Process != m.Process {
		s.Retired = append(s.Retired, s.Process)
		s.Retired = s.Retired[max(0, len(s.Retired)-retiredKept):]
	}
	s.Sequence, s.Process = m.Sequence, m.Process
	s.Report = Report{now, m.Host, m.Program, m.Configuration, m.ClockOff, m.Product, m.Release, m.Complaints}
	for _, f := range m.Facts {
		if m.Spool != s.Spool || f.Number > s.Fact {
			fresh = append(fresh, f)
		}
	}
	return s, fresh, protocol.Answer{}
}

// Took notes that the facts of a message were handed in, and finds what is wrong with the agent itself. raised are troubles of which the
// Alerting Manager is to hear, over those that are over; both before the state is written.
func (s State) Took(m protocol.Message, now time.Time) (next State, raised, over []Trouble) {
	s = s.Clone()
	lost := m.Dropped > 0 && m.Spool != s.Spool || m.Dropped > s.Dropped
	if m.Spool != s.Spool {
		s.Spool, s.Fact, s.Dropped = m.Spool, 0, 0
	}
	s.Dropped = max(s.Dropped, m.Dropped)
	for _, f := range m.Facts {
		s.Fact = max(s.Fact, f.Number)
	}
	off := time.Duration(m.ClockOff) * time.Second
	_, clockTold := s.Told[ClockWrong]
	switch {
	case off.Abs() >= clockMost && !clockTold:
		s.trouble(ClockWrong, now)
		raised = append(raised, ClockWrong)
	case off.Abs() < clockMost && clockTold:
		over = append(over, ClockWrong)
	}
	if lost {
		s.trouble(FactsLost, now)
		raised = append(raised, FactsLost)
	}
	for _, t := range []Trouble{FactsLost, TwoAgents} {
		if at, told := s.Told[t]; told && now.Sub(at) >= lastingFor {
			over = append(over, t)
		}
	}
	for _, t := range over {
		delete(s.Told, t)
	}
	return s, raised, over
}

// trouble notes a trouble.
func (s *State) trouble(t Trouble, now time.Time) {
	if s.Told == nil {
		s.Told = map[Trouble]time.Time{}
	}
	s.Told[t] = now
}

// says is the trouble as its ticket has it.
func (t Trouble) says(s State, m protocol.Message) (title, text string) {
	switch t {
	case ClockWrong:
		way := "ahead"
		if m.ClockOff < 0 {
			way = "behind"
		}
		off := time.Duration(m.ClockOff) * time.Second
		return "the clock of " + cmp.Or(m.Host, "the agent's machine") + " is wrong", fmt.Sprintf("It is %s %s. Times of the agent's reports are those of the server. Set the clock of the machine by NTP.", off.Abs(), way)
	case FactsLost:
		return "the agent has lost reports", fmt.Sprintf("The agent on %s could not reach hotline for long, and its spool was full: %d reports were dropped, the oldest first. What stands now is reported.", cmp.Or(m.Host, "its machine"), m.Dropped)
	}
	return "two agents use one token", fmt.Sprintf("The one on %s has taken over, and another one still speaks for the installation. Give each installation a token of its own, and stop one of the two.", cmp.Or(s.Report.Host, "an unknown host"))
}
