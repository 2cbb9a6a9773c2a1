-- +goose Up

-- The letters with the statement of a month: each contract and month has one.
create table statement_letters (
	contract text not null,
	month    text not null,
	noted    timestamptz not null,
	state    text not null,
	due      timestamptz not null,
	tries    integer not null,
	settled  timestamptz,
	error    text not null,
	primary key (contract, month)
);

create index statement_letters_due on statement_letters (due) where state = 'waiting';

-- +goose Down

drop table statement_letters;
