package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/directory"
	"hotline/paging"
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

const (
	insertAudit = `insert into audit (at, who, source, route, what, kind, document, before, after, fields) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	deleteAudit = `delete from audit where place in (select place from audit where at < $1 order by at, place limit $2)`

	selectAudit        = `select 0 as origin, place, at, who, source, route, what, kind, document, before, after, fields, 0::bigint as ticket from audit t`
	selectAuditedSound = `select 1, place, at, actor, source, route, action, 'recording', recording, 0, 0, '[]'::jsonb, ticket from accesses t`
)

// storedField is a part of a document that has changed, as the database keeps it.
type storedField struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

func auditArgs(r audit.Record) []any {
	fields := []storedField{}
	for _, f := range r.Fields {
		fields = append(fields, storedField(f))
	}
	return []any{r.At, r.Who, r.From, r.Route, r.What, r.Document.Kind, r.Document.ID, r.Before, r.After, fields}
}

// note writes the record of a change in its transaction, where somebody makes it. A change that cannot be noted is not made.
func note(ctx context.Context, tx pgx.Tx, r audit.Record) error {
	o, ok := audit.Of(ctx)
	if !ok {
		return nil
	}
	_, err := tx.Exec(ctx, insertAudit, auditArgs(r.By(o))...)
	return err
}

// differences is what differs between a document that is written and its former version, where there is one and the change is to be noted.
func differences[F form[T], T any](ctx context.Context, former []byte, v T) ([]audit.Field, error) {
	if _, noted := audit.Of(ctx); !noted || former == nil {
		return nil, nil
	}
	was, err := parse[F](former)
	if err != nil {
		return nil, err
	}
	return audit.Differences(was, v), nil
}

// queueAudit writes a record that has its origin already, with the other statements of a change.
func queueAudit(batch *pgx.Batch, r audit.Record) { batch.Queue(insertAudit, auditArgs(r)...) }

// NoteAudit writes a record of what changes nothing here.
func (s *Store) NoteAudit(ctx context.Context, r audit.Record) error {
	return s.exec(ctx, "noting who does what", insertAudit, auditArgs(r)...)
}

// ForgetAudit forgets the records from before an instant.
func (s *Store) ForgetAudit(ctx context.Context, before time.Time) error {
	return s.inParts(ctx, "forgetting old records of the audit", deleteAudit, before)
}

// inParts deletes what is from before an instant, in parts: a statement must end in time however much there is.
func (s *Store) inParts(ctx context.Context, doing, statement string, before time.Time) error {
	const part = 5000
	for {
		var forgotten int64
		err := s.within(ctx, doing, func(tx pgx.Tx) error {
			done, err := tx.Exec(ctx, statement, before, part)
			forgotten = done.RowsAffected()
			return err
		})
		if err != nil || forgotten < part {
			return err
		}
	}
}

// auditPlace is a record with its place.
type auditPlace struct {
	audit.Record
	source int
	place  int64
}

// Audit lists records and accesses, the newest first: the first ones of each, sorted, are the first ones of both.
func (s *Store) Audit(ctx context.Context, f audit.Filter) (page paging.Page[audit.Record], err error) {
	behind, given, err := paging.Place(f.After, audit.Sort)
	if err != nil {
		return page, fmt.Errorf("listing the audit: %w", err)
	}
	var sel selection
	limit := paging.Size(f.Limit) + 1
	parts := []string{sel.audited(selectAudit, f, audit.OfRecords, behind, given, limit)}
	if accesses := sel.audited(selectAuditedSound, f, audit.OfAccesses, behind, given, limit); accesses != "" {
		parts = append(parts, accesses)
	}
	sql := fmt.Sprintf("select * from (%s) l order by at desc, origin desc, place desc limit %d", strings.Join(parts, " union all "), limit)
	found, err := rows(ctx, s, "listing the audit", scanAudit, sql, sel.args...)
	if err != nil {
		return page, err
	}
	places := paging.Paged(found, f.Limit, func(a auditPlace) paging.Position { return audit.Position(a.At, a.source, a.place) })
	page.Next = places.Next
	for _, a := range places.Items {
		page.Items = append(page.Items, a.Record)
	}
	return page, nil
}

// audited selects the first ones of one of the two tables, behind a place in the list of both; empty where the filter leaves nothing of it.
func (s *selection) audited(from string, f audit.Filter, source int, behind paging.Position, given bool, limit int) string {
	s.conditions = nil
	if source == audit.OfAccesses && !f.OfAccesses() {
		return ""
	}
	who := "t.who = $%d"
	if source == audit.OfAccesses {
		who = "t.actor = $%d"
	}
	if f.Who != "" {
		s.where(who, f.Who)
	}
	switch d := f.Document; {
	case d.Kind == "":
	case source == audit.OfRecords:
		if s.where("t.kind = $%d", d.Kind); d.ID != "" {
			s.where("t.document = $%d", d.ID)
		}
	case d.Kind == "recording" && d.ID != "":
		s.where("t.recording = $%d", d.ID)
	case d.Kind == "ticket" && d.ID != "":
		n, _ := strconv.ParseInt(d.ID, 10, 64) // it is a number
		s.where("t.ticket = $%d", n)
	}
	if !f.Since.IsZero() {
		s.where("t.at >= $%d", f.Since)
	}
	if !f.Until.IsZero() {
		s.where("t.at < $%d", f.Until)
	}
	switch {
	case !given:
	case source == behind.Rank:
		s.conditions = append(s.conditions, fmt.Sprintf("(t.at, t.place) < (%s, %s)", s.arg(behind.At), s.arg(behind.Number)))
	case source < behind.Rank: // what is of the same instant comes behind
		s.where("t.at <= $%d", behind.At)
	default:
		s.where("t.at < $%d", behind.At)
	}
	return fmt.Sprintf("(%s%s order by at desc, place desc limit %d)", from, *s, limit)
}

func scanAudit(r pgx.CollectableRow) (a auditPlace, err error) {
	var fields []storedField
	var ticket int64
	err = r.Scan(&a.source, &a.place, &a.At, &a.Who, &a.From, &a.Route, &a.What, &a.Document.Kind, &a.Document.ID, &a.Before, &a.After, &fields, &ticket)
	if a.At = a.At.UTC(); a.source == audit.OfAccesses {
		a.Record = audit.Access(a.At, a.Who, audit.Origin{From: a.From, Route: a.Route}, a.What, a.Document.ID, ticket)
		return a, err
	}
	for _, f := range fields {
		a.Fields = append(a.Fields, audit.Field(f))
	}
	return a, err
}

var _ audit.Store = (*Store)(nil)
