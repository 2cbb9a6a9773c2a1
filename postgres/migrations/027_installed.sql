-- +goose Up

create index documents_installed on documents ((body ->> 'contract')) where kind = 'installed'; -- what stands at a contract's installations

-- +goose Down
drop index documents_installed;
