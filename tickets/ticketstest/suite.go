// Package ticketstest holds every store to the same rules: one suite for PostgreSQL and for its twin in memory.
package ticketstest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

// Store is everything that is kept.
type Store interface {
	tickets.Store
	tickets.WorkQueue
	oncall.Store
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"a ticket comes back as it was written":          roundTrip,
		"a change is whole, versioned and written once":  changes,
		"a replay writes what the store lost":            replays,
		"lists are filtered and sorted":                  lists,
		"each ticket comes once, while others arrive":    pages,
		"a cursor is of one list":                        cursors,
		"lists of calls are filtered and paged":          callLists,
		"open and recent tickets of a caller":            openAndRecent,
		"due clocks are claimed by one node at a time":   dueClocks,
		"terms are kept by what they say":                terms,
		"a report reads outcomes and time spent":         report,
		"recordings are found and their access is noted": recordings,
		"numbers are given once":                         numbers,
		"customers and contracts are written whole":      directory,
		"a PIN is unique for ever":                       pins,
		"levels and calendars":                           calendars,
		"known faults":                                   faults,
		"engineers and the rota":                         rota,
		"every document has a version, never twice":      versions,
		"of many who write one version one does":         oneWins,
		"a rota never names one who is removed":          rotaAgainstEngineer,
		"edits are what is new":                          editsSince,
		"calls are paged, newest first":                  calls,
		"tokens, answers, flows and facts":               settings,
		"what budgets were spent on":                     spendings,
		"due work is done once, and again after a fault": work,
		"staff are told of what happens to a ticket":     updates,
		"texts of any kind survive":                      texts,
		"every command in every state":                   commandsInStates,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// sample is a ticket with everything in it.
func sample(n tickets.Number) tickets.Ticket {
	level := sla.DefaultLevels()[0]
	promise := level.Terms(sla.DefaultCalendars()[0])
	return tickets.Ticket{
		Promise: &promise, Raised: 1, Stamps: sla.Stamps{Contact: monday.Add(time.Minute)},
		Pauses: []sla.Pause{{Why: sla.ForCustomer, From: monday, Until: monday.Add(time.Hour)}, {Why: sla.NoAccess, From: monday}},
		Number: n, Contract: "c1", Customer: "k1", Name: "Rossi S.p.A.", Caller: "0612345", Channel: tickets.Phone, Claim: sla.Blocking,
		Assessment: sla.NonBlocking, Priority: 3, Level: sla.Extended, State: tickets.Assigned, Assignee: "anna", Evo: true, Language: "it",
		OpenedAt: monday, TimeSpent: 90, Bundled: 2, Version: 1,
		Clocks: []sla.Clock{
			{Kind: sla.Contact, Due: monday.Add(time.Hour), MetAt: monday.Add(time.Minute), Limit: time.Hour, From: monday, Spent: time.Minute, Terms: promise.ID()},
			{Kind: sla.Intervention, Due: monday.Add(4 * time.Hour), BrokenAt: monday.Add(4 * time.Hour), Limit: 4 * time.Hour, From: monday},
			{Kind: sla.Restore, Due: monday.Add(8 * time.Hour), Projected: true, Limit: 4 * time.Hour, From: monday.Add(4 * time.Hour)},
		},
		Recordings: []tickets.Recording{
			{ID: fmt.Sprintf("r%d-1", n), Call: "call", At: monday, Seconds: 12.5, Law: "alaw", File: "a.wav", SHA256: "ab"},
			{ID: fmt.Sprintf("r%d-2", n), Call: "call", At: monday, Seconds: 1, Law: "ulaw", Partial: true, File: "b.wav"},
		},
	}
}

func event(id string, n tickets.Number, k tickets.EventKind) tickets.Event {
	return tickets.Event{ID: id, Ticket: n, At: monday, Kind: k, Actor: "caller", Text: "said", Facts: map[string]string{"call": "c"}}
}

// put writes a new ticket.
func put(t *testing.T, s Store, x tickets.Ticket) {
	t.Helper()
	must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{event(fmt.Sprintf("open-%d", x.Number), x.Number, tickets.Opened)}}))
}

