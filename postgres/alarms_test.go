package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// furnished opens a database with the policy's levels and calendars and one contract of each level.
func furnished(t testing.TB, s *Store) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := s.PutCalendar(ctx, c)
		check(err)
	}
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		check(err)
		if l.ID != sla.OnRequest {
			_, err := s.PutContract(ctx, directory.Contract{ID: directory.ContractID(l.ID), Level: l.ID})
			check(err)
		}
	}
}

// numbers leases one at a time.
type numbers struct{ *Store }

func (n numbers) Next(ctx context.Context) (tickets.Number, error) { return n.LeaseNumbers(ctx, 1) }

func node(t testing.TB, s *Store) *tickets.Desk {
	t.Helper()
	book, err := directory.ReadBook(t.Context(), s, monday)
	if err != nil {
		t.Fatal(err)
	}
	return tickets.NewDesk(tickets.DeskConfig{Store: s, Book: book, Numbers: numbers{s}, Own: sla.OfficeHours, NewID: func() string { return strings.ToLower(rand.Text()) }})
}

// TestTwoNodesRaiseEveryAlarmOnce: both sweep the same tickets at the same time, one of them without asking for claims,
// as two nodes with clocks apart would.
func TestTwoNodesRaiseEveryAlarmOnce(t *testing.T) {
	const many = 30
	a := fresh(t)
	furnished(t, a)
	b, err := Open(t.Context(), a.pool.Config().ConnString(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	desks := []*tickets.Desk{node(t, a), node(t, b)}
	var all []tickets.Number
	for range many {
		k, err := desks[0].Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: directory.Contract{ID: "extended"}}, Claim: sla.Blocking, Channel: tickets.Web,
		}, monday)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k.Number)
	}
	now := monday.Add(2 * time.Hour) // contact is due after one
	var mu sync.Mutex
	var claimed []tickets.Number
	var sweeping sync.WaitGroup
	for i, s := range []*Store{a, b} {
		sweeping.Go(func() {
			list, err := s.ClaimDue(context.Background(), fmt.Sprint("node", i), now, time.Minute, many)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			claimed = append(claimed, list...)
			mu.Unlock()
			for _, n := range all { // claimed or not
				if _, _, err := desks[i].Look(context.Background(), n, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sweeping.Wait()
	if slices.Sort(claimed); len(slices.Compact(claimed)) != len(claimed) || len(claimed) > many {
		t.Errorf("a ticket was claimed by both: %v", claimed)
	}
	for _, n := range all {
		lines, err := a.History(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, e := range lines {
			kinds = append(kinds, string(e.Kind))
		}
		if got := strings.Join(kinds, " "); got != "opened warned broken" {
			t.Errorf("ticket %d: %s", n, got)
		}
	}
	var rings int
	if err := a.pool.QueryRow(t.Context(), `select count(*) from work where kind = 'ring'`).Scan(&rings); err != nil || rings != many {
		t.Errorf("%d calls to the rota are planned for %d tickets (%v)", rings, many, err)
	}
}

// TestASweepFindsWhatJobsForgot: without a single job, as after a restore, the rows alone say what is due.
func TestASweepFindsWhatJobsForgot(t *testing.T) {
	s := fresh(t)
	furnished(t, s)
	desk := node(t, s)
	k, err := desk.Open(t.Context(), tickets.Draft{Identity: tickets.Identity{Contract: directory.Contract{ID: "extended"}}, Claim: sla.Blocking}, monday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), `truncate river_job, work`); err != nil {
		t.Fatal(err)
	}
	list, err := s.ClaimDue(t.Context(), "node", k.Clocks[0].Due.Add(time.Second), time.Minute, 10)
	if err != nil || len(list) != 1 {
		t.Errorf("claimed %v (%v)", list, err)
	}
}

// crowd writes many tickets at once, each with three clocks that broke or were kept; apart spreads their openings.
func crowd(b *testing.B, s *Store, many int, open bool) {
	b.Helper()
	furnished(b, s)
	promise := sla.DefaultLevels()[0].Terms(sla.DefaultCalendars()[0])
	_, err := s.pool.Exec(b.Context(), insertTerms, promise.ID(), promise)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		`insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language,
			opened_at, closed_at, time_spent, bundled, version, next_due, due, terms)
		select 1000 + n, 'c' || n % 200, 'k', 'Customer ' || n % 200, '', 'web', case n % 3 when 0 then 'blocking' else 'non_blocking' end, '', 2,
			'professional', case when $3 then 'open' else 'closed' end, '', false, 'it', $1::timestamptz + n * interval '40 seconds', null, 0, 0, 1,
			case when $3 then $1::timestamptz + interval '60 days' end, case when $3 then $1::timestamptz + case when n % 1000 = 0 then interval '0' else interval '60 days' end end, $4
		from generate_series(1, $2::int) n`,
		`insert into clocks (ticket, place, kind, due, met_at, broken_at, projected, span, began, spent, terms)
		select 1000 + n, k.place, k.kind, $1::timestamptz, case when not $3 then $1::timestamptz end,
			case when not $3 and n % 20 = k.place then $1::timestamptz end, false, 3600000000000, $1::timestamptz, (n % 9000) * 1000000000::bigint, $4
		from generate_series(1, $2::int) n, (values (0, 'contact'), (1, 'intervention'), (2, 'restore')) k(place, kind)`,
		`insert into events (id, ticket, at, kind, actor, text, facts)
		select 'e' || n || k.kind, 1000 + n, $1::timestamptz, 'broken', 'system', $4 || repeat(' where every minute went', 8), jsonb_build_object('clock', k.kind, 'it', repeat('dove', 40))
		from generate_series(1, $2::int) n, (values (0, 'contact'), (1, 'intervention'), (2, 'restore')) k(place, kind)
		where not $3 and n % 20 = k.place`,
		`select $1::timestamptz, $2::int, $3::bool, $4::text`,
	} {
		if _, err := s.pool.Exec(b.Context(), sql, monday.AddDate(0, 0, -22), many, open, promise.ID()); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.pool.Exec(b.Context(), `analyze`); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSweep looks for due clocks among 100,000 open tickets of which a hundred are due.
func BenchmarkSweep(b *testing.B) {
	s := fresh(b)
	crowd(b, s, 100_000, true)
	now := monday.AddDate(0, 0, -22).Add(time.Hour)
	for b.Loop() {
		list, err := s.ClaimDue(b.Context(), "node", now, time.Minute, 1000)
		if err != nil || len(list) != 100 {
			b.Fatalf("%d claimed, %v", len(list), err)
		}
	}
}

// BenchmarkReport makes the report of a month with 50,000 tickets.
func BenchmarkReport(b *testing.B) {
	s := fresh(b)
	crowd(b, s, 50_000, false)
	desk := node(b, s)
	for b.Loop() {
		r, err := statistics.Month(b.Context(), s, "2026-11", desk.Zone(), monday)
		if err != nil || len(r.Lines) != 400 && len(r.Lines) != 600 || len(r.Breaches) != 7500 {
			b.Fatalf("%d lines, %d breaches, %v", len(r.Lines), len(r.Breaches), err)
		}
	}
}

// BenchmarkTicket opens a ticket and writes a description to it, as a call does.
func BenchmarkTicket(b *testing.B) {
	s := fresh(b)
	furnished(b, s)
	desk := node(b, s)
	b.ReportAllocs()
	for b.Loop() {
		opened, err := desk.Open(b.Context(), tickets.Draft{Identity: tickets.Identity{Contract: desk.Book().Contracts.At("extended")}, Claim: sla.Question, Caller: "+39065551239", Channel: tickets.Phone}, monday)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := desk.Comment(b.Context(), opened.Number, "staff:anna", "the pump of the second line leaks", monday); err != nil {
			b.Fatal(err)
		}
	}
}
