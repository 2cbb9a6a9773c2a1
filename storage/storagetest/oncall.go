package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// StaffStore is oncall.Store with the tickets that engineers have in hand.
type StaffStore interface {
	oncall.Store
	tickets.Store
}

// Oncall runs the suite of oncall.Store; open gives a new and empty store each time.
func Oncall(t *testing.T, open func(t *testing.T) StaffStore) {
	run(t, open, map[string]func(*testing.T, StaffStore){
		"engineers and the rota":                        mainRota,
		"every engineer has a version, never twice":     func(t *testing.T, s StaffStore) { versioned(t, engineers(s)) },
		"of many who write one version one does":        func(t *testing.T, s StaffStore) { oneWins(t, engineers(s)) },
		"a rota never names one who is removed":         rotaAgainstEngineer,
		"a ticket is never given to one who is removed": ticketAgainstEngineer,
		"a PIN is an engineer's and ends with him":      engineersPIN,
	})
}

// engineers are the documents of oncall.Store, but for the one rota.
func engineers(s oncall.Store) map[string]document {
	return map[string]document{
		"engineer": {
			put: func(ctx context.Context, v int) (int, error) {
				e, err := s.PutEngineer(ctx, oncall.Engineer{ID: "x", Version: v})
				return e.Version, err
			},
			read:   func(ctx context.Context) (int, error) { e, err := s.Engineer(ctx, "x"); return e.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteEngineer(ctx, "x", v) },
		},
	}
}

// engineersPIN gives, renews and ends the PIN of an engineer.
func engineersPIN(t *testing.T, s StaffStore) {
	ctx := t.Context()
	_, err := s.PutEngineerPIN(ctx, oncall.PIN{Engineer: "anna", Hash: "1"})
	check.Error(t, "a PIN of nobody", err, storage.ErrNotFound)
	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	_, err = s.EngineerPIN(ctx, "anna")
	check.Error(t, "a PIN that was never given", err, storage.ErrNotFound)
	first, err := s.PutEngineerPIN(ctx, oncall.PIN{Engineer: "anna", Hash: "1", At: monday})
	check.Must(t, err)
	check.Equal(t, "PIN as written", first, oncall.PIN{Engineer: "anna", Hash: "1", At: monday, Version: 1})
	_, err = s.PutEngineerPIN(ctx, oncall.PIN{Engineer: "anna", Hash: "2"})
	check.Error(t, "a second first PIN", err, storage.ErrExists)
	second := first
	second.Hash = "2"
	second, err = s.PutEngineerPIN(ctx, second)
	check.Must(t, err)
	_, err = s.PutEngineerPIN(ctx, first)
	check.Error(t, "a PIN that was renewed meanwhile", err, storage.ErrConflict)
	read, err := s.EngineerPIN(ctx, "anna")
	check.Must(t, err)
	check.Equal(t, "PIN as renewed", read, second)
	list, err := s.EngineerPINs(ctx)
	check.Must(t, err)
	check.Equal(t, "PINs", list, []oncall.PIN{second})
	check.Must(t, s.EndEngineerPIN(ctx, "anna"))
	check.Error(t, "a PIN that has ended", s.EndEngineerPIN(ctx, "anna"), storage.ErrNotFound)
	_, err = s.PutEngineerPIN(ctx, oncall.PIN{Engineer: "anna", Hash: "3"})
	check.Must(t, err)
	check.Must(t, s.DeleteEngineer(ctx, "anna", 0))
	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	_, err = s.EngineerPIN(ctx, "anna")
	check.Error(t, "the PIN of one who was removed and comes back", err, storage.ErrNotFound)
}

func mainRota(t *testing.T, s StaffStore) {
	ctx := t.Context()
	anna := oncall.Engineer{ID: "anna", Name: "Anna", Phones: []string{"sip:a@example.org", "0612"}, Language: "it"}
	anna, err := s.PutEngineer(ctx, anna)
	check.Must(t, err)
	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "marco"})
	check.Must(t, err)
	check.Must(t, s.DeleteEngineer(ctx, "marco", 0))
	check.Error(t, "an engineer who is gone", s.DeleteEngineer(ctx, "marco", 0), storage.ErrNotFound)
	list, err := s.Engineers(ctx)
	check.Must(t, err)
	check.Equal(t, "engineers", list, []oncall.Engineer{anna})
	empty, err := s.Rota(ctx)
	check.Must(t, err)
	check.Equal(t, "the first rota", empty.Version, 0)
	r := oncall.Rota{
		Zone: "Europe/Rome", Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Length: time.Hour}},
		Overrides: []oncall.Override{{Engineer: "anna", Level: 1, From: monday, Until: monday.Add(time.Hour), Reason: "ill"}},
	}
	first, err := s.PutRota(ctx, r)
	check.Must(t, err)
	_, err = s.PutRota(ctx, r)
	check.Error(t, "a stale rota", err, storage.ErrConflict)
	_, err = s.PutRota(ctx, first)
	check.Must(t, err)
	got, err := s.Rota(ctx)
	check.Must(t, err)
	r.Version = 2
	check.Equal(t, "rota", got, r)
	check.Error(t, "an engineer whom the rota names", s.DeleteEngineer(ctx, "anna", 0), oncall.ErrOnRota)
	for place, strange := range map[string]oncall.Rota{
		"shift":    {Zone: r.Zone, Version: 2, Shifts: []oncall.Shift{{Engineer: "marco", Level: 1, Length: time.Hour}}},
		"override": {Zone: r.Zone, Version: 2, Overrides: []oncall.Override{{Instead: "marco", Level: 1, From: monday, Until: monday.Add(time.Hour)}}},
	} {
		_, err = s.PutRota(ctx, strange)
		check.Error(t, "nobody in a "+place, err, oncall.ErrUnknownEngineer)
	}
}

