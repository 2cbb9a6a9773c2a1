package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// SchedulesStore is what the suite of rotas, absences, policies, contacts and proofs needs.
type SchedulesStore interface {
	oncall.Store
	escalation.Store
	Calendars(ctx context.Context) ([]sla.Calendar, error)
	PutCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error)
}

// Schedules runs the suite of escalation.Store; open gives a new and empty store each time.
func Schedules(t *testing.T, open func(t *testing.T) SchedulesStore) {
	run(t, open, map[string]func(*testing.T, SchedulesStore){
		"every document comes back as it was written": schedulesReturn,
		"every document has a version, never twice":   func(t *testing.T, s SchedulesStore) { versioned(t, schedules(t, s)) },
		"of many who write one version one does":      func(t *testing.T, s SchedulesStore) { oneWins(t, schedules(t, s)) },
		"no rota names one who is removed":            schedulesAgainstEngineer,
		"no policy names what is removed":             policiesAgainstRemoval,
		"no two serve the same":                       nobodyServesTheSame,
		"what is kept of an engineer ends with them":  nothingOutlivesEngineer,
	})
}

// schedules are the documents of escalation.Store, and the engineer whose they are.
func schedules(t *testing.T, s SchedulesStore) map[string]document {
	_, err := s.PutEngineer(t.Context(), oncall.Engineer{ID: "x"})
	check.Must(t, err)
	return map[string]document{
		"rota": {
			put: func(ctx context.Context, v int) (int, error) {
				r, err := s.PutSchedule(ctx, rota.Rota{ID: "x", Version: v})
				return r.Version, err
			},
			read:   func(ctx context.Context) (int, error) { r, err := s.Schedule(ctx, "x"); return r.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteSchedule(ctx, "x", v) },
		},
		"absences": {
			put: func(ctx context.Context, v int) (int, error) {
				a, err := s.PutAbsences(ctx, rota.Absences{Engineer: "x", Version: v})
				return a.Version, err
			},
			read: func(ctx context.Context) (int, error) { a, err := s.AbsencesOf(ctx, "x"); return a.Version, err },
		},
		"policy": {
			put: func(ctx context.Context, v int) (int, error) {
				p, err := s.PutPolicy(ctx, escalation.Policy{ID: "x", Version: v})
				return p.Version, err
			},
			read:   func(ctx context.Context) (int, error) { p, err := s.Policy(ctx, "x"); return p.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeletePolicy(ctx, "x", v) },
		},
		"contact": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutContact(ctx, escalation.Contact{Engineer: "x", Version: v})
				return c.Version, err
			},
			read:   func(ctx context.Context) (int, error) { c, err := s.Contact(ctx, "x"); return c.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteContact(ctx, "x", v) },
		},
		"proofs": {
			put: func(ctx context.Context, v int) (int, error) {
				p, err := s.PutProofs(ctx, oncall.Proofs{Engineer: "x", Version: v})
				return p.Version, err
			},
			read: func(ctx context.Context) (int, error) { p, err := s.ProofsOf(ctx, "x"); return p.Version, err },
		},
	}
}

