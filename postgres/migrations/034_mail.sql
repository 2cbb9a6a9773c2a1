-- +goose Up

-- Letters that came in by mail, and what became of each. A row is written before anything is done, with the number of the ticket, so
-- that a letter that comes twice does nothing twice. The original lies in the data folder.
create table mails (
	id         text primary key,
	message_id text not null,
	sender     text not null,
	subject    text not null,
	at         timestamptz not null,
	outcome    text not null,
	ticket     bigint not null,
	machine    text not null,
	rule       text not null,
	done       boolean not null,
	file       text not null
);

create index mails_message on mails (message_id) where message_id <> '';
create index mails_sender on mails (sender, at);
create index mails_at on mails (at);

-- Addresses: which ticket's receipt one got last, and whether letters to it come back.
create table mail_addresses (
	address text primary key,
	ticket  bigint not null default 0,
	told    timestamptz,
	bad     text not null default '',
	bad_at  timestamptz
);

create index mail_addresses_bad on mail_addresses (address) where bad <> '';

-- +goose Down

drop table mail_addresses;
drop table mails;
