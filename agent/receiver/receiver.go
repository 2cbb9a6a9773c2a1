// Package receiver is hotline's side of the agents at installations: it knows them, gives them their configuration, and hands what they
// find to the Alerting Manager (package intake), which opens the tickets. docs/agent.md tells of it.
//
// State.Hear and State.Took are pure: they judge a message by what is known of the agent. Receiver reads, decides by them, and writes
// under a version, so that of several nodes one takes a message. Handler answers over HTTP.
//
// Package app wires it, admin/agents shows it. It starts no goroutine.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotline/agent/protocol"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/intake"
	"hotline/storage"
)

// Source is how the Alerting Manager calls what comes from agents.
const Source = "agent"

// Intake is the Alerting Manager. *intake.Intake is it.
type Intake interface {
	Take(ctx context.Context, o intake.Origin, b intake.Batch, now time.Time) (intake.Outcome, error)
}

// Config is what a receiver needs. Everything is required.
type Config struct {
	Store     Store
	Installed evosupport.Store
	Intake    Intake
	House     []byte // secret of the house, of which tokens are made: all nodes have it
	Log       *slog.Logger
}

// Receiver takes what agents say. Safe for concurrent use.
type Receiver struct{ cfg Config }

// New makes a receiver.
func New(c Config) *Receiver { return &Receiver{c} }

// tries bounds how often a write is made anew because another node was faster.
const tries = 64

// Rekey gives an agent a new token; the former one is unknown from then on. It is made anew of the house's secret, and kept nowhere.
func (r *Receiver) Rekey(ctx context.Context, id string) (protocol.Token, error) {
	if _, err := r.cfg.Store.Agent(ctx, id); err != nil {
		return protocol.Token{}, err
	}
	s, err := r.step(ctx, id, func(s State) (State, bool) {
		return State{ID: id, Generation: s.Generation + 1, Known: Known{Told: s.Told}, Version: s.Version}, true
	})
	return protocol.NewToken(r.cfg.House, id, s.Generation), err
}

// step writes the next state of an agent, where there is another one.
func (r *Receiver) step(ctx context.Context, id string, next func(State) (s State, changed bool)) (State, error) {
	for range tries {
		s, err := r.cfg.Store.AgentState(ctx, id)
		if err != nil {
			return s, err
		}
		s, changed := next(s)
		if !changed {
			return s, nil
		}
		if err = r.cfg.Store.PutAgentState(ctx, s); err == nil {
			s.Version++
			return s, nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return s, err
		}
	}
	return State{}, fmt.Errorf("agent %s: %w", id, storage.ErrConflict)
}

// takeTime is how long one message may take: what is begun is carried to its end, whether or not the agent waits.
const takeTime = 30 * time.Second

// Take takes a message that is signed by an agent's token. An answer with a reason refuses it. An error says that not all of it was kept:
// the agent sends it again, and what was kept is known then.
func (r *Receiver) Take(ctx context.Context, a Agent, m protocol.Message, signed, now time.Time) (protocol.Answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	var fresh []protocol.Fact
	var answer protocol.Answer
	s, err := r.step(ctx, a.ID, func(s State) (State, bool) {
		s, fresh, answer = s.Hear(m, signed, now)
		answer.Sequence = s.Sequence
		return s, answer.Reason == "" || answer.Reason == protocol.Replaced
	})
	if err != nil {
		return answer, err
	}
	if answer.Reason != "" {
		r.cfg.Log.Warn("an agent's message was refused", "agent", a.ID, "host", m.Host, "reason", string(answer.Reason), "detail", answer.Detail)
		if answer.Reason == protocol.Replaced {
			return answer, r.tell(ctx, a, alertsOf(s, m, []Trouble{TwoAgents}, nil), now)
		}
		return answer, nil
	}
	_, raised, over := s.Took(m, now)
	var alerts []intake.Alert
	for _, f := range fresh {
		alerts = append(alerts, alertOf(f, now))
	}
	if err := r.tell(ctx, a, append(alerts, alertsOf(s, m, raised, over)...), now); err != nil {
		return answer, err
	}
	if _, err = r.step(ctx, a.ID, func(s State) (State, bool) { s, _, _ = s.Took(m, now); return s, true }); err != nil {
		return answer, err
	}
	if err := r.installed(ctx, a, m, now); err != nil { // the next message says it again, and no alert waits for it
		r.cfg.Log.Warn("which version stands at an installation is not written down", "agent", a.ID, "product", m.Product, "release", m.Release, "error", err)
	}
	return answer, nil
}

