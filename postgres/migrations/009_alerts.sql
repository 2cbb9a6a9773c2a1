-- +goose Up

alter table tokens
	add contract     text not null default '', -- whom a token of scope alerts speaks for
	add installation text not null default '';

create table installations ( -- what is known of systems that report their own problems
	contract text not null,
	name     text not null,
	version  integer not null,
	due      timestamptz,
	state    jsonb not null,
	primary key (contract, name)
);
create index installations_due on installations (due) where due is not null;

create table problems ( -- of installations: one row a fingerprint
	contract     text not null,
	installation text not null,
	source       text not null,
	fingerprint  text not null,
	firing       boolean not null,
	severity     text not null,
	title        text not null,
	category     text not null,
	ticket       bigint not null,
	held         text not null,
	since        timestamptz not null,
	heard        timestamptz not null,
	due          timestamptz,
	count        integer not null,
	told         integer not null,
	changes      timestamptz[] not null,
	primary key (contract, installation, source, fingerprint)
) with (fillfactor = 80);
create index problems_due on problems (due) where due is not null;
create index problems_ticket on problems (ticket) where ticket <> 0;
create index problems_heard on problems (contract, heard);

-- +goose Down
drop table problems, installations;
alter table tokens drop contract, drop installation;
