-- +goose Up

-- Prompts that the owner has put in the place of those of the voices that ship. The highest version of a prompt stands; one without
-- sound stands for the voice that ships. Nodes ask for what lies behind the last place that they know.
create table prompts (
	place    bigint generated always as identity primary key,
	language text not null,
	key      text not null,
	version  integer not null,
	at       timestamptz not null,
	author   text not null,
	format   text not null,
	changes  text[] not null,
	sound    bytea not null,
	sha256   text not null,
	unique (language, key, version)
);

-- +goose Down

drop table prompts;
