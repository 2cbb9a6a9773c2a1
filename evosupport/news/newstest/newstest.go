// Package newstest is the conformance suite of the store of who is told of published versions: what every kind of letters keeps (mailingtest), and
// what versions have beside it; tests only.
package newstest

import (
	"context"
	"testing"
	"time"

	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/notify/mailing"
	"hotline/notify/mailing/mailingtest"
	"hotline/storage/storagetest/check"
)

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func notice(contract, address string, due time.Duration) news.Notice {
	return news.Notice{
		Product: "pbx", Release: "8.1", Contract: directory.ContractID(contract), Address: address, Standing: mailing.Standing{Noted: monday, State: mailing.Waiting, Due: monday.Add(due)},
	}
}

// Store is the store of news together with how all letters are read.
type Store interface {
	news.Store
	mailing.Reader
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) Store) {
	mailingtest.Run(t, func(t *testing.T) mailingtest.Store[news.Notice] {
		s := open(t)
		return mailingtest.Store[news.Notice]{
			Reader: s, Claim: s.ClaimNotices, Put: s.PutNotice,
			Note: func(ctx context.Context, n news.Notice) error {
				_, err := s.NoteReleases(ctx, n.Product, []string{n.Release}, []news.Notice{n})
				return err
			},
			Letter: func(c directory.ContractID, stands mailing.Standing) news.Notice {
				return news.Notice{Product: "of " + string(c), Release: "8.1", Contract: c, Address: string(c) + "@example.org", Standing: stands}
			},
			Standing: func(n *news.Notice) *mailing.Standing { return &n.Standing },
			Contract: func(n news.Notice) directory.ContractID { return n.Contract },
		}
	})
	for name, test := range map[string]func(*testing.T, Store){
		"a version is seen once, the newest with its notices": seenOnce,
		"what waits for one address is claimed together":      claimedTogether,
		"who has no address is not claimed":                   withoutAddress,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func note(t *testing.T, s Store, releases []string, about ...news.Notice) bool {
	t.Helper()
	fresh, err := s.NoteReleases(t.Context(), "pbx", releases, about)
	check.Must(t, err)
	return fresh
}

func seenOnce(t *testing.T, s Store) {
	first, second := notice("rossi", "a@rossi.example", 0), notice("bianchi", "b@bianchi.example", 0)
	check.Equal(t, "a new one is fresh", note(t, s, []string{"7.2", "8.1"}, first), true)
	check.Equal(t, "one that is known", note(t, s, []string{"7.2", "8.1"}, second), false)
	check.Equal(t, "an older one that is the newest again", note(t, s, []string{"8.1", "7.2"}, second), false)
	list, err := s.Notices(t.Context(), "pbx")
	check.Must(t, err)
	check.Equal(t, "notices", list, []news.Notice{first})
	other, err := s.Notices(t.Context(), "gateway")
	check.Must(t, err)
	check.Equal(t, "of another product", len(other), 0)
	check.Equal(t, "of another product, fresh", noteOf(t, s, "gateway", "8.1"), true)
}

func noteOf(t *testing.T, s Store, product, release string) bool {
	t.Helper()
	fresh, err := s.NoteReleases(t.Context(), product, []string{release}, nil)
	check.Must(t, err)
	return fresh
}

func claimedTogether(t *testing.T, s Store) {
	due, later, other := notice("rossi-1", "a@rossi.example", 0), notice("rossi-2", "a@rossi.example", time.Hour), notice("bianchi", "b@bianchi.example", time.Minute)
	note(t, s, []string{"8.1"}, later, due, other)
	until := monday.Add(2 * time.Minute)
	for _, c := range []struct {
		what string
		now  time.Time
		want []string
	}{
		{"before anything is due", monday.Add(-time.Second), nil},
		{"all of the address of which one is due", monday, []string{"rossi-1", "rossi-2"}},
		{"again at once", monday, nil},
		{"the other address", monday.Add(time.Minute), []string{"bianchi"}},
		{"who has claimed and died", until, []string{"rossi-1", "rossi-2"}},
		{"the other address after it", until, []string{"bianchi"}},
	} {
		put := until
		if c.now.Equal(until) {
			put = until.Add(time.Hour)
		}
		list, err := s.ClaimNotices(t.Context(), c.now, put)
		check.Must(t, err)
		var got []string
		for _, n := range list {
			got = append(got, string(n.Contract))
			check.Equal(t, c.what+": due", n.Due, put)
		}
		check.Equal(t, c.what, got, c.want)
	}
	list, err := s.Notices(t.Context(), "pbx")
	check.Must(t, err)
	for _, n := range list {
		check.Equal(t, "tries of "+string(n.Contract), n.Tries, 2)
	}
}

func withoutAddress(t *testing.T, s Store) {
	none := notice("verdi", "", 0)
	none.State, none.Settled = mailing.NoAddress, monday
	note(t, s, []string{"8.1"}, none)
	list, err := s.ClaimNotices(t.Context(), monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "claimed", len(list), 0)
	all, err := s.Letters(t.Context(), mailing.Filter{})
	check.Must(t, err)
	check.Equal(t, "as staff see it", all, []mailing.Letter{{Kind: mailing.Release, Contract: "verdi", About: "pbx 8.1", Standing: none.Standing}})
}
