package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"hotline/directory"
	"hotline/storage/stored"
)

// Both are one statement each, so that what is read stood together at one moment. Two rows tell of the newest flow and of
// the last revision that was ever given. The limits keep the planner on the indices, which it would leave for a scan of the
// whole by its guess of how much is new; where a limit is reached everything is read.
const (
	selectBook = `
select 'flow', '', to_jsonb(coalesce(max(version), 0)), false, 0::bigint from flows
union all select 'last', '', null, false, last_value from revisions
union all select kind, id, body, false, revision from documents where kind in ('customer', 'contract', 'level', 'calendar', 'fault')
union all select 'pin', encode(hash, 'hex'), to_jsonb(contract), false, revision from pins where current`

	selectEdits = `
select 'flow', '', to_jsonb(coalesce(max(version), 0)), false, 0::bigint from flows
union all select 'last', '', null, false, last_value from revisions
union all (select kind, id, body, false, revision from documents where revision > $1 order by revision limit $2)
union all (select kind, id, null, true, revision from removed where revision > $1 order by revision limit $2)
union all (select 'pin', encode(hash, 'hex'), to_jsonb(contract), not current, revision from pins where revision > $1 order by revision limit $2)`

	// selectNewest tells whether there is anything new at all. The statement of the edits costs ten times as much, and each node
	// asks once a second.
	selectNewest = `select last_value, (select coalesce(max(version), 0) from flows) from revisions`

	editsAtMost = 1000
)

// edited is a row of selectEdits.
type edited struct {
	kind     kind
	id       string
	body     []byte
	gone     bool
	revision int64
}

// Edits are what was written since a revision.
func (s *Store) Edits(ctx context.Context, since int64) (directory.Edits, error) {
	sql, args := selectBook, []any{}
	if since > 0 {
		newest, err := row(ctx, s, "looking for edits", func(r pgx.CollectableRow) (e directory.Edits, err error) {
			return e, r.Scan(&e.Revision, &e.Flow)
		}, selectNewest)
		if err != nil || newest.Revision == since {
			return newest, err
		}
		sql, args = selectEdits, []any{since, editsAtMost}
	}
	list, err := rows(ctx, s, "reading what was edited", func(r pgx.CollectableRow) (e edited, err error) {
		return e, r.Scan(&e.kind, &e.id, &e.body, &e.gone, &e.revision)
	}, sql, args...)
	if err != nil {
		return directory.Edits{}, err
	}
	if since > 0 && len(list) >= editsAtMost {
		return s.Edits(ctx, 0)
	}
	all := directory.Edits{Revision: since, Whole: since == 0, Given: map[directory.PINHash]directory.ContractID{}}
	for _, e := range list {
		if e.kind == "last" {
			if e.revision < since { // an older dump was restored
				return s.Edits(ctx, 0)
			}
			continue
		}
		if err := e.into(&all); err != nil {
			return directory.Edits{}, fmt.Errorf("reading %s %s: %w", e.kind, e.id, err)
		}
		all.Revision = max(all.Revision, e.revision)
	}
	return all, nil
}

// into adds the edit to the other edits of its kind.
func (e edited) into(all *directory.Edits) error {
	if e.gone && e.kind != "pin" { // also an engineer; the book knows nothing of engineers
		all.Removed = append(all.Removed, directory.Removed{Kind: string(e.kind), ID: e.id})
		return nil
	}
	switch e.kind {
	case "flow":
		n, err := strconv.Atoi(string(e.body))
		all.Flow = n
		return err
	case "pin":
		var h directory.PINHash
		if err := h.UnmarshalText([]byte(e.id)); err != nil {
			return err
		}
		if e.gone {
			all.Ended = append(all.Ended, h)
			return nil
		}
		var c directory.ContractID
		err := json.Unmarshal(e.body, &c)
		all.Given[h] = c
		return err
	case customers:
		return add[stored.Customer](e.body, &all.Customers)
	case contracts:
		return add[stored.Contract](e.body, &all.Contracts)
	case levels:
		return add[stored.Level](e.body, &all.Levels)
	case calendars:
		return add[stored.Calendar](e.body, &all.Calendars)
	case faults:
		return add[stored.KnownFault](e.body, &all.Faults)
	}
	return nil
}

// add reads a document from its stored form F and adds it to the others of its kind.
func add[F form[T], T any](body []byte, to *[]T) error {
	v, err := parse[F](body)
	*to = append(*to, v)
	return err
}
