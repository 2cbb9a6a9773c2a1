// Package agents is the API of the agents at installations: what each is to look at, how it stands, and its token. Package admin, its one
// caller, mounts it. The agents themselves are answered by agent/receiver.
package agents

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/agent/keys"
	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/heartbeat"
)

// Config is what the API needs. Everything is required but Receiver and Keeper, without which no token is given.
type Config struct {
	Store      receiver.Store
	Receiver   *receiver.Receiver
	Heartbeats heartbeat.Store
	Keeper     *heartbeat.Keeper
	Contract   func(id string) bool // tells whether there is one
	Now        func() time.Time

	set operation.Set // of Mount
}

// AgentCheck is one thing that an agent looks at.
type AgentCheck struct {
	ID         string `json:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$" doc:"Names the problem; line is taken"`
	Kind       string `json:"kind" enum:"disk,process,http,tcp,sip,smtp,certificate"`
	Target     string `json:"target" minLength:"1" maxLength:"500" doc:"disk: a folder. process: the name of a program. http: a URL. sip: a SIP address. tcp, smtp, certificate: host and port"`
	Title      string `json:"title,omitempty" maxLength:"200" doc:"Of its ticket; left out: the target does not answer"`
	Severity   string `json:"severity,omitempty" maxLength:"50" doc:"By which the contract's alert policy says the category of the ticket; left out: warning"`
	Every      int    `json:"every_seconds,omitempty" minimum:"5" maximum:"86400" doc:"Left out: 60"`
	Timeout    int    `json:"timeout_seconds,omitempty" minimum:"1" maximum:"60" doc:"Left out: 10"`
	Failures   int    `json:"failures,omitempty" minimum:"1" maximum:"100" doc:"So many in a row are a problem; left out: 3"`
	Successes  int    `json:"successes,omitempty" minimum:"1" maximum:"100" doc:"So many in a row are its end; left out: 2"`
	Free       int    `json:"free_percent,omitempty" minimum:"1" maximum:"99" doc:"disk: so much must be free; left out: 10"`
	Count      int    `json:"count,omitempty" minimum:"1" maximum:"1000" doc:"process: so many must run; left out: 1"`
	Status     int    `json:"status,omitempty" minimum:"100" maximum:"599" doc:"http: the answer that is right; left out: any below 400"`
	Contains   string `json:"contains,omitempty" maxLength:"200" doc:"http: what must stand in the answer"`
	Untrusted  bool   `json:"any_certificate,omitempty" doc:"http: whoever has signed the server's certificate"`
	Days       int    `json:"days,omitempty" minimum:"1" maximum:"1000" doc:"certificate: so long it must hold; left out: 21"`
	ServerName string `json:"server_name,omitempty" maxLength:"200" doc:"certificate: the name that is asked for, which must be the certificate's; left out: the target's host"`
}

// AgentFields are what staff write of an agent.
type AgentFields struct {
	Contract     string       `json:"contract" minLength:"1" maxLength:"100"`
	Installation string       `json:"installation,omitempty" maxLength:"100" doc:"As alerts name it; left out: the contract's only one"`
	Checks       []AgentCheck `json:"checks" nullable:"false" maxItems:"100"`
	Line         string       `json:"line,omitempty" maxLength:"500" doc:"SIP address of the hotline's line: the agent asks it from outside, and three silent answers are an alarm"`
	Product      string       `json:"product,omitempty" maxLength:"63" doc:"What is installed, as in /releases"`
	ReleaseFile  string       `json:"release_file,omitempty" maxLength:"500" doc:"File at the installation whose first line is the version of the product"`
}

// AgentView is an agent, and how it stands.
type AgentView struct {
	ID string `json:"id"`
	AgentFields
	Standing AgentStanding `json:"standing"`
	Version  int           `json:"version"`
}

// AgentStanding is how an agent stands.
type AgentStanding struct {
	Heard      *time.Time `json:"heard,omitempty" doc:"When it last sent a message: at once when it finds something, else every quarter of an hour"`
	Host       string     `json:"host,omitempty"`
	Program    string     `json:"program,omitempty" doc:"Version of hotline that runs there"`
	Applied    int        `json:"applied,omitempty" doc:"Version of this document by which it checks"`
	ClockOff   int64      `json:"clock_off_seconds,omitempty" doc:"Its machine's clock is so far ahead"`
	Dropped    int64      `json:"dropped,omitempty" doc:"Reports that its spool had no room for"`
	Product    string     `json:"product,omitempty"`
	Release    string     `json:"release,omitempty"`
	Complaints []string   `json:"complaints" nullable:"false" doc:"What it cannot do of this document"`
}

// AgentList is every agent.
type AgentList struct {
	Agents []AgentView `json:"agents" nullable:"false"`
}

// AgentToken is what an agent's own file holds. It is shown once.
type AgentToken struct {
	Token     string `json:"secret" doc:"token in the agent's file. The former one is unknown from now on"`
	Heartbeat string `json:"key" doc:"heartbeat in the agent's file: the key of the heartbeat agent-ID, which is made where there is none"`
}

