package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/ivr/versions"
	"hotline/storage"
)

const (
	insertFlow  = `insert into flows (version, name, yaml, published, by) select coalesce(max(version), 0) + 1, $1, $2, $3, $4 from flows having $5::bigint = 0 or coalesce(max(version), 0) = $5 returning version`
	selectFlows = `select version, name, yaml, published, by from flows order by version desc`
)

// PutFlow writes a new version of the flow. Those who publish at once do so one after the other.
func (s *Store) PutFlow(ctx context.Context, f versions.Flow) (versions.Flow, error) {
	f.Published = f.Published.Truncate(time.Second).UTC()
	err := s.edit(ctx, "writing a flow", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, insertFlow, f.Name, f.YAML, f.Published, f.By, f.Version).Scan(&f.Version)
		if errors.Is(err, pgx.ErrNoRows) {
			err = storage.ErrConflict
		}
		return err
	})
	return f, err
}

// Flows lists the versions, newest first.
func (s *Store) Flows(ctx context.Context) ([]versions.Flow, error) {
	return rows(ctx, s, "reading flows", func(r pgx.CollectableRow) (f versions.Flow, err error) {
		err = r.Scan(&f.Version, &f.Name, &f.YAML, &f.Published, &f.By)
		f.Published = f.Published.UTC()
		return f, err
	}, selectFlows)
}

const (
	selectFact = `select value from facts where key = $1`
	upsertFact = `insert into facts (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`
)

// Fact reads a named fact.
func (s *Store) Fact(ctx context.Context, key string) (string, error) {
	return row(ctx, s, "reading fact "+key, pgx.RowTo[string], selectFact, key)
}

// PutFact writes a named fact.
func (s *Store) PutFact(ctx context.Context, key, value string) error {
	return s.exec(ctx, "writing fact "+key, upsertFact, key, value)
}
