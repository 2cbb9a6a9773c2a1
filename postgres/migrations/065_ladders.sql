-- +goose Up

-- Who sent what when in the signalling of a call that has ended, with the reports of its sound. It goes with the record of the call, and is
-- compressed already.
create table ladders (
	call     text primary key references calls on delete cascade,
	at       timestamptz not null,
	parts    bytea not null,
	complete boolean not null
);
alter table ladders alter parts set storage external;
create index ladders_at on ladders (at);

-- +goose Down
drop table ladders;
