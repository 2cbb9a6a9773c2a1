package stored

import (
	"time"

	"hotline/heartbeat"
	"hotline/intake"
)

// Heartbeat is what is expected of one job.
type Heartbeat struct {
	ID           string        `json:"id"`
	Contract     string        `json:"contract"`
	Installation string        `json:"installation,omitempty"`
	Title        string        `json:"title"`
	Severity     string        `json:"severity,omitempty"`
	Rule         HeartbeatRule `json:"rule"`
	RemoteAccess bool          `json:"remote_access,omitempty"`
	Version      int           `json:"version"`
}

// HeartbeatRule says when beats are expected.
type HeartbeatRule struct {
	Period   intake.Seconds `json:"period,omitempty"`
	Schedule string         `json:"schedule,omitempty"`
	Zone     string         `json:"zone,omitempty"`
	Grace    intake.Seconds `json:"grace"`
	Longest  intake.Seconds `json:"longest,omitempty"`
}

// OfHeartbeat is the stored form of a heartbeat.
func OfHeartbeat(h heartbeat.Heartbeat) Heartbeat {
	return Heartbeat{h.ID, h.Contract, h.Installation, h.Title, h.Severity, HeartbeatRule(h.Rule), h.RemoteAccess, h.Version}
}

// Domain is the heartbeat.
func (h Heartbeat) Domain() heartbeat.Heartbeat {
	return heartbeat.Heartbeat{
		ID: h.ID, Contract: h.Contract, Installation: h.Installation, Title: h.Title, Severity: h.Severity, Rule: heartbeat.Rule(h.Rule),
		RemoteAccess: h.RemoteAccess, Version: h.Version,
	}
}

// BeatState is what is remembered of a heartbeat.
type BeatState struct {
	Expected  time.Time        `json:"expected,omitzero"`
	Last      time.Time        `json:"last,omitzero"`
	Runs      []BeatRun        `json:"runs,omitempty"`
	DownSince time.Time        `json:"down_since,omitzero"`
	Why       string           `json:"why,omitempty"`
	Report    heartbeat.Report `json:"report,omitempty"`
	Text      string           `json:"text,omitempty"`
	Signals   []BeatSignal     `json:"signals,omitempty"`
}

// BeatRun is a run that has not ended.
type BeatRun struct {
	ID string    `json:"id,omitempty"`
	At time.Time `json:"at"`
}

// BeatSignal is one thing that a job said.
type BeatSignal struct {
	At   time.Time      `json:"at"`
	Kind heartbeat.Kind `json:"kind"`
	Run  string         `json:"run,omitempty"`
	Code int            `json:"code,omitempty"`
	Took time.Duration  `json:"took,omitempty"` // nanoseconds
	Text string         `json:"text,omitempty"`
}

// OfBeatState is the stored form of what is remembered of a heartbeat.
func OfBeatState(s heartbeat.State) BeatState {
	return BeatState{
		Expected: s.Expected, Last: s.Last, Runs: each(s.Runs, func(r heartbeat.Run) BeatRun { return BeatRun(r) }), DownSince: s.DownSince, Why: s.Why,
		Report: s.Report, Text: s.Text, Signals: each(s.Signals, func(x heartbeat.Signal) BeatSignal { return BeatSignal(x) }),
	}
}

// Domain is what is remembered.
func (s BeatState) Domain() heartbeat.State {
	return heartbeat.State{
		Expected: s.Expected, Last: s.Last, Runs: each(s.Runs, func(r BeatRun) heartbeat.Run { return heartbeat.Run(r) }), DownSince: s.DownSince, Why: s.Why,
		Report: s.Report, Text: s.Text, Signals: each(s.Signals, func(x BeatSignal) heartbeat.Signal { return heartbeat.Signal(x) }),
	}
}
