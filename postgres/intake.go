package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/directory"
	"hotline/intake"
	"hotline/storage"
	"hotline/storage/stored"
)

// The documents of alerts.
const (
	alertPolicies kind = "alert-policy"
	alertMappings kind = "alert-mapping"
	maintenances  kind = "maintenance"
)

const (
	selectInstallation = `select version, due, state from installations where contract = $1 and name = $2`
	insertInstallation = `insert into installations (contract, name, version, due, state) values ($1, $2, 1, $3, $4) on conflict do nothing`
	updateInstallation = `update installations set version = version + 1, due = $3, state = $4 where contract = $1 and name = $2 and version = $5`
	moveProblems       = `update problems set ticket = $4 where contract = $1 and installation = $2 and ticket = $3`
	dueInstallations   = `
select contract, name from (
	select contract, name, due from installations where due <= $1
	union all
	select contract, installation, due from problems where due <= $1
) all_due group by contract, name order by min(due) limit $2`

	problemColumns = `contract, installation, source, fingerprint, firing, severity, title, category, ticket, held, since, heard, due, count, told, changes`
	namedProblems  = `select ` + problemColumns + ` from problems where contract = $1 and installation = $2
	and (source, fingerprint) in (select * from unnest($3::text[], $4::text[]))`
	problemsNamed = `select ` + problemColumns + ` from problems where contract = $1
	and (installation, fingerprint) in (select * from unnest($2::text[], $3::text[])) order by heard desc, source, fingerprint`
	dueProblems    = `select ` + problemColumns + ` from problems where contract = $1 and installation = $2 and due <= $3 order by due limit 5000`
	knownProblems  = `select count(*) from (select from problems where contract = $1 and installation = $2 limit $3) known`
	forgetProblems = `
delete from problems p where due is null and heard < $1
	and (not firing or not exists (select from tickets t where t.number = p.ticket and t.state not in ('closed', 'not_request')))`
	putProblem = `
insert into problems (` + problemColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (contract, installation, source, fingerprint) do update set firing = $5, severity = $6, title = $7, category = $8, ticket = $9,
	held = $10, since = $11, heard = $12, due = $13, count = $14, told = $15, changes = $16`
)

// Installation reads an installation, with those problems of it that are named or due.
func (s *Store) Installation(ctx context.Context, id intake.ID, named []intake.Key, now time.Time) (i intake.Installation, err error) {
	i.ID = id
	var sources, fingerprints []string
	for _, k := range named {
		sources, fingerprints = append(sources, k.Source), append(fingerprints, k.Fingerprint)
	}
	err = s.with(ctx, fmt.Sprintf("reading installation %s of contract %s", id.Name, id.Contract), func(ctx context.Context, c *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(knownProblems, id.Contract, id.Name, intake.KnownMost).QueryRow(func(r pgx.Row) error { return r.Scan(&i.Known) })
		batch.Queue(selectInstallation, id.Contract, id.Name).Query(func(found pgx.Rows) error {
			for found.Next() {
				var due *time.Time
				var state []byte
				if err := found.Scan(&i.Version, &due, &state); err != nil {
					return err
				}
				i.Due = orNever(due)
				if i.State, err = parse[stored.AlertState](state); err != nil {
					return err
				}
			}
			return found.Err()
		})
		seen := map[intake.Key]bool{}
		take := func(found pgx.Rows) error {
			list, err := pgx.CollectRows(found, scanProblem)
			for _, p := range list {
				if !seen[p.Key] {
					seen[p.Key] = true
					i.Problems = append(i.Problems, p)
				}
			}
			return err
		}
		if len(named) > 0 {
			batch.Queue(namedProblems, id.Contract, id.Name, sources, fingerprints).Query(take)
		}
		batch.Queue(dueProblems, id.Contract, id.Name, now).Query(take)
		return c.SendBatch(ctx, batch).Close()
	})
	return i, err
}

func scanProblem(r pgx.CollectableRow) (p intake.Problem, err error) {
	var due *time.Time
	err = r.Scan(&p.Installation.Contract, &p.Installation.Name, &p.Key.Source, &p.Key.Fingerprint, &p.Firing, &p.Severity, &p.Title, &p.Category,
		&p.Ticket, &p.Held, &p.Since, &p.Heard, &due, &p.Count, &p.Told, &p.Changes)
	p.Since, p.Heard, p.Due = p.Since.UTC(), p.Heard.UTC(), orNever(due)
	for n := range p.Changes {
		p.Changes[n] = p.Changes[n].UTC()
	}
	return p, err
}

// PutInstallation writes an installation with its problems in one transaction.
func (s *Store) PutInstallation(ctx context.Context, i intake.Installation) error {
	return s.within(ctx, fmt.Sprintf("writing installation %s of contract %s", i.ID.Name, i.ID.Contract), func(tx pgx.Tx) error {
		sql, args := insertInstallation, []any{i.ID.Contract, i.ID.Name, instant(i.Due), stored.OfAlertState(i.State)}
		if i.Version > 0 {
			sql, args = updateInstallation, append(args, i.Version)
		}
		done, err := tx.Exec(ctx, sql, args...)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return storage.ErrConflict
		}
		batch := &pgx.Batch{}
		for _, m := range i.Moves {
			batch.Queue(moveProblems, i.ID.Contract, i.ID.Name, m.From, m.To)
		}
		for _, p := range i.Problems {
			batch.Queue(putProblem, i.ID.Contract, i.ID.Name, p.Key.Source, p.Key.Fingerprint, p.Firing, p.Severity, p.Title, p.Category,
				p.Ticket, p.Held, p.Since, p.Heard, instant(p.Due), p.Count, p.Told, list(p.Changes))
		}
		if batch.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// DueInstallations are those at which something is due.
func (s *Store) DueInstallations(ctx context.Context, now time.Time, limit int) ([]intake.ID, error) {
	return rows(ctx, s, "looking for installations at which something is due", func(r pgx.CollectableRow) (id intake.ID, err error) {
		return id, r.Scan(&id.Contract, &id.Name)
	}, dueInstallations, now, limit)
}

// Problems lists problems, the one heard last first.
func (s *Store) Problems(ctx context.Context, f intake.Filter) ([]intake.Problem, error) {
	where, args := []string{"true"}, []any{}
	add := func(condition string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Contract != "" {
		add("contract = $%d", f.Contract)
	}
	if f.Ticket != 0 {
		add("ticket = $%d", f.Ticket)
	}
	if f.Firing {
		where = append(where, "firing")
	}
	if !f.Since.IsZero() {
		add("heard >= $%d", f.Since)
	}
	args = append(args, cmp.Or(f.Limit, 100))
	sql := fmt.Sprintf("select %s from problems where %s order by heard desc, source, fingerprint limit $%d", problemColumns, strings.Join(where, " and "), len(args))
	return rows(ctx, s, "reading problems", scanProblem, sql, args...)
}

// ProblemsNamed are those of a contract that are named, of whatever source.
func (s *Store) ProblemsNamed(ctx context.Context, contract directory.ContractID, named []intake.Ref) ([]intake.Problem, error) {
	var installations, fingerprints []string
	for _, r := range named {
		installations, fingerprints = append(installations, r.Installation), append(fingerprints, r.Fingerprint)
	}
	return rows(ctx, s, "reading problems by name", scanProblem, problemsNamed, contract, installations, fingerprints)
}

// ForgetProblems forgets those that were not heard of since an instant and are over, or have no ticket that is owed anything.
func (s *Store) ForgetProblems(ctx context.Context, before time.Time) error {
	return s.exec(ctx, "forgetting old problems", forgetProblems, before)
}

// AlertPolicy reads one policy of alerts.
func (s *Store) AlertPolicy(ctx context.Context, id intake.PolicyID) (intake.Policy, error) {
	return document[stored.AlertPolicy](ctx, s, alertPolicies, id)
}

// AlertPolicies lists them by id.
func (s *Store) AlertPolicies(ctx context.Context) ([]intake.Policy, error) {
	return documents[stored.AlertPolicy](ctx, s, alertPolicies)
}

// PutAlertPolicy writes a whole policy.
func (s *Store) PutAlertPolicy(ctx context.Context, p intake.Policy) (intake.Policy, error) {
	return put(ctx, s, key{alertPolicies, p.ID}, p, stored.OfAlertPolicy, func(p *intake.Policy) *int { return &p.Version })
}

// DeleteAlertPolicy removes a policy.
func (s *Store) DeleteAlertPolicy(ctx context.Context, id intake.PolicyID, version int) error {
	return s.edit(ctx, "deleting alert policy "+id, func(tx pgx.Tx) error { return remove(ctx, tx, alertPolicies, id, version) })
}

// AlertMapping reads one mapping.
func (s *Store) AlertMapping(ctx context.Context, id string) (intake.Mapping, error) {
	return document[stored.AlertMapping](ctx, s, alertMappings, id)
}

// AlertMappings lists them by id.
func (s *Store) AlertMappings(ctx context.Context) ([]intake.Mapping, error) {
	return documents[stored.AlertMapping](ctx, s, alertMappings)
}

// PutAlertMapping writes a whole mapping.
func (s *Store) PutAlertMapping(ctx context.Context, m intake.Mapping) (intake.Mapping, error) {
	return put(ctx, s, key{alertMappings, m.ID}, m, stored.OfAlertMapping, func(m *intake.Mapping) *int { return &m.Version })
}

// DeleteAlertMapping removes a mapping.
func (s *Store) DeleteAlertMapping(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting alert mapping "+id, func(tx pgx.Tx) error { return remove(ctx, tx, alertMappings, id, version) })
}

// Maintenance reads one maintenance window.
func (s *Store) Maintenance(ctx context.Context, id string) (intake.Maintenance, error) {
	return document[stored.Maintenance](ctx, s, maintenances, id)
}

// Maintenances lists them by id.
func (s *Store) Maintenances(ctx context.Context) ([]intake.Maintenance, error) {
	return documents[stored.Maintenance](ctx, s, maintenances)
}

// PutMaintenance writes a whole maintenance window.
func (s *Store) PutMaintenance(ctx context.Context, m intake.Maintenance) (intake.Maintenance, error) {
	return put(ctx, s, key{maintenances, m.ID}, m, stored.OfMaintenance, func(m *intake.Maintenance) *int { return &m.Version })
}

// DeleteMaintenance removes a maintenance window.
func (s *Store) DeleteMaintenance(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting maintenance window "+id, func(tx pgx.Tx) error { return remove(ctx, tx, maintenances, id, version) })
}

var _ intake.Store = (*Store)(nil)
