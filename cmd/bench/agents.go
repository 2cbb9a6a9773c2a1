package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"hotline/agent/protocol"
	"hotline/phone/load"
)

// The agents of many installations beside calls that run: each beats and asks for its configuration every minute, and says every quarter of
// an hour that all stands as it was. One in a hundred messages tells of a check that fails.

const (
	agentsRow     = "agents"
	agentsMost    = 1000
	agentsSmall   = 100 // of a bench at small size
	agentsFor     = 30 * time.Second
	agentSenders  = 16
	agentsAMinute = 2 // a beat and a configuration
	statusMinutes = 15
)

// agentLoad is what the agents cost.
type agentLoad struct {
	Alone   load.Result `json:"calls_alone"`
	Calls   load.Result `json:"calls_beside"`
	Agents  int         `json:"agents"`
	Sent    int         `json:"sent"`
	Refused int         `json:"refused"`
	P99     float64     `json:"answer_p99_ms"`
	Seconds float64     `json:"seconds"`
}

// cores is how many cores the agents need, the database's included.
func (a agentLoad) cores() float64 { return max(0, busy(a.Calls)-busy(a.Alone)) }

func busy(r load.Result) float64 { return (r.ServerCPU + r.DatabaseCPU) / 1000 / max(r.Seconds, 0.001) }

// wanted is how many questions the agents ask in a second.
func (a agentLoad) wanted() float64 {
	return float64(a.Agents) / 60 * (agentsAMinute + 1.0/statusMinutes)
}

// installed is one agent as it is at its installation.
type installed struct {
	token    protocol.Token
	beat     string // key of its heartbeat
	sequence atomic.Int64
}

// agents measures calls alone, then with the agents.
func (b *bench) agents(ctx context.Context, f *figures) error {
	a := &f.agents
	if a.Agents = agentsMost; b.small {
		a.Agents = agentsSmall
	}
	return b.with(ctx, nil, func(s *server, k *load.Crowd) error {
		if _, err := s.contracts(ctx, installations); err != nil {
			return err
		}
		list := make([]*installed, a.Agents)
		for i := range list {
			one, err := s.install(ctx, i)
			if err != nil {
				return err
			}
			list[i] = one
		}
		if err := raise(ctx, k, besideCalls, dialing, load.Plan{Number: "tape"}); err != nil {
			return err
		}
		if err := k.Run(ctx, settle); err != nil {
			return err
		}
		m, err := k.Measure(s.process(), s.empty)
		if err != nil {
			return err
		}
		if err := k.Run(ctx, agentsFor/2); err != nil {
			return err
		}
		if a.Alone, err = m.End(); err != nil {
			return err
		}
		if m, err = k.Measure(s.process(), s.empty); err != nil {
			return err
		}
		done, sent := make(chan struct{}), error(nil)
		go func() { sent = s.speak(ctx, list, a); close(done) }()
		err = k.RunUntil(ctx, 4*agentsFor, func() bool { return closed(done) })
		<-done
		if err := errors.Join(err, sent); err != nil {
			return fmt.Errorf("speaking as agents: %w", err)
		}
		if a.Calls, err = m.End(); err != nil {
			return err
		}
		b.say("%d agents: %d questions in %.0f s, %d refused, answered p99 %.0f ms, %.3f cores; %d of %d packets of %d calls late", a.Agents, a.Sent, a.Seconds, a.Refused, a.P99, a.cores(), a.Calls.Late, a.Calls.Packets, besideCalls)
		return nil
	})
}

