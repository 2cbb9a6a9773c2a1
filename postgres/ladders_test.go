package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/storage"
	"hotline/tickets"
)

// manyCalls writes records of calls, which are numbered on from a number, and gives a ladder of so many octets for each of them.
func manyCalls(t testing.TB, s *Store, from, calls, octets int) (list []cdr.Ladder) {
	t.Helper()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var records []cdr.Call
	for n := range calls {
		c := cdr.Call{ID: tickets.CallID(fmt.Sprintf("call-%020d", from+n)), Started: at}
		records, list = append(records, c), append(list, cdr.Ladder{Call: c.ID, At: at, Parts: make([]byte, octets)})
	}
	if err := s.PutCalls(t.Context(), records...); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestALadderGoesWithTheRecordOfItsCall, whoever deletes that.
func TestALadderGoesWithTheRecordOfItsCall(t *testing.T) {
	s := fresh(t)
	list := manyCalls(t, s, 0, 2, 10)
	if missing, err := s.AddLadders(t.Context(), list...); err != nil || len(missing) > 0 {
		t.Fatal(missing, err)
	}
	if _, err := s.pool.Exec(t.Context(), "delete from calls where id = $1", list[0].Call); err != nil {
		t.Fatal(err)
	}
	_, gone := s.Ladder(t.Context(), list[0].Call)
	_, there := s.Ladder(t.Context(), list[1].Call)
	if !errors.Is(gone, storage.ErrNotFound) || there != nil {
		t.Errorf("the ladder of the call that was deleted: %v, of the other one: %v", gone, there)
	}
}

// BenchmarkAddLadders is what the ladders of a hundred calls cost the database: time, and octets on the disk with the indexes.
func BenchmarkAddLadders(b *testing.B) {
	s, calls := fresh(b), 0
	for b.Loop() {
		b.StopTimer()
		list := manyCalls(b, s, calls, 100, 1840)
		calls += len(list)
		b.StartTimer()
		if _, err := s.AddLadders(b.Context(), list...); err != nil {
			b.Fatal(err)
		}
	}
	var octets int
	if err := s.pool.QueryRow(b.Context(), "select pg_total_relation_size('ladders')").Scan(&octets); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(octets)/float64(calls), "octets/call")
}
