package memory

import (
	"bytes"
	"context"
	"slices"

	"hotline/prompts"
	"hotline/prompts/replaced"
)

// promptTables are the prompts that the owner has replaced, in the order of their places.
type promptTables struct {
	prompts []replaced.Prompt
	written int64 // the last place
}

// AddPrompt writes a prompt as the next version.
func (s *Store) AddPrompt(_ context.Context, p replaced.Prompt) (replaced.Prompt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Version = 1
	for _, x := range s.prompts {
		if x.Language == p.Language && x.Key == p.Key {
			p.Version = max(p.Version, x.Version+1)
		}
	}
	s.written++
	p.Place = s.written
	p = copiedPrompt(p)
	s.prompts = append(s.prompts, p)
	s.prompts = slices.DeleteFunc(s.prompts, func(x replaced.Prompt) bool {
		return x.Language == p.Language && x.Key == p.Key && x.Version <= p.Version-replaced.MostVersions
	})
	return copiedPrompt(p), nil
}

// Prompts are the versions that stand and were written behind a place.
func (s *Store) Prompts(_ context.Context, behind int64) ([]replaced.Prompt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []replaced.Prompt
	for n, p := range s.prompts {
		newer := func(x replaced.Prompt) bool { return x.Language == p.Language && x.Key == p.Key }
		if p.Place > behind && !slices.ContainsFunc(s.prompts[n+1:], newer) {
			list = append(list, copiedPrompt(p))
		}
	}
	return list, nil
}

// PromptVersions are the versions of one prompt, the newest first.
func (s *Store) PromptVersions(_ context.Context, lang prompts.Language, key prompts.ID) ([]replaced.Prompt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []replaced.Prompt
	for _, p := range slices.Backward(s.prompts) {
		if p.Language == lang && p.Key == key {
			list = append(list, copiedPrompt(p))
		}
	}
	return list, nil
}

// copiedPrompt shares nothing with who wrote or reads it.
func copiedPrompt(p replaced.Prompt) replaced.Prompt {
	p.Changes, p.Sound = append([]string{}, p.Changes...), append([]byte{}, bytes.Clone(p.Sound)...)
	return p
}
