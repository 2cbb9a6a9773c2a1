-- +goose Up

-- What the codes of a user are checked by at the login (users/second); empty: none are asked for.
alter table users add column second text not null default '';

-- +goose Down

alter table users drop column second;
