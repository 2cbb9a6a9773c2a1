package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
	"hotline/storage/stored"
)

// The documents of on-call work beside engineers and the main rota.
const (
	schedules kind = "schedule"
	absences  kind = "absences"
	policies  kind = "policy"
	contacts  kind = "contact"
	proofs    kind = "proofs"
)

// standingOf reads every document of one kind as it stands in a transaction.
func standingOf[F form[T], T any](ctx context.Context, tx pgx.Tx, k kind) ([]T, error) {
	found, err := tx.Query(ctx, selectDocuments, k)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, scanDocument[F])
}

// unnamed refuses to remove an engineer whom a rota or an escalation policy names.
func unnamed(ctx context.Context, tx pgx.Tx, id oncall.EngineerID) error {
	main, err := standingOf[stored.Rota](ctx, tx, rotas)
	if err != nil {
		return err
	}
	others, err := standingOf[stored.Schedule](ctx, tx, schedules)
	if err != nil {
		return err
	}
	for _, r := range main {
		others = append(others, rota.Of(r))
	}
	for _, r := range others {
		if slices.Contains(r.Names(), id) {
			return oncall.ErrOnRota
		}
	}
	list, err := standingOf[stored.Policy](ctx, tx, policies)
	if err != nil {
		return err
	}
	return escalation.NamesEngineer(list, id)
}

// removeOf removes what is kept of an engineer, who may be followed by another one of the same name.
func removeOf(ctx context.Context, tx pgx.Tx, id oncall.EngineerID) error {
	for _, k := range []kind{absences, contacts, proofs} {
		if err := remove(ctx, tx, k, string(id), 0); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	return endEngineerPIN(ctx, tx, id)
}

// putOf writes a document of an engineer, whose id is the document's and who must be there.
func putOf[T any, F form[T]](ctx context.Context, s *Store, k key, v T, of func(T) F, version func(*T) *int) (T, error) {
	return writing(ctx, s, k, func(tx pgx.Tx) (none T, err error) {
		known, err := staff(ctx, tx)
		if err != nil {
			return none, err
		}
		if !known[oncall.EngineerID(k.id)] {
			return none, fmt.Errorf("engineer %q: %w", k.id, storage.ErrNotFound)
		}
		return replace(ctx, tx, k, v, of, version)
	})
}

// Schedule reads one rota beside the main one.
func (s *Store) Schedule(ctx context.Context, id rota.ID) (rota.Rota, error) {
	return document[stored.Schedule](ctx, s, schedules, string(id))
}

// Schedules lists them by id.
func (s *Store) Schedules(ctx context.Context) ([]rota.Rota, error) {
	return documents[stored.Schedule](ctx, s, schedules)
}

// PutSchedule writes a whole rota, if everybody whom it names exists and no other one serves the same.
func (s *Store) PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error) {
	var next rota.Rota
	err := s.edit(ctx, fmt.Sprintf("writing rota %s", r.ID), func(tx pgx.Tx) error {
		known, err := staff(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range r.Names() {
			if !known[id] {
				return fmt.Errorf("engineer %q: %w", id, oncall.ErrUnknownEngineer)
			}
		}
		others, err := standingOf[stored.Schedule](ctx, tx, schedules)
		if err != nil {
			return err
		}
		if err := r.Beside(others); err != nil {
			return err
		}
		next, err = replace(ctx, tx, key{schedules, string(r.ID)}, r, stored.OfSchedule, func(r *rota.Rota) *int { return &r.Version })
		return err
	})
	if err != nil {
		return rota.Rota{}, err
	}
	return next, nil
}

// DeleteSchedule removes a rota that no escalation policy names.
func (s *Store) DeleteSchedule(ctx context.Context, id rota.ID, version int) error {
	return s.edit(ctx, fmt.Sprintf("deleting rota %s", id), func(tx pgx.Tx) error {
		list, err := standingOf[stored.Policy](ctx, tx, policies)
		if err != nil {
			return err
		}
		if err := escalation.NamesRota(list, id); err != nil {
			return err
		}
		return remove(ctx, tx, schedules, string(id), version)
	})
}

// AbsencesOf reads when an engineer is away.
func (s *Store) AbsencesOf(ctx context.Context, id oncall.EngineerID) (rota.Absences, error) {
	return document[stored.Absences](ctx, s, absences, string(id))
}

// Absences lists them by engineer.
func (s *Store) Absences(ctx context.Context) ([]rota.Absences, error) {
	return documents[stored.Absences](ctx, s, absences)
}

// PutAbsences writes when an engineer is away, whole.
func (s *Store) PutAbsences(ctx context.Context, a rota.Absences) (rota.Absences, error) {
	return putOf(ctx, s, key{absences, string(a.Engineer)}, a, stored.OfAbsences, func(a *rota.Absences) *int { return &a.Version })
}

// Policy reads one escalation policy.
func (s *Store) Policy(ctx context.Context, id string) (escalation.Policy, error) {
	return document[stored.Policy](ctx, s, policies, id)
}

// Policies lists them by id.
func (s *Store) Policies(ctx context.Context) ([]escalation.Policy, error) {
	return documents[stored.Policy](ctx, s, policies)
}

// PutPolicy writes a whole escalation policy, if what it names exists and no other one serves the same.
func (s *Store) PutPolicy(ctx context.Context, p escalation.Policy) (escalation.Policy, error) {
	var next escalation.Policy
	err := s.edit(ctx, "writing escalation policy "+p.ID, func(tx pgx.Tx) (err error) {
		var d escalation.Documents
		if d.Engineers, err = standingOf[stored.Engineer](ctx, tx, engineers); err != nil {
			return err
		}
		if d.Schedules, err = standingOf[stored.Schedule](ctx, tx, schedules); err != nil {
			return err
		}
		if d.Policies, err = standingOf[stored.Policy](ctx, tx, policies); err != nil {
			return err
		}
		if err = p.Beside(d); err != nil {
			return err
		}
		next, err = replace(ctx, tx, key{policies, p.ID}, p, stored.OfPolicy, func(p *escalation.Policy) *int { return &p.Version })
		return err
	})
	if err != nil {
		return escalation.Policy{}, err
	}
	return next, nil
}

// DeletePolicy removes an escalation policy.
func (s *Store) DeletePolicy(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting escalation policy "+id, func(tx pgx.Tx) error { return remove(ctx, tx, policies, id, version) })
}

// Contact reads how an engineer is rung.
func (s *Store) Contact(ctx context.Context, id oncall.EngineerID) (escalation.Contact, error) {
	return document[stored.Contact](ctx, s, contacts, string(id))
}

// Contacts lists them by engineer.
func (s *Store) Contacts(ctx context.Context) ([]escalation.Contact, error) {
	return documents[stored.Contact](ctx, s, contacts)
}

// PutContact writes how an engineer is rung, whole.
func (s *Store) PutContact(ctx context.Context, c escalation.Contact) (escalation.Contact, error) {
	return putOf(ctx, s, key{contacts, string(c.Engineer)}, c, stored.OfContact, func(c *escalation.Contact) *int { return &c.Version })
}

// DeleteContact removes the rules of an engineer, who is rung on every telephone then.
func (s *Store) DeleteContact(ctx context.Context, id oncall.EngineerID, version int) error {
	return s.edit(ctx, fmt.Sprintf("deleting the contact of %s", id), func(tx pgx.Tx) error { return remove(ctx, tx, contacts, string(id), version) })
}

// ProofsOf reads which telephones an engineer has proven.
func (s *Store) ProofsOf(ctx context.Context, id oncall.EngineerID) (oncall.Proofs, error) {
	return document[stored.Proofs](ctx, s, proofs, string(id))
}

// Proofs lists them by engineer.
func (s *Store) Proofs(ctx context.Context) ([]oncall.Proofs, error) {
	return documents[stored.Proofs](ctx, s, proofs)
}

// PutProofs writes which telephones an engineer has proven, whole.
func (s *Store) PutProofs(ctx context.Context, p oncall.Proofs) (oncall.Proofs, error) {
	return putOf(ctx, s, key{proofs, string(p.Engineer)}, p, stored.OfProofs, func(p *oncall.Proofs) *int { return &p.Version })
}

// staff are the engineers whom a rota may name.
func staff(ctx context.Context, tx pgx.Tx) (map[oncall.EngineerID]bool, error) {
	found, err := tx.Query(ctx, namesOf, engineers)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[oncall.EngineerID])
	known := map[oncall.EngineerID]bool{}
	for _, id := range ids {
		known[id] = true
	}
	return known, err
}

