// Package statementtest is the conformance suite of the store of statements that go out by mail: what every kind of letters keeps (mailingtest),
// and what statements have beside it; tests only.
package statementtest

import (
	"context"
	"testing"

	"hotline/directory"
	"hotline/notify/mailing"
	"hotline/notify/mailing/mailingtest"
	"hotline/notify/statement"
	"hotline/storage/storagetest/check"
)

// Store is the store of statements together with how all letters are read.
type Store interface {
	statement.Store
	mailing.Reader
}

func letter(contract directory.ContractID, month string, s mailing.Standing) statement.Letter {
	return statement.Letter{Contract: contract, Month: month, Standing: s}
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) Store) {
	mailingtest.Run(t, func(t *testing.T) mailingtest.Store[statement.Letter] {
		s := open(t)
		return mailingtest.Store[statement.Letter]{
			Reader: s, Note: s.NoteStatement, Claim: s.ClaimStatements, Put: s.PutStatement,
			Letter: func(c directory.ContractID, stands mailing.Standing) statement.Letter {
				return letter(c, "2026-11", stands)
			},
			Standing: func(l *statement.Letter) *mailing.Standing { return &l.Standing },
			Contract: func(l statement.Letter) directory.ContractID { return l.Contract },
		}
	})
	t.Run("a contract and month has one letter", func(t *testing.T) { once(t, open(t)) })
	t.Run("an address that comes late is not too late", func(t *testing.T) { reached(t, open(t)) })
}

func waiting() mailing.Standing {
	return mailing.Standing{Noted: mailingtest.Tuesday(), State: mailing.Waiting, Due: mailingtest.Tuesday()}
}

func once(t *testing.T, s Store) {
	first, next := letter("rossi", "2026-11", waiting()), letter("rossi", "2026-12", waiting())
	for _, l := range []statement.Letter{first, next, letter("bianchi", "2026-11", waiting())} {
		check.Must(t, s.NoteStatement(t.Context(), l))
	}
	list, err := s.Statements(t.Context(), "rossi")
	check.Must(t, err)
	check.Equal(t, "letters", list, []statement.Letter{next, first})
	list, err = s.Statements(t.Context(), "verdi")
	check.Must(t, err)
	check.Equal(t, "of another contract", len(list), 0)
}

// reached: who had no address gets the letter once there is one; what was sent is not sent again.
func reached(t *testing.T, s Store) {
	none := letter("rossi", "2026-11", mailing.Standing{Noted: mailingtest.Tuesday(), State: mailing.NoAddress, Due: mailingtest.Tuesday(), Settled: mailingtest.Tuesday()})
	check.Must(t, s.NoteStatement(t.Context(), none))
	check.Must(t, s.NoteStatement(t.Context(), none))
	check.Equal(t, "without an address", stands(t.Context(), t, s), none)
	l := letter("rossi", "2026-11", waiting())
	check.Must(t, s.NoteStatement(t.Context(), l))
	check.Equal(t, "with one", stands(t.Context(), t, s), l)
	check.Must(t, s.NoteStatement(t.Context(), none))
	check.Equal(t, "by a node that does not know it yet", stands(t.Context(), t, s), l)
	l.Address, l.State, l.Settled = "guasti@rossi.example", mailing.Sent, mailingtest.Tuesday()
	check.Must(t, s.PutStatement(t.Context(), l))
	check.Must(t, s.NoteStatement(t.Context(), letter("rossi", "2026-11", waiting())))
	check.Equal(t, "sent", stands(t.Context(), t, s), l)
	all, err := s.Letters(t.Context(), mailing.Filter{})
	check.Must(t, err)
	check.Equal(t, "as staff see it", all, []mailing.Letter{{Kind: mailing.Statement, Contract: "rossi", About: "2026-11", Address: "guasti@rossi.example", Standing: l.Standing}})
}

// stands is the one letter of rossi.
func stands(ctx context.Context, t *testing.T, s Store) statement.Letter {
	t.Helper()
	list, err := s.Statements(ctx, "rossi")
	check.Must(t, err)
	check.Equal(t, "letters", len(list), 1)
	return list[0]
}
