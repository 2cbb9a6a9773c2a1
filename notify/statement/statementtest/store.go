// Package statementtest is the conformance suite of the store of statements that go out by mail; tests only.
package statementtest

import (
	"errors"
	"testing"
	"time"

	"hotline/directory"
	"hotline/notify/statement"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// tuesday is when everything happens.
var tuesday = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)

func letter(contract, month string, due time.Duration) statement.Letter {
	return statement.Letter{Contract: directory.ContractID(contract), Month: month, Noted: tuesday, State: statement.Waiting, Due: tuesday.Add(due)}
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) statement.Store) {
	for name, test := range map[string]func(*testing.T, statement.Store){
		"a contract and month has one letter":    once,
		"what is due longest is claimed, by one": claimed,
		"what is settled stays so":               settled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func once(t *testing.T, s statement.Store) {
	first, again, next := letter("rossi", "2026-11", 0), letter("rossi", "2026-11", time.Hour), letter("rossi", "2026-12", 0)
	for _, l := range []statement.Letter{first, again, next, letter("bianchi", "2026-11", 0)} {
		check.Must(t, s.NoteStatement(t.Context(), l))
	}
	list, err := s.Statements(t.Context(), "rossi")
	check.Must(t, err)
	check.Equal(t, "letters", list, []statement.Letter{next, first})
	list, err = s.Statements(t.Context(), "verdi")
	check.Must(t, err)
	check.Equal(t, "of another contract", len(list), 0)
}

func claimed(t *testing.T, s statement.Store) {
	for _, l := range []statement.Letter{letter("bianchi", "2026-11", time.Minute), letter("rossi", "2026-11", 0)} {
		check.Must(t, s.NoteStatement(t.Context(), l))
	}
	until := tuesday.Add(2 * time.Minute)
	for _, c := range []struct {
		what  string
		at    time.Time
		want  directory.ContractID
		tries int
	}{
		{"before anything is due", tuesday.Add(-time.Second), "", 0},
		{"due", tuesday, "rossi", 1},
		{"again at once", tuesday, "", 0},
		{"the other one", tuesday.Add(time.Minute), "bianchi", 1},
		{"the first one, whose node died", until, "bianchi", 2},
	} {
		put := until
		if c.at.Equal(until) {
			put = until.Add(time.Hour)
		}
		l, err := s.ClaimStatement(t.Context(), c.at, put)
		if c.want == "" {
			check.Equal(t, c.what, errors.Is(err, storage.ErrNotFound), true)
			continue
		}
		check.Must(t, err)
		check.Equal(t, c.what, l.Contract, c.want)
		check.Equal(t, c.what+": tries", l.Tries, c.tries)
		check.Equal(t, c.what+": due", l.Due, put)
	}
}

func settled(t *testing.T, s statement.Store) {
	check.Must(t, s.NoteStatement(t.Context(), letter("rossi", "2026-11", 0)))
	l, err := s.ClaimStatement(t.Context(), tuesday, tuesday.Add(time.Minute))
	check.Must(t, err)
	l.Due, l.Error = tuesday.Add(time.Hour), "451 later"
	check.Must(t, s.PutStatement(t.Context(), l))
	_, err = s.ClaimStatement(t.Context(), tuesday.Add(59*time.Minute), tuesday.Add(2*time.Hour))
	check.Equal(t, "before it is due again", errors.Is(err, storage.ErrNotFound), true)
	l.State, l.Settled, l.Error = statement.Failed, tuesday, "550 no such user"
	check.Must(t, s.PutStatement(t.Context(), l))
	again := l
	again.State, again.Error = statement.Sent, ""
	check.Must(t, s.PutStatement(t.Context(), again))
	check.Must(t, s.NoteStatement(t.Context(), letter("rossi", "2026-11", 0)))
	list, err := s.Statements(t.Context(), "rossi")
	check.Must(t, err)
	check.Equal(t, "what stands", list, []statement.Letter{l})
	_, err = s.ClaimStatement(t.Context(), tuesday.Add(24*time.Hour), tuesday.Add(25*time.Hour))
	check.Equal(t, "claimed afterwards", errors.Is(err, storage.ErrNotFound), true)
}
