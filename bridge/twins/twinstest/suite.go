// Package twinstest is the conformance suite of twins.Store, for PostgreSQL and for its twin in memory.
package twinstest

import (
	"testing"
	"time"

	"hotline/bridge/twins"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Store runs the suite; open gives a new and empty store each time.
func Store(t *testing.T, open func(t *testing.T) twins.Store) {
	for name, test := range map[string]func(*testing.T, twins.Store){
		"a twin is kept whole":                whole,
		"two writers meet at the version":     versions,
		"one there is one ticket's twin":      unique,
		"a poke is claimed once":              claimed,
		"a poke that comes again is not lost": again,
		"pokes wait for another try":          waits,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func whole(t *testing.T, s twins.Store) {
	ctx := t.Context()
	_, err := s.Twin(ctx, 417)
	check.Error(t, "one that nobody wrote", err, storage.ErrNotFound)
	_, err = s.TwinOf(ctx, 81)
	check.Error(t, "one of a ticket there that nobody wrote", err, storage.ErrNotFound)
	w := twins.Twin{
		Ticket: 417, Foreign: 81, Number: "10081", There: true, Hop: 2, Began: monday, Article: 104, Read: monday.Add(time.Millisecond),
		Heard: twins.Stand{State: "open", Priority: "2 normal", Owner: "emma"}, Saying: twins.Stand{State: "closed", Priority: "3 high", Owner: "jacob"},
		Meant: twins.Ours{State: tickets.Closed, Priority: 1, Assignee: "anna"}, Told: twins.Ours{State: tickets.Open, Priority: 2, Assignee: "bruno"},
	}
	put, err := s.PutTwin(ctx, w)
	check.Must(t, err)
	w.Version = 1
	check.Equal(t, "what was written", put, w)
	got, err := s.Twin(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "the twin of the ticket", got, w)
	got, err = s.TwinOf(ctx, 81)
	check.Must(t, err)
	check.Equal(t, "the twin of the one there", got, w)
	put, err = s.PutTwin(ctx, twins.Twin{Ticket: 417, Foreign: 81, Version: 1})
	check.Must(t, err)
	got, err = s.Twin(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "with nothing in it", got, put)
}

func versions(t *testing.T, s twins.Store) {
	ctx := t.Context()
	first, err := s.PutTwin(ctx, twins.Twin{Ticket: 417})
	check.Must(t, err)
	_, err = s.PutTwin(ctx, twins.Twin{Ticket: 417})
	check.Error(t, "a second beginning", err, storage.ErrConflict)
	_, err = s.PutTwin(ctx, first)
	check.Must(t, err)
	_, err = s.PutTwin(ctx, first)
	check.Error(t, "the version before", err, storage.ErrConflict)
}

func unique(t *testing.T, s twins.Store) {
	ctx := t.Context()
	_, err := s.PutTwin(ctx, twins.Twin{Ticket: 417, Foreign: 81})
	check.Must(t, err)
	other, err := s.PutTwin(ctx, twins.Twin{Ticket: 418})
	check.Must(t, err)
	_, err = s.PutTwin(ctx, twins.Twin{Ticket: 419})
	check.Must(t, err) // several may wait for theirs
	other.Foreign = 81
	_, err = s.PutTwin(ctx, other)
	check.Error(t, "the twin of another one", err, storage.ErrConflict)
	_, err = s.PutTwin(ctx, twins.Twin{Ticket: 420, Foreign: 81})
	check.Error(t, "a new one of another one's", err, storage.ErrConflict)
}

func claimed(t *testing.T, s twins.Store) {
	ctx := t.Context()
	_, err := s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Error(t, "of none", err, storage.ErrNotFound)
	check.Must(t, s.AddPoke(ctx, 82, monday))
	check.Must(t, s.AddPoke(ctx, 81, monday.Add(-time.Second)))
	check.Must(t, s.AddPoke(ctx, 83, monday.Add(time.Hour)))
	first, err := s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "the one that waits longest", first, twins.Poke{Foreign: 81, Due: monday.Add(time.Minute), Tries: 1})
	second, err := s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "the next", second.Foreign, int64(82))
	_, err = s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Error(t, "one that is not due", err, storage.ErrNotFound)
	check.Must(t, s.PokeDone(ctx, first))
	again, err := s.ClaimPoke(ctx, monday.Add(time.Minute), monday.Add(2*time.Minute))
	check.Must(t, err)
	check.Equal(t, "one whose reader died", again, twins.Poke{Foreign: 82, Due: monday.Add(2 * time.Minute), Tries: 2})
}

func again(t *testing.T, s twins.Store) {
	ctx := t.Context()
	check.Must(t, s.AddPoke(ctx, 81, monday))
	p, err := s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Must(t, s.AddPoke(ctx, 81, monday.Add(time.Second)))
	check.Must(t, s.PokeDone(ctx, p))
	check.Must(t, s.PokeLater(ctx, p, monday.Add(time.Hour), "late"))
	p, err = s.ClaimPoke(ctx, monday.Add(time.Second), monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "what came while it was read", p, twins.Poke{Foreign: 81, Due: monday.Add(time.Minute), Tries: 1})
}

func waits(t *testing.T, s twins.Store) {
	ctx := t.Context()
	check.Must(t, s.AddPoke(ctx, 81, monday))
	p, err := s.ClaimPoke(ctx, monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Must(t, s.PokeLater(ctx, p, monday.Add(time.Hour), "it answers 502"))
	_, err = s.ClaimPoke(ctx, monday.Add(time.Minute), monday.Add(2*time.Minute))
	check.Error(t, "before its time", err, storage.ErrNotFound)
	p, err = s.ClaimPoke(ctx, monday.Add(time.Hour), monday.Add(2*time.Hour))
	check.Must(t, err)
	check.Equal(t, "in its time", p, twins.Poke{Foreign: 81, Due: monday.Add(2 * time.Hour), Tries: 2, Error: "it answers 502"})
}
