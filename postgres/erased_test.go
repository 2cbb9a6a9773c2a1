package postgres

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/idempotency"
	"hotline/tickets"
)

// TestAnErasedRecordingLeavesNothingInTheDatabase looks into every row of every table for the checksum of a sound, before and after.
func TestAnErasedRecordingLeavesNothingInTheDatabase(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	gone, too, stays := strings.Repeat("ab", 32), strings.Repeat("ef", 32), strings.Repeat("cd", 32)
	x := tickets.Ticket{
		Number: 417, Reporter: tickets.Reporter{Channel: tickets.Phone}, State: tickets.Open, OpenedAt: at, Version: 1,
		Recordings: []tickets.Recording{{ID: "417-a", At: at, SHA256: gone}, {ID: "417-c", At: at, SHA256: too}, {ID: "417-b", At: at, SHA256: stays}},
	}
	line := tickets.Event{ID: "e1", Ticket: 417, At: at, Kind: tickets.Opened, Actor: "caller"}
	if err := s.Apply(ctx, tickets.Change{Ticket: x, Events: []tickets.Event{line}}); err != nil {
		t.Fatal(err)
	}
	answer := fmt.Sprintf(`{"recordings":[{"sha256":"%s"},{"sha256":"%s"},{"sha256":"%s"}],"name":"caffè"}`, gone, too, stays)
	if _, _, err := s.Remember(ctx, idempotency.Reply{Key: "k", Status: 200, Body: []byte(answer), At: at}); err != nil {
		t.Fatal(err)
	}
	tables, err := rows(ctx, s, "listing tables", pgx.RowTo[string], `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	where := func(sum string) (found []string) {
		t.Helper()
		for _, table := range tables {
			n, err := row(ctx, s, "searching "+table, pgx.RowTo[int],
				fmt.Sprintf("select count(*)::int from %s t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0", pgx.Identifier{table}.Sanitize()), sum, hex.EncodeToString([]byte(sum)))
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				found = append(found, table)
			}
		}
		return found
	}
	if found := where(gone); len(found) != 2 {
		t.Fatalf("before, the search finds it in %v; it must find the recording and the answer", found)
	}
	x.Version, x.Recordings = 2, x.Recordings[2:]
	line = tickets.Event{ID: "e2", Ticket: 417, At: at, Kind: tickets.Erased, Actor: "staff:anna", Text: "asked for", Facts: map[string]string{"recordings": "417-a 417-c"}}
	if err := s.Apply(ctx, tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{line}}); err != nil {
		t.Fatal(err)
	}
	if found := append(where(gone), where(too)...); len(found) > 0 {
		t.Errorf("after they were erased they stand in %v", found)
	}
	if found := where(stays); len(found) != 2 {
		t.Errorf("the other one stands in %v", found)
	}
	kept, _, err := s.Remember(ctx, idempotency.Reply{Key: "k"})
	if err != nil || string(kept.Body) != strings.NewReplacer(gone, "", too, "").Replace(answer) {
		t.Errorf("the answer became %s, %v", kept.Body, err)
	}
}