// ticketAgainstEngineer removes engineers while tickets are given to them: one of both succeeds, never both.
func ticketAgainstEngineer(t *testing.T, s StaffStore) {
	ctx := t.Context()
	given := func(n tickets.Number, expect int, id string, state tickets.State) tickets.Change {
		return tickets.Change{Ticket: tickets.Ticket{Number: n, State: state, Assignee: id, OpenedAt: monday, Version: expect + 1}, Expect: expect, Staffed: id}
	}
	for round := range 20 {
		id, n := fmt.Sprint("e", round), tickets.Number(417+round)
		_, err := s.PutEngineer(ctx, oncall.Engineer{ID: oncall.EngineerID(id)})
		check.Must(t, err)
		check.Must(t, s.Apply(ctx, tickets.Change{Ticket: tickets.Ticket{Number: n, State: tickets.Open, OpenedAt: monday, Version: 1}}))
		done, failed := atOnce(2, func(i int) error {
			if i == 0 {
				return s.DeleteEngineer(ctx, oncall.EngineerID(id), 0)
			}
			return s.Apply(ctx, given(n, 1, id, tickets.Assigned))
		})
		if done != 1 || !errors.Is(failed[0], oncall.ErrHasTicket) && !errors.Is(failed[0], tickets.ErrNoEngineer) {
			t.Errorf("%d succeeded, %v", done, failed)
		}
		stands, err := s.Ticket(ctx, n)
		check.Must(t, err)
		_, err = s.Engineer(ctx, oncall.EngineerID(id))
		if (err == nil) != (stands.Assignee == id) {
			t.Errorf("ticket %d is %q's, who is %v", n, stands.Assignee, err)
		}
	}
	_, err := s.PutEngineer(ctx, oncall.Engineer{ID: "anna"})
	check.Must(t, err)
	for expect, state := range []tickets.State{tickets.Assigned, tickets.InProgress, tickets.Waiting} {
		check.Must(t, s.Apply(ctx, given(300, expect, "anna", state)))
		check.Error(t, "an engineer with a ticket that is "+string(state), s.DeleteEngineer(ctx, "anna", 0), oncall.ErrHasTicket)
	}
	check.Must(t, s.Apply(ctx, given(300, 3, "anna", tickets.Closed)))
	check.Must(t, s.DeleteEngineer(ctx, "anna", 0))
	check.Error(t, "a ticket for nobody", s.Apply(ctx, given(300, 4, "anna", tickets.Assigned)), tickets.ErrNoEngineer)
	check.Must(t, tickets.Restore(ctx, s, given(301, 0, "anna", tickets.Assigned))) // it was granted before, and waited
}

// rotaAgainstEngineer removes engineers while the rota takes them on: one of both succeeds, never both.
func rotaAgainstEngineer(t *testing.T, s StaffStore) {
	ctx := t.Context()
	for round := range 10 {
		id := oncall.EngineerID(fmt.Sprint("e", round))
		_, err := s.PutEngineer(ctx, oncall.Engineer{ID: id})
		check.Must(t, err)
		r, err := s.Rota(ctx)
		check.Must(t, err)
		r.Zone, r.Shifts = "Europe/Rome", append(r.Shifts, oncall.Shift{Engineer: id, Level: 1, Length: time.Hour})
		done, failed := atOnce(2, func(i int) error {
			if i == 0 {
				return s.DeleteEngineer(ctx, id, 0)
			}
			_, err := s.PutRota(ctx, r)
			return err
		})
		if done != 1 || !errors.Is(failed[0], oncall.ErrOnRota) && !errors.Is(failed[0], oncall.ErrUnknownEngineer) {
			t.Errorf("%d succeeded, %v", done, failed)
		}
		stands, err := s.Rota(ctx)
		check.Must(t, err)
		known := map[oncall.EngineerID]bool{}
		list, err := s.Engineers(ctx)
		check.Must(t, err)
		for _, e := range list {
			known[e.ID] = true
		}
		check.Must(t, stands.Staffed(known))
	}
}
