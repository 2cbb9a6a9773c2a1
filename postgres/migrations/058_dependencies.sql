-- +goose Up

create index problems_named on problems (contract, installation, fingerprint); -- for those that depend on them

-- +goose Down
drop index problems_named;
