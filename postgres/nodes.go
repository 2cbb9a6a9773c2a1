package postgres

// What nodes on one database share beside the nouns: what budgets were spent on, and who is rung.

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/budgets"
	"hotline/oncall"
)

const (
	insertSpendings = `insert into spendings (budget, key, whose, at, node) select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])`
	selectSpendings = `select place, budget, key, whose, at, node from spendings where place > $1 and at > $2 order by place`
	deleteSpendings = `delete from spendings where at < $1`
)

// Spend keeps entries of budgets, all of them or none.
func (s *Store) Spend(ctx context.Context, list ...budgets.Spending) error {
	var budgets, keys, whose, nodes []string
	var at []time.Time
	for _, x := range list {
		budgets, keys, whose, nodes, at = append(budgets, x.Budget), append(keys, x.Key), append(whose, x.Whose), append(nodes, x.Node), append(at, x.At)
	}
	return s.exec(ctx, "keeping what budgets were spent on", insertSpendings, budgets, keys, whose, at, nodes)
}

// Spendings reads the entries behind a place and an instant, in the order of their places.
func (s *Store) Spendings(ctx context.Context, behind int64, after time.Time) ([]budgets.Spending, error) {
	return rows(ctx, s, "reading what budgets were spent on", func(r pgx.CollectableRow) (x budgets.Spending, err error) {
		err = r.Scan(&x.Place, &x.Budget, &x.Key, &x.Whose, &x.At, &x.Node)
		x.At = x.At.UTC()
		return x, err
	}, selectSpendings, behind, after)
}

// ForgetSpendings forgets the entries from before an instant.
func (s *Store) ForgetSpendings(ctx context.Context, before time.Time) error {
	return s.exec(ctx, "forgetting old entries of budgets", deleteSpendings, before)
}

// Whoever wants to ring somebody takes the lock of the name first, so that of two nodes the later one sees what the first has written.
const (
	lockEngaged = `select pg_advisory_xact_lock(417002, hashtext($1))`
	engage      = `
insert into engaged (name, node, talks, until) select $1, $2, false, $3
where not exists (select from engaged where name = $1 and node <> $2 and until > $4 and until <= $5 and not (talks and $6))
on conflict (name, node) do update set until = excluded.until`
	selectEngaged = `select distinct name from engaged where name = any($1) and node <> $2 and until > $3 and until <= $4`
	deleteEngaged = `delete from engaged where node = $1 and name = $2`
	renewEngaged  = `
insert into engaged (name, node, talks, until) select name, $2, talks, until from unnest($1::text[], $3::boolean[], $4::timestamptz[]) l(name, talks, until)
on conflict (name, node) do update set talks = excluded.talks, until = excluded.until`
	deleteNotEngaged = `delete from engaged where node = $1 and until < $3 and not name = any($2) or until < $4`
)

// Engage lets a node ring somebody.
func (s *Store) Engage(ctx context.Context, e oncall.Engagement, talking bool, now time.Time) (got bool, err error) {
	err = s.within(ctx, "asking the other nodes whether "+e.Name+" is engaged", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockEngaged, e.Name); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, engage, e.Name, e.Node, e.Until, now, now.Add(2*oncall.EngagedTime), talking)
		got = done.RowsAffected() > 0
		return err
	})
	return got && err == nil, err
}

// EngagedElsewhere gives those whom other nodes ring or talk to.
func (s *Store) EngagedElsewhere(ctx context.Context, node string, names []string, now time.Time) ([]string, error) {
	return rows(ctx, s, "asking whom other nodes ring", pgx.RowTo[string], selectEngaged, names, node, now, now.Add(2*oncall.EngagedTime))
}

// Disengage ends what a node has with somebody.
func (s *Store) Disengage(ctx context.Context, node, name string) error {
	return s.exec(ctx, "telling the other nodes that "+name+" is free", deleteEngaged, node, name)
}

// RenewEngagements writes all engagements of a node, and forgets what is stale.
func (s *Store) RenewEngagements(ctx context.Context, node string, list []oncall.Engagement, stale time.Time) error {
	names, talks, until := []string{}, []bool{}, []time.Time{}
	for _, e := range list {
		names, talks, until = append(names, e.Name), append(talks, e.Talks), append(until, e.Until)
	}
	return s.within(ctx, "telling the other nodes who is engaged", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, renewEngaged, names, node, talks, until); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, deleteNotEngaged, node, names, stale, stale.Add(-oncall.Forgotten))
		return err
	})
}
