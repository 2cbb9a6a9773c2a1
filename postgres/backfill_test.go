package postgres

import (
	"fmt"
	"testing"
	"time"

	"hotline/cdr"
	plans "hotline/numbers"
	"hotline/postgres/backfill"
	"hotline/tickets"
)

// TestCallersOfFormerVersionsAreFoundByTheirNumberInE164: by the number of their ticket, by the record of their call, and by
// a search for digits that only the international spelling has.
func TestCallersOfFormerVersionsAreFoundByTheirNumberInE164(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	plan, err := plans.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	spellings := map[string]string{ // as it was kept, and as it is to be kept
		"065551239": "+39065551239", "06 555 1239": "+39065551239", "00390655512": "+390655512", "+39065551239": "+39065551239",
		"417": "417", "": "", "anonymous": "anonymous", "sip:anna@10.0.0.7": "sip:anna@10.0.0.7",
	}
	want, n := map[tickets.Number]string{}, tickets.Number(0)
	for former, now := range spellings {
		n++
		want[n] = now
		if err := s.Apply(t.Context(), tickets.Change{
			Ticket: tickets.Ticket{Number: n, Reporter: tickets.Reporter{Caller: former}, State: tickets.Open, OpenedAt: monday, Version: 1},
			Events: []tickets.Event{{ID: fmt.Sprint("open", n), Ticket: n, At: monday, Kind: tickets.Opened, Actor: "caller"}},
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.PutCalls(t.Context(), cdr.Call{ID: tickets.CallID(fmt.Sprint("call", n)), From: former, To: "1", Started: monday, Ticket: n}); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, s, plan)
	for n, number := range want {
		if x, err := s.Ticket(t.Context(), n); err != nil || x.Caller != number || x.Version != 1 {
			t.Errorf("ticket %d has %q, version %d, want %q: %v", n, x.Caller, x.Version, number, err)
		}
		if c, err := s.Call(t.Context(), tickets.CallID(fmt.Sprint("call", n))); err != nil || c.From != number || c.To != "1" || c.Ticket != n {
			t.Errorf("call %d is %+v, want it from %q: %v", n, c, number, err)
		}
	}
	if page, err := s.List(t.Context(), tickets.Filter{Caller: "+39065551239"}); err != nil || page.Total != 3 {
		t.Errorf("%d tickets of the caller, %v", page.Total, err)
	}
	if page, err := s.Calls(t.Context(), cdr.Filter{Number: "+39065551239"}); err != nil || page.Total != 3 {
		t.Errorf("%d calls of the caller, %v", page.Total, err)
	}
	if page, err := s.List(t.Context(), tickets.Filter{Search: "39065551239"}); err != nil || page.Total != 3 {
		t.Errorf("%d tickets are found by the international digits, %v", page.Total, err)
	}
}

// finish does every piece, and a new start that finds nothing to do.
func finish(t *testing.T, s *Store, plan plans.Plan) (pieces int) {
	t.Helper()
	for more := true; more; pieces++ {
		var err error
		if more, err = s.Backfill().Callers(t.Context(), "IT", plan.E164); err != nil || pieces > 100 {
			t.Fatal(pieces, err)
		}
	}
	if more, err := s.Backfill().Callers(t.Context(), "IT", func(string) string { return "read again" }); more || err != nil {
		t.Errorf("a new start: more %v, %v", more, err)
	}
	return pieces
}

// TestCallersAreRewrittenPieceByPiece, and the former spelling that a writer brings back meanwhile is found by the next pass.
func TestCallersAreRewrittenPieceByPiece(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	plan, err := plans.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	const many = 2*backfill.Piece + 10
	for _, sql := range []string{
		`insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language, opened_at, time_spent, bundled, version)
		select n, '', '', 'Officine Bellini', '065551239', 'web', 'question', '', 4, 'extended', 'open', '', false, 'it', $1::timestamptz, 0, 0, 1 from generate_series(1, $2::int) n`,
		`insert into calls (id, started, body) select 'c' || n, $1::timestamptz, '{"from": "065551239", "legs": null}' from generate_series(1, $2::int) n`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql, monday, many); err != nil {
			t.Fatal(err)
		}
	}
	if more, err := s.Backfill().Callers(t.Context(), "IT", plan.E164); !more || err != nil {
		t.Fatal(more, err)
	}
	if page, err := s.List(t.Context(), tickets.Filter{Caller: "+39065551239"}); err != nil || page.Total != backfill.Piece {
		t.Errorf("after a piece %d tickets are rewritten, %v", page.Total, err)
	}
	if _, err := s.pool.Exec(t.Context(), `update tickets set caller = '065551239' where number = $1`, many); err != nil { // by who read it before
		t.Fatal(err)
	}
	if pieces := finish(t, s, plan); pieces != 17 { // three passes, each of three pieces of tickets and three of calls, but for the one above
		t.Errorf("rewritten in %d pieces", pieces)
	}
	if page, err := s.List(t.Context(), tickets.Filter{Caller: "+39065551239"}); err != nil || page.Total != many {
		t.Errorf("%d tickets of the caller, %v", page.Total, err)
	}
	if page, err := s.Calls(t.Context(), cdr.Filter{Number: "+39065551239"}); err != nil || page.Total != many {
		t.Errorf("%d calls of the caller, %v", page.Total, err)
	}
}
