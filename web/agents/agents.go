// Package agents is the pages of the agents at installations. They show when each was last heard of, its checks and their results,
// and which versions of the agent and of the product run there. Administrators add an agent here, say what it looks at, renew its token
// and remove it (docs/agent.md).
package agents

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hotline/agent/keys"
	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/directory"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the page reads.
type Store interface {
	Agents(ctx context.Context) ([]receiver.Agent, error)
	AgentStates(ctx context.Context) ([]receiver.State, error)
	Beats(ctx context.Context) ([]heartbeat.Beat, error)
	Problems(ctx context.Context, f intake.Filter) ([]intake.Problem, error)
	Agent(ctx context.Context, id string) (receiver.Agent, error)
	PutAgent(ctx context.Context, a receiver.Agent) (receiver.Agent, error)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store    Store
	Renew    func(ctx context.Context, id string, now time.Time) (keys.Pair, error) // nil: no agents are answered here
	Retire   func(ctx context.Context, id string, version int, now time.Time) error // ends an agent with its token; nil: as Renew
	Contract func(id string) bool                                                   // tells whether there is one
	Link     func(q *http.Request, path string) (address string)                    // as agents reach it
	Log      *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and their forms.
func Routes(h Handlers) []ui.Route {
	admins, doc := []users.Role{users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /agents", Roles: []users.Role{users.Engineer, users.Staff, users.Admin}, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, "", keys.Pair{}) }},
		{Pattern: "GET /agents/new", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /agents", Roles: admins, Most: agentOctets, Serve: doc.Write},
		{Pattern: "GET /agents/{id}", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /agents/{id}", Roles: admins, Most: agentOctets, Serve: doc.Write},
		{Pattern: "POST /agents/{id}/remove", Roles: admins, Serve: doc.Remove},
		{Pattern: "POST /agents/{id}/token", Roles: admins, Serve: h.renew},
	}
}

// page lists the agents.
type page struct {
	ui.View
	Agents []agent
	Given  string // the agent whose token is shown; empty: none
	Server string // this house, as agents reach it
	keys.Pair
}

// agent is one as the page tells of it.
type agent struct {
	receiver.Agent
	receiver.Report
	Dropped int64
	Last    time.Time // a message or a beat; zero: never
	Silent  bool      // longer than an agent that works
	Checks  []check
}

// Where is the installation as people read it.
func (a agent) Where() string {
	if a.Installation == "" {
		return a.Contract
	}
	return a.Contract + ", " + a.Installation
}

// check is one thing that an agent looks at.
type check struct {
	ID, What string
	State    string         // a class of the style sheet and an id of the catalogue: good, bad or unknown
	Since    time.Time      // of a problem
	Title    string         // of a problem
	Ticket   tickets.Number // of a problem; 0: none
}

const (
	silentAfter  = 30 * time.Minute // a message comes every quarter of an hour at least
	problemsMost = 5000             // that fire; beyond them the oldest may be missing
)

// lookedFrom is the check of the line, which an agent does beside those that are written for it.
const lookedFrom = "line"

func (h Handlers) show(r *ui.Request, given string, pair keys.Pair) (*ui.Page, error) {
	ctx := r.Context()
	all, err := h.Store.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the agents: %w", err)
	}
	known, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	p := page{View: r.View, Given: given, Server: h.Link(r.Request, ""), Pair: pair}
	for _, a := range all {
		p.Agents = append(p.Agents, known.agent(a, r.Now))
	}
	return pages().Page("agents", r.T("agents"), p)
}

// renew gives a new token, and shows it once.
func (h Handlers) renew(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if h.Renew == nil {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "agents-closed"}
	}
	return h.give(r, r.PathValue("id"))
}

// give gives an agent a token, and shows it once.
func (h Handlers) give(r *ui.Request, id string) (*ui.Page, error) {
	pair, err := h.Renew(context.WithoutCancel(r.Context()), id, r.Now) // token and key belong together
	if err != nil {
		return nil, fmt.Errorf("giving agent %s a token: %w", id, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "agent", id, "what", "token")
	return h.show(r, id, pair)
}

// knowledge is how all agents stand.
type knowledge struct {
	states map[string]receiver.State
	beats  map[string]time.Time
	fire   map[intake.ID]map[string]intake.Problem // by installation and check
}

func (h Handlers) read(ctx context.Context) (k knowledge, err error) {
	k = knowledge{map[string]receiver.State{}, map[string]time.Time{}, map[intake.ID]map[string]intake.Problem{}}
	states, err := h.Store.AgentStates(ctx)
	if err != nil {
		return k, fmt.Errorf("reading how agents stand: %w", err)
	}
	for _, s := range states {
		k.states[s.ID] = s
	}
	beats, err := h.Store.Beats(ctx)
	if err != nil {
		return k, fmt.Errorf("reading heartbeats of agents: %w", err)
	}
	for _, b := range beats {
		k.beats[b.ID] = b.State.Last
	}
	problems, err := h.Store.Problems(ctx, intake.Filter{Firing: true, Limit: problemsMost})
	if err != nil {
		return k, fmt.Errorf("reading what agents have found: %w", err)
	}
	for _, p := range problems {
		if p.Key.Source != receiver.Source {
			continue
		}
		if k.fire[p.Installation] == nil {
			k.fire[p.Installation] = map[string]intake.Problem{}
		}
		k.fire[p.Installation][p.Key.Fingerprint] = p
	}
	return k, nil
}

// agent puts together what is known of one.
func (k knowledge) agent(a receiver.Agent, now time.Time) agent {
	s := k.states[a.ID]
	v := agent{Agent: a, Report: s.Report, Dropped: s.Dropped, Last: s.Report.Heard}
	if beat := k.beats[keys.BeatID(a.ID)]; beat.After(v.Last) {
		v.Last = beat
	}
	v.Silent = now.Sub(s.Report.Heard) > silentAfter
	for _, c := range a.Configuration.Checks {
		v.Checks = append(v.Checks, k.check(a, v.Silent, c.ID, string(c.Kind)+": "+c.Target))
	}
	if a.Configuration.Line != "" {
		v.Checks = append(v.Checks, k.check(a, v.Silent, lookedFrom, string(protocol.SIP)+": "+a.Configuration.Line))
	}
	return v
}

// check tells how one check stands. What a silent agent does not report is not known.
func (k knowledge) check(a receiver.Agent, silent bool, id, what string) check {
	c := check{ID: id, What: what, State: "good"}
	where := a.Installation
	if where == "" {
		where = a.Contract // as package intake names the only one
	}
	p, fires := k.fire[intake.ID{Contract: directory.ContractID(a.Contract), Name: where}][id]
	switch {
	case fires:
		c.State, c.Since, c.Title, c.Ticket = "bad", p.Since, p.Title, p.Ticket
	case silent:
		c.State = "unknown"
	}
	return c
}
