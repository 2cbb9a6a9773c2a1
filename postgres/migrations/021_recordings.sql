-- +goose Up

-- Recordings whose sound no node keeps any more, and which no change brings back to a ticket. Nodes ask for what lies behind the last
-- place that they know.
create table erased (
	place     bigint generated always as identity,
	recording text primary key,
	ticket    bigint not null
);
create index erased_by_place on erased (place);

-- Tickets on which a legal hold stands; their histories tell who set it and why.
create table held (
	ticket bigint primary key references tickets on delete cascade
);

-- Legal holds of contracts, each set and each lifted. The last one of a contract stands.
create table holds (
	place    bigint generated always as identity primary key,
	contract text not null,
	at       timestamptz not null,
	actor    text not null,
	reason   text not null,
	lifted   boolean not null
);
create index holds_of on holds (contract, place);

alter table accesses
	add place  bigint generated always as identity primary key,
	add action text not null default 'listened',
	add ticket bigint not null default 0;
update accesses a set ticket = r.ticket from recordings r where r.id = a.recording;
create index accesses_of_ticket on accesses (ticket, place);
drop index accesses_of;
create index accesses_of on accesses (recording, place);
create index recordings_by_age on recordings (at, id);

-- +goose Down
drop index recordings_by_age, accesses_of, accesses_of_ticket;
alter table accesses drop place, drop action, drop ticket;
create index accesses_of on accesses (recording, at);
drop table holds, held, erased;
