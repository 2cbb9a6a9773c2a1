package ticketstest

import (
	"fmt"
	"testing"
	"time"

	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
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
	list, err := s.Outcomes(t.Context(), monday, monday.Add(time.Hour))
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
	times, err := s.TimeSpent(t.Context(), monday, monday.Add(2*time.Hour))
	check.Must(t, err)
	check.Equal(t, "time spent", times, []tickets.Spent{{Ticket: 417, Contract: "c1", At: monday.Add(time.Hour), Minutes: 25, Who: "anna", What: "looked", By: "caller"}})
	times, err = s.TimeSpent(t.Context(), monday, monday.Add(time.Hour))
	check.Must(t, err)
	check.Equal(t, "time spent before", len(times), 0)
}
