-- +goose Up

create table beats ( -- how heartbeats stand, which are documents
	id      text primary key,
	key     bytea unique, -- SHA-256 of the key in its address
	due     timestamptz,
	version integer not null,
	state   jsonb not null
) with (fillfactor = 80);
create index beats_due on beats (due) where due is not null;

create table listening ( -- when processes listened: what they could not hear is excused
	process text not null,
	began   timestamptz not null,
	until   timestamptz not null,
	primary key (process, began)
) with (fillfactor = 80);

-- +goose Down
drop table beats, listening;
