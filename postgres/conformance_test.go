package postgres

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"hotline/agent/receiver"
	"hotline/attachments"
	"hotline/audit/audittest"
	"hotline/bridge/twins"
	"hotline/bridge/twins/twinstest"
	"hotline/budgets"
	"hotline/cdr"
	"hotline/company"
	"hotline/company/companytest"
	"hotline/drafts"
	"hotline/evosupport"
	"hotline/evosupport/news/newstest"
	"hotline/heartbeat"
	"hotline/idempotency"
	"hotline/intake"
	"hotline/ivr/versions"
	"hotline/mail"
	"hotline/notify/statement/statementtest"
	"hotline/oncall"
	"hotline/outbox"
	"hotline/portal/access"
	"hotline/portal/access/accesstest"
	"hotline/presence"
	"hotline/prompts/replaced"
	"hotline/storage"
	"hotline/storage/storagetest"
	"hotline/tickets/ticketstest"
	"hotline/tokens"
	"hotline/users"
)

func TestPostgreSQLKeepsTheRulesOfEveryStore(t *testing.T) {
	empty := emptied(t)
	t.Run("tickets", func(t *testing.T) { ticketstest.Run(t, func(t *testing.T) ticketstest.Store { return empty(t) }) })
	t.Run("desk", func(t *testing.T) { ticketstest.Desk(t, func(t *testing.T) ticketstest.DeskStore { return empty(t) }) })
	t.Run("statistics", func(t *testing.T) {
		ticketstest.Statistics(t, func(t *testing.T) ticketstest.StatisticsStore { return empty(t) })
	})
	t.Run("directory", func(t *testing.T) {
		storagetest.Directory(t, func(t *testing.T) storagetest.DirectoryStore { return empty(t) })
	})
	t.Run("oncall", func(t *testing.T) {
		storagetest.Oncall(t, func(t *testing.T) storagetest.StaffStore { return empty(t) })
	})
	t.Run("calls", func(t *testing.T) { storagetest.Calls(t, func(t *testing.T) cdr.Store { return empty(t) }) })
	t.Run("tokens", func(t *testing.T) { storagetest.Tokens(t, func(t *testing.T) tokens.Store { return empty(t) }) })
	t.Run("portal", func(t *testing.T) { accesstest.Store(t, func(t *testing.T) access.Store { return empty(t) }) })
	t.Run("twins", func(t *testing.T) { twinstest.Store(t, func(t *testing.T) twins.Store { return empty(t) }) })
	t.Run("users", func(t *testing.T) { storagetest.Users(t, func(t *testing.T) users.Store { return empty(t) }) })
	t.Run("replies", func(t *testing.T) { storagetest.Replies(t, func(t *testing.T) idempotency.Store { return empty(t) }) })
	t.Run("flows", func(t *testing.T) { storagetest.Flows(t, func(t *testing.T) versions.Store { return empty(t) }) })
	t.Run("engaged", func(t *testing.T) {
		storagetest.Engagements(t, func(t *testing.T) oncall.Engagements { return empty(t) })
	})
	t.Run("budgets", func(t *testing.T) { storagetest.Budgets(t, func(t *testing.T) budgets.Store { return empty(t) }) })
	t.Run("alerts", func(t *testing.T) { storagetest.Alerts(t, func(t *testing.T) intake.Store { return empty(t) }) })
	t.Run("agents", func(t *testing.T) {
		storagetest.Agents(t, func(t *testing.T) receiver.Store { return empty(t) })
	})
	t.Run("heartbeats", func(t *testing.T) {
		storagetest.Heartbeats(t, func(t *testing.T) heartbeat.Store { return empty(t) })
	})
	t.Run("attachments", func(t *testing.T) {
		storagetest.Attachments(t, func(t *testing.T) attachments.Store { return empty(t) })
	})
	t.Run("house", func(t *testing.T) { companytest.Store(t, func(t *testing.T) company.Store { return empty(t) }) })
	t.Run("drafts", func(t *testing.T) { storagetest.Drafts(t, func(t *testing.T) drafts.Store { return empty(t) }) })
	t.Run("presence", func(t *testing.T) { storagetest.Presence(t, func(t *testing.T) presence.Store { return empty(t) }) })
	t.Run("outbox", func(t *testing.T) { storagetest.Outbox(t, func(t *testing.T) outbox.Store { return empty(t) }) })
	t.Run("evo support", func(t *testing.T) { storagetest.EvoSupport(t, func(t *testing.T) evosupport.Store { return empty(t) }) })
	t.Run("news", func(t *testing.T) { newstest.Run(t, func(t *testing.T) newstest.Store { return empty(t) }) })
	t.Run("statements", func(t *testing.T) { statementtest.Run(t, func(t *testing.T) statementtest.Store { return empty(t) }) })
	t.Run("mails", func(t *testing.T) { storagetest.Mails(t, func(t *testing.T) mail.Store { return empty(t) }) })
	t.Run("prompts", func(t *testing.T) { storagetest.Prompts(t, func(t *testing.T) replaced.Store { return empty(t) }) })
	t.Run("transcripts", func(t *testing.T) {
		storagetest.Transcripts(t, func(t *testing.T) storagetest.Transcribed { return empty(t) })
	})
	t.Run("audit", func(t *testing.T) {
		audittest.Run(t, func(t *testing.T) audittest.Store { return empty(t) })
	})
	t.Run("facts", func(t *testing.T) { storagetest.Facts(t, func(t *testing.T) storage.Facts { return empty(t) }) })
}

