-- +goose Up

-- search_page gives the newest tickets with these words below a number, and how many have the words: counted up to a bound, or up to 1,000
-- where very many tickets have them. further tells that there are more than the total.
-- PostgreSQL does not count what it costs to fetch tickets that lie apart, nor to compare their words. So of words that many tickets have,
-- the newest tickets are compared one after the other, and no more are fetched than are counted.
-- +goose StatementBegin
create or replace function search_page(looked_for text[], below bigint, most integer, counted integer, out ticket bigint, out total integer, out further boolean) returns setof record
	language plpgsql volatile as $$
declare
	asked constant tsquery := search_query(looked_for);
	counting constant integer := 1001; -- of these the last one is not counted; of words that very many have
	margin constant integer := 2; -- where the words are unevenly spread
	walk constant double precision := 26; -- times what a place in the index costs, to compare the words of a ticket
	plan json;
	guess double precision;
	tickets double precision;
	first bigint;
	last bigint;
	above bigint;
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
	hits := array(select search_known(asked, counted + 1));
	total := least(cardinality(hits), counted);
	further := cardinality(hits) > counted;
	if further then
		above := last - (margin * most * tickets / counted)::bigint;
		hits := array(select search_newest(asked, above, below, most));
		if cardinality(hits) < most and above >= first then
			hits := array(select search_known(asked, null));
		end if;
	end if;
	return query select h, total, further from unnest(hits) h where h < below order by h desc limit most;
end $$;
-- +goose StatementEnd

drop function search_many;

-- +goose Down

-- +goose StatementBegin
create function search_many(asked tsquery, most integer) returns boolean language sql stable
	set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = on as $$
	select count(*) > most from (select from ticket_words where words @@ asked limit most + 1) n
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create or replace function search_page(looked_for text[], below bigint, most integer, counted integer, out ticket bigint, out total integer, out further boolean) returns setof record
	language plpgsql volatile as $$
declare
	asked constant tsquery := search_query(looked_for);
	hits bigint[];
begin
	hits := array(select search_known(asked, null));
	further := cardinality(hits) > counted;
	total := least(cardinality(hits), counted);
	return query select h, total, further from unnest(hits) h where h < below order by h desc limit most;
end $$;
-- +goose StatementEnd
