package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
	"hotline/evosupport/news"
	"hotline/ivr/versions"
	"hotline/storage"
)

// flowTables are the flow's versions, the named facts, and who is told of published versions.
type flowTables struct {
	flows   []versions.Flow // oldest first
	facts   map[string]string
	noted   map[[2]string]bool // product and release
	notices []news.Notice
}

// PutFlow writes a new version of the flow.
func (s *Store) PutFlow(ctx context.Context, f versions.Flow) (versions.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Version != 0 && f.Version != len(s.flows) {
		return versions.Flow{}, fmt.Errorf("flow: %w", storage.ErrConflict)
	}
	f.Version = len(s.flows) + 1
	f.Published = f.Published.Truncate(time.Second)
	s.flows = append(s.flows, f)
	s.note(ctx, audit.Record{Who: f.By, What: audit.Published, Document: audit.Document{Kind: "flow", ID: f.Name}, Before: f.Version - 1, After: f.Version})
	return f, nil
}

// Flows lists the versions, newest first.
func (s *Store) Flows(context.Context) ([]versions.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.flows)
	slices.Reverse(list)
	return list, nil
}

// Fact reads a named fact.
func (s *Store) Fact(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.facts, key, "fact", itself)
}

// PutFact writes a named fact.
func (s *Store) PutFact(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts[key] = value
	return nil
}

// NoteReleases remembers versions of a product, and who is told of the newest.
func (s *Store) NoteReleases(_ context.Context, product string, releases []string, about []news.Notice) (fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range releases {
		fresh = !s.noted[[2]string{product, r}]
		s.noted[[2]string{product, r}] = true
	}
	if fresh {
		s.notices = append(s.notices, about...)
	}
	return fresh, nil
}

// ClaimNotices gives what waits for one address, and puts it off.
func (s *Store) ClaimNotices(_ context.Context, now, until time.Time) (list []news.Notice, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first *news.Notice
	for i := range s.notices {
		n := &s.notices[i]
		if n.State == news.Waiting && !n.Due.After(now) && (first == nil || cmp.Or(n.Due.Compare(first.Due), cmp.Compare(n.Address, first.Address)) < 0) {
			first = n
		}
	}
	if first == nil {
		return nil, nil
	}
	for i := range s.notices {
		n := &s.notices[i]
		if n.State == news.Waiting && n.Address == first.Address {
			n.Due, n.Tries = until, n.Tries+1
			list = append(list, *n)
		}
	}
	slices.SortFunc(list, func(a, b news.Notice) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Contract, b.Contract))
	})
	return list, nil
}

// PutNotice writes how a notice stands that waits.
func (s *Store) PutNotice(_ context.Context, n news.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.notices, func(o news.Notice) bool {
		return o.Product == n.Product && o.Release == n.Release && o.Contract == n.Contract && o.State == news.Waiting
	})
	if at >= 0 {
		o := &s.notices[at]
		o.State, o.Due, o.Settled, o.Error = n.State, n.Due, n.Settled, n.Error
	}
	return nil
}

// Notices are those about a product.
func (s *Store) Notices(_ context.Context, product string) ([]news.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(s.notices), func(n news.Notice) bool { return n.Product != product })
	slices.SortStableFunc(list, func(a, b news.Notice) int {
		return cmp.Or(b.Noted.Compare(a.Noted), cmp.Compare(a.Release, b.Release), cmp.Compare(a.Contract, b.Contract))
	})
	return list, nil
}

var _ news.Store = (*Store)(nil)
