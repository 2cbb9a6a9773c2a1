package months

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// The sums are three statements that are sent at once: tickets by group, their clocks by group, and the time spent on them. Clocks and
// lines are looked up ticket by ticket: a day has few tickets, and PostgreSQL would read the lines of all tickets of the month.
const (
	grouped = `t.contract, t.level, coalesce(nullif(t.assessment, ''), t.claim)`
	within  = `t.opened_at >= $1 and t.opened_at < $2 and t.state <> 'not_request'`

	sumTickets = `select ` + grouped + `, min(t.name collate "C"), count(*) from tickets t where ` + within + ` group by 1, 2, 3`
	sumClocks  = `
select ` + grouped + `, c.kind, c.met_at is not null, c.broken_at is not null, count(*)
from tickets t cross join lateral (select kind, met_at, broken_at from clocks where ticket = t.number offset 0) c
where ` + within + ` group by 1, 2, 3, 4, 5, 6`
	sumMinutes = `
select ` + grouped + `, sum(coalesce((e.facts->>'minutes')::int, ((e.facts->>'seconds')::int + 59) / 60, 0))
from tickets t cross join lateral (select facts from events where ticket = t.number and kind = 'time_spent' and at >= $3 and at < $4 offset 0) e
where ` + within + ` group by 1, 2, 3`

	selectSince   = `select min(opened_at) from tickets`
	selectSummary = `
select m.tickets, m.versions, k.body
from (select count(*) as tickets, coalesce(sum(version), 0) as versions from tickets where opened_at >= $1 and opened_at < $2) m
left join month_summaries k on k.since = $1 and k.until = $2 and k.form = $3 and k.tickets = m.tickets and k.versions = m.versions`
	keepSummary = `
insert into month_summaries (since, until, form, tickets, versions, body) values ($1, $2, $3, $4, $5, $6)
on conflict (since, until) do update set form = excluded.form, tickets = excluded.tickets, versions = excluded.versions, body = excluded.body`
)

// key is what sums are made by.
type key struct {
	contract directory.ContractID
	level    sla.LevelID
	category sla.Category
}

// Sums adds up the tickets of a part.
func (r Rows) Sums(ctx context.Context, p statistics.Part) (list []statistics.Sum, err error) {
	of := map[key]*statistics.Sum{}
	batch := &pgx.Batch{}
	batch.Queue(sumTickets, p.Since, p.Until).Query(each(func(r pgx.Rows) error {
		var k key
		s := &statistics.Sum{}
		if err := r.Scan(&k.contract, &k.level, &k.category, &s.Name, &s.Tickets); err != nil {
			return err
		}
		s.Contract, s.Level, s.Category, s.Name = k.contract, k.level, k.category, statistics.NameOf(k.contract, s.Name)
		of[k] = s
		return nil
	}))
	// A ticket that is written between the statements may be in one of them alone: the next look adds up anew, because its mark is another one.
	batch.Queue(sumClocks, p.Since, p.Until).Query(each(func(r pgx.Rows) error {
		var k key
		var kind sla.Kind
		var met, broken bool
		var n int
		err := r.Scan(&k.contract, &k.level, &k.category, &kind, &met, &broken, &n)
		if s := of[k]; s != nil {
			s.Clocks.Count(kind, met, broken, n)
		}
		return err
	}))
	batch.Queue(sumMinutes, p.Since, p.Until, p.From, p.To).Query(each(func(r pgx.Rows) error {
		var k key
		var n int
		err := r.Scan(&k.contract, &k.level, &k.category, &n)
		if s := of[k]; s != nil {
			s.Minutes += n
		}
		return err
	}))
	err = r.With(ctx, "adding up a day's tickets", func(ctx context.Context, c *pgxpool.Conn) error { return c.SendBatch(ctx, batch).Close() })
	if err != nil {
		return nil, err
	}
	for _, s := range of {
		list = append(list, *s)
	}
	statistics.SortSums(list)
	return list, nil
}

