package alerts

import (
	"context"
	"errors"
	"net/http"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/intake"
	"hotline/sla"
	"hotline/validation"
)

// AlertRuleView says what alerts of some severities become.
type AlertRuleView struct {
	Severities []string `json:"severities,omitempty" maxItems:"100" doc:"As sources call them, in any case"`
	Category   string   `json:"category" enum:"blocking,non_blocking,question,change,feature,none" doc:"none: it is counted and opens no ticket"`
	Night      string   `json:"night,omitempty" enum:"blocking,non_blocking,question,change,feature,none" doc:"Outside the contract's hours; left out: the same"`
}

// StormView says when the alerts of one installation are one ticket.
type StormView struct {
	Alerts int   `json:"alerts" minimum:"2" maximum:"1000" doc:"So many new problems"`
	Within int64 `json:"within_seconds" minimum:"1" maximum:"604800"`
	Quiet  int64 `json:"quiet_seconds" minimum:"1" maximum:"604800" doc:"So long without a new problem ends it"`
}

// FlappingView says when the end of a problem is not believed at once.
type FlappingView struct {
	Changes int   `json:"changes" minimum:"3" maximum:"21" doc:"So many beginnings and ends"`
	Within  int64 `json:"within_seconds" minimum:"1" maximum:"604800"`
	Quiet   int64 `json:"quiet_seconds" minimum:"1" maximum:"604800" doc:"So long the end must last; a problem that begins again within it goes on in its ticket"`
}

// LabelsView says which labels name what is installed.
type LabelsView struct {
	Product string `json:"product" minLength:"1" maxLength:"100" doc:"Its value is the product's id"`
	Version string `json:"version" minLength:"1" maxLength:"100"`
}

// DependsView says which problems are the consequence of others.
type DependsView struct {
	Rules  []DependenceView `json:"rules" maxItems:"50" nullable:"false"`
	Wait   *int64           `json:"wait_seconds,omitempty" minimum:"0" maximum:"120" doc:"How long a child that comes before its parent waits for it, a blocking one too; left out: 15"`
	Settle *int64           `json:"settle_seconds,omitempty" minimum:"1" maximum:"3600" doc:"How long a child that still fires goes on to wait after its parent's end; left out: 120"`
}

// DependenceView names a parent and its children.
type DependenceView struct {
	Installation       string `json:"installation,omitempty" maxLength:"100" doc:"Of the child; * stands for any characters; left out: every one"`
	Fingerprint        string `json:"fingerprint,omitempty" maxLength:"200" doc:"Of the child, in the same way"`
	Title              string `json:"title,omitempty" maxLength:"300" doc:"Of the child, in the same way. What any rule names as a parent is no child by its title"`
	ParentInstallation string `json:"parent_installation,omitempty" maxLength:"100" doc:"Left out: the child's own"`
	ParentFingerprint  string `json:"parent_fingerprint" minLength:"1" maxLength:"200" doc:"In full"`
}

// AlertPolicyFields are what an owner writes of a policy. What is left out is as in the policy that ships.
type AlertPolicyFields struct {
	Rules     []AlertRuleView `json:"rules,omitempty" maxItems:"50"`
	Otherwise *AlertRuleView  `json:"otherwise,omitempty" doc:"Of severities that no rule names, and of alerts without one"`
	Window    int64           `json:"window_seconds,omitempty" minimum:"1" maximum:"604800" doc:"Repeats within it are one line of the history"`
	Again     int64           `json:"again_seconds,omitempty" minimum:"1" maximum:"604800" doc:"A problem that goes on so long after its ticket was closed opens a new one"`
	Storm     *StormView      `json:"storm,omitempty"`
	Flapping  *FlappingView   `json:"flapping,omitempty"`
	Labels    *LabelsView     `json:"labels,omitempty" doc:"Which labels of alerts name the product and the version that stand at their installation; left out: none"`
	Depends   *DependsView    `json:"depends,omitempty" doc:"Which problems are the consequence of others, and wait for them"`
}

// AlertPolicyView is a policy.
type AlertPolicyView struct {
	ID string `json:"id" doc:"A contract's id, or default"`
	AlertPolicyFields
	Version int `json:"version"`
}

// AlertPolicyList is every policy.
type AlertPolicyList struct {
	Policies []AlertPolicyView `json:"policies" nullable:"false"`
}

type alertPolicyInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		AlertPolicyFields
	}
}

func ruleView(r intake.Rule) AlertRuleView {
	return AlertRuleView{r.Severities, string(r.Category), string(r.Night)}
}

func ruleOf(v AlertRuleView) intake.Rule {
	return intake.Rule{Severities: v.Severities, Category: sla.Category(v.Category), Night: sla.Category(v.Night)}
}

