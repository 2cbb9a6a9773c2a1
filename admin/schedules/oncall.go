package schedules

import (
	"context"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/readiness"
	"hotline/oncall/rota"
	"hotline/sla"
)

type atQuery struct {
	T        time.Time `query:"t" doc:"Default: now"`
	Contract string    `query:"contract" doc:"Whose blocking request is planned"`
	Product  string    `query:"product"`
	Category string    `query:"category" enum:"blocking,non_blocking,question,change,feature" default:"blocking"`
	Level    string    `query:"level"`
	Language string    `query:"language"`
}

type atView struct {
	At     time.Time    `json:"at"`
	Rotas  []rotaAtView `json:"rotas" nullable:"false" doc:"Who is on call, rota by rota"`
	Plan   planView     `json:"plan" doc:"Who would be rung for the request inside its hours, and what else"`
	Broken string       `json:"broken,omitempty" doc:"Rotas that cannot be worked out, and so ring nobody"`
}

type rotaAtView struct {
	Rota   string       `json:"rota"`
	Name   string       `json:"name"`
	Zone   string       `json:"zone"`
	OnCall []onCallView `json:"on_call" nullable:"false" doc:"In the order in which they are called"`
}

type onCallView struct {
	Engineer string `json:"engineer"`
	Name     string `json:"name"`
	Level    int    `json:"level"`
	Why      string `json:"why" doc:"The shift, layer, override or swap that puts the engineer there"`
	For      string `json:"for,omitempty" doc:"Whose place it was"`
}

type planView struct {
	Rule     string      `json:"rule"`
	Ring     bool        `json:"ring"`
	Rotas    []string    `json:"rotas"`
	Policy   string      `json:"policy"`
	Version  int         `json:"policy_version" doc:"0: of a house that has written none"`
	Steps    []groupView `json:"steps" nullable:"false"`
	Rounds   int         `json:"rounds"`
	Need     int         `json:"need"`
	Overflow []string    `json:"overflow,omitempty"`
	Gap      bool        `json:"gap,omitempty"`
	Caller   string      `json:"caller" doc:"What the caller is told"`
	Next     string      `json:"next" doc:"What follows when nobody accepts"`
	Note     string      `json:"note" doc:"The line of the ticket"`
}

type groupView struct {
	AtOnce      bool       `json:"at_once,omitempty"`
	Ring        int        `json:"ring_seconds"`
	SkipTalking bool       `json:"skip_talking,omitempty" doc:"Who talks to another caller when it is their turn is left out"`
	Phones      []ringView `json:"phones" nullable:"false"`
}

type ringView struct {
	Engineer string `json:"engineer"`
	Name     string `json:"name"`
	Level    int    `json:"level"`
	Phone    string `json:"phone"`
	Why      string `json:"why" doc:"The shift, layer or override, or the policy's step"`
}

func plan(p escalation.Plan) planView {
	v := planView{Rule: p.Rule, Ring: p.Ring, Policy: p.Policy, Version: p.Version, Steps: []groupView{}, Rounds: p.Rounds, Need: p.Need, Overflow: p.Overflow, Gap: p.Gap, Caller: string(p.Caller), Next: p.Next.What, Note: p.Note}
	for _, r := range p.Rotas {
		v.Rotas = append(v.Rotas, string(r.ID))
	}
	for _, g := range p.Steps {
		view := groupView{AtOnce: g.AtOnce, Ring: int(g.Ring / time.Second), SkipTalking: g.SkipTalking}
		for _, a := range g.Attempts {
			view.Phones = append(view.Phones, ringView{string(a.Engineer), a.Name, a.Level, a.Phone, a.Why})
		}
		v.Steps = append(v.Steps, view)
	}
	return v
}

type readinessQuery struct {
	Days int `query:"days" minimum:"1" maximum:"60" default:"14" doc:"How far gaps are looked for"`
}

