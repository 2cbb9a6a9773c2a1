-- +goose Up

-- Who does due work, and until when that holds: what a process was doing whose lease has run out is done by another.
create table work_leases (
	name text primary key,
	until timestamptz not null
);

-- +goose Down

drop table work_leases;