// tell hands in what an agent has found, and what is wrong with the agent.
func (r *Receiver) tell(ctx context.Context, a Agent, alerts []intake.Alert, now time.Time) error {
	if len(alerts) == 0 {
		return nil
	}
	o := intake.Origin{Contract: directory.ContractID(a.Contract), Installation: a.Installation, Source: Source}
	_, err := r.cfg.Intake.Take(ctx, o, intake.Batch{Alerts: alerts}, now)
	return err
}

// alertsOf is what has become wrong with an agent, and what is so no more.
func alertsOf(s State, m protocol.Message, raised, over []Trouble) (list []intake.Alert) {
	for _, t := range raised {
		title, text := t.says(s, m)
		list = append(list, intake.Alert{Fingerprint: "agent/" + string(t), Severity: "warning", Title: title, Text: text})
	}
	for _, t := range over {
		list = append(list, intake.Alert{Fingerprint: "agent/" + string(t), Resolved: true})
	}
	return list
}

// late is how long after it was found a fact is told as late.
const late = 3 * time.Minute

// alertOf is a fact as the Alerting Manager takes it.
func alertOf(f protocol.Fact, now time.Time) intake.Alert {
	a := intake.Alert{Fingerprint: f.Check, Resolved: f.Resolved, Severity: f.Severity, Title: f.Title, Text: f.Text}
	told := ""
	if ago := now.Sub(f.At).Truncate(time.Second); ago > late {
		told = fmt.Sprintf("found on %s, and reported %s later: hotline could not be reached before", f.At.UTC().Format("2 January 2006 at 15:04:05 UTC"), ago)
	}
	if !f.Resolved {
		if told != "" {
			a.Text += "\n" + told
		}
		return a
	}
	a.Text, a.End = "", f.Text
	if told != "" {
		a.End += "; " + told
	}
	return a
}

// installed writes down which version stands at the installation, where the agent says another one than is known. It stands in the entry of this
// product there, whoever made it, else in one of the agent's own id.
func (r *Receiver) installed(ctx context.Context, a Agent, m protocol.Message, now time.Time) error {
	return evosupport.Record(ctx, r.cfg.Installed, evosupport.Installed{
		ID: a.ID, Contract: directory.ContractID(a.Contract), Installation: a.Installation, Product: m.Product, Release: m.Release, Seen: now,
	})
}

// Removed ends what the Alerting Manager knows of an agent that is no more: its checks, and what was wrong with itself.
func (r *Receiver) Removed(ctx context.Context, a Agent, now time.Time) {
	var b intake.Batch
	end := func(fingerprint string) {
		b.Alerts = append(b.Alerts, intake.Alert{Fingerprint: fingerprint, Resolved: true, End: "the agent was removed"})
	}
	for _, c := range a.Configuration.All() {
		end(c.ID)
	}
	for _, t := range []Trouble{ClockWrong, FactsLost, TwoAgents} {
		end("agent/" + string(t))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	o := intake.Origin{Contract: directory.ContractID(a.Contract), Installation: a.Installation, Source: Source}
	if _, err := r.cfg.Intake.Take(ctx, o, b, now); err != nil {
		r.cfg.Log.Warn("problems of an agent that was removed stay open, and staff must close their tickets", "agent", a.ID, "error", err)
	}
}
