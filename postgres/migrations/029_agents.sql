-- +goose Up

create table agents ( -- how the agents at installations stand, which are documents
	id         text primary key,
	generation integer not null, -- of the token: it goes up only, also when the agent is removed
	version    integer not null,
	state      jsonb not null
) with (fillfactor = 80);

-- +goose Down
drop table agents;
