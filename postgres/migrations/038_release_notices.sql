-- +goose Up

-- Versions of products that were seen, and which contract's customer is told of which. What was published before stands here from the
-- beginning, so that nobody is told of it now.
create table releases_noted (
	product text not null,
	release text not null,
	primary key (product, release)
);

create table release_notices (
	product  text not null,
	release  text not null,
	contract text not null,
	address  text not null,
	noted    timestamptz not null,
	state    text not null,
	due      timestamptz not null,
	tries    integer not null,
	settled  timestamptz,
	error    text not null,
	primary key (product, release, contract)
);

create index release_notices_due on release_notices (due) where state = 'waiting';

insert into releases_noted (product, release)
	select distinct d.id, r ->> 'name' from documents d, jsonb_array_elements(d.body -> 'releases') r
	where d.kind = 'product' and jsonb_typeof(d.body -> 'releases') = 'array';

-- +goose Down

drop table release_notices;
drop table releases_noted;
