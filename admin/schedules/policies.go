package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// PolicyFields are what staff write of an escalation policy.
type PolicyFields struct {
	Name     string     `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Serves   servesView `json:"serves" required:"false" doc:"Which requests; left out: all"`
	Steps    []stepView `json:"steps,omitempty" maxItems:"50"`
	Rounds   int        `json:"rounds,omitempty" minimum:"1" maximum:"10" doc:"How often the steps are walked; left out: twice"`
	Need     int        `json:"need,omitempty" minimum:"1" maximum:"5" doc:"How many engineers must accept; left out: one. With 2 the first who accepts is joined at once, and a second one is rung for and joins the two. Of more, two are joined"`
	Overflow []string   `json:"overflow,omitempty" maxItems:"10" doc:"Telephones that are rung once when all rounds were in vain"`
	Silence  *silence   `json:"silence,omitempty" doc:"Nobody is rung, by choice"`
}

type stepView struct {
	Rota        string   `json:"rota,omitempty" doc:"Left out: the rota that serves the request"`
	Level       int      `json:"level,omitempty" minimum:"1" maximum:"100" doc:"Left out: every level, one after another"`
	Engineers   []string `json:"engineers,omitempty" maxItems:"50" doc:"Rung by name, on call or not"`
	AtOnce      bool     `json:"at_once,omitempty" doc:"All telephones ring together; the first who accepts has it"`
	Ring        int      `json:"ring_seconds,omitempty" minimum:"5" maximum:"120" doc:"Left out: 20"`
	SkipTalking bool     `json:"skip_talking,omitempty" doc:"Who talks to another caller is left out while somebody else is left"`
}

type policyView struct {
	ID string `json:"id"`
	PolicyFields
	Version int `json:"version"`
}

type policyInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		PolicyFields
	}
}

type policyList struct {
	Policies []policyView `json:"policies" nullable:"false"`
}

func policy(p escalation.Policy) policyView {
	v := policyView{ID: p.ID, Version: p.Version, PolicyFields: PolicyFields{Name: p.Name, Serves: serves(p.Serves), Rounds: p.Rounds, Need: p.Need, Overflow: p.Overflow, Silence: silenceView(p.Silence)}}
	for _, s := range p.Steps {
		view := stepView{Rota: string(s.Rota), Level: s.Level, AtOnce: s.AtOnce, Ring: int(s.Ring / time.Second), SkipTalking: s.SkipTalking}
		for _, id := range s.Engineers {
			view.Engineers = append(view.Engineers, string(id))
		}
		v.Steps = append(v.Steps, view)
	}
	return v
}

func policyOf(id string, f PolicyFields) escalation.Policy {
	p := escalation.Policy{ID: id, Name: f.Name, Serves: servesOf(f.Serves), Rounds: f.Rounds, Need: f.Need, Overflow: f.Overflow}
	for _, v := range f.Steps {
		s := escalation.Step{Rota: rota.ID(v.Rota), Level: v.Level, AtOnce: v.AtOnce, Ring: time.Duration(v.Ring) * time.Second, SkipTalking: v.SkipTalking}
		for _, id := range v.Engineers {
			s.Engineers = append(s.Engineers, oncall.EngineerID(id))
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

func (c Config) policyRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/escalation-policies", "list-escalation-policies", "List escalation policies"), func(ctx context.Context, _ *struct{}) (*answer[policyList], error) {
		all, err := c.Store.Policies(ctx)
		list := policyList{[]policyView{}}
		for _, p := range all {
			list.Policies = append(list.Policies, policy(p))
		}
		return &answer[policyList]{list}, err
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/escalation-policies/{id}", "get-escalation-policy", "One escalation policy"), func(ctx context.Context, in *document.ByID) (*document.Versioned[policyView], error) {
		p, err := c.Store.Policy(ctx, in.ID)
		return document.Tagged(policy(p), p.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/escalation-policies/{id}", "put-escalation-policy", "Add or change an escalation policy, whole"), c.putPolicy)
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/escalation-policies/{id}", "remove-escalation-policy", "Remove an escalation policy"), "escalation policy",
		func(ctx context.Context, id string) (int, error) {
			p, err := c.Store.Policy(ctx, id)
			return p.Version, err
		},
		func(ctx context.Context, id string, version int) error {
			return c.Store.DeletePolicy(ctx, id, version)
		})
}

func (c Config) putPolicy(ctx context.Context, in *policyInput) (*document.Versioned[policyView], error) {
	k := document.Kind[escalation.Policy]{Read: c.Store.Policy, Put: c.Store.PutPolicy, Version: func(p *escalation.Policy) *int { return &p.Version }}
	p, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "escalation policy " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(ctx context.Context, stands escalation.Policy) (escalation.Policy, error) {
		next := policyOf(in.ID, in.Body.PolicyFields)
		next.Silence = c.silenceOf(ctx, in.Body.Silence, stands.Silence)
		return next, c.meant(ctx, next)
	})
	if errors.Is(err, escalation.ErrPolicy) { // written since the check
		err = refused("body", err)
	}
	return document.Tagged(policy(p), p.Version, err)
}

// meant refuses a policy that cannot be right, by itself or beside the others.
func (c Config) meant(ctx context.Context, p escalation.Policy) error {
	engineers, err := c.Oncall.Engineers(ctx)
	if err != nil {
		return fmt.Errorf("reading engineers: %w", err)
	}
	rotas, err := c.Store.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("reading rotas: %w", err)
	}
	if err := p.Check(engineers, rotas); err != nil {
		return refused("body", err)
	}
	for i, phone := range p.Overflow {
		spelt, err := c.Telephone(phone)
		if err != nil {
			return refused(fmt.Sprintf("body.overflow[%d]", i), err)
		}
		p.Overflow[i] = spelt
	}
	others, err := c.Store.Policies(ctx)
	if err != nil {
		return fmt.Errorf("reading escalation policies: %w", err)
	}
	if err := p.CheckServes(others); err != nil {
		return refused("body.serves", err)
	}
	return nil
}
