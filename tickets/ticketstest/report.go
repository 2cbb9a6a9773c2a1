package ticketstest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

func report(t *testing.T, s StatisticsStore) {
	x := sample(417)
	earlier := event("a", 417, tickets.Broken) // of a clock that began anew, with another category
	earlier.Text, earlier.Facts = "before", map[string]string{"clock": "intervention", "it": "prima"}
	broken := event("b", 417, tickets.Broken)
	broken.Text, broken.Facts = "because", map[string]string{"clock": "intervention", "it": "b"}
	spent := event("s", 417, tickets.TimeAdded)
	spent.Text, spent.Facts, spent.At = "looked", map[string]string{"minutes": "25", "who": "anna"}, monday.Add(time.Hour)
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{event("o", 417, tickets.Opened), earlier, broken, spent}}))
	y := sample(418)
	y.Clocks, y.Contract = nil, ""
	put(t, s, y)
	z := sample(419)
	z.State = tickets.NotRequest
	put(t, s, z)
	w := sample(420)
	w.OpenedAt = monday.Add(time.Hour)
	put(t, s, w)
	list, err := s.Outcomes(t.Context(), statistics.Span{Since: monday, Until: monday.Add(time.Hour), Whole: true})
	check.Must(t, err)
	var said []string
	for _, o := range list {
		said = append(said, fmt.Sprintf("%d %s %s %s %v %v %d %s/%s", o.Ticket, o.Category, o.Level, o.Clock, o.Met, o.Broken, len(o.Pauses), o.Account["en"], o.Account["it"]))
	}
	check.Equal(t, "outcomes", said, []string{
		"417 non_blocking extended contact true false 2 /", "417 non_blocking extended intervention false true 2 because/b",
		"417 non_blocking extended restore false false 2 /", "418 non_blocking extended  false false 2 /",
	})
	check.Equal(t, "a clock's working time", list[0].Spent, time.Minute)
	check.Equal(t, "a pause", list[0].Pauses[0], sla.Pause{Why: sla.ForCustomer, From: monday, Until: monday.Add(time.Hour)})
	times, err := s.TimeSpent(t.Context(), statistics.Span{Since: monday, Until: monday.Add(2 * time.Hour), Whole: true})
	check.Must(t, err)
	check.Equal(t, "time spent", times, []tickets.Spent{{Ticket: 417, Contract: "c1", At: monday.Add(time.Hour), Minutes: 25, Who: "anna", What: "looked", By: "caller"}})
	times, err = s.TimeSpent(t.Context(), statistics.Span{Since: monday, Until: monday.Add(time.Hour), Whole: true})
	check.Must(t, err)
	check.Equal(t, "time spent before", len(times), 0)
	some := statistics.Span{Since: monday, Until: monday.Add(2 * time.Hour), Contracts: []directory.ContractID{"c1", "other"}}
	list, err = s.Outcomes(t.Context(), some)
	check.Must(t, err)
	for _, o := range list {
		if o.Contract != "c1" {
			t.Errorf("an outcome of contract %q among those of c1", o.Contract)
		}
	}
	check.Equal(t, "outcomes of some contracts", len(list), 6)
	times, err = s.TimeSpent(t.Context(), some)
	check.Must(t, err)
	check.Equal(t, "time spent on some contracts", len(times), 1)
	for name, none := range map[string][]directory.ContractID{"no contract": {}, "a contract without tickets": {"other"}} {
		some.Contracts = none
		list, err = s.Outcomes(t.Context(), some)
		check.Must(t, err)
		times, failed := s.TimeSpent(t.Context(), some)
		check.Must(t, failed)
		check.Equal(t, "outcomes and time spent of "+name, len(list)+len(times), 0)
	}
}

