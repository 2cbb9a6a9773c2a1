package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/audit"
	"hotline/idempotency"
	"hotline/storage"
	"hotline/tokens"
)

// apiTables are who may use the API, and what it answered to writes.
type apiTables struct {
	tokens  map[[32]byte]tokens.Token // by hash
	replies map[string]idempotency.Reply
}

func newAPI() apiTables {
	return apiTables{tokens: map[[32]byte]tokens.Token{}, replies: map[string]idempotency.Reply{}}
}

// PutToken keeps a token; its name must be new.
func (s *Store) PutToken(ctx context.Context, t tokens.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.tokens {
		if other.Name == t.Name {
			return fmt.Errorf("token %s: %w", t.Name, storage.ErrExists)
		}
	}
	t.Scope = cmp.Or(t.Scope, tokens.ScopeAdmin)
	s.tokens[t.Hash] = t
	s.note(ctx, t.Audited(audit.Created))
	return nil
}

// Token finds a token by its hash.
func (s *Store) Token(_ context.Context, hash [32]byte) (tokens.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[hash]
	if !ok {
		return tokens.Token{}, fmt.Errorf("token: %w", storage.ErrNotFound)
	}
	return t, nil
}

// TokenUsed notes that a token was used.
func (s *Store) TokenUsed(_ context.Context, hash [32]byte, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens[hash]; ok && at.After(t.Used) {
		t.Used = at
		s.tokens[hash] = t
	}
	return nil
}

// Tokens lists the tokens by name.
func (s *Store) Tokens(context.Context) ([]tokens.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Collect(maps.Values(s.tokens))
	slices.SortFunc(list, func(a, b tokens.Token) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// RemoveToken ends a token.
func (s *Store) RemoveToken(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, t := range s.tokens {
		if t.Name == name {
			delete(s.tokens, hash)
			s.note(ctx, tokens.Token{Name: name}.Audited(audit.Removed))
			return nil
		}
	}
	return fmt.Errorf("token %s: %w", name, storage.ErrNotFound)
}

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.replies, func(_ string, r idempotency.Reply) bool { return r.At.Before(before) })
	return nil
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(_ context.Context, r idempotency.Reply) (idempotency.Reply, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.replies[r.Key]; ok {
		known.Body = slices.Clone(known.Body)
		return known, true, nil
	}
	r.Body = slices.Clone(r.Body)
	s.replies[r.Key] = r
	return r, false, nil
}
