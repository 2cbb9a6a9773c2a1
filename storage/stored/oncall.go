package stored

import (
	"time"

	"hotline/oncall"
)

// Engineer is somebody who can be called out.
type Engineer struct {
	ID       oncall.EngineerID `json:"id"`
	Name     string            `json:"name"`
	Phones   []string          `json:"phones"`
	Language string            `json:"language"`
	Spoken   string            `json:"spoken,omitempty"`
	Version  int               `json:"version"`
}

// OfEngineer is the stored form of an engineer.
func OfEngineer(e oncall.Engineer) Engineer { return Engineer(e) }

// Domain is the engineer.
func (e Engineer) Domain() oncall.Engineer { return oncall.Engineer(e) }

// PIN is the keyed hash of an engineer's PIN.
type PIN struct {
	Engineer oncall.EngineerID `json:"engineer"`
	Hash     string            `json:"hash"`
	At       time.Time         `json:"at"`
	Version  int               `json:"version"`
}

// OfPIN is the stored form of a PIN.
func OfPIN(p oncall.PIN) PIN { return PIN(p) }

// Domain is the PIN.
func (p PIN) Domain() oncall.PIN { return oncall.PIN(p) }

// Rota is the main rota.
type Rota struct {
	Zone      string     `json:"zone"`
	Shifts    []Shift    `json:"shifts"`
	Overrides []Override `json:"overrides"`
	Version   int        `json:"version"`
}

// Shift repeats every week. Weekdays begin with Sunday as 0; spans are nanoseconds.
type Shift struct {
	Engineer oncall.EngineerID `json:"engineer"`
	Level    int               `json:"level"`
	Order    int               `json:"order"`
	Day      time.Weekday      `json:"day"`
	From     time.Duration     `json:"from"`
	Length   time.Duration     `json:"length"`
}

// Override puts somebody on duty in the place of somebody else.
type Override struct {
	Engineer oncall.EngineerID `json:"engineer,omitempty"`
	Instead  oncall.EngineerID `json:"instead,omitempty"`
	Level    int               `json:"level"`
	From     time.Time         `json:"from"`
	Until    time.Time         `json:"until"`
	Reason   string            `json:"reason,omitempty"`
}

// OfRota is the stored form of the main rota.
func OfRota(r oncall.Rota) Rota {
	return Rota{Zone: r.Zone, Shifts: each(r.Shifts, ofShift), Overrides: each(r.Overrides, ofOverride), Version: r.Version}
}

// Domain is the rota.
func (r Rota) Domain() oncall.Rota {
	return oncall.Rota{Zone: r.Zone, Shifts: each(r.Shifts, Shift.domain), Overrides: each(r.Overrides, Override.domain), Version: r.Version}
}

func ofShift(s oncall.Shift) Shift { return Shift(s) }

func (s Shift) domain() oncall.Shift { return oncall.Shift(s) }

func ofOverride(o oncall.Override) Override { return Override(o) }

func (o Override) domain() oncall.Override { return oncall.Override(o) }

// Proofs are the telephones that an engineer has proven.
type Proofs struct {
	Engineer oncall.EngineerID `json:"engineer"`
	List     []Proof           `json:"proofs"`
	Version  int               `json:"version"`
}

// Proof is a telephone that was rung and answered by its engineer.
type Proof struct {
	Engineer oncall.EngineerID `json:"engineer"`
	Phone    string            `json:"phone"`
	At       time.Time         `json:"at"`
	Key      bool              `json:"key"`
	Sound    bool              `json:"sound"`
	How      string            `json:"how"`
}

// OfProofs is the stored form of what an engineer has proven.
func OfProofs(p oncall.Proofs) Proofs {
	return Proofs{Engineer: p.Engineer, List: each(p.List, func(one oncall.Proof) Proof { return Proof(one) }), Version: p.Version}
}

// Domain is what the engineer has proven.
func (p Proofs) Domain() oncall.Proofs {
	return oncall.Proofs{Engineer: p.Engineer, List: each(p.List, func(one Proof) oncall.Proof { return oncall.Proof(one) }), Version: p.Version}
}
