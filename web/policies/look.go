package policies

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"hotline/directory"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// usedMost is how many contracts are named of those that a policy serves.
const usedMost = 50

// wall is how the list asks for an instant, by the clock on the wall.
const wall = "2006-01-02T15:04"

// question is what is asked of the plan: for which contract, and when.
func (h Handlers) question(r *ui.Request) form.Fields {
	group := r.T("policies-who")
	return form.Fields{
		{Kind: form.Note, Help: r.T("policies-who-text"), Group: group},
		{Name: "contract", Label: r.T("page-contract"), Kind: form.Text, Most: 63, Help: r.T("policies-contract-text"), Loose: true, Group: group},
		{Name: "at", Label: r.T("policies-at", h.Desk.Zone().String()), Value: form.At(r, r.Now), Kind: form.Instant, Loose: true, Group: group},
	}
}

// contracts are those for whose blocking requests the policy of a draft is the one, by id.
func (h Handlers) contracts(w draft) (list []string) {
	facts := escalation.Facts{Policies: w.docs.Policies}
	for id, c := range h.Desk.Book().Contracts.All() {
		of := escalation.Case{Request: rota.Request{Contract: string(id), Category: sla.Blocking, Level: c.Level, Language: c.Language}}
		if facts.Serving(of).ID == w.ID {
			list = append(list, string(id))
		}
	}
	slices.Sort(list)
	return list
}

// planPage is who would be rung.
type planPage struct {
	ui.View
	Asked    string // the contract and the instant
	Rings    bool
	Policy   string // its name; empty: the house has none for it
	Rotas    []string
	Steps    []planStep
	Rounds   string
	Overflow []string
	Gap      bool
	Silent   []string
	Told     string
	Next     string
	Broken   error // rotas that cannot be worked out
}

type planStep struct {
	How    string
	Phones []string
}

// asked is the question; else a *form.Refusal.
func (h Handlers) asked(contract, at string) (escalation.Case, time.Time, error) {
	t, err := time.ParseInLocation(wall, at, h.Desk.Zone())
	if err != nil {
		return escalation.Case{}, t, &form.Refusal{Field: "at", Text: "write a day and a time"}
	}
	of := escalation.Case{Request: rota.Request{Contract: contract, Category: sla.Blocking, Level: sla.OnRequest}, Channel: "phone", OnLine: true}
	if contract != "" {
		c, known := h.Desk.Book().Contracts.Get(directory.ContractID(contract))
		if !known {
			return of, t, &form.Refusal{Field: "contract", Text: fmt.Sprintf("there is no contract %q", contract)}
		}
		of.Level, of.Language, of.Night = c.Level, c.Language, c.AfterHours == directory.AfterHoursRing
	}
	if e, err := h.Desk.Entitlement(directory.ContractID(contract)); err == nil {
		of.Hours = e.Hours
	}
	return of, t, nil
}

// look is who would be rung, as if a policy stood.
func (h Handlers) look(r *ui.Request, w draft, f form.Fields) (template.HTML, error) {
	docs := w.docs
	docs.Policies = slices.DeleteFunc(slices.Clone(docs.Policies), func(p escalation.Policy) bool { return p.ID == w.ID })
	docs.Policies = append(docs.Policies, w.Policy)
	return h.plan(r, docs, f.Value("contract"), f.Value("at"))
}

// plan is who would be rung by some documents for a blocking call of a contract.
func (h Handlers) plan(r *ui.Request, docs escalation.Documents, contract, at string) (template.HTML, error) {
	of, t, err := h.asked(contract, at)
	if err != nil {
		return "", err
	}
	facts, broken := docs.Facts()
	facts.Defaults = h.Defaults
	plan := escalation.For(of, facts, t)
	v := r.View
	v.Zone = h.Desk.Zone()
	p := planPage{
		View: v, Rings: plan.Ring, Overflow: plan.Overflow, Gap: plan.Gap, Rounds: r.T("policies-times", plan.Rounds, plan.Need), Broken: broken,
		Asked: r.T("policies-asked", cmp.Or(contract, r.T("policies-without")), v.Clock(t)), Told: r.T("policies-told-" + string(plan.Caller)), Next: r.T("policies-next-" + plan.Next.What),
	}
	for _, one := range docs.Policies {
		if one.ID == plan.Policy {
			p.Policy = one.Name
		}
	}
	for _, one := range plan.Rotas {
		p.Rotas = append(p.Rotas, rotaName(r, one.ID, docs))
	}
	people := fields.People(docs.Engineers)
	for _, s := range plan.Silent {
		who := r.T("keeping-nobody")
		if s.Engineer != "" {
			who = people.Called(s.Engineer)
		}
		p.Silent = append(p.Silent, r.T("policies-silent", who, s.Choice.By, s.Choice.Why))
	}
	for _, g := range plan.Steps {
		how := r.T("policies-one-by-one")
		if g.AtOnce {
			how = r.T("policies-at-once")
		}
		one := planStep{How: how + ", " + r.T("policies-rings", int(g.Ring/time.Second))}
		for _, a := range g.Attempts {
			one.Phones = append(one.Phones, attempt(a))
		}
		p.Steps = append(p.Steps, one)
	}
	page, err := pages().Page("plan", "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// listPage is every policy, and the answer to a question.
type listPage struct {
	ui.View
	Rows         []row
	Contract, At string
	Zone         string
	Problem      string
	Plan         template.HTML
}

type row struct {
	ID, Name, Serves string
	Steps            []string
	Silence          string
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	d, levels, err := h.read(r.Context())
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := listPage{View: r.View, Contract: q.Get("contract"), At: cmp.Or(q.Get("at"), r.Now.In(h.Desk.Zone()).Format(wall)), Zone: h.Desk.Zone().String()}
	for _, one := range d.Policies {
		next := row{ID: one.ID, Name: one.Name, Serves: fields.ServesWords(r.View, one.Serves, levels)}
		for _, s := range one.Steps {
			next.Steps = append(next.Steps, stepWords(r, s, d))
		}
		if one.Silence != nil {
			next.Silence = r.T("policies-silent", r.T("keeping-nobody"), one.Silence.By, one.Silence.Why)
		}
		p.Rows = append(p.Rows, next)
	}
	if q.Has("at") {
		if p.Plan, err = h.plan(r, d, p.Contract, p.At); err != nil {
			p.Problem = r.T("policies-bad-question")
		}
	}
	return pages().Page("list", r.T("policies"), p)
}
