package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/ivr/versions"
	"hotline/prompts"
	"hotline/prompts/replaced"
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
		if err != nil {
			return err
		}
		return note(ctx, tx, audit.Record{Who: f.By, What: audit.Published, Document: audit.Document{Kind: "flow", ID: f.Name}, Before: f.Version - 1, After: f.Version})
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

const (
	// lockPrompts lets one writer after the other have its place and its version: nobody who reads behind a place misses a lower one
	// that is committed later.
	lockPrompts  = `lock table prompts in share row exclusive mode`
	insertPrompt = `
insert into prompts (language, key, version, at, author, format, changes, sound, sha256)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6::text[], $7, $8 from prompts where language = $1 and key = $2
returning version, place`
	deletePrompts  = `delete from prompts where language = $1 and key = $2 and version <= $3`
	selectPrompts  = `select language, key, version, at, author, format, changes, sound, sha256, place from prompts`
	promptsBehind  = selectPrompts + ` p where place > $1 and not exists (select from prompts q where q.language = p.language and q.key = p.key and q.version > p.version) order by place`
	promptVersions = selectPrompts + ` where language = $1 and key = $2 order by version desc`
)

// AddPrompt writes a prompt as the next version.
func (s *Store) AddPrompt(ctx context.Context, p replaced.Prompt) (replaced.Prompt, error) {
	doing := "writing prompt " + string(p.Key)
	if p.Changes == nil {
		p.Changes = []string{}
	}
	if p.Sound == nil {
		p.Sound = []byte{}
	}
	err := s.within(ctx, doing, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockPrompts); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, insertPrompt, p.Language, p.Key, p.At, p.By, p.Format, p.Changes, p.Sound, p.SHA256).Scan(&p.Version, &p.Place); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, deletePrompts, p.Language, p.Key, p.Version-replaced.MostVersions); err != nil {
			return err
		}
		return note(ctx, tx, audit.Record{Who: p.By, What: audit.Published, Document: audit.Document{Kind: "prompt", ID: string(p.Language) + "/" + string(p.Key)}, Before: p.Version - 1, After: p.Version})
	})
	return p, err
}

// Prompts are the versions that stand and were written behind a place.
func (s *Store) Prompts(ctx context.Context, behind int64) ([]replaced.Prompt, error) {
	return rows(ctx, s, "reading the owner's prompts", scanPrompt, promptsBehind, behind)
}

// PromptVersions are the versions of one prompt, the newest first.
func (s *Store) PromptVersions(ctx context.Context, lang prompts.Language, key prompts.ID) ([]replaced.Prompt, error) {
	return rows(ctx, s, "reading the versions of prompt "+string(key), scanPrompt, promptVersions, lang, key)
}

func scanPrompt(r pgx.CollectableRow) (p replaced.Prompt, err error) {
	err = r.Scan(&p.Language, &p.Key, &p.Version, &p.At, &p.By, &p.Format, &p.Changes, &p.Sound, &p.SHA256, &p.Place)
	p.At = p.At.UTC()
	return p, err
}
