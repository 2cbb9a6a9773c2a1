// Package audittest is the conformance suite of audit.Store: every change leaves a record, whichever store it is.
// Beside it stands the question, at the end of a package's tests, whether every route that changes something was seen
// to leave one. Tests only.
package audittest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
	"hotline/tokens"
	"hotline/users"
)

// Store is a store of which every change leaves a record.
type Store interface {
	audit.Store
	directory.Store
	users.Store
	tokens.Store
	tickets.RecordingStore
	Apply(ctx context.Context, c tickets.Change) error
}

// Run runs the suite; open gives a new and empty store each time.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, rule := range map[string]func(*testing.T, Store){
		"every change leaves a record with who, from where and what differs": recordsOfChanges,
		"a change that is refused leaves none":                               noRecordOfNothing,
		"records and accesses are one list, page by page":                    recordsAndAccesses,
		"a ticket's change is noted once, however often it is written":       recordsOfTickets,
		"old records are forgotten, accesses are not":                        recordsForgotten,
	} {
		t.Run(name, func(t *testing.T) { rule(t, open(t)) })
	}
}

// monday is when all of it is done.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// desk is somebody who changes things.
var desk = audit.Origin{Who: "staff:anna", From: "192.0.2.1", Route: "POST /x", At: monday}

func recordsOf(t *testing.T, s Store, f audit.Filter) []audit.Record {
	t.Helper()
	page, err := s.Audit(t.Context(), f)
	check.Must(t, err)
	return page.Items
}

// by is a record of desk's.
func by(r audit.Record) audit.Record {
	if r.At.IsZero() {
		r.At = monday
	}
	r.Who, r.From, r.Route = "staff:anna", "192.0.2.1", "POST /x"
	return r
}

func recordsOfChanges(t *testing.T, s Store) {
	ctx := audit.With(t.Context(), desk)
	customer, err := s.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi", Numbers: []string{"+391"}})
	check.Must(t, err)
	customer.Name = "Rossi S.p.A."
	_, err = s.PutCustomer(ctx, customer)
	check.Must(t, err)
	contract, err := s.PutContractWithPIN(ctx, directory.Contract{ID: "c1", Customer: "rossi", Level: "advanced", ValidFrom: monday}, directory.PINHash{1})
	check.Must(t, err)
	contract.ValidUntil = monday.AddDate(1, 0, 0)
	_, err = s.PutContract(ctx, contract)
	check.Must(t, err)
	check.Must(t, s.SetPIN(ctx, "c1", directory.PINHash{2}))
	fault, err := s.PutFault(ctx, directory.KnownFault{ID: "f", Note: "note"})
	check.Must(t, err)
	check.Must(t, s.DeleteFault(ctx, "f", fault.Version))
	u, err := s.PutFirstUser(ctx, users.User{Name: "carla", Role: users.Staff, Password: "hidden", Created: monday})
	check.Must(t, err)
	u.Role, u.Password, u.Second = users.Admin, "hidden, too", "hidden"
	_, err = s.PutUser(ctx, u)
	check.Must(t, err)
	session := users.Session{Hash: [32]byte{3}, User: "carla", Created: monday, Expires: monday.Add(time.Hour)}
	for range 2 { // the second one moves its end alone
		check.Must(t, s.PutSession(ctx, session, monday))
	}
	check.Must(t, s.EndSession(ctx, session.Hash))
	check.Must(t, s.EndSession(ctx, session.Hash)) // of nobody
	check.Must(t, s.PutToken(ctx, tokens.Token{Name: "erp", Hash: [32]byte{4}, Created: monday, Scope: tokens.ScopeRead}))
	check.Must(t, s.TokenUsed(ctx, [32]byte{4}, monday))
	check.Must(t, s.RemoveToken(ctx, "erp"))
	check.Must(t, s.HoldContract(ctx, tickets.Hold{Contract: "c1", At: monday, Actor: "staff:anna", Reason: "a claim"}))
	_, err = s.PutFault(t.Context(), directory.KnownFault{ID: "g"}) // by nobody
	check.Must(t, err)
	want := []audit.Record{
		{What: audit.Held, Document: audit.Document{Kind: "contract", ID: "c1"}},
		{What: audit.Removed, Document: audit.Document{Kind: "token", ID: "erp"}},
		{What: audit.Created, Document: audit.Document{Kind: "token", ID: "erp"}, Fields: []audit.Field{{Name: "scope", After: "read"}}},
		{What: audit.LoggedOut, Document: audit.Document{Kind: "user", ID: "carla"}},
		{What: audit.LoggedIn, Document: audit.Document{Kind: "user", ID: "carla"}},
		{What: audit.Changed, Document: audit.Document{Kind: "user", ID: "carla"}, Before: 1, After: 2, Fields: []audit.Field{{Name: "password"}, {Name: "role", Before: "staff", After: "admin"}, {Name: "second"}}},
		{What: audit.Created, Document: audit.Document{Kind: "user", ID: "carla"}, After: 1, Fields: []audit.Field{{Name: "role", After: "staff"}}},
		{What: audit.Removed, Document: audit.Document{Kind: "fault", ID: "f"}, Before: 1},
		{What: audit.Created, Document: audit.Document{Kind: "fault", ID: "f"}, After: 1},
		{What: audit.GivenPIN, Document: audit.Document{Kind: "contract", ID: "c1"}},
		{What: audit.Changed, Document: audit.Document{Kind: "contract", ID: "c1"}, Before: 1, After: 2, Fields: []audit.Field{{Name: "valid_until", After: monday.AddDate(1, 0, 0).Format(time.RFC3339)}}},
		{What: audit.GivenPIN, Document: audit.Document{Kind: "contract", ID: "c1"}},
		{What: audit.Created, Document: audit.Document{Kind: "contract", ID: "c1"}, After: 1},
		{What: audit.Changed, Document: audit.Document{Kind: "customer", ID: "rossi"}, Before: 1, After: 2, Fields: []audit.Field{{Name: "name", Before: "Rossi", After: "Rossi S.p.A."}}},
		{What: audit.Created, Document: audit.Document{Kind: "customer", ID: "rossi"}, After: 1},
	}
	for i := range want {
		want[i] = by(want[i])
	}
	got := recordsOf(t, s, audit.Filter{})
	check.Equal(t, "how many records", len(got), len(want))
	for i := range min(len(got), len(want)) {
		check.Equal(t, fmt.Sprint("record ", i), got[i], want[i])
	}
	if text := fmt.Sprint(got); strings.Contains(text, "hidden") {
		t.Errorf("a secret stands in the records: %s", text)
	}
}

