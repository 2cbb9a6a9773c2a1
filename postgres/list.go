package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/paging"
	"hotline/sla"
	"hotline/tickets"
)

// A list is read in two steps: the places of its page, from indexes alone, and then these tickets. The places come by one of
// two ways. Tickets that are selected by what few of them share (a customer, a word, a span of time) are gathered from that
// index and sorted. All others are merged: each facet lies in the wanted order in an index, so the first of each, sorted,
// are the first of all.

// facets tells which there are behind each of some beginnings, by looking for the next larger one again and again: as many steps as facets,
// however many tickets there are.
const listFacets = `
with recursive f(behind, facet) as (
	select b, (select t.facet from tickets t where t.facet >= b and t.facet < b || '~' order by t.facet limit 1) from unnest($1::text[]) b
	union all
	select f.behind, (select t.facet from tickets t where t.facet > f.facet and t.facet < f.behind || '~' order by t.facet limit 1) from f where f.facet is not null
)
select facet from f where facet is not null order by facet`

// beginnings are those of the facets that a filter selects: the letters of the states that are asked for, and then of the category.
func beginnings(f tickets.Filter) []string {
	category, known := categoryLetters[f.Category]
	if !known || f.Category == "" {
		category = 0
	}
	letters := []byte{}
	switch {
	case len(f.States) > 0:
		for _, state := range f.States {
			if letter, known := stateLetters[state]; known {
				letters = append(letters, letter)
			}
		}
	case category == 0:
		return []string{""}
	default:
		letters = append(slices.Collect(maps.Values(stateLetters)), '?')
	}
	slices.Sort(letters)
	list := []string{}
	for _, letter := range slices.Compact(letters) {
		list = append(list, strings.Trim(string([]byte{letter, category}), "\x00"))
	}
	return list
}

// facets lists those that the filter selects.
func (s *Store) facets(ctx context.Context, f tickets.Filter) ([]string, error) {
	all, err := rows(ctx, s, "reading the facets of tickets", pgx.RowTo[string], listFacets, beginnings(f))
	return slices.DeleteFunc(all, func(facet string) bool {
		return len(f.States) > 0 && !slices.ContainsFunc(f.States, func(st tickets.State) bool { return stateLetters[st] == facet[0] }) ||
			f.Category != "" && categoryLetters[f.Category] != facet[1] ||
			len(f.Priorities) > 0 && !slices.Contains(f.Priorities, priorityOf(facet)) ||
			f.Level != "" && string(f.Level) != facet[3:]
	}), err
}

// The letters are those of the function ticket_facet.
var (
	stateLetters = map[tickets.State]byte{
		tickets.Open: 'o', tickets.Assigned: 'a', tickets.InProgress: 'p', tickets.Waiting: 'w', tickets.Restored: 'r', tickets.Closed: 'c',
		tickets.NotRequest: 'n',
	}
	categoryLetters = map[sla.Category]byte{
		sla.Uncategorised: '-', sla.Blocking: 'b', sla.NonBlocking: 'n', sla.Question: 'q', sla.Change: 'c', sla.Feature: 'f',
	}
)

func priorityOf(facet string) sla.Priority {
	n, err := strconv.Atoi(facet[2:3])
	if err != nil {
		return -1
	}
	return sla.Priority(n)
}

// selection is what a filter comes to in SQL: conditions on the columns that lie in indexes, and their arguments.
type selection struct {
	conditions []string
	args       []any
}

// where adds a condition; its %d is the argument's number.
func (s *selection) where(condition string, arg any) {
	s.args = append(s.args, arg)
	s.conditions = append(s.conditions, fmt.Sprintf(condition, len(s.args)))
}

// arg adds an argument and gives its name.
func (s *selection) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

func (s selection) String() string {
	if len(s.conditions) == 0 {
		return ""
	}
	return " where " + strings.Join(s.conditions, " and ")
}

// few selects by what few tickets share; false when the filter asks for nothing of that.
func (s *selection) few(f tickets.Filter) bool {
	for _, c := range []struct{ condition, value string }{
		{"t.contract = $%d", string(f.Contract)}, {"t.customer = $%d", string(f.Customer)}, {"t.assignee = $%d", f.Assignee},
		{"left(t.caller, 200) = left($%d, 200)", f.Caller},
	} {
		if c.value != "" {
			s.where(c.condition, c.value)
		}
	}
	return len(s.conditions) > 0
}

