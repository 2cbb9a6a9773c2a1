-- +goose Up

alter table replies add location text not null default '';
create index replies_of on replies (at);
create index accesses_of on accesses (recording, at);

-- +goose Down
drop index accesses_of, replies_of;
alter table replies drop location;