func schedulesReturn(t *testing.T, s SchedulesStore) {
	ctx := t.Context()
	_, err := s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	r := rota.Rota{
		ID: "night", Name: "Night", Zone: "Europe/Rome", Serves: rota.Serves{Contracts: []string{"rossi"}, Categories: []sla.Category{sla.Blocking}},
		Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Length: time.Hour}},
		Layers: []rota.Layer{{
			Name: "a", Level: 1, Rotation: rota.Custom, Start: "2026-01-05T09:00", Turns: []rota.Turn{{Engineer: "anna", Length: time.Hour}, {Length: time.Hour}},
			Hours: []sla.Interval{{Day: 1, From: time.Hour, Until: 2 * time.Hour}}, Follow: rota.Follow{Calendar: "office", Closed: true},
		}},
		Overrides: []oncall.Override{{Engineer: "anna", Level: 1, From: monday, Until: monday.Add(time.Hour), Reason: "ill"}},
		Swaps:     []rota.Swap{{Engineer: "anna", With: "anna", From: monday, Until: monday.Add(time.Hour), BackFrom: monday, BackUntil: monday}},
	}
	stands, err := s.PutSchedule(ctx, r)
	check.Must(t, err)
	r.Version = 1
	check.Equal(t, "rota as written", stands, r)
	rotas, err := s.Schedules(ctx)
	check.Must(t, err)
	check.Equal(t, "rotas", rotas, []rota.Rota{r})
	main, err := s.Rota(ctx)
	check.Must(t, err)
	check.Equal(t, "the main rota", main.Version, 0)

	choice := &escalation.Silence{By: "carla", Why: "on leave", At: monday}
	a := rota.Absences{Engineer: "anna", List: []rota.Absence{{Engineer: "anna", From: monday, Until: monday.Add(time.Hour), Note: "Elba", UID: "1"}}}
	_, err = s.PutAbsences(ctx, a)
	check.Must(t, err)
	p := escalation.Policy{ID: "p", Name: "P", Steps: []escalation.Step{{Level: 1, AtOnce: true, Ring: time.Second, Engineers: []oncall.EngineerID{"anna"}}}, Need: 2, Overflow: []string{"06"}, Silence: choice}
	_, err = s.PutPolicy(ctx, p)
	check.Must(t, err)
	c := escalation.Contact{Engineer: "anna", Zone: "Europe/Rome", Rules: []escalation.Rule{{Phone: "06", Categories: []sla.Category{sla.Blocking}}}, Silence: choice, Test: &escalation.Appointment{Day: time.Monday, At: 10 * time.Hour}}
	_, err = s.PutContact(ctx, c)
	check.Must(t, err)
	f := oncall.Proofs{Engineer: "anna", List: []oncall.Proof{{Engineer: "anna", Phone: "06", At: monday, Key: true, Sound: true, How: "test call"}}}
	_, err = s.PutProofs(ctx, f)
	check.Must(t, err)
	a.Version, p.Version, c.Version, f.Version = 1, 1, 1, 1
	allAbsences, err := s.Absences(ctx)
	check.Must(t, err)
	check.Equal(t, "absences", allAbsences, []rota.Absences{a})
	allPolicies, err := s.Policies(ctx)
	check.Must(t, err)
	check.Equal(t, "policies", allPolicies, []escalation.Policy{p})
	allContacts, err := s.Contacts(ctx)
	check.Must(t, err)
	check.Equal(t, "contacts", allContacts, []escalation.Contact{c})
	allProofs, err := s.Proofs(ctx)
	check.Must(t, err)
	check.Equal(t, "proofs", allProofs, []oncall.Proofs{f})

	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "Bruno", Name: "Bruno"})
	check.Must(t, err)
	_, err = s.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: []oncall.Shift{{Engineer: "Bruno", Level: 1, Length: time.Hour}}})
	check.Must(t, err)
	_, err = s.PutCalendar(ctx, sla.DefaultCalendars()[0])
	check.Must(t, err)
	oneByOne, err := escalation.Read(ctx, struct{ escalation.Source }{s})
	check.Must(t, err)
	whole, err := escalation.Read(ctx, s)
	check.Must(t, err)
	if !reflect.DeepEqual(whole, oneByOne) || len(whole.Engineers) != 2 || whole.Rota.Version != 1 {
		t.Errorf("read at once they are\n%+v, and one by one\n%+v", whole, oneByOne)
	}
	check.Error(t, "an engineer whom a rota names", s.DeleteEngineer(ctx, "anna", 0), oncall.ErrOnRota)
	_, err = s.PutSchedule(ctx, rota.Rota{ID: "day", Layers: []rota.Layer{{Turns: []rota.Turn{{Engineer: "zoe"}}}}})
	check.Error(t, "nobody in a layer", err, oncall.ErrUnknownEngineer)
	check.Must(t, s.DeleteSchedule(ctx, "night", 1))
	check.Error(t, "an engineer whom a policy names", s.DeleteEngineer(ctx, "anna", 0), oncall.ErrOnRota)
	check.Must(t, s.DeletePolicy(ctx, "p", 0))
	check.Must(t, s.DeleteEngineer(ctx, "anna", 0))
	_, err = s.Schedule(ctx, "night")
	check.Error(t, "a rota that is gone", err, storage.ErrNotFound)
}

// schedulesAgainstEngineer removes engineers while a rota takes them on: one of both succeeds, never both.
func schedulesAgainstEngineer(t *testing.T, s SchedulesStore) {
	ctx := t.Context()
	for round := range 10 {
		id := oncall.EngineerID(fmt.Sprint("e", round))
		_, err := s.PutEngineer(ctx, oncall.Engineer{ID: id})
		check.Must(t, err)
		done, failed := atOnce(2, func(i int) error {
			if i == 0 {
				return s.DeleteEngineer(ctx, id, 0)
			}
			_, err := s.PutSchedule(ctx, rota.Rota{ID: rota.ID(id), Layers: []rota.Layer{{Turns: []rota.Turn{{Engineer: id}}}}, Serves: rota.Serves{Contracts: []string{string(id)}}})
			return err
		})
		if done != 1 || !errors.Is(failed[0], oncall.ErrOnRota) && !errors.Is(failed[0], oncall.ErrUnknownEngineer) {
			t.Errorf("%d succeeded, %v", done, failed)
		}
	}
}

