package escalation

import (
	"fmt"
	"slices"

	"hotline/oncall"
)

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

// Serving is the policy by which engineers are rung for a request: the one that is made most closely for it, or the default one.
func (f Facts) Serving(c Case) Policy { return f.policy(c) }
