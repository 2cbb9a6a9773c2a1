-- +goose Up

-- Who changed what: one record for each change that a user, a token, the set-up or a command makes, written with it.
create table audit (
	place    bigint generated always as identity primary key,
	at       timestamptz not null,
	who      text not null,
	source   text not null,
	route    text not null,
	what     text not null,
	kind     text not null,
	document text not null,
	before   integer not null,
	after    integer not null,
	fields   jsonb not null
);
create index audit_by_time on audit (at, place);
create index audit_of_who on audit (who, at, place);
create index audit_of_document on audit (kind, document, at, place);

-- A record is added, and forgotten when its term is over. Nothing changes it.
-- +goose StatementBegin
create function audit_stands() returns trigger language plpgsql as $$
begin raise exception 'the audit is append-only'; end $$;
-- +goose StatementEnd
create trigger audit_stands before update on audit for each row execute function audit_stands();
create trigger audit_is_not_emptied before truncate on audit for each statement execute function audit_stands();

-- Accesses to recordings stand in the same list, by time.
alter table accesses add source text not null default '', add route text not null default '';
create index accesses_by_time on accesses (at, place);
create index accesses_of_actor_by_time on accesses (actor, at, place);

-- Some engineers have tens of thousands of tickets, of which few are open: the board looks for the open ones alone.
drop index tickets_of_assignee;
create index tickets_of_assignee on tickets (assignee, facet, due_at, number) include (opened_at);

-- +goose Down
drop index tickets_of_assignee;
create index tickets_of_assignee on tickets (assignee) include (facet, opened_at, due_at, number);
drop index accesses_by_time, accesses_of_actor_by_time;
alter table accesses drop source, drop route;
drop table audit;
drop function audit_stands;
