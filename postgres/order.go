package postgres

import (
	"fmt"
	"math"
	"strings"

	"hotline/paging"
	"hotline/tickets"
)

// order is the order of a list as SQL.
type order struct {
	sort      string
	full      string // with its direction
	backwards bool
	key       string // column of the instant that is sorted by; empty: none
	facets    []string
	behind    *paging.Position
}

func orderOf(f tickets.Filter) (o order, err error) {
	if o.sort, o.backwards, err = f.Order(); err != nil {
		return o, err
	}
	o.full = o.sort
	if o.backwards {
		o.full = "-" + o.sort
	}
	behind, given, err := f.Place()
	if err != nil {
		return o, fmt.Errorf("listing tickets: %w", err)
	}
	if given {
		o.behind = &behind
	}
	o.key = map[string]string{"opened_at": "opened_at", "due": "due_at"}[o.sort]
	return o, nil
}

// spanBeside tells whether the filter bounds an instant that the order is not about.
func (o order) spanBeside(f tickets.Filter) bool {
	return o.key != "opened_at" && (!f.Since.IsZero() || !f.Until.IsZero()) || o.key != "due_at" && !f.DueBefore.IsZero()
}

func (o order) position(p spot) paging.Position {
	at := paging.Position{Sort: o.full, Rank: p.rank, Number: int64(p.number)}
	if o.key != "" {
		at.At = p.at
	}
	return at
}

// way is how SQL goes on in the order.
func (o order) way() (direction, beyond string) {
	if o.backwards {
		return " desc", "<"
	}
	return "", ">"
}

// columns are what the order is made of, of a table t.
func (o order) columns() (rank, at string) {
	rank, at = "0", "timestamptz 'epoch'"
	if o.sort == "priority" {
		rank = "case substr(t.facet, 3, 1) when '0' then 9 when '?' then 10 else substr(t.facet, 3, 1)::int end"
	}
	if o.key != "" {
		at = "t." + o.key
	}
	return rank, at
}

// unfiltered reads all tickets in the order of their numbers.
func (o order) unfiltered(s *selection, f tickets.Filter) string {
	direction, beyond := o.way()
	if o.behind != nil {
		s.where("t.number "+beyond+" $%d", o.behind.Number)
	}
	return fmt.Sprintf("select t.number, 0, timestamptz 'epoch', 0 from tickets t%s order by t.number%s limit %d", *s, direction, paging.Size(f.Limit)+1)
}

// gather reads all that is selected and sorts it. The offset keeps the planner from reading in the list's order instead: it
// does not know that few match.
func (o order) gather(s *selection, f tickets.Filter) string {
	return o.sorted(s, f, "select number, rank, at, 0 from (%s offset 0) m")
}

// counted is gather, which also counts what is selected: few enough to be kept while they are sorted.
func (o order) counted(s *selection, f tickets.Filter) string {
	return o.sorted(s, f, "with m as materialized (%s) select number, rank, at, (select count(*) from m) from m")
}

func (o order) sorted(s *selection, f tickets.Filter, from string) string {
	rank, at := o.columns()
	direction, beyond := o.way()
	sql := fmt.Sprintf(from, fmt.Sprintf("select t.number, %s as rank, %s as at from tickets t%s", rank, at, *s))
	keys := []string{"number"}
	if o.key != "" {
		keys = []string{"at", "number"}
	}
	if o.sort == "priority" {
		keys = []string{"rank", "number"}
	}
	if p := o.behind; p != nil {
		var marks []string
		for _, k := range keys {
			marks = append(marks, s.arg(map[string]any{"number": p.Number, "at": p.At, "rank": p.Rank}[k]))
		}
		sql += fmt.Sprintf(" where (%s) %s (%s)", strings.Join(keys, ", "), beyond, strings.Join(marks, ", "))
	}
	return fmt.Sprintf("%s order by %s%s limit %d", sql, strings.Join(keys, direction+", "), direction, paging.Size(f.Limit)+1)
}

// merge reads the first ones of each facet in the order of its index, and sorts these. For n tickets it does so of the n
// facets whose very first ones come first: no other has one of them. Each goes on where its first one is, so that what lies
// before it is passed by once.
func (o order) merge(s *selection, f tickets.Filter) string {
	direction, beyond := o.way()
	facets, ranks, starts := o.starts()
	s.args[0] = facets
	key, at, inner := "", "timestamptz 'epoch'", "t.number"+direction
	begin, goOn := []string{"t.facet = f.facet"}, []string{"t.facet = f.facet"}
	if o.key == "" {
		begin = append(begin, fmt.Sprintf("t.number %s f.start", beyond))
		goOn = append(goOn, fmt.Sprintf("t.number %s= f.first", beyond))
	} else {
		key, at = "x.at"+direction+", ", "t."+o.key
		inner = at + direction + ", " + inner
		if o.behind != nil {
			begin = append(begin, fmt.Sprintf("(%s, t.number) %s (%s, f.start)", at, beyond, s.arg(o.behind.At)))
		}
		goOn = append(goOn, fmt.Sprintf("(%s, t.number) %s= (f.first_at, f.first)", at, beyond))
	}
	begin, goOn = append(begin, s.conditions[1:]...), append(goOn, s.conditions[1:]...) // the first one is that of the facets
	limit := paging.Size(f.Limit) + 1
	lateral := func(bounds []string) string {
		return fmt.Sprintf("cross join lateral (select t.number, %s as at from tickets t where %s order by %s", at, strings.Join(bounds, " and "), inner)
	}
	end := fmt.Sprintf("order by f.rank%s, %sx.number%s limit %d", direction, key, direction, limit)
	return fmt.Sprintf(`select x.number, f.rank, x.at, 0 from (
	select f.*, x.number as first, x.at as first_at from unnest($1::text[], %s::int[], %s::bigint[]) f(facet, rank, start) %s limit 1) x %s
) f %s limit %d) x %s`, s.arg(ranks), s.arg(starts), lateral(begin), end, lateral(goOn), limit, end)
}

// starts are the facets that hold what comes behind the position, with the rank of each and the number behind which it is
// read.
func (o order) starts() (facets []string, ranks []int, numbers []tickets.Number) {
	for _, facet := range o.facets {
		rank, start := 0, tickets.Number(math.MinInt64)
		if o.backwards {
			start = math.MaxInt64
		}
		if o.sort == "priority" {
			rank = tickets.Rank(priorityOf(facet))
		}
		if p := o.behind; p != nil {
			way := rank - p.Rank
			if o.backwards {
				way = -way
			}
			if way < 0 {
				continue
			}
			if way == 0 {
				start = tickets.Number(p.Number)
			}
		}
		facets, ranks, numbers = append(facets, facet), append(ranks, rank), append(numbers, start)
	}
	return facets, ranks, numbers
}
