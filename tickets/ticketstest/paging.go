package ticketstest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// many is a ticket whose sort keys and filters are drawn from few values, so that there are ties everywhere.
func many(r *rand.Rand, n tickets.Number) tickets.Ticket {
	x := sample(n)
	x.Recordings, x.Promise = nil, nil
	x.State = []tickets.State{tickets.Open, tickets.Assigned, tickets.Waiting, tickets.Closed, tickets.NotRequest}[r.IntN(5)]
	x.Claim = sla.Categories()[r.IntN(len(sla.Categories()))]
	x.Assessment = []sla.Category{"", "", sla.Question, sla.Blocking}[r.IntN(4)]
	x.Priority = sla.Priority(r.IntN(6))
	x.Level = []sla.LevelID{sla.Extended, sla.Professional, "on_request"}[r.IntN(3)]
	x.Contract, x.Customer = directory.ContractID(fmt.Sprint("c", r.IntN(3))), directory.CustomerID(fmt.Sprint("k", r.IntN(2)))
	x.Caller, x.Assignee = fmt.Sprint("0612", r.IntN(4)), []string{"", "anna", "marco"}[r.IntN(3)]
	x.Name = []string{"Rossi S.p.A.", "Verdi", "Officine Bianchi"}[r.IntN(3)]
	x.OpenedAt = monday.Add(time.Duration(r.IntN(12)) * time.Hour)
	x.Clocks = nil
	if r.IntN(3) > 0 {
		x.Clocks = []sla.Clock{{Kind: sla.Contact, Due: monday.Add(time.Duration(r.IntN(8)) * time.Hour), Limit: time.Hour, From: monday}}
	}
	return x
}

// listed is a list and what it must hold, told apart from how any store does it.
type listed struct {
	filter tickets.Filter
	holds  func(tickets.Ticket) bool
}

