-- +goose Up

-- search_query asks for all of the words, in either language; those that mean nothing in one of them are left out, unless
-- there are no others. # are ticket numbers, @ those of callers. A form that the beginning of the word covers is not asked for again:
-- each costs a walk through the index.
-- +goose StatementBegin
create or replace function search_query(looked_for text[]) returns tsquery language sql immutable parallel safe as $$
	with forms as (
		select w, plainto_tsquery('italian', w)::text as it, plainto_tsquery('english', w)::text as en from unnest(looked_for) w
	), parts as (
		select it = '' or en = '' as empty, concat_ws(' | ',
			case when length(w) < 3 or it <> quote_literal(w) then nullif(it, '') end,
			case when en <> it and (length(w) < 3 or en <> quote_literal(w)) then nullif(en, '') end,
			quote_literal(w) || case when length(w) >= 3 then ':*' else '' end,
			case when w ~ '^[0-9]+$' then quote_literal('#' || w) || ':*' end,
			case when w ~ '^[0-9]{3,}$' then quote_literal('@' || w) || ':*' end) as part
		from forms
	)
	select coalesce(string_agg('(' || part || ')', ' & ') filter (where not empty), string_agg('(' || part || ')', ' & '))::tsquery from parts
$$;
-- +goose StatementEnd

-- One page of what a search for words has found, the newest tickets first, in one step. PostgreSQL does not count what it costs to compare
-- the words of a ticket, so each function says itself by which index it reads.

-- search_known gives the tickets with these words as their index knows them, in no order and up to a bound: for words that not very many have.
create function search_known(asked tsquery, most integer) returns setof bigint language sql stable
	set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = on as $$
	select ticket from ticket_words where words @@ asked limit most
$$;

-- search_many tells whether more than so many tickets have these words, from the index alone where the table was tidied up.
create function search_many(asked tsquery, most integer) returns boolean language sql stable
	set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = on as $$
	select count(*) > most from (select from ticket_words where words @@ asked limit most + 1) n
$$;

-- search_newest compares the words of one ticket after the other, the newest first: for words that very many have.
create function search_newest(asked tsquery, above bigint, below bigint, most integer) returns setof bigint language sql stable
	set enable_seqscan = off set enable_bitmapscan = off as $$
	select ticket from ticket_words where words @@ asked and ticket > above and ticket < below order by ticket desc limit most
$$;

-- search_page gives the newest tickets with these words below a number, and how many have the words: counted up to a bound, or up to 1,000
-- where so many tickets have them that to walk through the index would cost more. further tells that there are more than the total.
-- +goose StatementBegin
create function search_page(looked_for text[], below bigint, most integer, counted integer, out ticket bigint, out total integer, out further boolean) returns setof record
	language plpgsql volatile as $$
declare
	asked constant tsquery := search_query(looked_for);
	many constant integer := 25000; -- fewer are fetched at once, by PostgreSQL's guess of how many there are
	counting constant integer := 1001; -- of these the last one is not counted; of words that very many have
	margin constant integer := 2; -- where the words are unevenly spread
	walk constant double precision := 26; -- times what a place in the index costs, to compare the words of a ticket
	plan json;
	guess double precision;
	tickets double precision;
	first bigint;
	last bigint;
	hits bigint[];
begin
	execute 'explain (format json) select from ticket_words where words @@ $1' into plan using asked;
	guess := (plan->0->'Plan'->>'Plan Rows')::double precision;
	select min(w.ticket), max(w.ticket) into first, last from ticket_words w;
	tickets := last - first + 1;
	last := least(below - 1, last);
	if guess * guess > walk * counting * tickets then
		hits := array(select search_newest(asked, last - (margin * counting * tickets / guess)::bigint, below, counting));
		if cardinality(hits) = counting then
			return query select h, counting - 1, true from unnest(hits[1:most]) h;
			return;
		end if;
	end if;
	if guess > many and search_many(asked, counted) then
		total := counted + 1;
		hits := array(select search_newest(asked, last - (margin * most * tickets / total)::bigint, below, most));
		if cardinality(hits) < most then
			hits := array(select search_known(asked, null));
		end if;
	else
		hits := array(select search_known(asked, null));
		total := cardinality(hits);
	end if;
	further := total > counted;
	total := least(total, counted);
	return query select h, total, further from unnest(hits) h where h < below order by h desc limit most;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function search_page, search_newest, search_many, search_known;
-- +goose StatementBegin
create or replace function search_query(looked_for text[]) returns tsquery language sql immutable parallel safe as $$
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
