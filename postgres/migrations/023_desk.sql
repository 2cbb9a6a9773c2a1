-- +goose Up

-- The files of tickets. Their contents are sealed before they come here.
create table attachments (
	place   bigint generated always as identity primary key,
	id      text not null unique,
	ticket  bigint not null,
	name    text not null,
	type    text not null,
	size    bigint not null,
	sha256  text not null,
	actor   text not null,
	at      timestamptz not null,
	content bytea not null,
	unique (ticket, sha256, name)
);
alter table attachments alter column content set storage external; -- what is sealed cannot be compressed

-- What staff are writing and have not sent yet.
create table drafts (
	author  text not null,
	ticket  bigint not null,
	text    text not null,
	version integer not null,
	at      timestamptz not null,
	primary key (author, ticket)
);
create index drafts_at on drafts (at);

-- Who has a ticket open. A crash of the server may lose it: tabs say it again within seconds.
create unlogged table presence (
	author  text not null,
	ticket  bigint not null,
	tab     text not null,
	writing boolean not null,
	seen    timestamptz not null,
	primary key (ticket, author, tab)
);
create index presence_seen on presence (seen);

-- +goose Down

drop table presence;
drop table drafts;
drop table attachments;
