// Package memory is the stores' twin in memory: for virtual time in tests and for the conversation in the terminal.
//
// It keeps nothing when the process ends. One lock guards everything. Values are copied on their way in and out, so nobody
// outside holds a piece of the store. Each noun has its file and its tables. The conformance suites (storage/storagetest,
// tickets/ticketstest) hold the twin to the same rules as PostgreSQL.
package memory

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hotline/bridge/twins"
	"hotline/budgets"
	"hotline/cdr"
	"hotline/company"
	"hotline/directory"
	"hotline/idempotency"
	"hotline/ivr/versions"
	"hotline/oncall"
	"hotline/outbox"
	"hotline/portal/access"
	"hotline/prompts/replaced"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/tokens"
	"hotline/users"
)

// Store implements the store of every noun, and the queue of due work. Safe for concurrent use.
type Store struct {
	mu sync.Mutex // guards all tables

	ticketTables
	workTables
	directoryTables
	oncallTables
	pageTables
	scheduleTables
	flowTables
	userTables
	machineTables
	letterTables
	promptTables
	transcriptTables
	portalTables
	apiTables
	summaryTables
	audits auditTables
	ledger
	engaged []oncall.Engagement
	callTables
}

var (
	_ directory.Store    = (*Store)(nil)
	_ tickets.Store      = (*Store)(nil)
	_ cdr.Store          = (*Store)(nil)
	_ tokens.Store       = (*Store)(nil)
	_ idempotency.Store  = (*Store)(nil)
	_ versions.Store     = (*Store)(nil)
	_ statistics.Store   = (*Store)(nil)
	_ budgets.Store      = (*Store)(nil)
	_ storage.Facts      = (*Store)(nil)
	_ oncall.Store       = (*Store)(nil)
	_ oncall.Engagements = (*Store)(nil)
	_ users.Store        = (*Store)(nil)
	_ access.Store       = (*Store)(nil)
	_ company.Store      = (*Store)(nil)
	_ replaced.Store     = (*Store)(nil)
	_ twins.Store        = (*Store)(nil)
	_ tickets.Numbers    = (*Store)(nil)
	_ tickets.WorkQueue  = (*Store)(nil)
)

// New gives an empty store. Ticket numbers begin at first.
func New(first tickets.Number) *Store {
	return &Store{
		ticketTables: ticketTables{
			next: first, tickets: map[tickets.Number]tickets.Ticket{}, history: map[tickets.Number][]tickets.Event{}, events: map[string]bool{},
			terms: map[string]sla.Terms{}, claims: map[tickets.Number]claim{}, alarms: map[tickets.Number]time.Time{},
		},
		workTables: workTables{work: map[string]tickets.Work{}, done: map[string]bool{}, doing: map[string]bool{}, again: map[string]time.Time{}},
		directoryTables: directoryTables{
			customers: map[directory.CustomerID]directory.Customer{}, contracts: map[directory.ContractID]directory.Contract{},
			pins: map[directory.PINHash]directory.ContractID{}, used: map[directory.PINHash]bool{},
			levels: map[sla.LevelID]sla.Level{}, calendars: map[sla.CalendarID]sla.Calendar{}, faults: map[string]directory.KnownFault{}, houses: map[string]company.Profile{},
			edits: edits{pins: map[directory.PINHash]int64{}, at: map[document]int64{}, gone: map[document]int{}},
		},
		oncallTables:   oncallTables{engineers: map[oncall.EngineerID]oncall.Engineer{}, engineerPINs: map[oncall.EngineerID]oncall.PIN{}},
		scheduleTables: newSchedules(), pageTables: newPageTables(),
		machineTables: newMachines(), portalTables: newPortal(), apiTables: newAPI(), userTables: newUserTables(),
		letterTables: letterTables{outboxTables: outboxTables{endpoints: map[string]outbox.Endpoint{}}, mailTables: newMails()},
		flowTables:   flowTables{facts: map[string]string{}, noted: map[[2]string]bool{}}, summaryTables: summaryTables{map[span]keptSummary{}, map[[2]span]statistics.PartSums{}},
		callTables: callTables{calls: map[tickets.CallID]cdr.Call{}, ladders: map[tickets.CallID]cdr.Ladder{}},
	}
}

// found reads a value of a map as the stores do: copied, or storage.ErrNotFound with what was looked for.
func found[K comparable, V any](m map[K]V, key K, what string, copied func(V) V) (V, error) {
	v, ok := m[key]
	if !ok {
		var none V
		return none, fmt.Errorf("%s %v: %w", what, key, storage.ErrNotFound)
	}
	return copied(v), nil
}

// itself is the copy of a value that holds nothing shared.
func itself[V any](v V) V { return v }

// copies lists the values of a map in an order; the list shares nothing with the map.
func copies[K comparable, V any](m map[K]V, order func(a, b V) int, copied func(V) V) []V {
	list := sorted(m, order)
	for n := range list {
		list[n] = copied(list[n])
	}
	return list
}

// sorted lists the values of a map in an order.
func sorted[K comparable, V any](m map[K]V, order func(a, b V) int) []V {
	return slices.SortedFunc(maps.Values(m), order)
}