// search selects by words; hits are the tickets that have them. When hits are cut off, and another condition leaves few
// tickets, each of those few is asked for the words itself.
func (s *selection) search(f tickets.Filter, hits []tickets.Number, few bool) {
	if few && len(hits) > paging.CountedAtMost {
		s.where("exists (select from ticket_words w where w.ticket = t.number and w.words @@ search_query($%d) offset 0)", f.Words())
		return
	}
	s.where("t.number = any($%d)", hits[:min(len(hits), paging.CountedAtMost)])
}

// span selects by time.
func (s *selection) span(f tickets.Filter) {
	if !f.Since.IsZero() {
		s.where("t.opened_at >= $%d", f.Since)
	}
	if !f.Until.IsZero() {
		s.where("t.opened_at < $%d", f.Until)
	}
	if !f.DueBefore.IsZero() {
		s.where("t.due_at < $%d", f.DueBefore)
	}
}

// spot is a ticket's place as the indexes have it.
type spot struct {
	number tickets.Number
	rank   int
	at     time.Time
	of     int // so many, where they were counted
}

// List selects, sorts and pages tickets.
func (s *Store) List(ctx context.Context, f tickets.Filter) (page paging.Page[tickets.Ticket], err error) {
	o, err := orderOf(f)
	if err != nil {
		return page, err
	}
	var sel selection
	few, more := sel.few(f), false
	if f.Search != "" {
		if !few && o.full == "-number" && plain(f) {
			return s.pageOfWords(ctx, o, f)
		}
		hits, err := s.found(ctx, f.Words(), o.behind != nil)
		if err != nil {
			return page, err
		}
		sel.search(f, hits, few)
		few, more = true, !few && len(hits) > paging.CountedAtMost
	}
	if !few && o.sort == "number" && plain(f) {
		total, found, err := s.countedPage(ctx, countAll, nil, o.unfiltered(&sel, f), sel.args)
		return pageOf(o, f, found).Counted(total), err
	}
	if !few || len(f.States)+len(f.Priorities) > 0 || f.Category != "" || f.Level != "" {
		if o.facets, err = s.facets(ctx, f); err != nil || len(o.facets) == 0 {
			return page, err
		}
		sel.where("t.facet = any($%d)", o.facets)
	}
	sel.span(f)
	found, total, err := s.placed(ctx, o, sel, few, f)
	if err != nil {
		return page, err
	}
	page = pageOf(o, f, found).Counted(total)
	page.More = page.More || more
	return page, nil
}

// listed is a ticket with its place.
type listed struct {
	spot
	tickets.Ticket
	nth int
}

// placed reads the tickets of a page, and one more, and how many are selected. What a search has found is read once for both.
func (s *Store) placed(ctx context.Context, o order, sel selection, few bool, f tickets.Filter) (found []listed, total int, err error) {
	if few && f.Search != "" {
		whole := sel
		sql := o.counted(&whole, f)
		_, found, err = s.countedPage(ctx, "", nil, sql, whole.args)
		if err != nil || len(found) > 0 {
			return found, ofSpots(found), err
		}
	}
	count, of := fmt.Sprintf("select count(*) from (select from tickets t%s limit %d) n", sel, paging.CountedAtMost+1), slices.Clone(sel.args)
	gathered := few || o.spanBeside(f)
	if gathered && !few && f.DueBefore.IsZero() { // the way depends on how many there are
		if total, err = row(ctx, s, "counting tickets", pgx.RowTo[int], count, of...); err != nil || total == 0 {
			return nil, total, err
		}
		if count = ""; total > paging.CountedAtMost {
			if gathered, err = s.far(ctx, o, f); err != nil {
				return nil, 0, err
			}
		}
	}
	way := o.merge
	if gathered {
		way = o.gather
	}
	sql := way(&sel, f)
	counted, found, err := s.countedPage(ctx, count, of, sql, sel.args)
	return found, total + counted, err
}

// countAll counts one more than lists do.
const countAll = `select count(*) from (select from tickets limit 10001) n`