func noRecordOfNothing(t *testing.T, s Store) {
	ctx := audit.With(t.Context(), desk)
	check.Error(t, "an edit of nothing", s.DeleteFault(ctx, "f", 0), storage.ErrNotFound)
	_, err := s.PutCustomer(ctx, directory.Customer{ID: "x", Version: 3})
	check.Error(t, "a version of nothing", err, storage.ErrNotFound)
	check.Error(t, "a token of nobody", s.RemoveToken(ctx, "x"), storage.ErrNotFound)
	check.Equal(t, "records", recordsOf(t, s, audit.Filter{}), []audit.Record(nil))
}

func recordsAndAccesses(t *testing.T, s Store) {
	want := []audit.Record{}
	for i := range 7 { // three of each instant at most
		at := monday.Add(time.Duration(i/3) * time.Second)
		o := audit.Origin{Who: fmt.Sprint("staff:", i%2), From: "192.0.2.1", Route: "GET /x", At: at}
		r := audit.Record{What: audit.Asked, Document: audit.Document{Kind: "engineer", ID: fmt.Sprint(i)}}.By(o)
		check.Must(t, s.NoteAudit(t.Context(), r))
		want = append(want, r)
		check.Must(t, s.LogAccess(audit.With(t.Context(), o), fmt.Sprint("r", i), o.Who, tickets.Listened, at))
	}
	all := recordsOf(t, s, audit.Filter{})
	check.Equal(t, "how many there are", len(all), 14)
	for i := 1; i < len(all); i++ {
		if all[i-1].At.Before(all[i].At) {
			t.Errorf("%v stands behind %v", all[i].At, all[i-1].At)
		}
	}
	check.Equal(t, "the first of an instant is an access", all[0], audit.Record{At: monday.Add(2 * time.Second), Who: "staff:0", From: "192.0.2.1", Route: "GET /x", What: "listened", Document: audit.Document{Kind: audit.Recording, ID: "r6"}})
	check.Equal(t, "and a record of a change follows", all[1], want[6])
	for size := 1; size < 15; size++ {
		var got []audit.Record
		f := audit.Filter{Limit: size}
		for more := true; more; more = f.After != "" {
			page, err := s.Audit(t.Context(), f)
			check.Must(t, err)
			got, f.After = append(got, page.Items...), page.Next
		}
		check.Equal(t, fmt.Sprint("pages of ", size), got, all)
	}
	for _, c := range []struct {
		want int
		of   audit.Filter
	}{
		{8, audit.Filter{Who: "staff:0"}}, {0, audit.Filter{Who: "staff"}}, {6, audit.Filter{Since: monday, Until: monday.Add(time.Second)}}, {2, audit.Filter{Since: monday.Add(2 * time.Second)}},
		{7, audit.Filter{Document: audit.Document{Kind: audit.Recording}}}, {1, audit.Filter{Document: audit.Document{Kind: audit.Recording, ID: "r3"}}},
		{7, audit.Filter{Document: audit.Document{Kind: "engineer"}}}, {1, audit.Filter{Document: audit.Document{Kind: "engineer", ID: "3"}}}, {0, audit.Filter{Document: audit.Document{Kind: "engineer", ID: "3"}, Who: "staff:0"}},
		{7, audit.Filter{Document: audit.Document{Kind: "ticket"}}}, {0, audit.Filter{Document: audit.Document{Kind: "ticket", ID: "0x"}}}, {14, audit.Filter{Document: audit.Document{ID: "3"}}},
	} {
		check.Equal(t, fmt.Sprintf("records of %+v", c.of), len(recordsOf(t, s, c.of)), c.want)
	}
	_, err := s.Audit(t.Context(), audit.Filter{After: "nonsense"})
	check.Error(t, "a place of no list", err, paging.ErrCursor)
}

