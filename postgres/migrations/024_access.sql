-- +goose Up

-- When a token of the API was used last, to within some minutes: one that nobody uses can go.
alter table tokens add used timestamptz;

-- Whom an OpenID provider names by this user: issuer and subject (OpenID Connect Core, section 2). Empty: nobody; the user has a password.
alter table users add identity text not null default '';
create unique index users_by_identity on users (identity) where identity <> '';

-- +goose Down

drop index users_by_identity;
alter table users drop identity;
alter table tokens drop used;