// install makes an agent and gives it its token and the key of its heartbeat.
func (s *server) install(ctx context.Context, i int) (*installed, error) {
	id := fmt.Sprintf("bench-%04d", i)
	body := fmt.Sprintf(`{"contract":"bench-%04d","installation":"plant %d","checks":[{"id":"disk","kind":"disk","target":"/var"}]}`, i%installations, i)
	if err := s.ask(ctx, http.MethodPut, "/api/v1/agents/"+id, body, nil); err != nil {
		return nil, err
	}
	var given struct {
		Secret string `json:"secret"`
		Key    string `json:"key"`
	}
	if err := s.ask(ctx, http.MethodPost, "/api/v1/agents/"+id+"/token", "", &given); err != nil {
		return nil, err
	}
	token, err := protocol.ParseToken(given.Secret)
	return &installed{token: token, beat: given.Key}, err
}

// ask asks the API.
func (s *server) ask(ctx context.Context, method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.api+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer demo")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	text, err := answered(http.DefaultClient, r)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// answered is the body of an answer; one of 400 and more is an error.
func answered(c *http.Client, r *http.Request) ([]byte, error) {
	answer, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 400 {
		err = fmt.Errorf("%s %s: %s: %.200s", r.Method, r.URL.Path, answer.Status, text)
	}
	return text, err
}

// speak has all agents ask at their rate.
func (s *server) speak(ctx context.Context, list []*installed, a *agentLoad) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: agentSenders}}
	defer client.CloseIdleConnections()
	a.Sent = max(len(list), int(a.wanted()*agentsFor.Seconds()))
	every := agentsAMinute*statusMinutes + 1
	var first atomic.Pointer[error]
	took, refused, seconds := paced(a.wanted(), a.Sent, agentSenders, func(i int) error {
		r, err := s.question(ctx, list[i%len(list)], i%every, i)
		if err == nil {
			_, err = answered(client, r)
		}
		if err != nil {
			first.CompareAndSwap(nil, &err)
		}
		return err
	})
	a.Refused, a.Seconds, a.P99 = refused, seconds, at(took, 99)
	if why := first.Load(); why != nil && refused == a.Sent {
		return *why
	}
	return nil
}

// question is what an agent asks in its turn: mostly a beat or its configuration, at times a message.
func (s *server) question(ctx context.Context, one *installed, turn, i int) (*http.Request, error) {
	var body []byte
	method, path := http.MethodGet, protocol.ConfigurationPath(one.token.Agent)
	switch {
	case turn == 0:
		m := protocol.Message{Sequence: one.sequence.Add(1), Process: "bench", Spool: "bench", Host: "plant", Program: "bench", Facts: []protocol.Fact{}}
		if i%100 == 0 {
			m.Facts = append(m.Facts, protocol.Fact{Number: m.Sequence, At: time.Now(), Check: "disk", Severity: "warning", Title: "the disk is nearly full"})
		}
		var err error
		if body, err = json.Marshal(m); err != nil {
			return nil, err
		}
		method, path = http.MethodPost, protocol.MessagesPath(one.token.Agent)
	case turn%2 == 0:
		path = "/ping/" + one.beat
	}
	r, err := http.NewRequestWithContext(ctx, method, s.api+path, bytes.NewReader(body))
	if err == nil && path != "/ping/"+one.beat {
		one.token.SignRequest(r, body, time.Now())
		r.Header.Set("Content-Type", "application/json")
	}
	return r, err
}

// agentRows are the goals of the agents.
func (f *figures) agentRows() []row {
	a := f.agents
	kept := a.Refused == 0 && a.P99 <= 1000 && float64(a.Sent)/max(a.Seconds, 0.001) >= 0.95*a.wanted()
	return []row{{
		fmt.Sprintf("%d agents with beats and checks beside %d calls: none refused, answered within 1 s (p99), cores, calls late", a.Agents, besideCalls), "", "< 0.25, < 0.1 % late", "< 0.1, none late",
		fmt.Sprintf("%d refused; p99 %.0f ms; %.3f cores; %.4f %% late", a.Refused, a.P99, a.cores(), 100*a.Calls.LateShare()),
		graded(kept && a.cores() < 0.25 && a.Calls.LateShare() < 0.001, kept && a.cores() < 0.1 && a.Calls.Late == 0), a.Calls.Load,
	}}
}
