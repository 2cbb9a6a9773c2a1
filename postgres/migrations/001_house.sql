-- +goose Up

create table tickets (
	number     bigint primary key,
	contract   text not null,
	customer   text not null,
	name       text not null,
	caller     text not null,
	channel    text not null,
	claim      text not null,
	assessment text not null,
	priority   integer not null,
	level      text not null,
	state      text not null,
	assignee   text not null,
	evo        boolean not null,
	language   text not null,
	opened_at  timestamptz not null,
	closed_at  timestamptz,
	time_spent integer not null,
	bundled    integer not null,
	version    integer not null,
	next_due   timestamptz, -- of the running clocks; a cache of theirs, for lists
	due        timestamptz  -- the same, of clocks that can still break
);
create index tickets_open_of on tickets (contract) where state not in ('restored', 'closed', 'not_request');
create index tickets_recent_of on tickets (caller, opened_at);
create index tickets_due on tickets (due) where due is not null;

create table clocks (
	ticket    bigint not null references tickets on delete cascade,
	place     integer not null,
	kind      text not null,
	due       timestamptz not null,
	met_at    timestamptz,
	broken_at timestamptz,
	projected boolean not null,
	span      bigint not null, -- nanoseconds of working time
	began     timestamptz not null,
	primary key (ticket, kind)
);

create table recordings (
	id      text primary key,
	ticket  bigint not null references tickets on delete cascade,
	place   integer not null,
	call    text not null,
	at      timestamptz not null,
	seconds double precision not null,
	law     text not null,
	partial boolean not null,
	file    text not null,
	sha256  text not null
);
create index recordings_of on recordings (ticket);

create table events (
	place  bigint generated always as identity primary key,
	id     text not null unique,
	ticket bigint not null references tickets,
	at     timestamptz not null,
	kind   text not null,
	actor  text not null,
	text   text not null,
	facts  jsonb not null
);
create index events_of on events (ticket, place);

-- +goose StatementBegin
create function history_is_append_only() returns trigger language plpgsql as $$
begin
	raise exception 'the history of a ticket is append-only';
end $$;
-- +goose StatementEnd
create trigger events_append_only before update or delete or truncate on events
	for each statement execute function history_is_append_only();

create table work (
	id     text primary key,
	kind   text not null,
	ticket bigint not null,
	due    timestamptz not null,
	facts  jsonb not null,
	done   boolean not null default false
);

create table documents ( -- customers, contracts, levels, calendars, engineers, the rota: read and written whole
	kind    text not null,
	id      text not null,
	version integer not null,
	body    jsonb not null,
	primary key (kind, id)
);

create table pins (
	hash     bytea primary key, -- keyed; the key is not in the database
	contract text not null,
	current  boolean not null
);
create unique index pins_one_a_contract on pins (contract) where current;

create table calls (
	id      text primary key,
	started timestamptz not null,
	body    jsonb not null
);
create index calls_started on calls (started desc, id desc);

create table tokens (
	name    text primary key,
	hash    bytea not null unique,
	created timestamptz not null
);

create table replies (
	key    text primary key,
	digest bytea not null,
	status integer not null,
	body   bytea not null,
	at     timestamptz not null
);

create table flows (
	version   integer primary key,
	name      text not null,
	yaml      text not null,
	published timestamptz not null,
	by        text not null
);

create table facts (
	key   text primary key,
	value text not null
);

create table accesses (
	recording text not null,
	actor     text not null,
	at        timestamptz not null
);

create table numbers (
	one  boolean primary key default true check (one),
	next bigint not null
);
insert into numbers (next) values (417);

-- +goose Down
drop table numbers, accesses, facts, flows, replies, tokens, calls, pins, documents, work, events, recordings, clocks, tickets;
drop function history_is_append_only();
