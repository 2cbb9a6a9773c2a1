package ticketstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

func lists(t *testing.T, s Store) {
	for i, change := range []func(*tickets.Ticket){
		func(x *tickets.Ticket) { x.Priority, x.Name = 1, "Zeta" },
		func(x *tickets.Ticket) { x.Priority, x.State, x.Assessment = 0, tickets.Open, "" },
		func(x *tickets.Ticket) { x.Contract, x.Caller, x.Clocks = "", "099", nil },
		func(x *tickets.Ticket) { x.OpenedAt, x.Assignee = monday.Add(-time.Hour), "marco" },
	} {
		x := sample(tickets.Number(417 + i))
		x.Clocks[1].MetAt, x.Clocks[2].Projected = x.Clocks[1].Due.Add(time.Second), false
		change(&x)
		put(t, s, x)
	}
	for _, c := range []struct {
		filter tickets.Filter
		want   string
		total  int
	}{
		{tickets.Filter{}, "420 419 418 417", 4},
		{tickets.Filter{Sort: "number", Limit: 2}, "417 418", 4},
		{tickets.Filter{Sort: "opened_at"}, "420 417 418 419", 4},
		{tickets.Filter{Sort: "priority"}, "417 419 420 418", 4},
		{tickets.Filter{Sort: "due"}, "417 418 420 419", 4},
		{tickets.Filter{States: []tickets.State{tickets.Open, tickets.Closed}}, "418", 1},
		{tickets.Filter{Contract: "c1", Assignee: "anna"}, "418 417", 2},
		{tickets.Filter{Category: sla.Blocking}, "418", 1},
		{tickets.Filter{Category: sla.NonBlocking}, "420 419 417", 3},
		{tickets.Filter{Caller: "099"}, "419", 1},
		{tickets.Filter{Since: monday, Until: monday.Add(time.Second)}, "419 418 417", 3},
		{tickets.Filter{Search: "zET"}, "417", 1},
		{tickets.Filter{Search: "zeta zet"}, "417", 1},
		{tickets.Filter{Search: "ze"}, "", 0}, // two letters begin too many words
		{tickets.Filter{Search: "rossi"}, "420 419 418", 3},
		{tickets.Filter{Search: "zeta rossi"}, "", 0},
		{tickets.Filter{Search: "SAID"}, "420 419 418 417", 4},
		{tickets.Filter{Search: "zeta, said?"}, "417", 1},
		{tickets.Filter{Search: "41"}, "419 418 417", 3},
		{tickets.Filter{Search: "41", States: []tickets.State{tickets.Open}}, "418", 1},
		{tickets.Filter{Search: "061-2345"}, "420 418 417", 3},
		{tickets.Filter{Search: "099"}, "419", 1},
		{tickets.Filter{Search: "%"}, "", 0},
		{tickets.Filter{Priorities: []sla.Priority{0, 1}}, "418 417", 2},
		{tickets.Filter{Level: sla.Extended, Priorities: []sla.Priority{3}, Sort: "number"}, "419 420", 2},
		{tickets.Filter{DueBefore: monday.Add(9 * time.Hour)}, "420 418 417", 3},
		{tickets.Filter{DueBefore: monday.Add(8 * time.Hour)}, "", 0},
		{tickets.Filter{DueBefore: monday.Add(9 * time.Hour), Sort: "-opened_at", States: []tickets.State{tickets.Assigned}}, "417 420", 2},
		{tickets.Filter{Since: monday, Sort: "due"}, "417 418 419", 3},
		{tickets.Filter{Customer: "nobody"}, "", 0},
	} {
		page, err := s.List(t.Context(), c.filter)
		check.Must(t, err)
		if got := spell(page.Items); got != c.want || page.Total != c.total || page.More {
			t.Errorf("%+v lists %q of %d, want %q of %d", c.filter, got, page.Total, c.want, c.total)
		}
	}
	counts, err := s.Live(t.Context())
	check.Must(t, err)
	check.Equal(t, "live tickets by priority", counts, map[sla.Priority]int{0: 1, 1: 1, 3: 2})
	_, err = s.List(t.Context(), tickets.Filter{Sort: "name; drop table tickets"})
	check.Error(t, "an order that does not exist", err, storage.ErrNotFound)
}

func spell(list []tickets.Ticket) string {
	var words []string
	for _, x := range list {
		words = append(words, fmt.Sprint(x.Number))
	}
	return strings.Join(words, " ")
}

// brokenFirst: what somebody should have done already stands above what runs, and what is over stands behind both.
func brokenFirst(t *testing.T, s Store) {
	for i, change := range []func(*tickets.Ticket){
		func(x *tickets.Ticket) { x.Clocks = x.Clocks[:1] }, // nothing is owed any more
		func(x *tickets.Ticket) { // met too late, and the next clock runs
			x.Clocks[1].MetAt, x.Clocks[2].Projected = x.Clocks[1].Due.Add(time.Second), false
		},
		func(*tickets.Ticket) {}, // broken, and not met
		func(x *tickets.Ticket) { x.State = tickets.Closed },
		func(x *tickets.Ticket) { x.State, x.Clocks[1].Paused = tickets.Waiting, true },
	} {
		x := sample(tickets.Number(417 + i))
		change(&x)
		put(t, s, x)
	}
	for _, c := range []struct {
		filter tickets.Filter
		want   string
	}{
		{tickets.Filter{Sort: "due"}, "419 421 418 417 420"},
		{tickets.Filter{DueBefore: monday.Add(5 * time.Hour), Sort: "due"}, "419 421"},
	} {
		p, err := s.List(t.Context(), c.filter)
		check.Must(t, err)
		check.Equal(t, fmt.Sprintf("%+v", c.filter), spell(p.Items), c.want)
	}
}
