// Package agent is what runs at a customer's installation: it looks at disks, processes and services, tells hotline what it finds, and
// beats. `hotline agent` runs it; docs/agent.md tells of it.
//
// Standing.Hear is pure: a check's looks make a problem, or its end, by counts in a row. What is found goes into the spool (agent/spool)
// before it is sent, so that it outlasts a crash and a hotline that cannot be reached. agent/probe looks, agent/protocol says how both
// ends speak, and agent/receiver is the other end.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"time"

	"hotline/agent/probe"
	"hotline/agent/protocol"
	"hotline/agent/spool"
	"hotline/atomicfile"
)

// Config is what an agent needs. Everything is required but the fields for which nil is allowed.
type Config struct {
	File      File
	Program   string // version of the program
	Host      string // name of the machine
	NewID     func() string
	Log       *slog.Logger
	Transport http.RoundTripper                                                // nil: TLS and TCP
	Probe     func(ctx context.Context, c protocol.Check, now time.Time) error // nil: probe.Run
	Now       func() time.Time                                                 // the machine's clock; nil: time.Now
	Write     func(file string, text []byte) error                             // into its folder; nil: atomicfile.Replace
	Most      int                                                              // facts that wait; 0: spool.FactsMost
}

// Agent is one agent. Use it once.
type Agent struct {
	cfg     Config
	server  *server
	spool   *spool.Spool
	process string
	wake    chan struct{} // something waits in the spool
	looks   chan struct{} // places for looks at once
	looking sync.WaitGroup

	mu            sync.Mutex
	version       int // of the configuration; 0: none of the server's is known
	configuration protocol.Configuration
	complaints    []string
	running       map[string]running
	standings     map[string]Standing
	said          map[string]bool // what the log has of what fails
}

// running is a check that is made.
type running struct {
	check protocol.Check
	stop  context.CancelFunc
}

const (
	looksAtOnce = 16
	fetchEvery  = time.Minute      // the configuration, and the beat
	statusEvery = 15 * time.Minute // a message without facts
	retryFirst  = 5 * time.Second
	retryMost   = time.Minute
)

// configurationFile is where the last configuration is kept, for a start without the server.
const configurationFile = "configuration"

// New opens the agent's folder. Close it, or Run it.
func New(c Config) (*Agent, error) {
	c = c.complete()
	s, err := spool.Open(spool.Config{Dir: c.File.State, NewID: c.NewID, Write: c.Write, Most: c.Most})
	if err != nil {
		return nil, err
	}
	a := &Agent{
		cfg: c, spool: s, process: c.NewID(), wake: make(chan struct{}, 1), looks: make(chan struct{}, looksAtOnce),
		running: map[string]running{}, standings: map[string]Standing{}, said: map[string]bool{},
		server: c.server(),
	}
	for id, p := range s.Memory().Told {
		a.standings[id] = Standing{Failing: true, Since: p.Since, Told: p.Told}
	}
	return a, nil
}

func (c Config) complete() Config {
	if c.Probe == nil {
		c.Probe = probe.Run
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// server is the way to hotline.
func (c Config) server() *server {
	return &server{base: c.File.server, token: c.File.token, http: &http.Client{Transport: c.Transport, CheckRedirect: noRedirect}, now: c.Now}
}

// noRedirect takes a redirection for an answer: what is signed is meant for one address.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// ErrReplaced ends an agent of which the server says that another one took over with its token.
var ErrReplaced = errors.New("another agent speaks for this installation")

// kept is the last configuration, as the folder has it.
type kept struct {
	Version       int                    `json:"version"`
	Configuration protocol.Configuration `json:"configuration"`
}

// Run works until ctx ends, or until the server says that another agent took over: ErrReplaced. What was not sent is sent after the next start.
func (a *Agent) Run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var last kept
	err := atomicfile.Values{Dir: a.cfg.File.State}.Get(configurationFile, &last)
	a.apply(ctx, last.Configuration, last.Version, nil, err == nil)
	var all sync.WaitGroup
	all.Go(func() { a.repeat(ctx, a.fetch) })
	all.Go(func() { a.repeat(ctx, a.beat) })
	all.Go(func() { end(a.send(ctx)) })
	all.Wait()
	a.looking.Wait()
	err = errors.Join(a.spool.Settle(), a.spool.Close())
	if cause := context.Cause(ctx); errors.Is(cause, ErrReplaced) {
		return errors.Join(cause, err)
	}
	return err
}

// repeat does something now and every minute.
func (a *Agent) repeat(ctx context.Context, do func(context.Context)) {
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(fetchEvery):
		}
	}
}

