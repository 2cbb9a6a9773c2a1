// Package newstest is the conformance suite of the store of who is told of published versions; tests only.
package newstest

import (
	"testing"
	"time"

	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/storage/storagetest/check"
)

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func notice(contract, address string, due time.Duration) news.Notice {
	return news.Notice{
		Product: "pbx", Release: "8.1", Contract: directory.ContractID(contract), Address: address, Noted: monday, State: news.Waiting, Due: monday.Add(due),
	}
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) news.Store) {
	for name, test := range map[string]func(*testing.T, news.Store){
		"a version is seen once, the newest with its notices": seenOnce,
		"what waits for one address is claimed together":      claimedTogether,
		"what is settled stays so":                            settled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func note(t *testing.T, s news.Store, releases []string, about ...news.Notice) bool {
	t.Helper()
	fresh, err := s.NoteReleases(t.Context(), "pbx", releases, about)
	check.Must(t, err)
	return fresh
}

func seenOnce(t *testing.T, s news.Store) {
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

func noteOf(t *testing.T, s news.Store, product, release string) bool {
	t.Helper()
	fresh, err := s.NoteReleases(t.Context(), product, []string{release}, nil)
	check.Must(t, err)
	return fresh
}

func claimedTogether(t *testing.T, s news.Store) {
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

func settled(t *testing.T, s news.Store) {
	none := notice("verdi", "", 0)
	none.State, none.Settled = news.NoAddress, monday
	note(t, s, []string{"8.1"}, notice("rossi", "a@rossi.example", 0), none)
	list, err := s.ClaimNotices(t.Context(), monday, monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "claimed", len(list), 1)
	n := list[0]
	n.State, n.Settled, n.Error = news.Failed, monday, "550 no such user"
	check.Must(t, s.PutNotice(t.Context(), n))
	again := n
	again.State, again.Error = news.Sent, ""
	check.Must(t, s.PutNotice(t.Context(), again))
	all, err := s.Notices(t.Context(), "pbx")
	check.Must(t, err)
	check.Equal(t, "what stands", all, []news.Notice{n, none})
	list, err = s.ClaimNotices(t.Context(), monday.Add(time.Hour), monday.Add(2*time.Hour))
	check.Must(t, err)
	check.Equal(t, "claimed afterwards", len(list), 0)
}