// emptied is one database for tests that run one after the other, each on an empty store: what the one before left is taken away, which
// costs a fraction of another copy.
func emptied(t *testing.T) func(t *testing.T) *Store {
	t.Helper()
	url := createDatabase(t, template)
	execute(t, url, keeping)
	before := contents(t, url)
	t.Cleanup(func() {
		if execute(t, url, emptying); contents(t, url) != before {
			t.Error("an emptied database is not the copy that it was: these tests saw what others had left")
		}
	})
	return func(t *testing.T) *Store {
		t.Helper()
		execute(t, url, emptying)
		s, err := Open(t.Context(), url, Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
}

// keeping puts what the copy holds aside.
const keeping = `create schema kept;
create table kept.sequences as select sequencename, start_value, last_value from pg_sequences where schemaname = 'public';
do $$
declare name text;
begin
	for name in select tablename from pg_tables where schemaname = 'public' loop
		execute format('create table kept.%1$I as table public.%1$I', name);
	end loop;
end $$`

// emptying gives each table that differs the rows that it had, and each sequence its place; no trigger runs.
const emptying = `set session_replication_role = replica;
do $$
declare
	name text;
	columns text;
	differs bool;
begin
	for name in select tablename from pg_tables where schemaname = 'public' loop
		execute format('select exists ((table public.%1$I except all table kept.%1$I) union all (table kept.%1$I except all table public.%1$I))', name) into differs;
		continue when not differs;
		select string_agg(quote_ident(column_name), ', ') into columns
			from information_schema.columns where table_schema = 'public' and table_name = name and is_generated = 'NEVER';
		execute format('delete from public.%I', name);
		execute format('insert into public.%1$I (%2$s) overriding system value select %2$s from kept.%1$I', name, columns);
	end loop;
	perform setval(format('public.%I', k.sequencename)::regclass, coalesce(k.last_value, k.start_value), k.last_value is not null)
		from kept.sequences k join pg_sequences s using (sequencename)
		where s.schemaname = 'public' and s.last_value is distinct from k.last_value;
end $$`

// execute has the server do several statements in a session of their own.
func execute(t *testing.T, url, statements string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// contents are the rows of all tables, and the places of all sequences.
func contents(t *testing.T, url string) (all string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	err = c.QueryRow(ctx, `select (select string_agg(tablename || query_to_xml(format('select x::text from public.%I x order by 1', tablename), false, false, '')::text, '' order by tablename)
		from pg_tables where schemaname = 'public')
		|| (select string_agg(sequencename || ' ' || coalesce(last_value::text, 'new'), ',' order by sequencename) from pg_sequences where schemaname = 'public')`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
