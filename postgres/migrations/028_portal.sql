-- +goose Up

-- The customer portal: codes that are on their way by mail, sessions, and links that open one ticket. Of each secret there is its
-- hash. A code without a contract was asked for with a wrong PIN: it is kept like the others, and none is the right one.
create table portal_codes (
	browser  bytea primary key,
	hash     bytea not null,
	contract text not null,
	pin_at   timestamptz,
	expires  timestamptz not null,
	tries    integer not null default 0
);
create index portal_codes_expires on portal_codes (expires);

create table portal_sessions (
	hash     bytea primary key,
	contract text not null,
	pin_at   timestamptz,
	created  timestamptz not null,
	expires  timestamptz not null
);
create index portal_sessions_expires on portal_sessions (expires);

create table ticket_links (
	hash    bytea primary key,
	ticket  bigint not null,
	created timestamptz not null,
	expires timestamptz not null,
	made_by text not null,
	revoked boolean not null default false
);
create index ticket_links_ticket on ticket_links (ticket);
create index ticket_links_expires on ticket_links (expires);

-- +goose Down

drop table ticket_links;
drop table portal_sessions;
drop table portal_codes;
