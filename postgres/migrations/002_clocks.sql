-- +goose Up

create table terms ( -- what tickets were promised; named by what it says, so written once and never changed
	id   text primary key,
	body jsonb not null
);

alter table tickets
	add terms         text not null default '',
	add pauses        jsonb not null default '[]',
	add stamps        jsonb not null default '{}',
	add raised        integer not null default 0,
	add claimed_by    text not null default '', -- the node that raises the ticket's alarms
	add claimed_until timestamptz;

alter table clocks
	add paused   boolean not null default false,
	add spent    bigint not null default 0, -- nanoseconds of working time until it was met
	add warnings jsonb not null default '[]',
	add terms    text not null default '';

create index tickets_opened on tickets (opened_at);
create index events_by_kind on events (kind, at) where kind in ('time_spent', 'broken');

-- +goose Down
drop index events_by_kind, tickets_opened;
alter table clocks drop paused, drop spent, drop warnings, drop terms;
alter table tickets drop terms, drop pauses, drop stamps, drop raised, drop claimed_by, drop claimed_until;
drop table terms;
