package escalation

import (
	"context"
	"errors"
	"fmt"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
)

// Store keeps the documents of on-call work beside engineers and the main rota (oncall.Store), with the rule of versions of
// all documents: 0 makes a new one, else it must equal what stands there. What is checked over several documents is checked in the
// transaction that writes one of them: whom a rota or a policy names, and that no two serve the same (oncall.ErrUnknownEngineer,
// oncall.ErrOnRota, rota.ErrRota, ErrPolicy, ErrNamed). Absences, contact and proofs need their engineer (storage.ErrNotFound), and
// end with the engineer. Safe for concurrent use.
type Store interface {
	Schedule(ctx context.Context, id rota.ID) (rota.Rota, error)
	Schedules(ctx context.Context) ([]rota.Rota, error) // beside the main rota, by id
	PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error)
	DeleteSchedule(ctx context.Context, id rota.ID, version int) error // 0: whichever stands

	AbsencesOf(ctx context.Context, id oncall.EngineerID) (rota.Absences, error)
	Absences(ctx context.Context) ([]rota.Absences, error) // by engineer
	PutAbsences(ctx context.Context, a rota.Absences) (rota.Absences, error)

	Policy(ctx context.Context, id string) (Policy, error)
	Policies(ctx context.Context) ([]Policy, error) // by id
	PutPolicy(ctx context.Context, p Policy) (Policy, error)
	DeletePolicy(ctx context.Context, id string, version int) error

	Contact(ctx context.Context, id oncall.EngineerID) (Contact, error)
	Contacts(ctx context.Context) ([]Contact, error) // by engineer
	PutContact(ctx context.Context, c Contact) (Contact, error)
	DeleteContact(ctx context.Context, id oncall.EngineerID, version int) error

	ProofsOf(ctx context.Context, id oncall.EngineerID) (oncall.Proofs, error)
	Proofs(ctx context.Context) ([]oncall.Proofs, error) // by engineer
	PutProofs(ctx context.Context, p oncall.Proofs) (oncall.Proofs, error)
}

// Documents are all documents that plans are made of. They can be kept on the disk for the time in which the store is down.
type Documents struct {
	Rota      oncall.Rota // the main one
	Engineers []oncall.Engineer
	Schedules []rota.Rota
	Absences  []rota.Absences
	Policies  []Policy
	Contacts  []Contact
	Proofs    []oncall.Proofs
	Calendars []sla.Calendar
}

// Source is where the documents stand.
type Source interface {
	Rota(ctx context.Context) (oncall.Rota, error)
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
	Schedules(ctx context.Context) ([]rota.Rota, error)
	Absences(ctx context.Context) ([]rota.Absences, error)
	Policies(ctx context.Context) ([]Policy, error)
	Contacts(ctx context.Context) ([]Contact, error)
	Proofs(ctx context.Context) ([]oncall.Proofs, error)
	Calendars(ctx context.Context) ([]sla.Calendar, error)
}

// Whole is a source that gives all documents as they stood at one moment, with one question.
type Whole interface {
	OnCall(ctx context.Context) (Documents, error)
}

// Read reads all documents.
func Read(ctx context.Context, s Source) (d Documents, err error) {
	if whole, ok := s.(Whole); ok {
		return whole.OnCall(ctx)
	}
	for _, part := range []struct {
		what string
		read func() error
	}{
		{"the rota", func() (err error) { d.Rota, err = s.Rota(ctx); return err }},
		{"engineers", func() (err error) { d.Engineers, err = s.Engineers(ctx); return err }},
		{"rotas", func() (err error) { d.Schedules, err = s.Schedules(ctx); return err }},
		{"absences", func() (err error) { d.Absences, err = s.Absences(ctx); return err }},
		{"escalation policies", func() (err error) { d.Policies, err = s.Policies(ctx); return err }},
		{"contacts", func() (err error) { d.Contacts, err = s.Contacts(ctx); return err }},
		{"proofs", func() (err error) { d.Proofs, err = s.Proofs(ctx); return err }},
		{"calendars", func() (err error) { d.Calendars, err = s.Calendars(ctx); return err }},
	} {
		if err := part.read(); err != nil {
			return d, fmt.Errorf("reading %s: %w", part.what, err)
		}
	}
	return d, nil
}

// Facts makes the documents ready. A rota that cannot be worked out, because its calendar is gone, does not stop the others: it
// is left out of the facts, broken names it, and the others serve its requests.
func (d Documents) Facts() (f Facts, broken error) {
	f = Facts{Engineers: d.Engineers, Policies: d.Policies, Contacts: d.Contacts}
	known := d.Known()
	for _, p := range d.Proofs {
		f.Proofs = append(f.Proofs, p.List...)
	}
	rotas := d.Schedules
	if d.Rota.Zone != "" { // else none was ever written
		rotas = append([]rota.Rota{rota.Of(d.Rota)}, rotas...)
	}
	var broke []error
	for _, one := range rotas {
		ready, err := one.Ready(known)
		if err != nil {
			broke = append(broke, err)
			continue
		}
		f.Rotas = append(f.Rotas, ready)
	}
	return f, errors.Join(broke...)
}

// Known are the calendars and absences with which rotas are worked out. A calendar that cannot be read is left out.
func (d Documents) Known() rota.Facts {
	known := rota.Facts{Calendars: map[sla.CalendarID]*sla.Hours{}}
	for _, c := range d.Calendars {
		if h, err := c.Hours(); err == nil {
			known.Calendars[c.ID] = h
		}
	}
	for _, a := range d.Absences {
		known.Absences = append(known.Absences, a.List...)
	}
	return known
}
