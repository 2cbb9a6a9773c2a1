package stored

import (
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
)

// Policy is an escalation policy.
type Policy struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Serves   Serves   `json:"serves"`
	Steps    []Step   `json:"steps"`
	Rounds   int      `json:"rounds,omitempty"`
	Need     int      `json:"need,omitempty"`
	Overflow []string `json:"overflow,omitempty"`
	Silence  *Silence `json:"silence,omitempty"`
	Version  int      `json:"version"`
}

// Step is one part of the chain.
type Step struct {
	Rota        rota.ID             `json:"rota,omitempty"`
	Level       int                 `json:"level,omitempty"`
	Engineers   []oncall.EngineerID `json:"engineers,omitempty"`
	AtOnce      bool                `json:"at_once,omitempty"`
	Ring        time.Duration       `json:"ring,omitempty"`
	SkipTalking bool                `json:"skip_talking,omitempty"`
}

// Silence is the choice that nobody is rung.
type Silence struct {
	By  string    `json:"by"`
	Why string    `json:"why"`
	At  time.Time `json:"at"`
}

// OfPolicy is the stored form of a policy.
func OfPolicy(p escalation.Policy) Policy {
	return Policy{
		ID: p.ID, Name: p.Name, Serves: Serves(p.Serves), Steps: each(p.Steps, func(s escalation.Step) Step { return Step(s) }),
		Rounds: p.Rounds, Need: p.Need, Overflow: p.Overflow, Silence: (*Silence)(p.Silence), Version: p.Version,
	}
}

// Domain is the policy.
func (p Policy) Domain() escalation.Policy {
	return escalation.Policy{
		ID: p.ID, Name: p.Name, Serves: rota.Serves(p.Serves), Steps: each(p.Steps, func(s Step) escalation.Step { return escalation.Step(s) }),
		Rounds: p.Rounds, Need: p.Need, Overflow: p.Overflow, Silence: (*escalation.Silence)(p.Silence), Version: p.Version,
	}
}

// Contact is how one engineer is rung.
type Contact struct {
	Engineer oncall.EngineerID `json:"engineer"`
	Zone     string            `json:"zone"`
	Rules    []Rule            `json:"rules,omitempty"`
	Silence  *Silence          `json:"silence,omitempty"`
	Test     *Appointment      `json:"test_call,omitempty"`
	Version  int               `json:"version"`
}

// Appointment is a test call of every week. Weekdays begin with Sunday as 0; the time of day is in nanoseconds.
type Appointment struct {
	Day time.Weekday  `json:"day"`
	At  time.Duration `json:"at"`
}

// Rule is one telephone of an engineer and when it is rung.
type Rule struct {
	Phone      string         `json:"phone"`
	Hours      []Interval     `json:"hours,omitempty"`
	Categories []sla.Category `json:"categories,omitempty"`
}

// OfContact is the stored form of a contact.
func OfContact(c escalation.Contact) Contact {
	return Contact{
		Engineer: c.Engineer, Zone: c.Zone, Silence: (*Silence)(c.Silence), Test: (*Appointment)(c.Test), Version: c.Version,
		Rules: each(c.Rules, func(r escalation.Rule) Rule {
			return Rule{Phone: r.Phone, Hours: ofIntervals(r.Hours), Categories: r.Categories}
		}),
	}
}

// Domain is the contact.
func (c Contact) Domain() escalation.Contact {
	return escalation.Contact{
		Engineer: c.Engineer, Zone: c.Zone, Silence: (*escalation.Silence)(c.Silence), Test: (*escalation.Appointment)(c.Test), Version: c.Version,
		Rules: each(c.Rules, func(r Rule) escalation.Rule {
			return escalation.Rule{Phone: r.Phone, Hours: intervals(r.Hours), Categories: r.Categories}
		}),
	}
}

// Documents are all documents that plans are made of, as the disk keeps them for the time in which the store is down.
type Documents struct {
	Rota      Rota
	Engineers []Engineer
	Schedules []Schedule
	Absences  []Absences
	Policies  []Policy
	Contacts  []Contact
	Proofs    []Proofs
	Calendars []Calendar
}

// OfDocuments is the stored form of the documents.
func OfDocuments(d escalation.Documents) Documents {
	return Documents{
		Rota: OfRota(d.Rota), Engineers: each(d.Engineers, OfEngineer), Schedules: each(d.Schedules, OfSchedule), Absences: each(d.Absences, OfAbsences),
		Policies: each(d.Policies, OfPolicy), Contacts: each(d.Contacts, OfContact), Proofs: each(d.Proofs, OfProofs), Calendars: each(d.Calendars, OfCalendar),
	}
}

// Domain is the documents.
func (d Documents) Domain() escalation.Documents {
	return escalation.Documents{
		Rota: d.Rota.Domain(), Engineers: each(d.Engineers, Engineer.Domain), Schedules: each(d.Schedules, Schedule.Domain), Absences: each(d.Absences, Absences.Domain),
		Policies: each(d.Policies, Policy.Domain), Contacts: each(d.Contacts, Contact.Domain), Proofs: each(d.Proofs, Proofs.Domain), Calendars: each(d.Calendars, Calendar.Domain),
	}
}
