-- +goose Up

-- Telephones that were rung for no call: for a ticket that came by another channel, or for an alarm. Those of a call stand in its record.
create table legs (
	started  timestamptz not null,
	engineer text not null,
	address  text not null,
	body     jsonb not null,
	primary key (started, engineer, address)
);

-- +goose Down
drop table legs;
