-- +goose Up

-- One page of what a search for words has found, the newest tickets first, in one step. PostgreSQL does not count what it costs to fetch the
-- words of a ticket, so each function says itself by which index it reads.

-- search_count counts the tickets with these words in their index, up to a bound: from the index alone, where the table was tidied up.
create function search_count(asked tsquery, most integer) returns integer language sql stable
	set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = on as $$
	select count(*)::integer from (select from ticket_words where words @@ asked limit most) n
$$;

-- search_gathered fetches all tickets that the index knows, and sorts them: for words that few have.
create function search_gathered(asked tsquery, below bigint, most integer) returns setof bigint language sql stable
	set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = on as $$
	select ticket from ticket_words where words @@ asked and ticket < below order by ticket desc limit most
$$;

-- search_newest looks at one ticket after the other, the newest first: for words that many have.
create function search_newest(asked tsquery, above bigint, below bigint, most integer) returns setof bigint language sql stable
	set enable_seqscan = off set enable_bitmapscan = off as $$
	select ticket from ticket_words where words @@ asked and ticket > above and ticket < below order by ticket desc limit most
$$;

-- +goose StatementBegin
create function search_page(looked_for text[], below bigint, most integer, counted integer, out ticket bigint, out total integer) returns setof record
	language plpgsql stable as $$
declare
	asked constant tsquery := search_query(looked_for);
	many constant integer := 2000; -- fewer are fetched sooner than tickets without the words are passed by
	margin constant integer := 3; -- where the words are unevenly spread
	first bigint;
	last bigint;
	hits bigint[];
begin
	total := search_count(asked, counted);
	if total > many then
		select min(w.ticket), max(w.ticket) into first, last from ticket_words w;
		last := least(below - 1, last);
		hits := array(select search_newest(asked, last - (last - first + 1) * margin * most / total, below, most));
	end if;
	if hits is null or cardinality(hits) < most then
		hits := array(select search_gathered(asked, below, most));
	end if;
	return query select h, total from unnest(hits) h;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function search_page, search_newest, search_gathered, search_count;
