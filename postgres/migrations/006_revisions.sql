-- +goose Up

-- Every document and PIN carries the revision of its last write, so that a node asks for what is new instead of for the
-- whole. Revisions are committed in their order: who writes one holds a lock until the end of the transaction.
create sequence revisions;

create table removed ( -- documents that were deleted; a version is never given twice to one id
	kind     text not null,
	id       text not null,
	version  integer not null,
	revision bigint not null,
	primary key (kind, id)
);
create index removed_revision on removed (revision);

alter table documents add revision bigint not null default nextval('revisions');
create index documents_revision on documents (revision);
update documents set version = greatest(version, 1), body = jsonb_set(body, '{version}', to_jsonb(greatest(version, 1)));

alter table pins add revision bigint not null default nextval('revisions');
create index pins_revision on pins (revision);

-- +goose StatementBegin
create function take_revision() returns trigger language plpgsql as $$
begin
	perform pg_advisory_xact_lock(hashtext('hotline revisions'));
	new.revision := nextval('revisions');
	return new;
end $$;
-- +goose StatementEnd
create trigger documents_take_revision before insert or update on documents for each row execute function take_revision();
create trigger pins_take_revision before insert or update on pins for each row execute function take_revision();

-- +goose StatementBegin
create function note_removal() returns trigger language plpgsql as $$
begin
	perform pg_advisory_xact_lock(hashtext('hotline revisions'));
	insert into removed (kind, id, version, revision) values (old.kind, old.id, old.version, nextval('revisions'))
		on conflict (kind, id) do update set version = excluded.version, revision = excluded.revision;
	return old;
end $$;
-- +goose StatementEnd
create trigger documents_note_removal before delete on documents for each row execute function note_removal();

-- +goose Down
drop trigger documents_note_removal on documents;
drop trigger documents_take_revision on documents;
drop trigger pins_take_revision on pins;
drop function note_removal();
drop function take_revision();
alter table pins drop revision;
alter table documents drop revision;
drop table removed;
drop sequence revisions;
