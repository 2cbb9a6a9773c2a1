package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/paging"
	"hotline/storage"
)

// document names what is read and written whole.
type document struct{ kind, id string }

// edits numbers what is written, so that readers can ask for what is new.
type edits struct {
	revision int64
	at       map[document]int64 // revision of the last write, of removed ones too
	pins     map[directory.PINHash]int64
	gone     map[document]int // the last version of a removed one
}

func (e *edits) next() int64 {
	e.revision++
	return e.revision
}

// compare holds the rule of whole values: version 0 makes a new one, else it must stand.
func compare(there bool, stands, given int) error {
	switch {
	case !there && given == 0:
		return nil
	case !there:
		return storage.ErrNotFound
	case given == 0:
		return storage.ErrExists
	case stands != given:
		return storage.ErrConflict
	}
	return nil
}

// put writes a whole document and gives it its next version; s.mu is held.
func put[K ~string, V any](ctx context.Context, s *Store, m map[K]V, name document, v V, version func(*V) *int) (V, error) {
	var none V
	stands, there := m[K(name.id)]
	if err := compare(there, *version(&stands), *version(&v)); err != nil {
		return none, fmt.Errorf("%s %s: %w", name.kind, name.id, err)
	}
	*version(&v) += 1 + s.edits.gone[name] // one that was removed goes on where it ended
	delete(s.edits.gone, name)
	m[K(name.id)], s.edits.at[name] = v, s.edits.next()
	var fields []audit.Field
	if there {
		fields = audit.Differences(stands, v)
	}
	s.note(ctx, audit.OfDocument(name.kind, name.id, *version(&stands), *version(&v), fields))
	return v, nil
}

// remove deletes a document, unless another version than the one given stands; s.mu is held.
func remove[K ~string, V any](ctx context.Context, s *Store, m map[K]V, name document, given, stands int) error {
	if _, there := m[K(name.id)]; !there {
		return fmt.Errorf("%s %s: %w", name.kind, name.id, storage.ErrNotFound)
	}
	if given != 0 && given != stands {
		return fmt.Errorf("%s %s: %w", name.kind, name.id, storage.ErrConflict)
	}
	delete(m, K(name.id))
	s.edits.gone[name], s.edits.at[name] = stands, s.edits.next()
	s.note(ctx, audit.OfDocument(name.kind, name.id, stands, 0, nil))
	return nil
}

// Edits are what was written since a revision.
func (s *Store) Edits(_ context.Context, since int64) (directory.Edits, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := directory.Edits{Revision: s.edits.revision, Flow: len(s.flows), Given: map[directory.PINHash]directory.ContractID{}}
	if since == 0 || since > s.edits.revision {
		since, e.Whole = 0, true
	} else if since == s.edits.revision { // what is asked each second, and almost always the answer
		return e, nil
	}
	newer(s, s.customers, "customer", since, &e.Customers)
	newer(s, s.contracts, "contract", since, &e.Contracts)
	newer(s, s.levels, "level", since, &e.Levels)
	newer(s, s.calendars, "calendar", since, &e.Calendars)
	newer(s, s.faults, "fault", since, &e.Faults)
	for h, at := range s.edits.pins {
		id, current := s.pins[h]
		switch {
		case at <= since:
		case current:
			e.Given[h] = id
		case !e.Whole:
			e.Ended = append(e.Ended, h)
		}
	}
	for name := range s.edits.gone {
		if !e.Whole && s.edits.at[name] > since {
			e.Removed = append(e.Removed, directory.Removed{Kind: name.kind, ID: name.id})
		}
	}
	return e, nil
}

// newer adds those that were written since.
func newer[K ~string, V any](s *Store, m map[K]V, kind string, since int64, to *[]V) {
	for id, v := range m {
		if s.edits.at[document{kind, string(id)}] > since {
			*to = append(*to, v)
		}
	}
}

// auditTables are the records of who changed what, and the part of the log of accesses that only the audit shows.
type auditTables struct {
	records []placedRecord
	place   int64          // of the last one
	access  []audit.Origin // of each access, in the order noted
}

// placedRecord is a record with its place.
type placedRecord struct {
	audit.Record
	source int
	place  int64
}

// note writes the record of a change, where somebody makes it; s.mu is held.
func (s *Store) note(ctx context.Context, r audit.Record) {
	if o, ok := audit.Of(ctx); ok {
		s.keep(r.By(o))
	}
}

// keep writes a record that has its origin; s.mu is held.
func (s *Store) keep(r audit.Record) {
	s.audits.place++
	r.Fields = slices.Clone(r.Fields)
	s.audits.records = append(s.audits.records, placedRecord{r, audit.OfRecords, s.audits.place})
}

// NoteAudit writes a record of what changes nothing here.
func (s *Store) NoteAudit(_ context.Context, r audit.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(r)
	return nil
}

// ForgetAudit forgets the records from before an instant.
func (s *Store) ForgetAudit(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audits.records = slices.DeleteFunc(s.audits.records, func(r placedRecord) bool { return r.At.Before(before) })
	return nil
}

// Audit lists records and accesses, the newest first.
func (s *Store) Audit(_ context.Context, f audit.Filter) (page paging.Page[audit.Record], err error) {
	behind, given, err := paging.Place(f.After, audit.Sort)
	if err != nil {
		return page, fmt.Errorf("listing the audit: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []placedRecord
	for _, r := range s.audits.records {
		if f.Matches(r.Record) {
			r.Fields = slices.Clone(r.Fields)
			found = append(found, r)
		}
	}
	for i, a := range s.access {
		r := audit.Access(a.At, a.Actor, s.audits.access[i], string(a.Action), a.Recording, int64(a.Ticket))
		if f.MatchesAccess(r, int64(a.Ticket)) {
			found = append(found, placedRecord{r, audit.OfAccesses, int64(i + 1)})
		}
	}
	at := func(r placedRecord) paging.Position { return audit.Position(r.At, r.source, r.place) }
	order := func(a, b paging.Position) int {
		if a.At.Equal(b.At) {
			return a.Compare(b)
		}
		return a.At.Compare(b.At)
	}
	slices.SortFunc(found, func(a, b placedRecord) int { return order(at(b), at(a)) })
	if given {
		found = slices.DeleteFunc(found, func(r placedRecord) bool { return order(at(r), behind) >= 0 })
	}
	places := paging.Paged(found, f.Limit, at)
	page.Next = places.Next
	for _, r := range places.Items {
		page.Items = append(page.Items, r.Record)
	}
	return page, nil
}

var _ audit.Store = (*Store)(nil)
