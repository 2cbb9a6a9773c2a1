package policies

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/web/nested"
	"hotline/web/room"
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

// groups are the fields of a policy, with so many steps.
func (w draft) groups(r *room.Request, p escalation.Policy, steps int) []nested.Group {
	silence := ""
	if p.Silence != nil {
		silence = p.Silence.Why
	}
	list := []nested.Group{
		{Fields: []nested.Field{{Name: "name", Label: r.T("page-name"), Value: p.Name, Kind: "text", Most: nameMost, Needed: true}}},
		nested.Serves(r, p.Serves, w.levels),
		{Title: r.T("policies-whole"), Fields: []nested.Field{
			{Name: "rounds", Label: r.T("policies-rounds"), Value: nested.Figure(p.Rounds), Kind: "number", Least: 1, Most: 10, Text: r.T("policies-rounds-text", escalation.Rounds)},
			{Name: "need", Label: r.T("policies-need"), Value: nested.Figure(p.Need), Kind: "number", Least: 1, Most: 5, Text: r.T("policies-need-text")},
			{Name: "overflow", Label: r.T("policies-overflow"), Value: strings.Join(p.Overflow, "\n"), Kind: "lines", Most: linesMost, Text: r.T("policies-overflow-text")},
			{Name: "silence", Label: r.T("policies-silence"), Value: silence, Kind: "text", Most: whyMost, Text: r.T("policies-silence-text")},
		}},
	}
	for i := range steps {
		what, s := stepNone, escalation.Step{SkipTalking: true}
		if i < len(p.Steps) {
			what, s = stepRota, p.Steps[i]
		}
		if len(s.Engineers) > 0 {
			what = stepPeople
		}
		list = append(list, w.step(r, i, what, s))
	}
	return list
}

// step are the fields of one step.
func (w draft) step(r *room.Request, i int, what string, s escalation.Step) nested.Group {
	at := func(name string) string { return fmt.Sprintf("step-%d-%s", i, name) }
	rotas := []nested.Option{{Value: "", Name: r.T("policies-serving-rota")}, {Value: string(rota.Main), Name: r.T("rotas-main")}}
	for _, one := range w.docs.Schedules {
		rotas = append(rotas, nested.Option{Value: string(one.ID), Name: one.Name})
	}
	if !slices.ContainsFunc(rotas, func(o nested.Option) bool { return o.Value == string(s.Rota) }) { // it was removed
		rotas = append(rotas, nested.Option{Value: string(s.Rota), Name: string(s.Rota)})
	}
	people := nested.People(w.docs.Engineers)
	var names []string
	for _, id := range s.Engineers {
		names = append(names, people.Name(id))
	}
	return nested.Group{Title: r.T("policies-step", i+1), Fields: []nested.Field{
		{Name: at("what"), Label: r.T("policies-what"), Value: what, Kind: "choice", Options: []nested.Option{{Value: stepNone, Name: r.T("policies-no-step")}, {Value: stepRota, Name: r.T("policies-on-call")}, {Value: stepPeople, Name: r.T("policies-by-name")}}},
		{Name: at("place"), Label: r.T("keeping-order"), Value: strconv.Itoa(i + 1), Kind: "number", Least: 1, Most: stepsMost},
		{Name: at("rota"), Label: r.T("policies-rota"), Value: string(s.Rota), Kind: "choice", Options: rotas},
		{Name: at("level"), Label: r.T("keeping-level"), Value: nested.Figure(s.Level), Kind: "number", Least: 1, Most: 100, Text: r.T("policies-level-text")},
		{Name: at("engineers"), Label: r.T("keeping-engineers"), Value: strings.Join(names, "\n"), Kind: "lines", Most: linesMost, Text: r.T("policies-engineers-text")},
		{Name: at("ring"), Label: r.T("policies-ring"), Value: nested.Figure(int(s.Ring / time.Second)), Kind: "number", Least: ringLeast, Most: ringMost},
		{Name: at("at-once"), Label: r.T("policies-at-once"), Value: nested.Tick(s.AtOnce), Kind: "tick"},
		{Name: at("skip"), Label: r.T("policies-skip"), Value: nested.Tick(s.SkipTalking), Kind: "tick"},
	}}
}

// said is the policy as the form says it, checked, or an *entry.Refusal.
func (h House) said(r *room.Request, w draft) (escalation.Policy, error) {
	made := escalation.Policy{ID: w.stands.ID, Version: w.stands.Version}
	values, err := nested.Values(w.form.Groups)
	if err != nil {
		return made, err
	}
	if made.ID == "" {
		if made.ID, err = nested.IDOf(r); err != nil {
			return made, err
		}
	}
	made.Name, made.Serves, made.Overflow = values["name"], nested.ReadServes(values, w.stands.Serves, w.levels), nested.Lines(values["overflow"])
	if made.Rounds, err = nested.Number(values, "rounds"); err == nil {
		made.Need, err = nested.Number(values, "need")
	}
	if err != nil {
		return made, err
	}
	if why := values["silence"]; why != "" {
		made.Silence = &escalation.Silence{By: r.Actor(), Why: why, At: r.Now}
		if w.stands.Silence != nil && w.stands.Silence.Why == why { // the choice stays who made it
			made.Silence = w.stands.Silence
		}
	}
	type placed struct {
		place int
		step  escalation.Step
	}
	var steps []placed
	for i := range len(w.form.Groups) - 4 { // all but the name, whom it serves, the whole and the question
		s, place, there, err := saidStep(values, i, nested.People(w.docs.Engineers))
		if err != nil {
			return made, err
		}
		if there {
			steps = append(steps, placed{place, s})
		}
	}
	slices.SortStableFunc(steps, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	for _, one := range steps {
		made.Steps = append(made.Steps, one.step)
	}
	return made, h.sound(w, &made)
}

func saidStep(values map[string]string, i int, people nested.People) (s escalation.Step, place int, there bool, err error) {
	at := func(name string) string { return fmt.Sprintf("step-%d-%s", i, name) }
	s = escalation.Step{AtOnce: values[at("at-once")] != "", SkipTalking: values[at("skip")] != ""}
	if values[at("what")] == stepNone {
		return s, 0, false, nil
	}
	place, err = nested.Number(values, at("place"))
	seconds := 0
	if err == nil {
		seconds, err = nested.Number(values, at("ring"))
		s.Ring = time.Duration(seconds) * time.Second
	}
	if err == nil && seconds != 0 && (seconds < ringLeast || seconds > ringMost) {
		err = &entry.Refusal{Field: at("ring"), Text: fmt.Sprintf("a telephone rings for %d to %d seconds", ringLeast, ringMost)}
	}
	if err != nil {
		return s, 0, false, err
	}
	if values[at("what")] == stepRota {
		s.Rota = rota.ID(values[at("rota")])
		s.Level, err = nested.Number(values, at("level"))
		return s, place, true, err
	}
	if s.Engineers, err = people.Engineers(at("engineers"), values[at("engineers")]); err == nil && (len(s.Engineers) == 0 || len(s.Engineers) > peopleOf) {
		err = &entry.Refusal{Field: at("engineers"), Text: fmt.Sprintf("name 1 to %d engineers", peopleOf)}
	}
	return s, place, true, err
}

// stepWords tells a step in words.
func stepWords(r *room.Request, s escalation.Step, docs escalation.Documents) string {
	var parts []string
	people := nested.People(docs.Engineers)
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

func rotaName(r *room.Request, id rota.ID, docs escalation.Documents) string {
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