type (
	answer[T any] struct{ Body T }
	agentInput    struct {
		document.Write
		Body struct {
			document.BodyVersion
			AgentFields
		}
	}
	rekey struct {
		document.Keyed
		document.ByID
	}
)

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set = set
	operation.Serve(set, set.Route(http.MethodGet, "/agents", "list-agents", "List the agents at installations, and how they stand"), c.list)
	operation.Serve(set, set.Route(http.MethodGet, "/agents/{id}", "get-agent", "One agent, and how it stands"), func(ctx context.Context, in *document.ByID) (*document.Versioned[AgentView], error) {
		return c.tagged(ctx, in.ID)
	})
	operation.Serve(set, set.Route(http.MethodPut, "/agents/{id}", "put-agent", "Say what an agent is to look at; it fetches that within a minute"), c.put)
	operation.Serve(set, set.Route(http.MethodPost, "/agents/{id}/token", "give-agent-token", "Give an agent a new token, and its heartbeat a new key; the former ones are unknown from then on"), c.token)
	operation.Removes(set, set.Route(http.MethodDelete, "/agents/{id}", "remove-agent", "Remove an agent, and end what it reported"), "agent", func(ctx context.Context, id string) (int, error) {
		a, err := c.Store.Agent(ctx, id)
		return a.Version, err
	}, c.remove)
}

func (c Config) list(ctx context.Context, _ *struct{}) (*answer[AgentList], error) {
	all, err := c.Store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	states, err := c.Store.AgentStates(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]receiver.State{}
	for _, s := range states {
		of[s.ID] = s
	}
	list := AgentList{[]AgentView{}}
	for _, a := range all {
		list.Agents = append(list.Agents, view(a, of[a.ID]))
	}
	return &answer[AgentList]{list}, nil
}

func (c Config) tagged(ctx context.Context, id string) (*document.Versioned[AgentView], error) {
	a, err := c.Store.Agent(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := c.Store.AgentState(ctx, id)
	return document.Tagged(view(a, s), a.Version, err)
}

func (c Config) put(ctx context.Context, in *agentInput) (*document.Versioned[AgentView], error) {
	k := document.Kind[receiver.Agent]{Read: c.Store.Agent, Put: c.Store.PutAgent, Version: func(a *receiver.Agent) *int { return &a.Version }}
	_, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "agent " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(_ context.Context, stands receiver.Agent) (receiver.Agent, error) {
		next := in.Body.agent(in.ID)
		if !c.Contract(next.Contract) {
			return next, problem.Refused("body.contract", "there is no contract "+next.Contract)
		}
		err := next.Check(stands)
		var wrong *protocol.WrongError
		if errors.As(err, &wrong) {
			err = problem.Refused("body."+wrong.Field, wrong.Problem)
		}
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return c.tagged(ctx, in.ID)
}

// issuer gives agents their tokens, and ends them.
func (c Config) issuer() keys.Issuer {
	return keys.Issuer{Store: c.Store, Receiver: c.Receiver, Heartbeats: c.Heartbeats, Keeper: c.Keeper}
}

// token gives an agent a token, and the heartbeat agent-ID a key.
func (c Config) token(ctx context.Context, in *rekey) (*answer[AgentToken], error) {
	pair, err := c.issuer().Renew(ctx, in.ID, c.Now())
	if err != nil {
		return nil, err
	}
	return &answer[AgentToken]{AgentToken(pair)}, nil
}

func (c Config) remove(ctx context.Context, id string, version int) error {
	return c.issuer().Remove(ctx, id, version, c.Now())
}

func (f AgentFields) agent(id string) receiver.Agent {
	a := receiver.Agent{ID: id, Contract: f.Contract, Installation: f.Installation, Configuration: protocol.Configuration{Line: f.Line, Product: f.Product, ReleaseFile: f.ReleaseFile}}
	for _, k := range f.Checks {
		a.Configuration.Checks = append(a.Configuration.Checks, protocol.Check{
			ID: k.ID, Kind: protocol.Kind(k.Kind), Target: k.Target, Title: k.Title, Severity: k.Severity, Every: k.Every, Timeout: k.Timeout, Failures: k.Failures, Successes: k.Successes,
			Free: k.Free, Count: k.Count, Status: k.Status, Contains: k.Contains, Untrusted: k.Untrusted, Days: k.Days, ServerName: k.ServerName,
		})
	}
	return a
}

func view(a receiver.Agent, s receiver.State) AgentView {
	f := AgentFields{Contract: a.Contract, Installation: a.Installation, Checks: []AgentCheck{}, Line: a.Configuration.Line, Product: a.Configuration.Product, ReleaseFile: a.Configuration.ReleaseFile}
	for _, k := range a.Configuration.Checks {
		f.Checks = append(f.Checks, AgentCheck{
			ID: k.ID, Kind: string(k.Kind), Target: k.Target, Title: k.Title, Severity: k.Severity, Every: k.Every, Timeout: k.Timeout, Failures: k.Failures, Successes: k.Successes,
			Free: k.Free, Count: k.Count, Status: k.Status, Contains: k.Contains, Untrusted: k.Untrusted, Days: k.Days, ServerName: k.ServerName,
		})
	}
	r := s.Report
	standing := AgentStanding{Host: r.Host, Program: r.Program, Applied: r.Configuration, ClockOff: r.ClockOff, Dropped: s.Dropped, Product: r.Product, Release: r.Release, Complaints: []string{}}
	standing.Complaints = append(standing.Complaints, r.Complaints...)
	if !r.Heard.IsZero() {
		standing.Heard = &r.Heard
	}
	return AgentView{a.ID, f, standing, a.Version}
}
