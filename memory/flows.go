package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/ivr/versions"
	"hotline/notify/mailing"
	"hotline/notify/statement"
	"hotline/storage"
)

// flowTables are the flow's versions, the named facts, who is told of published versions, and the statements that go out by mail.
type flowTables struct {
	flows   []versions.Flow // oldest first
	facts   map[string]string
	noted   map[[2]string]bool // product and release
	notices []news.Notice
	sheets  []statement.Letter // in the order in which they were noted
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
		if n.State == mailing.Waiting && !n.Due.After(now) && (first == nil || cmp.Or(n.Due.Compare(first.Due), cmp.Compare(n.Address, first.Address)) < 0) {
			first = n
		}
	}
	if first == nil {
		return nil, nil
	}
	for i := range s.notices {
		n := &s.notices[i]
		if n.State == mailing.Waiting && n.Address == first.Address {
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
		return o.Product == n.Product && o.Release == n.Release && o.Contract == n.Contract && o.State == mailing.Waiting
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

// NoteStatement writes a letter down, once, unless the one that stands has no address.
func (s *Store) NoteStatement(_ context.Context, l statement.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch stands := s.sheet(l.Contract, l.Month); {
	case stands == nil:
		s.sheets = append(s.sheets, l)
	case stands.State == mailing.NoAddress && l.State == mailing.Waiting:
		*stands = l
	}
	return nil
}

// sheet is the letter of a contract and month; nil: there is none. The caller holds the lock.
func (s *Store) sheet(c directory.ContractID, month string) *statement.Letter {
	for i := range s.sheets {
		if l := &s.sheets[i]; l.Contract == c && l.Month == month {
			return l
		}
	}
	return nil
}

// ClaimStatements gives a letter that is due, and puts it off.
func (s *Store) ClaimStatements(_ context.Context, now, until time.Time) ([]statement.Letter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first *statement.Letter
	for i := range s.sheets {
		l := &s.sheets[i]
		if l.State == mailing.Waiting && !l.Due.After(now) && (first == nil || cmp.Or(l.Due.Compare(first.Due), cmp.Compare(l.Contract, first.Contract)) < 0) {
			first = l
		}
	}
	if first == nil {
		return nil, nil
	}
	first.Due, first.Tries = until, first.Tries+1
	return []statement.Letter{*first}, nil
}

// PutStatement writes how a letter stands that waits.
func (s *Store) PutStatement(_ context.Context, l statement.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stands := s.sheet(l.Contract, l.Month); stands != nil && stands.State == mailing.Waiting {
		stands.Address, stands.State, stands.Due, stands.Settled, stands.Error = l.Address, l.State, l.Due, l.Settled, l.Error
	}
	return nil
}

// Statements are the letters of a contract.
func (s *Store) Statements(_ context.Context, c directory.ContractID) ([]statement.Letter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(s.sheets), func(l statement.Letter) bool { return l.Contract != c })
	slices.SortFunc(list, func(a, b statement.Letter) int { return cmp.Compare(b.Month, a.Month) })
	return list, nil
}

// Letters are those that were noted last, of every kind.
func (s *Store) Letters(_ context.Context, f mailing.Filter) (list []mailing.Letter, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.sheets {
		list = append(list, mailing.Letter{Kind: mailing.Statement, Contract: l.Contract, About: l.Month, Address: l.Address, Standing: l.Standing})
	}
	for _, n := range s.notices {
		list = append(list, mailing.Letter{Kind: mailing.Release, Contract: n.Contract, About: n.Product + " " + n.Release, Address: n.Address, Standing: n.Standing})
	}
	list = slices.DeleteFunc(list, func(l mailing.Letter) bool {
		return f.Contract != "" && l.Contract != f.Contract || len(f.States) > 0 && !slices.Contains(f.States, l.State)
	})
	slices.SortFunc(list, func(a, b mailing.Letter) int {
		return cmp.Or(b.Noted.Compare(a.Noted), cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.About, b.About))
	})
	return list[:min(len(list), cmp.Or(f.Limit, mailing.Most))], nil
}

var _ statement.Store = (*Store)(nil)
