-- +goose Up

-- When a token of the API was used last, to within some minutes: one that nobody uses can go.
alter table tokens add used timestamptz;

-- +goose Down

alter table tokens drop used;