var _ escalation.Store = (*Store)(nil)

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

const selectOnCall = `
select kind, body from documents where kind in ('rota', 'engineer', 'schedule', 'absences', 'policy', 'contact', 'proofs', 'calendar')
order by id collate "C"`

var _ escalation.Whole = (*Store)(nil)

// OnCall reads all documents that decide who is rung, in one statement: each of them alone is small, and the way to the database is not.
func (s *Store) OnCall(ctx context.Context) (d escalation.Documents, err error) {
	type document struct {
		kind kind
		body []byte
	}
	list, err := rows(ctx, s, "reading who is on call", func(r pgx.CollectableRow) (v document, err error) {
		return v, r.Scan(&v.kind, &v.body)
	}, selectOnCall)
	for _, one := range list {
		if err = onCall(&d, one.kind, one.body); err != nil {
			return d, fmt.Errorf("reading a document of kind %s: %w", one.kind, err)
		}
	}
	return d, err
}

func onCall(d *escalation.Documents, k kind, body []byte) (err error) {
	switch k {
	case rotas:
		d.Rota, err = parse[stored.Rota](body)
	case engineers:
		err = add[stored.Engineer](body, &d.Engineers)
	case schedules:
		err = add[stored.Schedule](body, &d.Schedules)
	case absences:
		err = add[stored.Absences](body, &d.Absences)
	case policies:
		err = add[stored.Policy](body, &d.Policies)
	case contacts:
		err = add[stored.Contact](body, &d.Contacts)
	case proofs:
		err = add[stored.Proofs](body, &d.Proofs)
	case calendars:
		err = add[stored.Calendar](body, &d.Calendars)
	}
	return err
}
