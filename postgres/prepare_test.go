package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/storage"
)

// watched makes a database in which each change of the schema does what the text says first.
func watched(t *testing.T, plpgsql string) (url string, forget func()) {
	t.Helper()
	url = freshURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), fmt.Sprintf(`create function watch() returns event_trigger language plpgsql as $$ begin %s end $$;
		create event trigger watch on ddl_command_start execute function watch()`, plpgsql))
	if err != nil {
		t.Fatal(err)
	}
	return url, func() {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), `drop event trigger watch`); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseThatWasNotPreparedIsLateThoughItAnswers(t *testing.T) {
	url, forget := watched(t, `raise exception 'starting up' using errcode = '57P03';`)
	if _, err := Open(t.Context(), url, Config{}); !errors.Is(err, storage.ErrDown) {
		t.Errorf("without patience: %v", err)
	}
	s, err := Open(t.Context(), url, Config{Late: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ping(t.Context()); err != nil || !errors.Is(s.Late(), storage.ErrDown) {
		t.Errorf("it answers %v, and is late by %v", err, s.Late())
	}
	forget()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Contracts(t.Context()); err != nil {
		t.Errorf("once it is prepared: %v", err)
	}
	if next, err := Open(t.Context(), url, Config{Late: true}); err != nil || next.Late() != nil {
		t.Errorf("the next start: %v", err)
	} else {
		next.Close()
	}
}

func TestChangesOfTheSchemaMayTakeTheirTime(t *testing.T) {
	url, _ := watched(t, `if current_setting('statement_timeout') <> '0' then raise exception 'in haste: %', current_setting('statement_timeout'); end if;`)
	s, err := Open(t.Context(), url, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var limit string
	if err := s.pool.QueryRow(t.Context(), `show statement_timeout`).Scan(&limit); err != nil || limit != "5s" {
		t.Errorf("other statements may take %s, %v", limit, err)
	}
}

func TestManyRepliesAreForgottenPieceByPiece(t *testing.T) {
	s, monday := fresh(t), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	_, err := s.pool.Exec(t.Context(), `insert into replies (key, digest, status, body, at) select n::text, '', 201, '', $1::timestamptz + n * interval '1 s' from generate_series(1, $2) n`,
		monday, 2*fewReplies+10)
	if err != nil {
		t.Fatal(err)
	}
	largest := 0
	if _, err := s.pool.Exec(t.Context(), `create table pieces (n int);
		create function piece() returns trigger language plpgsql as $$ begin insert into pieces select count(*) from gone; return null; end $$;
		create trigger piece after delete on replies referencing old table as gone for each statement execute function piece()`); err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetReplies(t.Context(), monday.Add((2*fewReplies+4)*time.Second)); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := s.pool.QueryRow(t.Context(), `select (select count(*) from replies), (select max(n) from pieces)`).Scan(&left, &largest); err != nil || left != 7 || largest != fewReplies {
		t.Errorf("%d are left, %d at once, %v", left, largest, err)
	}
}
