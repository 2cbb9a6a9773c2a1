package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/budgets"
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
