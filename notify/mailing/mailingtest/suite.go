// Package mailingtest is the conformance suite of letters that go out to many customers: of each kind's store, and of what the sender makes of
// it with several nodes that may die at any step; tests only.
package mailingtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/notify/mailing"
	"hotline/storage/storagetest/check"
)

// Tuesday is when everything begins.
func Tuesday() time.Time { return time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC) }

// Store is the store of one kind of letters.
type Store[L any] struct {
	mailing.Reader
	Letter   func(c directory.ContractID, s mailing.Standing) L // to an address of its own
	Note     func(ctx context.Context, l L) error
	Claim    func(ctx context.Context, now, until time.Time) ([]L, error)
	Put      func(ctx context.Context, l L) error
	Standing func(l *L) *mailing.Standing
	Contract func(l L) directory.ContractID
}

// Run runs the suite; open gives a new and empty store each time.
func Run[L any](t *testing.T, open func(t *testing.T) Store[L]) {
	for name, test := range map[string]func(*testing.T, Store[L]){
		"a letter is noted once":                                once[L],
		"what is due is claimed by one, and again after him":    claimed[L],
		"what is settled stays so":                              settled[L],
		"of many who claim at once one has each":                claimedAtOnce[L],
		"letters are read by contract and state":                read[L],
		"nodes that die leave their letters to others":          nodesDie[L],
		"nodes that live send each letter once":                 nodesLive[L],
		"a mail server that is down, and one that says no ever": serverDown[L],
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// note writes a letter that waits until so long after the beginning.
func (s Store[L]) note(t *testing.T, c directory.ContractID, due time.Duration) {
	t.Helper()
	check.Must(t, s.Note(t.Context(), s.Letter(c, mailing.Standing{Noted: Tuesday(), State: mailing.Waiting, Due: Tuesday().Add(due)})))
}

// letters are those that a filter selects, as "contract state".
func (s Store[L]) letters(t *testing.T, f mailing.Filter) (words []string) {
	t.Helper()
	list, err := s.Letters(t.Context(), f)
	check.Must(t, err)
	for _, l := range list {
		words = append(words, fmt.Sprintf("%s %s", l.Contract, l.State))
	}
	return words
}

func once[L any](t *testing.T, s Store[L]) {
	s.note(t, "rossi", 0)
	s.note(t, "rossi", time.Hour)
	list, err := s.Letters(t.Context(), mailing.Filter{})
	check.Must(t, err)
	check.Equal(t, "letters", len(list), 1)
	check.Equal(t, "as it was noted first", list[0].Due, Tuesday())
}

func claimed[L any](t *testing.T, s Store[L]) {
	s.note(t, "bianchi", time.Minute)
	s.note(t, "rossi", 0)
	until := Tuesday().Add(2 * time.Minute)
	for _, c := range []struct {
		what  string
		at    time.Time
		want  directory.ContractID
		tries int
	}{
		{"before anything is due", Tuesday().Add(-time.Second), "", 0},
		{"due", Tuesday(), "rossi", 1},
		{"again at once", Tuesday(), "", 0},
		{"the other one", Tuesday().Add(time.Minute), "bianchi", 1},
		{"one whose node died", until, "bianchi", 2},
		{"the other whose node died", until, "rossi", 2},
		{"again at once", until, "", 0},
	} {
		put := until
		if c.at.Equal(until) {
			put = until.Add(time.Hour)
		}
		list, err := s.Claim(t.Context(), c.at, put)
		check.Must(t, err)
		if c.want == "" {
			check.Equal(t, c.what, len(list), 0)
			continue
		}
		check.Equal(t, c.what, len(list), 1)
		stands := s.Standing(&list[0])
		check.Equal(t, c.what, s.Contract(list[0]), c.want)
		check.Equal(t, c.what+": tries", stands.Tries, c.tries)
		check.Equal(t, c.what+": due", stands.Due, put)
	}
}

func settled[L any](t *testing.T, s Store[L]) {
	s.note(t, "rossi", 0)
	list, err := s.Claim(t.Context(), Tuesday(), Tuesday().Add(time.Minute))
	check.Must(t, err)
	l := list[0]
	put := func(state mailing.State, due time.Time, why string) {
		t.Helper()
		stands := s.Standing(&l)
		stands.State, stands.Due, stands.Error, stands.Settled = state, due, why, time.Time{}
		if state != mailing.Waiting {
			stands.Settled = Tuesday()
		}
		check.Must(t, s.Put(t.Context(), l))
	}
	put(mailing.Waiting, Tuesday().Add(time.Hour), "451 later")
	list, err = s.Claim(t.Context(), Tuesday().Add(59*time.Minute), Tuesday().Add(2*time.Hour))
	check.Must(t, err)
	check.Equal(t, "before it is due again", len(list), 0)
	put(mailing.Failed, Tuesday().Add(time.Hour), "550 no such user")
	put(mailing.Sent, Tuesday().Add(time.Hour), "")
	s.note(t, "rossi", 0)
	all, err := s.Letters(t.Context(), mailing.Filter{})
	check.Must(t, err)
	check.Equal(t, "letters", len(all), 1)
	check.Equal(t, "what stands", all[0].Standing, mailing.Standing{
		Noted: Tuesday(), State: mailing.Failed, Due: Tuesday().Add(time.Hour), Tries: 1, Settled: Tuesday(), Error: "550 no such user",
	})
	list, err = s.Claim(t.Context(), Tuesday().Add(24*time.Hour), Tuesday().Add(25*time.Hour))
	check.Must(t, err)
	check.Equal(t, "claimed afterwards", len(list), 0)
}

func claimedAtOnce[L any](t *testing.T, s Store[L]) {
	const letters, nodes = 20, 6
	for n := range letters {
		s.note(t, directory.ContractID(fmt.Sprintf("c%02d", n)), 0)
	}
	var mu sync.Mutex
	got := map[directory.ContractID]int{}
	var claiming sync.WaitGroup
	for range nodes {
		claiming.Go(func() {
			for misses := 0; misses < 3; { // who skips what others have at that instant finds nothing, and looks again
				list, err := s.Claim(t.Context(), Tuesday(), Tuesday().Add(time.Hour))
				if err != nil {
					t.Error(err)
					return
				}
				if len(list) == 0 {
					misses++
				}
				mu.Lock()
				for _, l := range list {
					got[s.Contract(l)]++
				}
				mu.Unlock()
			}
		})
	}
	claiming.Wait()
	check.Equal(t, "claimed", len(got), letters)
	for c, n := range got {
		check.Equal(t, "claims of "+string(c), n, 1)
	}
}

func read[L any](t *testing.T, s Store[L]) {
	s.note(t, "rossi", 0)
	s.note(t, "bianchi", 0)
	for c, stands := range map[directory.ContractID]mailing.Standing{
		"verdi": {Noted: Tuesday().Add(time.Hour), State: mailing.NoAddress, Due: Tuesday(), Settled: Tuesday().Add(time.Hour)},
		"neri":  {Noted: Tuesday().Add(-time.Hour), State: mailing.Failed, Due: Tuesday(), Settled: Tuesday(), Tries: 3, Error: "550"},
	} {
		check.Must(t, s.Note(t.Context(), s.Letter(c, stands)))
	}
	check.Equal(t, "all", s.letters(t, mailing.Filter{}), []string{"verdi no_address", "bianchi waiting", "rossi waiting", "neri failed"})
	check.Equal(t, "the newest", s.letters(t, mailing.Filter{Limit: 1}), []string{"verdi no_address"})
	check.Equal(t, "of a contract", s.letters(t, mailing.Filter{Contract: "rossi"}), []string{"rossi waiting"})
	check.Equal(t, "of nobody", len(s.letters(t, mailing.Filter{Contract: "nobody"})), 0)
	check.Equal(t, "that did not get there", s.letters(t, mailing.Filter{States: []mailing.State{mailing.NoAddress, mailing.Failed}}), []string{"verdi no_address", "neri failed"})
}
