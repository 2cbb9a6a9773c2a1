-- +goose Up

-- What the tickets of a month came to, added up once the month is over. It holds as long as the month's tickets are as many and in the same
-- versions; the form is that of the program which wrote it.
create table month_summaries (
	since    timestamptz not null,
	until    timestamptz not null,
	form     integer not null,
	tickets  bigint not null,
	versions bigint not null,
	body     jsonb not null,
	primary key (since, until)
);

-- How long the caller waited until the engineer who accepted picked up, in microseconds; null where nobody accepted. Reports read it for each
-- call of a month, from an index alone. The instants carry their zone, so the function is immutable whatever the session's zone is.
-- +goose StatementBegin
create function call_wait(body jsonb) returns bigint language plpgsql immutable parallel safe as $$
begin
	if not body @> '{"legs": [{"result": "accepted"}]}' then
		return null;
	end if;
	return (select min((extract(epoch from (l->>'answered')::timestamptz - (body->>'started')::timestamptz) * 1000000)::bigint)
		from jsonb_array_elements(body->'legs') l where l->>'result' = 'accepted' and l ? 'answered');
end $$;
-- +goose StatementEnd
alter table calls add wait bigint generated always as (call_wait(body)) stored;
create index calls_waited on calls (started) include (wait);
analyze calls;

-- +goose Down
drop index calls_waited;
alter table calls drop wait;
drop function call_wait;
drop table month_summaries;
