-- +goose Up

-- Whom an identity provider knows a user as. Logins by it are good once: which were used is remembered until they could not be any more.
alter table users add column issuer text not null default '';
alter table users add column subject text not null default '';
create unique index users_identity on users (issuer, subject) where subject <> '';
create table spent_logins (
	login bytea primary key,
	until timestamptz not null
);
create index spent_logins_until on spent_logins (until);

-- +goose Down

drop table spent_logins;
alter table users drop column issuer, drop column subject;