// policiesAgainstRemoval removes engineers and rotas while a policy comes to name them: one of both succeeds, never both.
func policiesAgainstRemoval(t *testing.T, s SchedulesStore) {
	ctx := t.Context()
	for round := range 10 {
		name := fmt.Sprint("e", round)
		_, err := s.PutEngineer(ctx, oncall.Engineer{ID: oncall.EngineerID(name)})
		check.Must(t, err)
		_, err = s.PutSchedule(ctx, rota.Rota{ID: rota.ID(name), Serves: rota.Serves{Contracts: []string{name}}})
		check.Must(t, err)
		for what, one := range map[string]struct {
			step   escalation.Step
			remove func() error
			named  error
		}{
			"engineer": {escalation.Step{Engineers: []oncall.EngineerID{oncall.EngineerID(name)}}, func() error { return s.DeleteEngineer(ctx, oncall.EngineerID(name), 0) }, oncall.ErrOnRota},
			"rota":     {escalation.Step{Rota: rota.ID(name)}, func() error { return s.DeleteSchedule(ctx, rota.ID(name), 0) }, escalation.ErrNamed},
		} {
			done, failed := atOnce(2, func(i int) error {
				if i == 0 {
					return one.remove()
				}
				_, err := s.PutPolicy(ctx, escalation.Policy{ID: what + name, Steps: []escalation.Step{one.step}, Serves: rota.Serves{Contracts: []string{what + name}}})
				return err
			})
			if done != 1 || !errors.Is(failed[0], one.named) && !errors.Is(failed[0], escalation.ErrPolicy) {
				t.Errorf("%s: %d succeeded, %v", what, done, failed)
			}
		}
	}
}

// nobodyServesTheSame writes several rotas, and several policies, for the same requests at once: one of them stands.
func nobodyServesTheSame(t *testing.T, s SchedulesStore) {
	ctx, serves := t.Context(), rota.Serves{Products: []string{"pump"}}
	done, failed := atOnce(6, func(i int) error {
		_, err := s.PutSchedule(ctx, rota.Rota{ID: rota.ID(fmt.Sprint("r", i)), Serves: serves})
		return err
	})
	if done != 1 || !errors.Is(failed[0], rota.ErrRota) {
		t.Errorf("%d rotas serve the same, %v", done, failed)
	}
	done, failed = atOnce(6, func(i int) error {
		_, err := s.PutPolicy(ctx, escalation.Policy{ID: fmt.Sprint("p", i), Serves: serves})
		return err
	})
	if done != 1 || !errors.Is(failed[0], escalation.ErrPolicy) {
		t.Errorf("%d policies serve the same, %v", done, failed)
	}
}

// nothingOutlivesEngineer gives the name of an engineer who was removed to another one, who is neither away nor silent for that.
func nothingOutlivesEngineer(t *testing.T, s SchedulesStore) {
	ctx := t.Context()
	write := func() (failed []error) {
		_, err := s.PutAbsences(ctx, rota.Absences{Engineer: "anna", List: []rota.Absence{{Engineer: "anna", From: monday, Until: monday.Add(time.Hour)}}})
		failed = append(failed, err)
		_, err = s.PutContact(ctx, escalation.Contact{Engineer: "anna", Zone: "UTC", Silence: &escalation.Silence{By: "anna", Why: "on leave"}})
		failed = append(failed, err)
		_, err = s.PutProofs(ctx, oncall.Proofs{Engineer: "anna", List: []oncall.Proof{{Engineer: "anna", Phone: "06", At: monday}}})
		return append(failed, err)
	}
	for _, err := range write() {
		check.Error(t, "a document of nobody", err, storage.ErrNotFound)
	}
	_, err := s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	check.Must(t, errors.Join(write()...))
	check.Must(t, s.DeleteEngineer(ctx, "anna", 0))
	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	_, err = s.AbsencesOf(ctx, "anna")
	check.Error(t, "the absences of the former one", err, storage.ErrNotFound)
	_, err = s.Contact(ctx, "anna")
	check.Error(t, "the contact of the former one", err, storage.ErrNotFound)
	_, err = s.ProofsOf(ctx, "anna")
	check.Error(t, "the proofs of the former one", err, storage.ErrNotFound)
	check.Must(t, errors.Join(write()...))
}
