package ivr

import (
	"fmt"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/strictyaml"
)

// hours tells open from closed: in the calendar of the caller's contract, or in the owner's own. A caller without a
// contract has the owner's.
type hours struct {
	Do     string `yaml:"do"`
	Whose  string `yaml:"whose"` // contract or owner
	Open   string `yaml:"open"`
	Closed string `yaml:"closed"`
}

// Whose hours count.
const (
	ofContract = "contract"
	ofOwner    = "owner"
)

func (v *hours) exits() []exit {
	return []exit{{field: "open", to: v.Open}, {field: "closed", to: v.Closed}}
}
func (v *hours) prompts() []prompts.ID  { return nil }
func (v *hours) longest() time.Duration { return time.Second }
func (v *hours) waits() bool            { return false }

func (v *hours) check() []strictyaml.Complaint {
	if v.Whose == ofContract || v.Whose == ofOwner {
		return nil
	}
	return []strictyaml.Complaint{{Field: "whose", Problem: fmt.Sprintf("%q has no hours", v.Whose), Remedy: "write contract or owner"}}
}

func (v *hours) run(c *conversation) (string, error) {
	var contract directory.ContractID
	if v.Whose == ofContract {
		contract = c.id.Contract.ID
	}
	terms, err := c.cfg.Desk.Entitlement(contract)
	if err != nil {
		c.report("reading the hours", err)
		return v.Open, nil // in doubt somebody is there
	}
	if terms.Hours.Open(c.call.Now()) {
		return v.Open, nil
	}
	return v.Closed, nil
}
