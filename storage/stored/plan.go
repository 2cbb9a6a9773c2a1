package stored

import (
	"encoding/json"
	"fmt"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// FactPlan is the fact of a ticket's history line under which a plan stands.
const FactPlan = "plan"

// Plan is a plan as it is kept with its ticket: who was to be rung, in which order and why, by which policy and rotas. It is
// written once and read by staff and by a replay; what the rota says later does not change it.
type Plan struct {
	Rule     string        `json:"rule"`
	Policy   string        `json:"policy"`
	Version  int           `json:"policy_version"` // 0: of a house that has written none
	Rotas    []RotaVersion `json:"rotas,omitempty"`
	Rounds   int           `json:"rounds"`
	Need     int           `json:"need"`
	Rings    []PlanRing    `json:"rings"`
	Silent   []PlanSilent  `json:"silent,omitempty"`
	Gap      bool          `json:"gap,omitempty"`
	Language string        `json:"language,omitempty"` // of the request: rotas and policies are chosen by it
	Level    string        `json:"level,omitempty"`
}

// RotaVersion is a rota as it stood.
type RotaVersion struct {
	ID      rota.ID `json:"id"`
	Version int     `json:"version"`
}

// PlanRing is one telephone of a plan. Telephones of one step whose AtOnce is true ring together.
type PlanRing struct {
	Step     int               `json:"step"` // from 1 on; 0: an overflow telephone
	AtOnce   bool              `json:"at_once,omitempty"`
	Seconds  float64           `json:"ring_seconds"`
	Engineer oncall.EngineerID `json:"engineer"`
	Phone    string            `json:"phone"`
	Level    int               `json:"level,omitempty"`
	Why      string            `json:"why,omitempty"`
}

// PlanSilent is somebody who was not rung by choice; everybody where no engineer is named.
type PlanSilent struct {
	Engineer oncall.EngineerID `json:"engineer,omitempty"`
	Why      string            `json:"why"`
}

// OfPlan is the stored form of a plan.
func OfPlan(p escalation.Plan) Plan {
	s := Plan{
		Rule: p.Rule, Policy: p.Policy, Version: p.Version, Rotas: each(p.Rotas, func(v escalation.RotaVersion) RotaVersion { return RotaVersion(v) }),
		Rounds: p.Rounds, Need: p.Need, Rings: []PlanRing{}, Gap: p.Gap, Language: p.Language, Level: string(p.Level),
	}
	for i, g := range p.Steps {
		for _, a := range g.Attempts {
			s.Rings = append(s.Rings, PlanRing{i + 1, g.AtOnce, g.Ring.Seconds(), a.Engineer, a.Phone, a.Level, a.Why})
		}
	}
	for _, a := range p.OverflowAttempts("") {
		s.Rings = append(s.Rings, PlanRing{0, false, p.OverflowRing.Seconds(), a.Engineer, a.Phone, 0, a.Why})
	}
	for _, silent := range p.Silent {
		s.Silent = append(s.Silent, PlanSilent{silent.Engineer, silent.Choice.String()})
	}
	return s
}

// PlanFacts are the facts of the history line that keeps a plan.
func PlanFacts(p escalation.Plan) map[string]string {
	text, err := json.Marshal(OfPlan(p))
	if err != nil { // of texts and numbers it never is
		return nil
	}
	return map[string]string{FactPlan: string(text)}
}

// ReadPlan reads what PlanFacts has written.
func ReadPlan(facts map[string]string) (p Plan, err error) {
	if err := json.Unmarshal([]byte(facts[FactPlan]), &p); err != nil {
		return p, fmt.Errorf("reading the plan of a ticket: %w", err)
	}
	return p, nil
}

// By names the policy and the rotas that the plan was made of, with their versions.
func (p Plan) By() string {
	if p.Policy == "" {
		return ""
	}
	text := "policy " + p.Policy
	if p.Version > 0 {
		text += fmt.Sprintf(" (version %d)", p.Version)
	}
	for _, r := range p.Rotas {
		text += fmt.Sprintf(", rota %s (version %d)", r.ID, r.Version)
	}
	return text
}
