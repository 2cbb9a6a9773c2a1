-- +goose Up

-- What lists are sorted and selected by lies in indexes that hold all of it, so that a page reads 50 rows of the table.
-- facet is state, category and priority, one character each, and the level: there are some hundred of them, and a list
-- is merged from the order of each.
-- +goose StatementBegin
create function ticket_facet(state text, assessment text, claim text, priority integer, level text) returns text
	language sql immutable parallel safe as $$
	select case state when 'open' then 'o' when 'assigned' then 'a' when 'in_progress' then 'p' when 'waiting' then 'w'
			when 'restored' then 'r' when 'closed' then 'c' when 'not_request' then 'n' else '?' end
		|| case coalesce(nullif(assessment, ''), claim) when '' then '-' when 'blocking' then 'b' when 'non_blocking' then 'n'
			when 'question' then 'q' when 'change' then 'c' when 'feature' then 'f' else '?' end
		|| case when priority between 0 and 8 then priority::text else '?' end
		|| left(level, 200)
$$;
-- +goose StatementEnd

alter table tickets
	add facet text collate "C" not null generated always as (ticket_facet(state, assessment, claim, priority, level)) stored,
	add due_at timestamptz not null
		generated always as (least(coalesce(next_due, timestamptz '9999-12-31 00:00:00+00'), timestamptz '9999-12-31 00:00:00+00')) stored;

create index tickets_by_number on tickets (facet, number) include (opened_at);
create index tickets_by_opened on tickets (facet, opened_at, number) include (due_at);
create index tickets_by_due on tickets (facet, due_at, number) include (opened_at);
create index tickets_of_contract on tickets (contract) include (facet, opened_at, due_at, number);
create index tickets_of_customer on tickets (customer) include (facet, opened_at, due_at, number);
create index tickets_of_assignee on tickets (assignee) include (facet, opened_at, due_at, number);
create index tickets_of_caller on tickets (left(caller, 200));
drop index tickets_recent_of;

-- The words of each ticket, outside its row, so that many tickets with a word are read quickly.
create table ticket_words (
	ticket bigint primary key references tickets on delete cascade,
	words  tsvector not null
) with (toast_tuple_target = 128);
alter table ticket_words alter words set storage external;

-- +goose StatementBegin
create function search_plain(said text) returns text language sql immutable parallel safe as $$
	select translate(lower(said), E'!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function search_words(number bigint, name text, caller text, said text) returns tsvector language sql immutable parallel safe as $$
	select strip(to_tsvector('simple', search_plain(name)) || to_tsvector('italian', search_plain(name || ' ' || said))
			|| to_tsvector('english', search_plain(name || ' ' || said)))
		|| array_to_tsvector(array['#' || number, '@' || left(regexp_replace(caller, '[^0-9]', '', 'g'), 40)])
$$;
-- +goose StatementEnd

-- search_query asks for all of the words, in either language; those that mean nothing in one of them are left out, unless
-- there are no others. # are ticket numbers, @ those of callers.
-- +goose StatementBegin
create function search_query(looked_for text[]) returns tsquery language sql immutable parallel safe as $$
	with forms as (
		select w, plainto_tsquery('italian', w)::text as it, plainto_tsquery('english', w)::text as en from unnest(looked_for) w
	), parts as (
		select it = '' or en = '' as empty, concat_ws(' | ', nullif(it, ''), nullif(en, ''),
			quote_literal(w) || case when length(w) >= 3 then ':*' else '' end,
			case when w ~ '^[0-9]+$' then quote_literal('#' || w) || ':*' end,
			case when w ~ '^[0-9]{3,}$' then quote_literal('@' || w) || ':*' end) as part
		from forms
	)
	select coalesce(string_agg('(' || part || ')', ' & ') filter (where not empty), string_agg('(' || part || ')', ' & '))::tsquery from parts
$$;
-- +goose StatementEnd

-- The words of tickets that are there already are gathered by the program once it runs, the newest first: a company's may
-- take minutes, in which no call would be taken. The fact tells down to which number.
insert into facts (key, value) select 'words_from_below', (max(number) + 1)::text from tickets having max(number) is not null;
create index ticket_words_found on ticket_words using gin (words) with (fastupdate = off);

alter table calls
	add caller   text not null generated always as (left(coalesce(body->>'from', ''), 200)) stored,
	add contract text not null generated always as (left(coalesce(body->>'contract', ''), 200)) stored,
	add customer text not null generated always as (left(coalesce(body->>'customer', ''), 200)) stored,
	add trunk    text not null generated always as (left(coalesce(body->>'trunk', ''), 200)) stored,
	add ending   text not null generated always as (left(coalesce(body->>'ending', ''), 200)) stored;
create index calls_of_number on calls (caller, started, id);
create index calls_of_contract on calls (contract, started, id);
create index calls_of_customer on calls (customer, started, id);
create index calls_by_trunk on calls (trunk, started, id);
create index calls_by_ending on calls (ending, started, id);
create index calls_by_trunk_and_ending on calls (trunk, ending, started, id);
analyze tickets, calls;

-- +goose Down
drop index calls_of_number, calls_of_contract, calls_of_customer, calls_by_trunk, calls_by_ending, calls_by_trunk_and_ending;
alter table calls drop caller, drop contract, drop customer, drop trunk, drop ending;
drop table ticket_words;
delete from facts where key = 'words_from_below';
drop function search_query, search_words, search_plain;
create index tickets_recent_of on tickets (caller, opened_at);
drop index tickets_by_number, tickets_by_opened, tickets_by_due, tickets_of_contract, tickets_of_customer, tickets_of_assignee, tickets_of_caller;
alter table tickets drop facet, drop due_at;
drop function ticket_facet;
