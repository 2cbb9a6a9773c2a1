package memory

import (
	"context"
	"slices"
	"time"

	"hotline/oncall"
)

// Engage lets a node ring somebody.
func (s *Store) Engage(_ context.Context, e oncall.Engagement, talking bool, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.engaged {
		if other.Name == e.Name && other.Node != e.Node && other.Holds(now) && !(other.Talks && talking) {
			return false, nil
		}
	}
	if i := s.engagedAt(e.Node, e.Name); i >= 0 {
		s.engaged[i].Until = e.Until
		return true, nil
	}
	s.engaged = append(s.engaged, oncall.Engagement{Name: e.Name, Node: e.Node, Until: e.Until})
	return true, nil
}

func (s *Store) engagedAt(node, name string) int {
	return slices.IndexFunc(s.engaged, func(e oncall.Engagement) bool { return e.Node == node && e.Name == name })
}

// EngagedElsewhere gives those whom other nodes ring or talk to.
func (s *Store) EngagedElsewhere(_ context.Context, node string, names []string, now time.Time) (list []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.engaged {
		if e.Node != node && slices.Contains(names, e.Name) && e.Holds(now) && !slices.Contains(list, e.Name) {
			list = append(list, e.Name)
		}
	}
	return list, nil
}

// Disengage ends what a node has with somebody.
func (s *Store) Disengage(_ context.Context, node, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engaged = slices.DeleteFunc(s.engaged, func(e oncall.Engagement) bool { return e.Node == node && e.Name == name })
	return nil
}

// RenewEngagements writes all engagements of a node, and forgets what is stale.
func (s *Store) RenewEngagements(_ context.Context, node string, list []oncall.Engagement, stale time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		e.Node = node
		if i := s.engagedAt(node, e.Name); i >= 0 {
			s.engaged[i] = e
		} else {
			s.engaged = append(s.engaged, e)
		}
	}
	s.engaged = slices.DeleteFunc(s.engaged, func(e oncall.Engagement) bool {
		return e.Until.Before(stale) && (e.Node == node || e.Until.Before(stale.Add(-oncall.Forgotten)))
	})
	return nil
}