func policyView(p intake.Policy) AlertPolicyView {
	otherwise := ruleView(p.Otherwise)
	v := AlertPolicyView{ID: p.ID, Version: p.Version, AlertPolicyFields: AlertPolicyFields{
		Otherwise: &otherwise, Window: int64(p.Window), Again: int64(p.Again), Storm: &StormView{p.Storm.Alerts, int64(p.Storm.Within), int64(p.Storm.Quiet)},
		Flapping: &FlappingView{p.Flapping.Changes, int64(p.Flapping.Within), int64(p.Flapping.Quiet)},
	}}
	if p.Labels.Product != "" {
		v.Labels = &LabelsView{p.Labels.Product, p.Labels.Version}
	}
	wait, settle := int64(p.Depends.Wait), int64(p.Depends.Settle)
	v.Depends = &DependsView{[]DependenceView{}, &wait, &settle}
	for _, r := range p.Depends.Rules {
		v.Depends.Rules = append(v.Depends.Rules, DependenceView(r))
	}
	for _, r := range p.Rules {
		v.Rules = append(v.Rules, ruleView(r))
	}
	return v
}

func policyOf(id string, f AlertPolicyFields) intake.Policy {
	p := intake.Default()
	p.ID = id
	if f.Rules != nil {
		p.Rules = nil
		for _, r := range f.Rules {
			p.Rules = append(p.Rules, ruleOf(r))
		}
	}
	if f.Otherwise != nil {
		p.Otherwise = ruleOf(*f.Otherwise)
		p.Otherwise.Severities = nil
	}
	if f.Window != 0 {
		p.Window = intake.Seconds(f.Window)
	}
	if f.Again != 0 {
		p.Again = intake.Seconds(f.Again)
	}
	if s := f.Storm; s != nil {
		p.Storm = intake.Storm{Alerts: s.Alerts, Within: intake.Seconds(s.Within), Quiet: intake.Seconds(s.Quiet)}
	}
	if s := f.Flapping; s != nil {
		p.Flapping = intake.Flapping{Changes: s.Changes, Within: intake.Seconds(s.Within), Quiet: intake.Seconds(s.Quiet)}
	}
	if l := f.Labels; l != nil {
		p.Labels = intake.Labels{Product: l.Product, Version: l.Version}
	}
	if d := f.Depends; d != nil {
		for _, r := range d.Rules {
			p.Depends.Rules = append(p.Depends.Rules, intake.Dependence(r))
		}
		if d.Wait != nil {
			p.Depends.Wait = intake.Seconds(*d.Wait)
		}
		if d.Settle != nil {
			p.Depends.Settle = intake.Seconds(*d.Settle)
		}
	}
	return p
}

func (c Config) policyRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/alert-policies", "list-alert-policies", "List alert policies; without one named default the one that ships holds"), func(ctx context.Context, _ *struct{}) (*answer[AlertPolicyList], error) {
		all, err := c.Store.AlertPolicies(ctx)
		list := AlertPolicyList{[]AlertPolicyView{}}
		for _, p := range all {
			list.Policies = append(list.Policies, policyView(p))
		}
		return &answer[AlertPolicyList]{list}, err
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/alert-policies/{id}", "get-alert-policy", "One alert policy"), func(ctx context.Context, in *document.ByID) (*document.Versioned[AlertPolicyView], error) {
		p, err := c.Store.AlertPolicy(ctx, in.ID)
		return document.Tagged(policyView(p), p.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/alert-policies/{id}", "put-alert-policy", "Add or change the alert policy of a contract, or the one named default"), func(ctx context.Context, in *alertPolicyInput) (*document.Versioned[AlertPolicyView], error) {
		k := document.Kind[intake.Policy]{Read: c.Store.AlertPolicy, Put: c.Store.PutAlertPolicy, Version: func(p *intake.Policy) *int { return &p.Version }}
		p, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "alert policy " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(context.Context, intake.Policy) (intake.Policy, error) {
			next := policyOf(in.ID, in.Body.AlertPolicyFields)
			return next, meant(next)
		})
		return document.Tagged(policyView(p), p.Version, err)
	})
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/alert-policies/{id}", "remove-alert-policy", "Remove an alert policy"), "alert policy",
		func(ctx context.Context, id string) (int, error) {
			p, err := c.Store.AlertPolicy(ctx, id)
			return p.Version, err
		}, func(ctx context.Context, id string, version int) error {
			return c.Store.DeleteAlertPolicy(ctx, id, version)
		})
}

// meant refuses a policy that cannot be right.
func meant(p intake.Policy) error {
	if err := p.Check(); errors.Is(err, intake.ErrPolicy) {
		field, text := validation.Of(err)
		return problem.Refused("body", field+": "+text)
	}
	return nil
}
