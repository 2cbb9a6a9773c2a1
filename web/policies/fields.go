package policies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// What a form may hold, as by the API.
const (
	stepsMost = 50
	nameMost  = 200
	whyMost   = 500
	linesMost = 10_000 // characters of names or telephones
	peopleOf  = 50     // a step
	ringLeast = 5      // seconds
	ringMost  = 120
)

// What a step rings.
const (
	stepNone   = "" // it is no step
	stepRota   = "rota"
	stepPeople = "engineers"
)

// steps are the steps of a form.
func steps() form.Parts {
	return form.Parts{Name: "step-%d-%s", API: "steps", Marks: []string{"what"}, Blank: 1, Most: stepsMost}
}

// fields are the fields of a policy, and the question that can be asked of it.
func (h Handlers) fields(r *ui.Request, w draft) (form.Fields, error) {
	silence := ""
	if w.Silence != nil {
		silence = w.Silence.Why
	}
	whole := r.T("policies-whole")
	list := append(form.Fields{{Name: "name", Label: r.T("page-name"), Value: w.Name, Kind: form.Text, Most: nameMost, Needed: true}}, fields.Serves(r, w.Serves, w.levels)...)
	list = append(list,
		form.Field{Name: "rounds", Label: r.T("policies-rounds"), Value: form.Count(w.Rounds), Kind: form.Number, Least: 1, Most: 10, Help: r.T("policies-rounds-text", escalation.Rounds), Group: whole},
		form.Field{Name: "need", Label: r.T("policies-need"), Value: form.Count(w.Need), Kind: form.Number, Least: 1, Most: 5, Help: r.T("policies-need-text"), Group: whole},
		form.Field{Name: "overflow", Label: r.T("policies-overflow"), Value: strings.Join(w.Overflow, "\n"), Kind: form.Lines, Most: linesMost, Help: r.T("policies-overflow-text"), Group: whole},
		form.Field{Name: "silence", Label: r.T("policies-silence"), Value: silence, Kind: form.Text, Most: whyMost, Help: r.T("policies-silence-text"), Group: whole},
	)
	for i := range steps().Rows(r, len(w.Steps)) {
		what, s := stepNone, escalation.Step{SkipTalking: true}
		if i < len(w.Steps) {
			what, s = stepRota, w.Steps[i]
		}
		if len(s.Engineers) > 0 {
			what = stepPeople
		}
		list = append(list, w.step(r, i, what, s)...)
	}
	return append(list, h.question(r)...), nil
}

// step are the fields of one step.
func (w draft) step(r *ui.Request, i int, what string, s escalation.Step) form.Fields {
	at := func(what string) string { return steps().At(i, what) }
	group := r.T("policies-step", i+1)
	rotas := []form.Option{{Name: r.T("policies-serving-rota")}, {Value: string(rota.Main), Name: r.T("rotas-main")}}
	for _, one := range w.docs.Schedules {
		rotas = append(rotas, form.Option{Value: string(one.ID), Name: one.Name})
	}
	people := fields.People(w.docs.Engineers)
	var names []string
	for _, id := range s.Engineers {
		names = append(names, people.Name(id))
	}
	kinds := []form.Option{{Value: stepNone, Name: r.T("policies-no-step")}, {Value: stepRota, Name: r.T("policies-on-call")}, {Value: stepPeople, Name: r.T("policies-by-name")}}
	return form.Fields{
		{Name: at("what"), Label: r.T("policies-what"), Value: what, Kind: form.Choice, Options: kinds, Group: group},
		steps().Place(r, i, group),
		{Name: at("rota"), Label: r.T("policies-rota"), Value: string(s.Rota), Kind: form.Choice, Options: form.WithOption(rotas, string(s.Rota)), Group: group},
		{Name: at("level"), Label: r.T("keeping-level"), Value: form.Count(s.Level), Kind: form.Number, Least: 1, Most: 100, Help: r.T("policies-level-text"), Group: group},
		{Name: at("engineers"), Label: r.T("keeping-engineers"), Value: strings.Join(names, "\n"), Kind: form.Lines, Most: linesMost, Help: r.T("policies-engineers-text"), Group: group},
		{Name: at("ring"), Label: r.T("policies-ring"), Value: form.Count(s.Ring / time.Second), Kind: form.Number, Least: ringLeast, Most: ringMost, Group: group},
		{Name: at("at-once"), Label: r.T("policies-at-once"), Value: form.Ticked(s.AtOnce), Kind: form.Tick, Group: group},
		{Name: at("skip"), Label: r.T("policies-skip"), Value: form.Ticked(s.SkipTalking), Kind: form.Tick, Group: group},
	}
}

// said is the policy as the form says it, checked, or a *form.Refusal.
func (h Handlers) said(r *ui.Request, id string, f form.Fields, stands draft) (draft, error) {
	made := stands
	made.Policy = escalation.Policy{
		ID: id, Version: stands.Version, Name: f.Value("name"), Serves: fields.ReadServes(f, stands.Serves), Overflow: f.List("overflow"), Rounds: f.Number("rounds"), Need: f.Number("need"),
		Silence: fields.Silence(r, f.Value("silence"), stands.Silence),
	}
	for _, i := range steps().Said(f) {
		s, err := saidStep(f, i, fields.People(stands.docs.Engineers))
		if err != nil {
			return made, err
		}
		made.Steps = append(made.Steps, s)
	}
	return made, h.sound(stands, &made.Policy, steps().Said(f))
}

func saidStep(f form.Fields, i int, people fields.People) (s escalation.Step, err error) {
	at := func(what string) string { return steps().At(i, what) }
	s = escalation.Step{AtOnce: f.Yes(at("at-once")), SkipTalking: f.Yes(at("skip")), Ring: time.Duration(f.Number(at("ring"))) * time.Second}
	if f.Value(at("what")) == stepRota {
		s.Rota, s.Level = rota.ID(f.Value(at("rota"))), f.Number(at("level"))
		return s, nil
	}
	if s.Engineers, err = people.Engineers(at("engineers"), f.Value(at("engineers"))); err == nil && (len(s.Engineers) == 0 || len(s.Engineers) > peopleOf) {
		err = &form.Refusal{Field: at("engineers"), Text: fmt.Sprintf("name 1 to %d engineers", peopleOf)}
	}
	return s, err
}

// stepWords tells a step in words.
func stepWords(r *ui.Request, s escalation.Step, docs escalation.Documents) string {
	var parts []string
	people := fields.People(docs.Engineers)
	switch {
	case len(s.Engineers) > 0:
		for _, id := range s.Engineers {
			parts = append(parts, people.Called(id))
		}
	case s.Level > 0:
		parts = append(parts, rotaName(r, s.Rota, docs), r.T("page-level", s.Level))
	default:
		parts = append(parts, rotaName(r, s.Rota, docs), r.T("policies-every-level"))
	}
	if s.AtOnce {
		parts = append(parts, r.T("policies-at-once"))
	}
	if s.Ring > 0 {
		parts = append(parts, r.T("policies-rings", int(s.Ring/time.Second)))
	}
	return strings.Join(parts, ", ")
}

func rotaName(r *ui.Request, id rota.ID, docs escalation.Documents) string {
	switch i := slices.IndexFunc(docs.Schedules, func(one rota.Rota) bool { return one.ID == id }); {
	case id == "":
		return r.T("policies-serving-rota")
	case id == rota.Main:
		return r.T("rotas-main")
	case i >= 0:
		return docs.Schedules[i].Name
	}
	return string(id)
}

// attempt is one telephone in a plan, with whose it is.
func attempt(a oncall.Attempt) string { return a.Name + ": " + a.Phone }
