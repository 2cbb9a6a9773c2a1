-- +goose Up

-- Tickets that are joined with those of another ticket system, and what has to be read there.
create table bridge_twins (
	ticket         bigint primary key,
	foreign_id     bigint unique, -- null: not known yet
	number         text not null,
	there          boolean not null,
	hop            integer not null,
	began          timestamptz,
	article        bigint not null,
	read           timestamptz,
	heard_state    text not null,
	heard_priority text not null,
	heard_owner    text not null,
	saying_state   text not null,
	saying_priority text not null,
	saying_owner   text not null,
	meant_state    text not null,
	meant_priority integer not null,
	meant_assignee text not null,
	told_state     text not null,
	told_priority  integer not null,
	told_assignee  text not null,
	version        integer not null
);

create table bridge_pokes (
	foreign_id bigint primary key,
	due        timestamptz not null,
	tries      integer not null,
	error      text not null
);

create index bridge_pokes_due on bridge_pokes (due);

-- +goose Down

drop table bridge_pokes;
drop table bridge_twins;
