-- +goose Up

-- Who does due work, and until when that holds: what a process was doing whose row has run out is done by another.
create table hands (
	name text primary key,
	until timestamptz not null
);

-- +goose Down

drop table hands;
