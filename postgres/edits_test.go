package postgres

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// seed writes so many customers, contracts and PINs in three statements.
func seed(b *testing.B, s *Store, n int) {
	for _, sql := range []string{
		`insert into documents (kind, id, version, body) select 'customer', 'k' || i, 1, jsonb_build_object('id', 'k' || i, 'version', 1, 'name', 'Customer number ' || i || ' S.p.A.', 'email', 'faults@customer' || i || '.example', 'numbers', jsonb_build_array('+3906' || (1000000 + i), '+3902' || (1000000 + i))) from generate_series(1, $1::int) i`,
		`insert into documents (kind, id, version, body) select 'contract', 'c' || i, 1, jsonb_build_object('id', 'c' || i, 'version', 1, 'customer', 'k' || i, 'level', 'professional', 'language', 'it', 'valid_from', '2026-01-01T00:00:00Z', 'valid_until', '0001-01-01T00:00:00Z', 'after_hours', 'wait', 'remote_access', true) from generate_series(1, $1::int) i`,
		`insert into pins (hash, contract, current) select decode(md5('a' || i) || md5('b' || i), 'hex'), 'c' || i, true from generate_series(1, $1::int) i`,
	} {
		if _, err := s.pool.Exec(b.Context(), sql, n); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneEditOfAContract is one edit as the API does it, until the line serves by it: written, read back by row, and
// the desk's book made anew. It must cost the same however many contracts there are. Beside it stand how long a start
// takes to read the book, and what a contract with its customer and PIN takes of memory.
func BenchmarkOneEditOfAContract(b *testing.B) {
	for _, n := range []int{10, 2_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := fresh(b)
			seed(b, s, n)
			var before, after runtime.MemStats
			for range 3 { // what is pooled goes too
				runtime.GC()
			}
			runtime.ReadMemStats(&before)
			began := time.Now()
			book, err := directory.ReadBook(b.Context(), s, began)
			if err != nil {
				b.Fatal(err)
			}
			read := time.Since(began)
			for range 3 {
				runtime.GC()
			}
			runtime.ReadMemStats(&after)
			desk := tickets.NewDesk(tickets.DeskConfig{Store: s, Book: book, Own: sla.OfficeHours})
			if desk.Book().Contracts.Len() != n || desk.Book().PINs.Len() != n {
				b.Fatalf("the book has %d contracts", desk.Book().Contracts.Len())
			}
			i := 0
			for b.Loop() {
				id := directory.ContractID(fmt.Sprint("c", 1+i%n))
				i++
				c, err := s.Contract(b.Context(), id)
				if err != nil {
					b.Fatal(err)
				}
				c.EvoSupport = !c.EvoSupport
				if _, err = s.PutContract(b.Context(), c); err == nil {
					_, err = desk.CatchUp(b.Context(), s, began)
				}
				if err != nil || desk.Book().Contracts.At(id).EvoSupport != c.EvoSupport {
					b.Fatal("the line does not serve by the edit", err)
				}
			}
			b.ReportMetric(float64(read.Milliseconds()), "ms/start")
			b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(n), "B/contract")
		})
	}
}