func recordsOfTickets(t *testing.T, s Store) {
	ticket := tickets.Ticket{Number: 417, Classification: tickets.Classification{Claim: sla.Question}, State: tickets.Open, OpenedAt: monday, Version: 1}
	opened := tickets.Change{Ticket: ticket, Events: []tickets.Event{{ID: "a", Ticket: 417, At: monday, Kind: tickets.Opened, Actor: "caller"}}}
	check.Must(t, s.Apply(t.Context(), opened))
	ticket.Version = 2
	ticket.Recordings = []tickets.Recording{{ID: "r1", At: monday, File: "r1"}}
	changed := tickets.Change{
		Ticket: ticket, Expect: 1, By: desk, Events: []tickets.Event{
			{ID: "b", Ticket: 417, At: monday.Add(time.Second), Kind: tickets.Commented, Actor: "staff:anna", Text: "a note"},
			{ID: "c", Ticket: 417, At: monday.Add(time.Second), Kind: tickets.Told, Actor: "system"},
		},
	}
	for range 2 { // a journal may write it once more
		check.Must(t, s.Apply(t.Context(), changed))
	}
	check.Must(t, s.LogAccess(audit.With(t.Context(), desk), "r1", "staff:anna", tickets.Listened, monday.Add(2*time.Second)))
	check.Equal(t, "records of the ticket", recordsOf(t, s, audit.Filter{Document: audit.Document{Kind: "ticket", ID: "417"}}), []audit.Record{
		by(audit.Record{At: monday.Add(2 * time.Second), What: "listened", Document: audit.Document{Kind: audit.Recording, ID: "r1"}, Fields: []audit.Field{{Name: "ticket", After: "417"}}}),
		by(audit.Record{What: "commented", Document: audit.Document{Kind: "ticket", ID: "417"}, Before: 1, After: 2}),
	})
}

func recordsForgotten(t *testing.T, s Store) {
	for i := range 3 {
		at := monday.Add(time.Duration(i) * time.Hour)
		check.Must(t, s.NoteAudit(t.Context(), audit.Record{At: at, Who: audit.Setup, What: audit.Asked}))
		check.Must(t, s.LogAccess(t.Context(), "r", "staff:anna", tickets.Listened, at))
	}
	check.Must(t, s.ForgetAudit(t.Context(), monday.Add(time.Hour)))
	var left []string
	for _, r := range recordsOf(t, s, audit.Filter{}) {
		left = append(left, fmt.Sprint(r.What, " ", r.At.Sub(monday)))
	}
	check.Equal(t, "what is left", left, []string{"listened 2h0m0s", "asked 2h0m0s", "listened 1h0m0s", "asked 1h0m0s", "listened 0s"})
}
