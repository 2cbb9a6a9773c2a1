package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"hotline/audit"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage"
	"hotline/tickets"
	"hotline/transcription"
)

// promptTables are the prompts that the owner has replaced, in the order of their places.
type promptTables struct {
	prompts []replaced.Prompt
	written int64 // the last place
}

// AddPrompt writes a prompt as the next version.
func (s *Store) AddPrompt(ctx context.Context, p replaced.Prompt) (replaced.Prompt, error) {
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
	s.note(ctx, audit.Record{Who: p.By, What: audit.Published, Document: audit.Document{Kind: "prompt", ID: string(p.Language) + "/" + string(p.Key)}, Before: p.Version - 1, After: p.Version})
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

// transcriptTables are what recognisers have made of recordings.
type transcriptTables struct {
	transcripts map[string]transcription.Transcript // by recording
}

// PutTranscript writes the transcript of a recording that is there, in the place of a former one.
func (s *Store) PutTranscript(ctx context.Context, t transcription.Transcript) error {
	_, n, err := s.Recording(ctx, t.Recording)
	if err != nil {
		return fmt.Errorf("recording %s: %w", t.Recording, storage.ErrNotFound)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transcripts == nil {
		s.transcripts = map[string]transcription.Transcript{}
	}
	t.Ticket, t.Segments, t.Left = n, slices.Clone(t.Segments), slices.Clone(t.Left)
	s.transcripts[t.Recording] = t
	return nil
}

// Transcripts are those of a ticket, by recording.
func (s *Store) Transcripts(_ context.Context, n tickets.Number) ([]transcription.Transcript, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard(n), nil
}

// heard are the transcripts of a ticket. s.mu is held.
func (s *Store) heard(n tickets.Number) (list []transcription.Transcript) {
	for _, t := range s.transcripts {
		if t.Ticket == n {
			t.Segments, t.Left = slices.Clone(t.Segments), slices.Clone(t.Left)
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b transcription.Transcript) int { return cmp.Compare(a.Recording, b.Recording) })
	return list
}

// DeleteTranscript removes the transcript of a recording.
func (s *Store) DeleteTranscript(_ context.Context, recording string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.transcripts, recording)
	return nil
}
