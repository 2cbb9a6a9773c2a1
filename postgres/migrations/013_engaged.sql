-- +goose Up

create table engaged ( -- who is rung or talks, at which node; what was not renewed is over
	name  text not null,
	node  text not null,
	talks boolean not null,
	until timestamptz not null,
	primary key (name, node)
) with (fillfactor = 50);

-- +goose Down
drop table engaged;
