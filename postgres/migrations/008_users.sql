-- +goose Up

-- Who may use the staff's pages, and who is logged in. A session is found by the hash of the secret in the browser's cookie.
create table users (
	name     text primary key,
	role     text not null,
	password text not null,
	engineer text not null,
	disabled boolean not null,
	created  timestamptz not null,
	version  integer not null
);
create table sessions (
	hash    bytea primary key,
	owner   text not null references users on delete cascade,
	created timestamptz not null,
	expires timestamptz not null
);
create index sessions_owner on sessions (owner);
create index sessions_expires on sessions (expires);

-- +goose Down

drop table sessions;
drop table users;