// each reads every row of an answer.
func each(row func(pgx.Rows) error) func(pgx.Rows) error {
	return func(r pgx.Rows) error {
		for r.Next() {
			if err := row(r); err != nil {
				return err
			}
		}
		return r.Err()
	}
}

// Since is when the first ticket was opened.
func (r Rows) Since(ctx context.Context) (time.Time, error) {
	list, err := read(ctx, r, "reading when the first ticket was opened", pgx.RowTo[*time.Time], selectSince)
	if err != nil || len(list) == 0 || list[0] == nil {
		return time.Time{}, err
	}
	return list[0].UTC(), nil
}

// keptForm is the form of kept summaries; those of another form are added up anew. It rises whenever what a summary says changes.
const keptForm = 2

// kept is a summary as the database has it.
type kept struct {
	Total      keptGroup  `json:"total"`
	Contracts  keptGroups `json:"contracts"`
	Levels     keptGroups `json:"levels"`
	Categories keptGroups `json:"categories"`
}

type keptGroups struct {
	All  int         `json:"all"`
	List []keptGroup `json:"list"`
}

type keptGroup struct {
	Key     string    `json:"key"`
	Name    string    `json:"name,omitempty"`
	Tickets int       `json:"tickets"`
	Minutes int       `json:"minutes,omitempty"`
	Clocks  [3][3]int `json:"clocks"` // in the order of sla.Kinds, kept, broken and open
}

// Summary reads what was kept of a span, and the mark of its tickets, in one look.
func (r Rows) Summary(ctx context.Context, since, until time.Time) (*statistics.Summary, statistics.Mark, error) {
	type found struct {
		at   statistics.Mark
		body []byte
	}
	list, err := read(ctx, r, "reading a month's summary", func(r pgx.CollectableRow) (f found, err error) {
		return f, r.Scan(&f.at.Tickets, &f.at.Versions, &f.body)
	}, selectSummary, since, until, keptForm)
	if err != nil || len(list) == 0 {
		return nil, statistics.Mark{}, err
	}
	f := list[0]
	if f.body == nil {
		return nil, f.at, nil
	}
	var k kept
	if err := json.Unmarshal(f.body, &k); err != nil {
		return nil, f.at, err
	}
	return &statistics.Summary{Total: k.Total.group(), Contracts: k.Contracts.groups(), Levels: k.Levels.groups(), Categories: k.Categories.groups()}, f.at, nil
}

// KeepSummary keeps a summary.
func (r Rows) KeepSummary(ctx context.Context, since, until time.Time, at statistics.Mark, s statistics.Summary) error {
	body := kept{Total: ofGroup(s.Total), Contracts: ofGroups(s.Contracts), Levels: ofGroups(s.Levels), Categories: ofGroups(s.Categories)}
	return r.With(ctx, "keeping a month's summary", func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, keepSummary, since, until, keptForm, at.Tickets, at.Versions, body)
		return err
	})
}

func ofGroups(g statistics.Groups) keptGroups {
	k := keptGroups{All: g.All}
	for _, one := range g.List {
		k.List = append(k.List, ofGroup(one))
	}
	return k
}

func ofGroup(g statistics.Group) keptGroup {
	k := keptGroup{Key: g.Key, Name: g.Name, Tickets: g.Tickets, Minutes: g.Minutes}
	for i, t := range g.Clocks {
		k.Clocks[i] = [3]int{t.Kept, t.Broken, t.Open}
	}
	return k
}

func (k keptGroups) groups() statistics.Groups {
	g := statistics.Groups{All: k.All, List: make([]statistics.Group, 0, len(k.List))}
	for _, one := range k.List {
		g.List = append(g.List, one.group())
	}
	return g
}

func (k keptGroup) group() statistics.Group {
	g := statistics.Group{Key: k.Key, Name: k.Name, Tickets: k.Tickets, Minutes: k.Minutes}
	for i, c := range k.Clocks {
		g.Clocks[i] = statistics.Tally{Kept: c[0], Broken: c[1], Open: c[2]}
	}
	return g
}
