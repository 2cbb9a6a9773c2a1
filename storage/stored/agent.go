package stored

import (
	"time"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
)

// Agent is the agent of an installation.
type Agent struct {
	ID            string             `json:"id"`
	Contract      string             `json:"contract"`
	Installation  string             `json:"installation,omitempty"`
	Configuration AgentConfiguration `json:"configuration"`
	Version       int                `json:"version"`
}

// AgentConfiguration is what an agent is to do.
type AgentConfiguration struct {
	Checks      []AgentCheck `json:"checks,omitempty"`
	Line        string       `json:"line,omitempty"`
	Product     string       `json:"product,omitempty"`
	ReleaseFile string       `json:"release_file,omitempty"`
}

// AgentCheck is one thing that is looked at.
type AgentCheck struct {
	ID         string        `json:"id"`
	Kind       protocol.Kind `json:"kind"`
	Target     string        `json:"target"`
	Title      string        `json:"title,omitempty"`
	Severity   string        `json:"severity,omitempty"`
	Every      int           `json:"every,omitempty"`
	Timeout    int           `json:"timeout,omitempty"`
	Failures   int           `json:"failures,omitempty"`
	Successes  int           `json:"successes,omitempty"`
	Free       int           `json:"free,omitempty"`
	Count      int           `json:"count,omitempty"`
	Status     int           `json:"status,omitempty"`
	Contains   string        `json:"contains,omitempty"`
	Untrusted  bool          `json:"untrusted,omitempty"`
	Days       int           `json:"days,omitempty"`
	ServerName string        `json:"server_name,omitempty"`
}

// OfAgent is the stored form of an agent.
func OfAgent(a receiver.Agent) Agent {
	c := a.Configuration
	return Agent{
		a.ID, a.Contract, a.Installation,
		AgentConfiguration{each(c.Checks, func(k protocol.Check) AgentCheck { return AgentCheck(k) }), c.Line, c.Product, c.ReleaseFile}, a.Version,
	}
}

// Domain is the agent.
func (a Agent) Domain() receiver.Agent {
	c := a.Configuration
	return receiver.Agent{
		ID: a.ID, Contract: a.Contract, Installation: a.Installation, Version: a.Version,
		Configuration: protocol.Configuration{Checks: each(c.Checks, func(k AgentCheck) protocol.Check { return protocol.Check(k) }), Line: c.Line, Product: c.Product, ReleaseFile: c.ReleaseFile},
	}
}

// AgentState is what was heard of an agent since it has its token.
type AgentState struct {
	Sequence int64                          `json:"sequence,omitempty"`
	Process  string                         `json:"process,omitempty"`
	Retired  []string                       `json:"retired,omitempty"`
	Spool    string                         `json:"spool,omitempty"`
	Fact     int64                          `json:"fact,omitempty"`
	Dropped  int64                          `json:"dropped,omitempty"`
	Report   AgentReport                    `json:"report,omitzero"`
	Told     map[receiver.Trouble]time.Time `json:"told,omitempty"`
}

// AgentReport is what an agent said of itself.
type AgentReport struct {
	Heard         time.Time `json:"heard,omitzero"`
	Host          string    `json:"host,omitempty"`
	Program       string    `json:"program,omitempty"`
	Configuration int       `json:"configuration,omitempty"`
	ClockOff      int64     `json:"clock_off,omitempty"` // seconds
	Product       string    `json:"product,omitempty"`
	Release       string    `json:"release,omitempty"`
	Complaints    []string  `json:"complaints,omitempty"`
}

// IsZero tells whether the agent never said anything.
func (r AgentReport) IsZero() bool { return r.Heard.IsZero() && r.Host == "" }

// OfAgentState is the stored form of what was heard.
func OfAgentState(k receiver.Known) AgentState {
	return AgentState{k.Sequence, k.Process, k.Retired, k.Spool, k.Fact, k.Dropped, AgentReport(k.Report), k.Told}
}

// Domain is what was heard.
func (s AgentState) Domain() receiver.Known {
	return receiver.Known{Sequence: s.Sequence, Process: s.Process, Retired: s.Retired, Spool: s.Spool, Fact: s.Fact, Dropped: s.Dropped, Report: receiver.Report(s.Report), Told: s.Told}
}
