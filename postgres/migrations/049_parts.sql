-- +goose Up

-- What the tickets of one day came to in a month's report. It holds as long as the day's tickets are as many and in the same versions; the
-- form is that of the program which wrote it.
create table month_parts (
	month    timestamptz not null,
	since    timestamptz not null,
	until    timestamptz not null,
	form     integer not null,
	tickets  bigint not null,
	versions bigint not null,
	body     bytea not null,
	primary key (month, since, until)
);

-- +goose Down
drop table month_parts;
