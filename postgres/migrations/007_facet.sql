-- +goose Up

-- The same function in PL/pgSQL, which keeps what it has read of it. In SQL the column made PostgreSQL read and plan it anew for
-- each statement that writes a ticket: 0.9 ms on a busy machine, 0.05 since.
-- +goose StatementBegin
create or replace function ticket_facet(state text, assessment text, claim text, priority integer, level text) returns text
	language plpgsql immutable parallel safe as $$
begin
	return case state when 'open' then 'o' when 'assigned' then 'a' when 'in_progress' then 'p' when 'waiting' then 'w'
			when 'restored' then 'r' when 'closed' then 'c' when 'not_request' then 'n' else '?' end
		|| case coalesce(nullif(assessment, ''), claim) when '' then '-' when 'blocking' then 'b' when 'non_blocking' then 'n'
			when 'question' then 'q' when 'change' then 'c' when 'feature' then 'f' else '?' end
		|| case when priority between 0 and 8 then priority::text else '?' end
		|| left(level, 200);
end $$;
-- +goose StatementEnd

-- +goose Down

-- +goose StatementBegin
create or replace function ticket_facet(state text, assessment text, claim text, priority integer, level text) returns text
	language sql immutable parallel safe as $$
	select case state when 'open' then 'o' when 'assigned' then 'a' when 'in_progress' then 'p' when 'waiting' then 'w'
			when 'restored' then 'r' when 'closed' then 'c' when 'not_request' then 'n' else '?' end
		|| case coalesce(nullif(assessment, ''), claim) when '' then '-' when 'blocking' then 'b' when 'non_blocking' then 'n'
			when 'question' then 'q' when 'change' then 'c' when 'feature' then 'f' else '?' end
		|| case when priority between 0 and 8 then priority::text else '?' end
		|| left(level, 200)
$$;
-- +goose StatementEnd
