// Package ticketstest holds every store of tickets to the same rules, and the desk over it: one suite for PostgreSQL and for
// its twin in memory.
package ticketstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hotline/directory"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// Store is a store of tickets with its queue of due work.
type Store interface {
	tickets.Store
	tickets.WorkQueue
}

// Run runs the suite of tickets.Store and tickets.WorkQueue; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) Store) {
	run(t, open, map[string]func(*testing.T, Store){
		"a ticket comes back as it was written":          roundTrip,
		"a change is whole, versioned and written once":  changes,
		"a replay writes what the store lost":            replays,
		"lists are filtered and sorted":                  lists,
		"what broke and is not met comes first":          brokenFirst,
		"each ticket comes once, while others arrive":    pages,
		"a cursor is of one list":                        cursors,
		"open and recent tickets of a caller":            openAndRecent,
		"due clocks are claimed by one node at a time":   dueClocks,
		"terms are kept by what they say":                terms,
		"recordings are found and their access is noted": recordings,
		"what is erased stays erased":                    erased,
		"old recordings are listed, and which are held":  held,
		"no erasure overtakes a hold":                    unheld,
		"the log of accesses is read page by page":       accessLog,
		"numbers are given once":                         numbers,
		"due work is done once, and again after a fault": work,
		"texts of any kind survive":                      texts,
	})
}

// DeskStore is what a desk stands on.
type DeskStore interface {
	Store
	directory.Store
	PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error)
}

// staffed writes the engineers to whom tickets are given.
func staffed(t *testing.T, s DeskStore) {
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		_, err := s.PutEngineer(t.Context(), oncall.Engineer{ID: id})
		check.Must(t, err)
	}
}

// Desk runs the suite of a desk over a store; open gives a new and empty store each time.
func Desk(t *testing.T, open func(t *testing.T) DeskStore) {
	run(t, open, map[string]func(*testing.T, DeskStore){
		"every command in every state":               commandsInStates,
		"staff are told of what happens to a ticket": updates,
	})
}

// StatisticsStore is what reports read, with the tickets that they are about.
type StatisticsStore interface {
	tickets.Store
	statistics.Store
}

// Statistics runs the suite of statistics.Store; open gives a new and empty store each time.
func Statistics(t *testing.T, open func(t *testing.T) StatisticsStore) {
	run(t, open, map[string]func(*testing.T, StatisticsStore){
		"a report reads outcomes and time spent":      report,
		"a kept summary is what a fresh one would be": summaries,
	})
}

// run runs tests, each on a new and empty store.
func run[S any](t *testing.T, open func(t *testing.T) S, tests map[string]func(*testing.T, S)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// sample is a ticket with everything in it.
func sample(n tickets.Number) tickets.Ticket {
	level := sla.DefaultLevels()[0]
	promise := level.Terms(sla.DefaultCalendars()[0])
	return tickets.Ticket{
		Number:         n,
		Reporter:       tickets.Reporter{Contract: "c1", Customer: "k1", Name: "Rossi S.p.A.", Caller: "0612345", Channel: tickets.Phone, Language: "it"},
		Classification: tickets.Classification{Claim: sla.Blocking, Assessment: sla.NonBlocking, Priority: 3},
		Commitment: tickets.Commitment{
			Level: sla.Extended, Promise: &promise, Raised: 1, Stamps: sla.Stamps{Contact: monday.Add(time.Minute)},
			Pauses: []sla.Pause{{Why: sla.ForCustomer, From: monday, Until: monday.Add(time.Hour)}, {Why: sla.NoAccess, From: monday}},
			Clocks: []sla.Clock{
				{Kind: sla.Contact, Due: monday.Add(time.Hour), MetAt: monday.Add(time.Minute), Limit: time.Hour, From: monday, Spent: time.Minute, Terms: promise.ID()},
				{Kind: sla.Intervention, Due: monday.Add(4 * time.Hour), BrokenAt: monday.Add(4 * time.Hour), Limit: 4 * time.Hour, From: monday},
				{Kind: sla.Restore, Due: monday.Add(8 * time.Hour), Projected: true, Limit: 4 * time.Hour, From: monday.Add(4 * time.Hour)},
			},
		},
		State: tickets.Assigned, Assignee: "anna", Evo: true, OpenedAt: monday, TimeSpent: 90, Bundled: 2, Version: 1,
		Recordings: []tickets.Recording{
			{ID: fmt.Sprintf("r%d-1", n), Call: "call", At: monday, Seconds: 12.5, Law: "alaw", File: "a.wav", SHA256: "ab"},
			{ID: fmt.Sprintf("r%d-2", n), Call: "call", At: monday, Seconds: 1, Law: "ulaw", Partial: true, File: "b.wav", Kind: tickets.Talk},
		},
	}
}

func event(id string, n tickets.Number, k tickets.EventKind) tickets.Event {
	return tickets.Event{ID: id, Ticket: n, At: monday, Kind: k, Actor: "caller", Text: "said", Facts: map[string]string{"call": "c"}}
}

// put writes a new ticket.
func put(t *testing.T, s tickets.Store, x tickets.Ticket) {
	t.Helper()
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{event(fmt.Sprintf("open-%d", x.Number), x.Number, tickets.Opened)}}))
}
