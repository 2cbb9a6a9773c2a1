package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/intake"
	"hotline/sla"
	"hotline/tickets"
)

// alertNode is a program that takes alerts, with a store of its own on the common database.
type alertNode struct {
	*intake.Intake
	desk *tickets.Desk
}

// alertNodes opens so many programs on one new database, with the contracts c0, c1 and so on.
func alertNodes(t *testing.T, count, contracts int) (list []alertNode, store *Store) {
	t.Helper()
	ctx, url := t.Context(), freshURL(t)
	for n := range count {
		s, err := Open(ctx, url, Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		if n == 0 {
			store = s
			furnish(t, s, contracts)
		}
		book, err := directory.ReadBook(ctx, s, alertMonday)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		ids := 0
		newID := func() string { mu.Lock(); defer mu.Unlock(); ids++; return fmt.Sprintf("n%d-%d", n, ids) }
		desk := tickets.NewDesk(tickets.DeskConfig{Store: s, Book: book, Numbers: numbers{s}, Own: sla.OfficeHours, NewID: newID})
		list = append(list, alertNode{intake.New(intake.Config{Store: s, Desk: desk, Numbers: numbers{s}, NewID: newID, Language: func() string { return "en" }, Log: slog.New(slog.DiscardHandler)}), desk})
	}
	return list, store
}

var alertMonday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func furnish(t *testing.T, s *Store, contracts int) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		must(err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := s.PutCalendar(ctx, c)
		must(err)
	}
	for i := range contracts {
		id := fmt.Sprint("c", i)
		_, err := s.PutCustomer(ctx, directory.Customer{ID: directory.CustomerID(id), Name: id})
		must(err)
		_, err = s.PutContract(ctx, directory.Contract{ID: directory.ContractID(id), Customer: directory.CustomerID(id), Level: sla.Extended, Language: "it", ValidFrom: alertMonday.AddDate(-1, 0, 0), RemoteAccess: true})
		must(err)
	}
}

// TestTwoNodesMakeOneTicketOfOneProblem: three nodes take random alerts of a few problems at once, below the measure of a storm.
// However they meet, each problem that fires has one ticket, alive, and a ticket is alive only while its problem fires.
func TestTwoNodesMakeOneTicketOfOneProblem(t *testing.T) {
	const contracts, problems, rounds = 12, 3, 5
	list, store := alertNodes(t, 3, contracts)
	for contract := range contracts {
		o := intake.Origin{Contract: directory.ContractID(fmt.Sprint("c", contract)), Source: "native"}
		var all sync.WaitGroup
		for n, k := range list {
			dice := rand.New(rand.NewPCG(uint64(contract), uint64(n)))
			all.Go(func() {
				for range rounds {
					a := intake.Alert{Fingerprint: fmt.Sprint(dice.IntN(problems)), Severity: "critical", Title: "t", Resolved: dice.IntN(3) == 0}
					if _, err := k.Take(context.Background(), o, intake.Batch{Alerts: []intake.Alert{a}}, alertMonday); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		list[0].settle(t, alertMonday)
		live := map[tickets.Number]bool{}
		open, err := store.OpenOf(t.Context(), o.Contract)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range open {
			live[k.Number] = true
		}
		known, err := store.Problems(t.Context(), intake.Filter{Contract: o.Contract})
		if err != nil {
			t.Fatal(err)
		}
		owner := map[tickets.Number]string{}
		for _, p := range known {
			if p.Firing && (p.Ticket == 0 || !live[p.Ticket]) {
				t.Errorf("%s: problem %s fires, and its ticket %d is not alive", o.Contract, p.Key.Fingerprint, p.Ticket)
			}
			if other, taken := owner[p.Ticket]; taken {
				t.Errorf("%s: problems %s and %s share ticket %d", o.Contract, p.Key.Fingerprint, other, p.Ticket)
			}
			owner[p.Ticket] = p.Key.Fingerprint
			if p.Firing || !p.Due.IsZero() { // it fires, or its end is not believed yet
				delete(live, p.Ticket)
			}
		}
		if len(live) > 0 {
			t.Errorf("%s: the tickets %v are alive, and no problem is theirs", o.Contract, live)
		}
	}
}

// TestWhatFiresIsForgottenOnceNobodyOwesItsTicketAnything: else the rows of a source whose fingerprints change would stand for ever.
func TestWhatFiresIsForgottenOnceNobodyOwesItsTicketAnything(t *testing.T) {
	list, store := alertNodes(t, 1, 1)
	ctx, o := t.Context(), intake.Origin{Contract: "c0", Source: "native"}
	became, err := list[0].Take(ctx, o, intake.Batch{Alerts: []intake.Alert{
		{Fingerprint: "closed", Severity: "critical", Title: "t"}, {Fingerprint: "open", Severity: "critical", Title: "t"}, {Fingerprint: "none", Severity: "info", Title: "t"},
	}}, alertMonday)
	if err != nil || became.Opened != 2 {
		t.Fatalf("%+v %v", became, err)
	}
	if _, err := list[0].desk.Close(ctx, became.Tickets[0], "staff:anna", "done", alertMonday); err != nil {
		t.Fatal(err)
	}
	if err := store.ForgetProblems(ctx, alertMonday.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	known, err := store.Problems(ctx, intake.Filter{})
	if err != nil || len(known) != 1 || known[0].Key.Fingerprint != "open" {
		t.Errorf("known are %+v, %v", known, err)
	}
}

// settle carries out what is left.
func (k alertNode) settle(t *testing.T, now time.Time) {
	t.Helper()
	if err := k.Due(context.Background(), now.Add(30*time.Second)); err != nil {
		t.Fatal(err)
	}
}

// TestAStormOverTwoNodesIsOneTicketAnInstallation: the same on PostgreSQL, with each alert sent to either node.
func TestAStormOverTwoNodesIsOneTicketAnInstallation(t *testing.T) {
	const contracts, each = 4, 60
	list, store := alertNodes(t, 2, contracts)
	var all sync.WaitGroup
	for contract := range contracts {
		o := intake.Origin{Contract: directory.ContractID(fmt.Sprint("c", contract)), Source: "native"}
		for n, k := range list {
			all.Go(func() {
				for i := range each {
					if i%len(list) != n {
						continue
					}
					a := intake.Alert{Fingerprint: fmt.Sprint(i), Severity: "critical", Title: "t"}
					if _, err := k.Take(context.Background(), o, intake.Batch{Alerts: []intake.Alert{a}}, alertMonday); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	list[0].settle(t, alertMonday)
	for contract := range contracts {
		open, err := store.OpenOf(t.Context(), directory.ContractID(fmt.Sprint("c", contract)))
		if err != nil || len(open) != 1 {
			t.Fatalf("c%d has %d tickets, %v", contract, len(open), err)
		}
		known, err := store.Problems(t.Context(), intake.Filter{Ticket: open[0].Number, Limit: 1000})
		if err != nil || len(known) != each {
			t.Errorf("c%d: %d alerts stand in the ticket, %v", contract, len(known), err)
		}
	}
}