type readinessView struct {
	From      time.Time       `json:"from"`
	Until     time.Time       `json:"until"`
	Ready     bool            `json:"ready" doc:"No gap, every shift covered or its proof still to come, and nobody without a proof"`
	Gaps      []uncoveredView `json:"gaps" nullable:"false" doc:"Nobody with a telephone is on call"`
	Uncovered []uncoveredView `json:"uncovered" nullable:"false" doc:"Somebody is on call, and no shift is covered"`
	People    []personView    `json:"people" nullable:"false" doc:"Whoever can be rung"`
	Lines     []string        `json:"lines" nullable:"false" doc:"What is wrong, in words, with times of the main rota's zone"`
	Broken    string          `json:"broken,omitempty"`
}

func (c Config) onCallRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/oncall/at", "get-on-call", "Who is on call at an instant, and who would be rung"), c.at)
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/oncall/readiness", "get-readiness", "Whether somebody will be reached: gaps ahead, and telephones that are not proven"), c.readiness)
	op := c.set.Route(http.MethodPost, "/oncall/replay", "replay-nights", "Run the past nights through another rota or policy; changes nothing")
	operation.Serve(c.set, op, c.replay)
}

func (c Config) at(ctx context.Context, in *atQuery) (*answer[atView], error) {
	if in.T.IsZero() {
		in.T = c.Now()
	}
	f, broken, err := c.facts(ctx)
	if err != nil {
		return nil, err
	}
	v := atView{At: in.T, Rotas: []rotaAtView{}}
	if broken != nil {
		v.Broken = broken.Error()
	}
	names := map[oncall.EngineerID]string{}
	for _, e := range f.Engineers {
		names[e.ID] = e.Name
	}
	for _, s := range f.Rotas {
		one := rotaAtView{Rota: string(s.Rota().ID), Name: s.Rota().Name, Zone: s.Rota().Zone, OnCall: []onCallView{}}
		for _, p := range s.At(in.T) {
			one.OnCall = append(one.OnCall, onCallView{string(p.Engineer), names[p.Engineer], p.Level, p.Why, string(p.For)})
		}
		v.Rotas = append(v.Rotas, one)
	}
	request := rota.Request{Contract: in.Contract, Product: in.Product, Category: sla.Category(in.Category), Level: sla.LevelID(in.Level), Language: in.Language}
	v.Plan = plan(escalation.For(escalation.Case{Request: request}, f, in.T))
	return &answer[atView]{v}, nil
}

// Covered tells whether somebody will be reached now, for health: by the same function as the whole account.
func (c Config) Covered(ctx context.Context) (gap, covered bool, err error) {
	f, _, err := c.facts(ctx)
	if err != nil {
		return false, false, err
	}
	if len(f.Rotas) == 0 {
		return true, false, nil
	}
	now := c.Now()
	gap, covered = readiness.Of(f, now, now.Add(time.Minute)).Now()
	return gap, covered, nil
}

func (c Config) readiness(ctx context.Context, in *readinessQuery) (*answer[readinessView], error) {
	f, broken, err := c.facts(ctx)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	r := readiness.Of(f, now, now.AddDate(0, 0, in.Days))
	zone := time.UTC
	if len(f.Rotas) > 0 {
		zone = f.Rotas[0].Zone()
	} else { // no rota was ever written
		r.Ready, r.Gaps = false, append(r.Gaps, readiness.RotaGap{Rota: rota.Main, From: r.From, Until: r.Until})
	}
	v := readinessView{From: r.From, Until: r.Until, Ready: r.Ready, Gaps: uncovered(r.Gaps), Uncovered: uncovered(r.Uncovered), People: people(r.People), Lines: append([]string{}, r.Lines(zone)...)}
	if broken != nil {
		v.Ready, v.Broken = false, broken.Error()
		v.Lines = append(v.Lines, broken.Error())
	}
	return &answer[readinessView]{v}, nil
}
