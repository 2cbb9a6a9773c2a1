package escalation

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/validation"
)

// ErrNamed is a rota that an escalation policy names.
var ErrNamed = errors.New("an escalation policy names this rota; change the policy first")

// Naming lists the policies that have such a step. What they name is not removed: a step that rings nobody would be found at night, by a
// customer.
func Naming(list []Policy, such func(Step) bool) (found []Policy) {
	for _, p := range list {
		if slices.ContainsFunc(p.Steps, such) {
			found = append(found, p)
		}
	}
	return found
}

// Names tells whether a step rings an engineer by name.
func (s Step) Names(id oncall.EngineerID) bool { return slices.Contains(s.Engineers, id) }

// CheckServes refuses a policy beside others where nothing says which of two goes first for some request.
func (p Policy) CheckServes(others []Policy) error {
	for _, o := range others {
		if o.ID != p.ID && o.Serves.Overlap(p.Serves) {
			return refused("serves", fmt.Errorf("policy %s serves some of the same requests, and nothing says which goes first", o.ID))
		}
	}
	return nil
}

// known refuses a step that names an engineer or a rota that does not exist.
func (s Step) known(engineers []oncall.Engineer, rotas []rota.Rota) error {
	for _, id := range s.Engineers {
		if !slices.ContainsFunc(engineers, func(e oncall.Engineer) bool { return e.ID == id }) {
			return validation.Field("engineers", fmt.Errorf("engineer %q is unknown", id))
		}
	}
	if s.Rota != "" && s.Rota != rota.Main && !slices.ContainsFunc(rotas, func(r rota.Rota) bool { return r.ID == s.Rota }) {
		return validation.Field("rota", fmt.Errorf("rota %q is unknown", s.Rota))
	}
	return nil
}

// Beside refuses a policy that does not go with the documents that stand at the moment of the write: it names somebody, or a rota, that
// was removed, or it comes to serve what another one serves. Stores ask it in the transaction of the write.
func (p Policy) Beside(d Documents) error {
	for i, s := range p.Steps {
		if err := s.known(d.Engineers, d.Schedules); err != nil {
			return refused(fmt.Sprintf("steps[%d]", i), fmt.Errorf("step %d: %w", i+1, err))
		}
	}
	if slices.ContainsFunc(d.Policies, func(o Policy) bool { return o.ID == p.ID && reflect.DeepEqual(o.Serves, p.Serves) }) {
		return nil // an overlap of before must not stand in the way of another edit
	}
	return p.CheckServes(d.Policies)
}

// NamesRota tells which policy names a rota: an error that wraps ErrNamed, or nil.
func NamesRota(list []Policy, id rota.ID) error {
	if named := Naming(list, func(s Step) bool { return s.Rota == id }); len(named) > 0 {
		return fmt.Errorf("escalation policy %s names rota %s: %w", named[0].ID, id, ErrNamed)
	}
	return nil
}

// NamesEngineer tells which policy names an engineer: an error that wraps oncall.ErrOnRota, or nil.
func NamesEngineer(list []Policy, id oncall.EngineerID) error {
	if named := Naming(list, func(s Step) bool { return s.Names(id) }); len(named) > 0 {
		return fmt.Errorf("escalation policy %s names engineer %s: %w", named[0].ID, id, oncall.ErrOnRota)
	}
	return nil
}

// Serving is the policy by which engineers are rung for a request: the one that is made most closely for it, or the default one.
func (f Facts) Serving(c Case) Policy { return f.policy(c) }
