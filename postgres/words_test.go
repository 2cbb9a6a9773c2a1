package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/paging"
	"hotline/postgres/backfill"
	"hotline/tickets"
)

// TestTicketsOfAFormerVersionAreFoundOnceTheirWordsAreGathered: piece by piece, and what is written meanwhile stays found.
func TestTicketsOfAFormerVersionAreFoundOnceTheirWordsAreGathered(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const many = 2*backfill.Piece + 10
	for _, sql := range []string{
		`insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language, opened_at, time_spent, bundled, version)
		select n, '', '', 'Officine Bellini', '', 'web', 'question', '', 4, 'extended', 'open', '', false, 'it', $1::timestamptz, 0, 0, 1 from generate_series(1, $2::int) n`,
		`insert into events (id, ticket, at, kind, actor, text, facts)
		select 'e' || n, n, $1::timestamptz, 'commented', 'staff:anna', 'le pompe perdono', '{}' from generate_series(1, $2::int) n`,
		`insert into facts (key, value) select 'words_from_below', ($2::int + 1)::text where $1::timestamptz is not null`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql, monday, many); err != nil {
			t.Fatal(err)
		}
	}
	x, err := s.Ticket(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	x.Version = 2
	if err := s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{
		{ID: "new", Ticket: 7, At: monday, Kind: tickets.Commented, Actor: "staff:anna", Text: "replaced the valves"},
	}}); err != nil {
		t.Fatal(err)
	}
	found := func(words string, want int) {
		t.Helper()
		page, err := s.List(t.Context(), tickets.Filter{Search: words})
		if err != nil || page.Total != want {
			t.Errorf("%q finds %d, want %d: %v", words, page.Total, want, err)
		}
	}
	found("pompa", 0)
	pieces := 0
	for more := true; more; pieces++ {
		if more, err = s.Backfill().Words(t.Context()); err != nil {
			t.Fatal(err)
		}
		if pieces == 0 {
			found("pompa", backfill.Piece)
		}
	}
	if pieces != 4 { // the last one finds that there are none left
		t.Errorf("gathered in %d pieces", pieces)
	}
	for words, want := range map[string]int{"pompa": many, "POMPE perde": many, "bellini": many, "valve": 1, "valve pompa bellini": 1, "replacing": 1, "pom": many, "la pompa": many} {
		found(words, want)
	}
	if more, err := s.Backfill().Words(t.Context()); more || err != nil {
		t.Errorf("there is more: %v, %v", more, err)
	}
	if _, err := s.Fact(t.Context(), "words_from_below"); err == nil {
		t.Error("it is not done")
	}
}

