-- +goose Up

-- Lists of accesses by who they are of and by what was done, and the answers in which the checksum of a sound stands: an erasure takes
-- it out, however many others are remembered.
create index accesses_of_actor on accesses (actor, place);
create index accesses_by_action on accesses (action, place);
create index replies_sums on replies (key) where position('"sha256":"'::bytea in body) > 0;

-- +goose Down
drop index replies_sums, accesses_of_actor, accesses_by_action;