// summaries holds kept summaries to fresh sums, whatever is written between two looks. Tickets of several months and contracts come, change
// their category, state, level, contract, name and clocks, and time is spent on them.
func summaries(t *testing.T, s StatisticsStore) {
	rome, err := time.LoadLocation("Europe/Rome")
	check.Must(t, err)
	first, err := s.Since(t.Context())
	check.Must(t, err)
	check.Equal(t, "since when there are tickets, before the first one", first, time.Time{})
	r := rand.New(rand.NewPCG(417, 40))
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, rome)
	kept, stood := 0, map[tickets.Number]tickets.Ticket{}
	for step := range 120 {
		n := tickets.Number(1 + r.IntN(40))
		x, known := stood[n]
		expect := x.Version
		if !known {
			x = sample(n)
			x.Version, x.Recordings = 0, nil
			x.OpenedAt = now.AddDate(0, -3, 0).Add(time.Duration(r.IntN(120*24*60)) * time.Minute).UTC()
		}
		x = changed(r, x)
		spent := event(fmt.Sprint("spent-", step), n, tickets.TimeAdded)
		spent.Facts, spent.At = map[string]string{"minutes": fmt.Sprint(r.IntN(90)), "who": "anna"}, x.OpenedAt.Add(time.Duration(r.IntN(40*24))*time.Hour)
		check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: expect, Events: []tickets.Event{event(fmt.Sprint("e-", step), n, tickets.Commented), spent}}))
		stood[n] = x
		for month := range 4 {
			begins := now.AddDate(0, month-3, 0)
			until := begins.AddDate(0, 1, 0)
			got, err := statistics.SummaryOf(t.Context(), s, begins.Format("2006-01"), rome, now)
			check.Must(t, err)
			span := statistics.Span{Since: begins, Until: until, Whole: true}
			outcomes, err := s.Outcomes(t.Context(), span)
			check.Must(t, err)
			times, err := s.TimeSpent(t.Context(), span)
			check.Must(t, err)
			want := statistics.Summarise(statistics.SumsOf(outcomes, times))
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("after %d changes the summary of %s is\n%+v, want\n%+v", step+1, begins.Format("2006-01"), got, want)
			}
			again, _, err := s.Summary(t.Context(), begins, until)
			check.Must(t, err)
			switch over := !until.After(now); {
			case over && (again == nil || !reflect.DeepEqual(*again, want)):
				t.Fatalf("of %s %+v is kept, want %+v", begins.Format("2006-01"), again, want)
			case !over && again != nil:
				t.Fatalf("a summary of %s is kept, which is not over", begins.Format("2006-01"))
			case over:
				kept++
			}
		}
	}
	if kept == 0 || len(stood) < 30 {
		t.Errorf("%d summaries were kept, of %d tickets", kept, len(stood))
	}
	first, err = s.Since(t.Context())
	check.Must(t, err)
	for _, x := range stood {
		if x.OpenedAt.Before(first) {
			t.Errorf("ticket %d is of before %s", x.Number, first)
		}
	}
}

// changed is a ticket after some change, in its next version.
func changed(r *rand.Rand, x tickets.Ticket) tickets.Ticket {
	x.Version++
	x.Contract = directory.ContractID([]string{"", "c1", "c2"}[r.IntN(3)])
	x.Name = []string{"Rossi S.p.A.", "Bianchi", "Èlite"}[r.IntN(3)]
	x.Level = []sla.LevelID{sla.Extended, sla.Professional}[r.IntN(2)]
	x.Assessment = []sla.Category{"", sla.Blocking, sla.Question}[r.IntN(3)]
	x.State = []tickets.State{tickets.Open, tickets.Assigned, tickets.Closed, tickets.NotRequest}[r.IntN(4)]
	x.Clocks = slices.Clone(x.Clocks[:r.IntN(len(x.Clocks)+1)])
	if len(x.Clocks) == 0 && r.IntN(2) == 0 {
		x.Clocks = sample(x.Number).Clocks
	}
	for i := range x.Clocks {
		c := &x.Clocks[i]
		c.MetAt, c.BrokenAt = time.Time{}, time.Time{}
		if r.IntN(2) == 0 {
			c.MetAt = c.Due.Add(-time.Minute)
		}
		if r.IntN(3) == 0 {
			c.BrokenAt = c.Due
		}
	}
	return x
}
