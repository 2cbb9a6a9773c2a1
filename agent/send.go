package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/spool"
)

// messageOctets is how many octets of facts one message has.
const messageOctets = 512 << 10

// send empties the spool whenever something waits, and tells every quarter of an hour how the agent is. What fails is tried again. It ends with
// ctx, or with ErrReplaced.
func (a *Agent) send(ctx context.Context) error {
	retry := retryFirst
	for {
		err := a.deliver(ctx)
		if errors.Is(err, ErrReplaced) {
			return err
		}
		a.changed(ctx, "hotline cannot be told; what is found waits", err)
		wait := statusEvery
		if err != nil {
			wait, retry = retry, min(2*retry, retryMost)
		} else {
			retry = retryFirst
		}
		a.changed(ctx, "what is found waits in memory, because the agent's folder cannot be written", a.spool.Settle())
		if !a.pause(ctx, wait, err != nil) {
			return nil
		}
	}
}

// pause waits; unless hotline could not be told a moment ago, something in the spool ends it. false: ctx ended.
func (a *Agent) pause(ctx context.Context, wait time.Duration, failed bool) bool {
	wake := a.wake
	if failed {
		wake = nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-time.After(wait):
	}
	return true
}

// deliver sends all that waits, or a message without facts where nothing does.
func (a *Agent) deliver(ctx context.Context) error {
	for first := true; ; first = false {
		facts := a.spool.First(protocol.FactsMost, messageOctets)
		if len(facts) == 0 && !first {
			return nil
		}
		if err := a.message(ctx, facts); err != nil {
			return err
		}
		if len(facts) > 0 {
			a.spool.Done(facts[len(facts)-1].Number)
		}
		a.restate()
	}
}

// restate tells all that stands, where facts were lost and none waits any more: the server may not know what began or ended meanwhile.
func (a *Agent) restate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.spool.Memory()
	if m.Dropped <= m.Restated || a.spool.Waiting() > 0 {
		return
	}
	now, lost := a.cfg.Now(), errors.New("this stands, and reports were lost")
	for id, s := range a.standings {
		c, made := a.running[id]
		switch {
		case made && s.Failing:
			a.tell(problem(c.check, lost, "it began on "+clock(s.Since), now), s, c.check.Title)
		case made && s.Streak == 0:
			a.tell(over(id, "it is well, and reports were lost", now), s, "")
		}
	}
	if err := a.spool.Remember(func(memory *spool.Memory) { memory.Restated = m.Dropped }); err != nil {
		a.cfg.Log.Error("the agent's folder cannot be written", "error", err)
	}
}

// sequences is how often a message is sent anew because its sequence was used: by a former life of this agent, of which its folder tells nothing.
const sequences = 3

// message sends one message until the server has it.
func (a *Agent) message(ctx context.Context, facts []protocol.Fact) error {
	for range sequences {
		r, err := a.server.ask(ctx, http.MethodPost, protocol.MessagesPath(a.cfg.File.token.Agent), "", func() ([]byte, error) { return a.body(facts) })
		if err != nil {
			return err
		}
		answer, err := r.answer()
		switch {
		case err != nil:
			return fmt.Errorf("hotline's answer cannot be read: %w", err)
		case r.status == http.StatusOK:
			return nil
		case answer.Reason == protocol.Replayed:
			_ = a.spool.Remember(func(m *spool.Memory) { m.Sequence = max(m.Sequence, answer.Sequence) }) // what the disk does not take is asked for again
		case answer.Reason == protocol.Replaced:
			return fmt.Errorf("%w: %s", ErrReplaced, answer.Detail)
		case answer.Reason == protocol.Unreadable && len(facts) > 0:
			a.cfg.Log.Error("hotline cannot read these reports, and they are dropped", "reports", len(facts), "detail", answer.Detail)
			a.spool.Drop(facts[len(facts)-1].Number)
			return nil
		default:
			return fmt.Errorf("hotline does not take the message: %s", answer.Detail)
		}
	}
	return errors.New("hotline takes no sequence of ours: does another agent use this token?")
}

// body is a message with the next sequence. Its facts have the server's time.
func (a *Agent) body(facts []protocol.Fact) ([]byte, error) {
	off := a.server.clockOff()
	var sequence int64
	err := a.spool.Remember(func(m *spool.Memory) { m.Sequence++; sequence = m.Sequence })
	a.changed(context.Background(), "the agent's folder cannot be written; it goes on without", err)
	memory := a.spool.Memory()
	a.mu.Lock()
	does, version, complaints := a.configuration, a.version, a.complaints
	a.mu.Unlock()
	m := protocol.Message{
		Sequence: sequence, Process: a.process, Spool: memory.Spool, Host: a.cfg.Host, Program: a.cfg.Program, Configuration: version,
		ClockOff: int64(off / time.Second), Dropped: memory.Dropped, Complaints: complaints, Facts: slices.Clone(facts),
	}
	for n := range m.Facts {
		m.Facts[n].At = m.Facts[n].At.Add(-off).UTC()
	}
	if does.Product != "" {
		m.Product = does.Product
		if m.Release, err = release(does.ReleaseFile); err != nil {
			m.Complaints = append(slices.Clone(complaints), "the version of "+does.Product+" is not known: "+err.Error())
		}
	}
	return json.Marshal(m)
}

// release is the first line of a file.
func release(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return "", fmt.Errorf("the first line of %s is empty", name)
	}
	return string(line[:min(len(line), protocol.ReleaseMost)]), nil
}
