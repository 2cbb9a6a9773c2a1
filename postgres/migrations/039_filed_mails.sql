-- +goose Up

-- What is known of who really sent a letter, and who of staff said what becomes of a filed one.
alter table mails add column auth text not null default '', add column by_staff text not null default '';
create index mails_filed on mails (at) where outcome = 'filed';

-- +goose Down

drop index mails_filed;
alter table mails drop column auth, drop column by_staff;