func someLists() []listed {
	late, noon := monday.Add(4*time.Hour), monday.Add(6*time.Hour)
	due := func(x tickets.Ticket) time.Time {
		if len(x.Clocks) > 0 {
			return x.Clocks[0].Due
		}
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return []listed{
		{tickets.Filter{}, func(tickets.Ticket) bool { return true }},
		{tickets.Filter{States: []tickets.State{tickets.Open, tickets.Closed}}, func(x tickets.Ticket) bool { return x.State == tickets.Open || x.State == tickets.Closed }},
		{tickets.Filter{Category: sla.Blocking, Priorities: []sla.Priority{0, 1, 2}}, func(x tickets.Ticket) bool {
			return cmp.Or(x.Assessment, x.Claim) == sla.Blocking && x.Priority <= 2
		}},
		{tickets.Filter{Level: sla.Professional}, func(x tickets.Ticket) bool { return x.Level == sla.Professional }},
		{tickets.Filter{Customer: "k1"}, func(x tickets.Ticket) bool { return x.Customer == "k1" }},
		{tickets.Filter{Contract: "c2", States: []tickets.State{tickets.Open}}, func(x tickets.Ticket) bool { return x.Contract == "c2" && x.State == tickets.Open }},
		{tickets.Filter{Assignee: "anna", Caller: "06121"}, func(x tickets.Ticket) bool { return x.Assignee == "anna" && x.Caller == "06121" }},
		{tickets.Filter{Since: late, Until: noon}, func(x tickets.Ticket) bool { return !x.OpenedAt.Before(late) && x.OpenedAt.Before(noon) }},
		{tickets.Filter{DueBefore: late}, func(x tickets.Ticket) bool { return due(x).Before(late) }},
		{tickets.Filter{DueBefore: noon, Since: late, Level: sla.Extended}, func(x tickets.Ticket) bool {
			return due(x).Before(noon) && !x.OpenedAt.Before(late) && x.Level == sla.Extended
		}},
		{tickets.Filter{Search: "officine bian"}, func(x tickets.Ticket) bool { return x.Name == "Officine Bianchi" }},
		{tickets.Filter{Search: "verdi", Assignee: "marco"}, func(x tickets.Ticket) bool { return x.Name == "Verdi" && x.Assignee == "marco" }},
		{tickets.Filter{Search: "100"}, func(x tickets.Ticket) bool { return strings.HasPrefix(fmt.Sprint(x.Number), "100") }},
	}
}

// sortKeys write each order as words that sort as text.
func sortKeys() map[string]func(tickets.Ticket) string {
	return map[string]func(tickets.Ticket) string{
		"number":    func(tickets.Ticket) string { return "" },
		"opened_at": func(x tickets.Ticket) string { return x.OpenedAt.Format(time.RFC3339) },
		"priority":  func(x tickets.Ticket) string { return strings.Replace(fmt.Sprint(x.Priority), "0", "9", 1) },
		"due": func(x tickets.Ticket) string {
			if len(x.Clocks) == 0 {
				return "none"
			}
			return x.Clocks[0].Due.Format(time.RFC3339)
		},
	}
}

// pages walks every list in every order page by page, while tickets arrive: each that was there at the beginning comes
// once, in order, and none comes twice.
func pages(t *testing.T, s Store) {
	r := rand.New(rand.NewPCG(417, 1))
	var all []tickets.Ticket
	arrive := func() {
		x := many(r, tickets.Number(1000+len(all)*7%997)) // numbers of several leases do not come in order
		put(t, s, x)
		all = append(all, x)
	}
	for range 120 {
		arrive()
	}
	for _, l := range someLists() {
		for sort, key := range sortKeys() {
			for _, way := range []string{"", "-"} {
				var want []string
				then := slices.Clone(all)
				for _, x := range all {
					if l.holds(x) {
						want = append(want, fmt.Sprintf("%s %d", key(x), x.Number))
					}
				}
				slices.Sort(want)
				if way == "-" {
					slices.Reverse(want)
				}
				l.filter.Sort, l.filter.Limit = way+sort, 7
				got := walk(t, s, l.filter, len(want), arrive)
				var seen []string
				for _, x := range got {
					if slices.ContainsFunc(then, func(o tickets.Ticket) bool { return o.Number == x.Number }) {
						seen = append(seen, fmt.Sprintf("%s %d", key(x), x.Number))
					}
				}
				check.Equal(t, fmt.Sprintf("the pages of %+v", l.filter), seen, want)
			}
		}
	}
}

// walk reads all pages; one ticket arrives before the second.
func walk(t *testing.T, s Store, f tickets.Filter, total int, arrive func()) []tickets.Ticket {
	t.Helper()
	var all []tickets.Ticket
	known := map[tickets.Number]bool{}
	for n := 0; n == 0 || f.After != ""; n++ {
		page, err := s.List(t.Context(), f)
		check.Must(t, err)
		if n == 0 && (page.Total != total || page.More) {
			t.Errorf("%+v counts %d (more: %v), want %d", f, page.Total, page.More, total)
		}
		if len(page.Items) > f.Limit || len(page.Items) < f.Limit && page.Next != "" {
			t.Errorf("%+v: a page of %d, next %q", f, len(page.Items), page.Next)
		}
		for _, x := range page.Items {
			if known[x.Number] {
				t.Fatalf("%+v: ticket %d comes twice", f, x.Number)
			}
			known[x.Number] = true
		}
		all = append(all, page.Items...)
		f.After = page.Next
		if n == 0 {
			arrive()
		}
	}
	return all
}

// cursors that no page gave are refused, and so are those of another order or another list.
func cursors(t *testing.T, s Store) {
	for n := range 3 {
		put(t, s, sample(tickets.Number(417+n)))
	}
	page, err := s.List(t.Context(), tickets.Filter{Limit: 1, Sort: "due"})
	check.Must(t, err)
	ofCalls := paging.Position{Sort: "-started", At: monday, ID: "1"}.Cursor()
	for _, f := range []tickets.Filter{
		{After: page.Next}, {Sort: "-due", After: page.Next}, {Sort: "due", After: page.Next + "A"}, {Sort: "due", After: page.Next[1:]},
		{After: "417"}, {After: "bm8"}, {After: ofCalls}, {After: strings.Repeat("A", 401)}, {After: "%00"},
	} {
		_, err := s.List(t.Context(), f)
		check.Error(t, fmt.Sprintf("a list behind %+v", f), err, paging.ErrCursor)
	}
}