// wholePage reads the tickets of the places that a statement gives, in its order. One that was thrown away meanwhile is left out.
const wholePage = `
with p as materialized (select m.*, row_number() over () as nth from (%s) m(spot, rank, at, total))
select ` + ticketColumns + `, p.rank, p.at, p.total, p.nth from p join tickets t on t.number = p.spot`

// countedPage counts, where there is a statement for it, and reads the tickets of the places that another one gives: both are sent at once.
func (s *Store) countedPage(ctx context.Context, count string, of []any, places string, args []any) (total int, found []listed, err error) {
	batch := &pgx.Batch{}
	if count != "" {
		batch.Queue(count, of...).QueryRow(func(r pgx.Row) error { return r.Scan(&total) })
	}
	reader := &ticketReader{}
	batch.Queue(fmt.Sprintf(wholePage, places), args...).Query(func(r pgx.Rows) (err error) {
		found, err = pgx.CollectRows(r, func(r pgx.CollectableRow) (l listed, err error) {
			l.Ticket, err = reader.scanWith(r, &l.rank, &l.at, &l.of, &l.nth)
			l.number, l.at = l.Number, l.at.UTC()
			return l, err
		})
		return err
	})
	err = s.with(ctx, "listing tickets", func(ctx context.Context, c *pgxpool.Conn) error { return c.SendBatch(ctx, batch).Close() })
	slices.SortFunc(found, func(a, b listed) int { return a.nth - b.nth })
	return total, found, err
}

func ofSpots(found []listed) int {
	if len(found) == 0 {
		return 0
	}
	return found[0].of
}

// plain tells whether a filter asks for nothing that the facets or a span of time decide.
func plain(f tickets.Filter) bool {
	return len(f.States)+len(f.Priorities) == 0 && f.Category == "" && f.Level == "" && f.Since.IsZero() && f.Until.IsZero() && f.DueBefore.IsZero()
}

// pageOf makes a page of the tickets that were found for it.
func pageOf(o order, f tickets.Filter, found []listed) paging.Page[tickets.Ticket] {
	part := paging.Paged(found, f.Limit, func(l listed) paging.Position { return o.position(l.spot) })
	page := paging.Page[tickets.Ticket]{Items: make([]tickets.Ticket, 0, len(part.Items)), Next: part.Next}
	for _, l := range part.Items {
		page.Items = append(page.Items, l.Ticket)
	}
	return page
}

const openedBetween = `
select coalesce(min(opened_at), 'epoch'), coalesce(max(opened_at), 'epoch') from tickets`

// far tells whether so many tickets lie between the beginning of the order and the span of time that is asked for, that
// gathering the span costs less than passing by them. Numbers are given in the order of time, nearly.
func (s *Store) far(ctx context.Context, o order, f tickets.Filter) (bool, error) {
	const gathering = 3 // times the cost of passing by
	type span struct{ first, last time.Time }
	all, err := row(ctx, s, "reading since when there are tickets", func(r pgx.CollectableRow) (v span, err error) {
		return v, r.Scan(&v.first, &v.last)
	}, openedBetween)
	since, until := all.first, all.last
	if f.Since.After(since) {
		since = f.Since
	}
	if !f.Until.IsZero() && f.Until.Before(until) {
		until = f.Until
	}
	before := since.Sub(all.first)
	if o.backwards {
		before = all.last.Sub(until)
	}
	return before > gathering*until.Sub(since), err
}

const whereNumbers = ` where number = any($1)`

const countFacets = `
select facet, count(*) from tickets where facet = any($1) group by facet`

// Live counts the tickets to which somebody owes something, by priority.
func (s *Store) Live(ctx context.Context) (map[sla.Priority]int, error) {
	live, err := s.facets(ctx, tickets.Filter{States: tickets.LiveStates()})
	if err != nil {
		return nil, err
	}
	type count struct {
		facet string
		n     int
	}
	list, err := rows(ctx, s, "counting live tickets", func(r pgx.CollectableRow) (c count, err error) {
		return c, r.Scan(&c.facet, &c.n)
	}, countFacets, live)
	counts := map[sla.Priority]int{}
	for _, c := range list {
		counts[priorityOf(c.facet)] += c.n
	}
	return counts, err
}
