-- +goose Up

-- What was recorded: '' is a message of the caller's, 'talk' is the talk of a caller and an engineer.
alter table recordings add column kind text not null default '';

-- +goose Down
alter table recordings drop column kind;
