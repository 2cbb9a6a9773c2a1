-- +goose Up

create table spendings ( -- of budgets that all nodes share and that outlast a restart; a day of them
	place  bigint generated always as identity primary key,
	budget text not null,
	key    text not null,
	whose  text not null,
	at     timestamptz not null,
	node   text not null
);
create index spendings_of on spendings (at);

alter table tokens
	add scope   text not null default 'admin', -- those of before there were scopes may do what they could
	add expires timestamptz;

-- +goose Down
alter table tokens drop scope, drop expires;
drop table spendings;