// fetch asks for the configuration, and goes by it.
func (a *Agent) fetch(ctx context.Context) {
	a.mu.Lock()
	known := a.version
	a.mu.Unlock()
	c, version, complaints, err := a.server.configuration(ctx, known)
	a.changed(ctx, "the configuration cannot be fetched; the last one holds", err)
	if err != nil || version == known {
		return
	}
	a.cfg.Log.Info("a configuration was fetched", "version", version, "checks", len(c.All()))
	for _, problem := range complaints {
		a.cfg.Log.Warn("a part of the configuration is left out", "problem", problem)
	}
	if err := (atomicfile.Values{Dir: a.cfg.File.State}).Put(configurationFile, kept{version, c}); err != nil {
		a.cfg.Log.Warn("a start without hotline will not know this configuration", "error", err)
	}
	a.apply(ctx, c, version, complaints, true)
	a.wakeSender()
}

// beat tells the heartbeat that this agent lives.
func (a *Agent) beat(ctx context.Context) {
	if a.cfg.File.Heartbeat != "" {
		a.changed(ctx, "the heartbeat is not heard", a.server.ping(ctx, a.cfg.File.Heartbeat))
	}
}

// changed writes into the log that something began to fail, or works again.
func (a *Agent) changed(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	before := a.said[what]
	a.said[what] = err != nil
	a.mu.Unlock()
	switch {
	case err != nil && !before:
		a.cfg.Log.Warn(what, "error", err)
	case err == nil && before:
		a.cfg.Log.Info("this is over: " + what)
	}
}

// checks are those that are to be made: the server's, and the file's own of other ids.
func (c Config) checks(does protocol.Configuration) map[string]protocol.Check {
	all := map[string]protocol.Check{}
	for _, k := range c.File.Checks {
		all[k.ID] = k.Complete()
	}
	for _, k := range does.All() {
		all[k.ID] = k
	}
	return all
}

// apply goes by a configuration. Checks that are no more end, and so do their problems; known: there is a configuration, so that others are no more.
func (a *Agent) apply(ctx context.Context, c protocol.Configuration, version int, complaints []string, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.configuration, a.version, a.complaints = c, version, complaints
	want := a.cfg.checks(c)
	for id, r := range a.running {
		if !reflect.DeepEqual(want[id], r.check) {
			r.stop()
			delete(a.running, id)
		}
	}
	for id, k := range want {
		if _, runs := a.running[id]; runs {
			continue
		}
		within, stop := context.WithCancel(ctx)
		a.running[id] = running{k, stop}
		a.looking.Go(func() { a.watch(within, k) })
	}
	for id := range maps.Clone(a.standings) {
		if _, made := want[id]; !made && known {
			if a.standings[id].Failing {
				a.tell(over(id, "it is not checked any more", a.cfg.Now()), Standing{}, "")
			}
			delete(a.standings, id)
		}
	}
}

// watch makes one check again and again.
func (a *Agent) watch(ctx context.Context, c protocol.Check) {
	for {
		a.look(ctx, c)
		select {
		case <-ctx.Done():
			return
		case <-time.After(protocol.Span(c.Every)):
		}
	}
}

// look makes one check once, and tells what follows.
func (a *Agent) look(ctx context.Context, c protocol.Check) {
	select {
	case <-ctx.Done():
		return
	case a.looks <- struct{}{}:
	}
	found := a.cfg.Probe(ctx, c, a.cfg.Now().Add(-a.server.clockOff()))
	<-a.looks
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx.Err() != nil { // it is another check now, or none
		return
	}
	stands, known := a.standings[c.ID]
	if !known {
		stands.Unsure = a.spool.Fresh()
	}
	next, fact := stands.Hear(c, found, a.cfg.Now())
	a.standings[c.ID] = next
	if fact != nil {
		a.tell(fact, next, c.Title)
	}
}

// tell puts a fact into the spool, and remembers what the server will know then. a.mu is held.
func (a *Agent) tell(f *protocol.Fact, s Standing, title string) {
	if f.Resolved {
		a.cfg.Log.Info("a problem is over", "check", f.Check, "text", f.Text)
	} else {
		a.cfg.Log.Warn("a problem", "check", f.Check, "text", f.Text)
	}
	put := a.spool.Put(*f, a.cfg.Now())
	remember := a.spool.Remember(func(m *spool.Memory) {
		if delete(m.Told, f.Check); s.Failing {
			m.Told[f.Check] = spool.Problem{Since: s.Since, Told: s.Told, Title: title}
		}
	})
	if err := errors.Join(put, remember); err != nil {
		a.cfg.Log.Error("the agent's folder cannot be written", "error", err)
	}
	a.wakeSender()
}

// wakeSender has the sender look into the spool.
func (a *Agent) wakeSender() {
	select {
	case a.wake <- struct{}{}:
	default: // it looks anyway
	}
}