// patient is a connection whose statements may take as long as a busy machine needs.
func patient(t *testing.T, s *Store) *pgxpool.Conn {
	t.Helper()
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	if _, err := conn.Exec(t.Context(), `set statement_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestOfWordsThatVeryManyHaveTheNewestAreLookedAt, but for one customer all of its own are.
func TestOfWordsThatVeryManyHaveTheNewestAreLookedAt(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const many = paging.CountedAtMost + 20
	conn := patient(t, s)
	for _, sql := range []string{
		`insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language, opened_at, time_spent, bundled, version)
		select n, '', 'c' || n % 1000, 'Officine Bellini', '', 'web', 'question', '', 4, 'extended', 'open', '', false, 'it', $1::timestamptz, 0, 0, 1 from generate_series(1, $2::int) n`,
		`insert into ticket_words (ticket, words) select number, search_words(number, name, caller, '') from tickets where $1::timestamptz is not null limit $2::int`,
	} {
		if _, err := conn.Exec(t.Context(), sql, monday, many); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		filter tickets.Filter
		first  tickets.Number
		total  int
		more   bool
	}{
		{tickets.Filter{Search: "bellini"}, many, searchedAtMost, true},
		{tickets.Filter{Search: "bellini", Sort: "number"}, 21, paging.CountedAtMost, true},
		{tickets.Filter{Search: "bellini", Sort: "number", Customer: "c7"}, 7, 11, false},
		{tickets.Filter{Search: "bellini conti", Customer: "c7"}, 0, 0, false},
		{tickets.Filter{Search: "bellini", Sort: "due", States: []tickets.State{tickets.Open}}, 21, paging.CountedAtMost, true},
	} {
		page, err := s.List(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var first tickets.Number
		if len(page.Items) > 0 {
			first = page.Items[0].Number
		}
		if first != c.first || page.Total != c.total || page.More != c.more {
			t.Errorf("%+v begins with %d, of %d, more: %v", c.filter, first, page.Total, page.More)
		}
	}
}

// found walks the pages of a search to its end. Each page counts as many tickets as there are in all, up to the bound.
func found(t *testing.T, s *Store, words string, all int) (list []tickets.Number) {
	t.Helper()
	f := tickets.Filter{Search: words, Limit: 500}
	for {
		page, err := s.List(t.Context(), f)
		if total := min(all, searchedAtMost); err != nil || page.Total != total || page.More != (all > searchedAtMost) {
			t.Fatalf("%q counts %d, and more %t, want %d of %d: %v", words, page.Total, page.More, total, all, err)
		}
		for _, one := range page.Items {
			list = append(list, one.Number)
		}
		if f.After = page.Next; f.After == "" {
			return list
		}
	}
}

// TestASearchIsPagedToItsEnd: of words that all tickets have, that the oldest ones alone have, that few have, and that nobody has.
func TestASearchIsPagedToItsEnd(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const many, old = 4500, 2300
	conn := patient(t, s)
	for _, sql := range []string{
		`insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language, opened_at, time_spent, bundled, version)
		select n, '', '', 'Officine Bellini', '', 'web', 'question', '', 4, 'extended', 'open', '', false, 'it', $1::timestamptz, 0, 0, 1 from generate_series(1, $2::int) n`,
		`insert into ticket_words (ticket, words) select number, search_words(number, name, caller, case when number <= 2300 then 'pompa ' else '' end || case when number % 1000 = 7 then 'robot' else '' end)
		from tickets where $1::timestamptz is not null and $2::int > 0`,
	} {
		if _, err := conn.Exec(t.Context(), sql, monday, many); err != nil {
			t.Fatal(err)
		}
	}
	for words, want := range map[string]func(n tickets.Number) bool{
		"bellini": func(tickets.Number) bool { return true },
		"pompe":   func(n tickets.Number) bool { return n <= old },
		"robot":   func(n tickets.Number) bool { return n%1000 == 7 },
		"nobody":  func(tickets.Number) bool { return false },
	} {
		var all []tickets.Number
		for n := tickets.Number(many); n > 0; n-- {
			if want(n) {
				all = append(all, n)
			}
		}
		if got := found(t, s, words, len(all)); !slices.Equal(got, all) {
			t.Errorf("the pages of %q have %d tickets, want %d", words, len(got), len(all))
		}
	}
	commonest(t, s, conn, many)
	f := tickets.Filter{Search: "robot", Limit: 1}
	page, err := s.List(t.Context(), f)
	if err != nil || page.Next == "" {
		t.Fatalf("the first one of several: %+v, %v", page, err)
	}
	if _, err := s.pool.Exec(t.Context(), `delete from tickets where number < $1`, page.Items[0].Number); err != nil {
		t.Fatal(err)
	}
	f.After = page.Next
	if page, err = s.List(t.Context(), f); err != nil || len(page.Items) != 0 || page.Total != 1 {
		t.Errorf("behind the last one there are %d of %d, %v", len(page.Items), page.Total, err)
	}
}

// commonest looks for words that all tickets have, before there are very many of them and afterwards.
func commonest(t *testing.T, s *Store, conn *pgxpool.Conn, many int) {
	t.Helper()
	page, err := s.List(t.Context(), tickets.Filter{Search: "bellini", Limit: 3})
	if err != nil || page.Total != min(many, searchedAtMost) || !page.More {
		t.Errorf("counted are %d, more %v, %v", page.Total, page.More, err)
	}
	if _, err := conn.Exec(t.Context(), `insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language, opened_at, time_spent, bundled, version)
		select n, '', '', 'Officine Bellini', '', 'web', 'question', '', 4, 'extended', 'open', '', false, 'it', '2026-11-23', 0, 0, 1 from generate_series(4501, 34000) n`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `insert into ticket_words (ticket, words) select number, array_to_tsvector('{bellin,bellini}') from tickets where number > 4500`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `analyze ticket_words`); err != nil {
		t.Fatal(err)
	}
	page, err = s.List(t.Context(), tickets.Filter{Search: "bellini", Limit: 3})
	if err != nil || len(page.Items) != 3 || page.Items[0].Number != 34000 || page.Total != 1000 || !page.More {
		t.Errorf("of words that all tickets have %d are counted, more %v, the first is %v, %v", page.Total, page.More, page.Items, err)
	}
}

// TestTheWordsOfATicketAreTheSameWhoeverGathersThem: the statement that writes a ticket makes what the function makes of tickets of a
// former version.
func TestTheWordsOfATicketAreTheSameWhoeverGathersThem(t *testing.T) {
	s := fresh(t)
	for i, c := range []struct{ name, caller, said string }{
		{"Officine Bellini S.p.A.", "+39 06 555-1239", "Le pompe perdono; the valves don't close (again)"},
		{"", "", "x"}, {"  L'Aquila—Gas  ", "anonymous", "perché? 24/7 ÀÈÌ info@bellini.it http://bellini.it/a_b"},
		{"Ω-Werke", strings.Repeat("9", 64), "1.2.3 -4 a\tb\nc"},
	} {
		n := tickets.Number(i + 1)
		x := tickets.Ticket{Number: n, Reporter: tickets.Reporter{Name: c.name, Caller: c.caller}, Version: 1, OpenedAt: monday}
		e := tickets.Event{ID: fmt.Sprint("e", n), Ticket: n, At: monday, Kind: tickets.Commented, Actor: "staff:anna", Text: c.said}
		if err := s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{e}}); err != nil {
			t.Fatal(err)
		}
		var same bool
		var got, want string
		if err := s.pool.QueryRow(t.Context(), `select words = f, words::text, f::text from ticket_words, search_words($1, $2, $3, $4) f where ticket = $1`,
			n, c.name, c.caller, e.Searchable()).Scan(&same, &got, &want); err != nil || !same {
			t.Errorf("of %q are kept %s, want %s: %v", c, got, want, err)
		}
	}
}

// TestTheNextPageOfASearchIsOfTheSameLook: it looks nothing up anew, and is of the tickets that the first page was of.
func TestTheNextPageOfASearchIsOfTheSameLook(t *testing.T) {
	s := fresh(t)
	for n := range 9 {
		x := tickets.Ticket{Number: tickets.Number(n + 1), State: tickets.Open, OpenedAt: time.Date(2026, 11, 23, 9, n, 0, 0, time.UTC), Version: 1}
		line := tickets.Event{ID: fmt.Sprint("e", n), Ticket: x.Number, At: x.OpenedAt, Kind: tickets.Commented, Actor: "staff:anna", Text: "le pompe perdono"}
		if err := s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{line}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, sort := range []string{"number", "opened_at", "-priority"} { // "-number" goes on behind the last number, and keeps nothing
		f := tickets.Filter{Search: "pompa", Sort: sort, Limit: 4}
		first, err := s.List(t.Context(), f)
		if err != nil || len(first.Items) != 4 || first.Total != 9 {
			t.Fatalf("%s: %d of %d, %v", sort, len(first.Items), first.Total, err)
		}
		if _, err := s.pool.Exec(t.Context(), `alter table ticket_words rename to looked_up`); err != nil {
			t.Fatal(err)
		}
		f.After = first.Next
		next, err := s.List(t.Context(), f)
		if err != nil || len(next.Items) != 4 || next.Total != 9 || next.Items[0].Number == first.Items[3].Number {
			t.Errorf("%s: the next page has %d of %d, %v", sort, len(next.Items), next.Total, err)
		}
		f.After = ""
		if _, err := s.List(t.Context(), f); err == nil {
			t.Errorf("%s: a first page looks nothing up", sort)
		}
		if _, err := s.pool.Exec(t.Context(), `alter table looked_up rename to ticket_words`); err != nil {
			t.Fatal(err)
		}
	}
}