func roundTrip(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	got, err := s.Ticket(t.Context(), 417)
	must(t, err)
	equal(t, "ticket", got, x)
	lines, err := s.History(t.Context(), 417)
	must(t, err)
	equal(t, "history", lines, []tickets.Event{event("open-417", 417, tickets.Opened)})
	bare := tickets.Ticket{Number: 418, Channel: tickets.Phone, State: tickets.Closed, OpenedAt: monday, ClosedAt: monday.Add(time.Hour), Version: 1}
	put(t, s, bare)
	got, err = s.Ticket(t.Context(), 418)
	must(t, err)
	equal(t, "bare ticket", got, bare)
	_, err = s.Ticket(t.Context(), 1)
	wants(t, "ticket that does not exist", err, tickets.ErrNotFound)
	_, err = s.History(t.Context(), 1)
	wants(t, "its history", err, tickets.ErrNotFound)
}

func changes(t *testing.T, s Store) {
	ctx, x := t.Context(), sample(417)
	put(t, s, x)
	put(t, s, x) // replayed: its events stand there already
	x.Version, x.State = 2, tickets.InProgress
	x.Recordings = x.Recordings[:1]
	change := tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e2", 417, tickets.Intervened), event("e3", 417, tickets.Commented)}}
	must(t, s.Apply(ctx, change))
	must(t, s.Apply(ctx, change))
	got, err := s.Ticket(ctx, 417)
	must(t, err)
	equal(t, "changed ticket", got, x)
	lines, err := s.History(ctx, 417)
	must(t, err)
	if len(lines) != 3 || lines[1].ID != "e2" || lines[2].ID != "e3" {
		t.Errorf("history is %+v", lines)
	}
	stale := tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e4", 417, tickets.Commented)}}
	wants(t, "a stale change", s.Apply(ctx, stale), tickets.ErrConflict)
	lines, err = s.History(ctx, 417)
	must(t, err)
	if len(lines) != 3 {
		t.Error("a change that was refused left lines behind")
	}
	wants(t, "a second ticket of this number", s.Apply(ctx, tickets.Change{Ticket: x, Events: []tickets.Event{event("e5", 417, tickets.Opened)}}), tickets.ErrExists)
	x.Number = 500
	wants(t, "a change of no ticket", s.Apply(ctx, tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e6", 500, tickets.Opened)}}), tickets.ErrNotFound)
}

func lists(t *testing.T, s Store) {
	for i, change := range []func(*tickets.Ticket){
		func(x *tickets.Ticket) { x.Priority, x.Name = 1, "Zeta" },
		func(x *tickets.Ticket) { x.Priority, x.State, x.Assessment = 0, tickets.Open, "" },
		func(x *tickets.Ticket) { x.Contract, x.Caller, x.Clocks = "", "099", nil },
		func(x *tickets.Ticket) { x.OpenedAt, x.Assignee = monday.Add(-time.Hour), "marco" },
	} {
		x := sample(tickets.Number(417 + i))
		x.Clocks[2].Projected = false
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
		must(t, err)
		if got := spell(page.Items); got != c.want || page.Total != c.total || page.More {
			t.Errorf("%+v lists %q of %d, want %q of %d", c.filter, got, page.Total, c.want, c.total)
		}
	}
	counts, err := s.Live(t.Context())
	must(t, err)
	equal(t, "live tickets by priority", counts, map[sla.Priority]int{0: 1, 1: 1, 3: 2})
	_, err = s.List(t.Context(), tickets.Filter{Sort: "name; drop table tickets"})
	wants(t, "an order that does not exist", err, tickets.ErrNotFound)
}

func spell(list []tickets.Ticket) string {
	var words []string
	for _, x := range list {
		words = append(words, fmt.Sprint(x.Number))
	}
	return strings.Join(words, " ")
}
