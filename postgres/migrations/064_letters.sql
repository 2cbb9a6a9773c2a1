-- +goose Up

-- To whom a statement went, and letters by when they were noted: staff look at both kinds together.
alter table statement_letters add column address text not null default '';
create index statement_letters_noted on statement_letters (noted);
create index release_notices_noted on release_notices (noted);

-- +goose Down

drop index release_notices_noted;
drop index statement_letters_noted;
alter table statement_letters drop column address;
