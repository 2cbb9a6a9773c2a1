-- +goose Up

-- What broke and nobody has met yet is owed first, as long as somebody works on the ticket. So each ticket is written from now on; these
-- are those of before.
update tickets t set next_due = b.due
	from (select ticket, min(due) as due from clocks where broken_at is not null and met_at is null group by ticket) b
	where b.ticket = t.number and t.state in ('open', 'assigned', 'in_progress', 'waiting') and b.due < coalesce(t.next_due, 'infinity');

-- +goose Down
select 1;
