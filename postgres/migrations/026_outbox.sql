-- +goose Up

create table outgoing ( -- messages to other systems; the endpoints are documents
	place    bigint generated always as identity primary key,
	endpoint text not null,
	id       text not null,
	ticket   bigint not null,
	kind     text not null,
	at       timestamptz not null,
	body     text not null,
	state    text not null,
	held     boolean not null,
	due      timestamptz not null,
	since    timestamptz not null,
	tries    integer not null default 0,
	error    text not null default '',
	sent_at  timestamptz,
	unique (endpoint, id)
) with (fillfactor = 80);
create index outgoing_due on outgoing (endpoint, due) where state = 'waiting';
create index outgoing_order on outgoing (endpoint, ticket, place) where state = 'waiting';
create index outgoing_state on outgoing (state, place);

-- +goose Down
drop table outgoing;
