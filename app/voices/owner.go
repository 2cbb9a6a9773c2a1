package voices

import (
	"context"
	"fmt"
	"maps"

	"hotline/media"
	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/replaced"
)

// owned is what the owner has replaced, as it stood at one moment. It is never changed: calls read it while the next one is made.
type owned struct {
	place  int64 // behind which more may have been written
	sounds map[promptKey]ownSound
	octets int
}

type promptKey struct {
	language prompts.Language
	key      prompts.ID
}

// ownSound is one of the owner's.
type ownSound struct {
	media.Sound
	alaw    []byte
	version int
}

// Prompts reads what the owner has replaced.
type Prompts interface {
	Prompts(ctx context.Context, behind int64) ([]replaced.Prompt, error)
}

// Owner is the prompts that the owner has replaced, with the store in which they lie. Safe for concurrent use.
type Owner struct {
	*Voices
	Store Prompts
}

// CatchUp takes over what the owner has replaced since it looked last, on any node. The next sentence that begins is the new one; one
// that is being played goes on. A prompt that is not fit to be played leaves the one of the voice that ships.
func (o Owner) CatchUp(ctx context.Context) error { return o.catchUp(ctx, o.Store) }

func (v *Voices) catchUp(ctx context.Context, s Prompts) error {
	v.catching.Lock()
	defer v.catching.Unlock()
	was := v.standing()
	list, err := s.Prompts(ctx, was.place)
	if err != nil {
		return fmt.Errorf("reading the prompts that the owner has replaced: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	next := &owned{place: was.place, sounds: maps.Clone(was.sounds)}
	for _, p := range list {
		next.place = max(next.place, p.Place)
		at := promptKey{p.Language, p.Key}
		delete(next.sounds, at)
		if p.Shipped() {
			continue
		}
		if err := p.Fit(v.class(at)); err != nil {
			v.log.Warn("a prompt of the owner's is not played; the voice that ships speaks in its place", "language", p.Language, "key", p.Key, "version", p.Version, "error", err)
			continue
		}
		next.sounds[at] = ownSound{media.EncodedSound(g711.ALaw, p.Sound), p.Sound, p.Version}
	}
	for _, s := range next.sounds {
		next.octets += len(s.alaw)
	}
	v.owner.Store(next)
	return nil
}

func (v *Voices) standing() *owned {
	if o := v.owner.Load(); o != nil {
		return o
	}
	return &owned{sounds: map[promptKey]ownSound{}}
}

// class is how a text is spoken; Whole for one that the catalogue does not have.
func (v *Voices) class(at promptKey) prompts.Class {
	if p, ok := v.packs[at.language]; ok {
		if e, ok := p.book.Entry(at.key); ok {
			return e.Class
		}
	}
	return prompts.Whole
}

// sound is an id as it is heard: the owner's, else the one of the voice that ships.
func (v *Voices) sound(lang prompts.Language, id prompts.ID) (media.Sound, bool) {
	if o := v.owner.Load(); o != nil {
		if s, ok := o.sounds[promptKey{lang, id}]; ok {
			return s.Sound, true
		}
	}
	return v.shipped(lang, id)
}

// Heard is an id as it is heard, in A-law, and which version of the owner's that is; 0: the voice that ships. False where neither has it.
func (v *Voices) Heard(lang prompts.Language, id prompts.ID) (alaw []byte, version int, ok bool) {
	if s, ok := v.standing().sounds[promptKey{lang, id}]; ok {
		return s.alaw, s.version, true
	}
	s, ok := v.shipped(lang, id)
	if !ok {
		return nil, 0, false
	}
	return s.Octets(g711.ALaw), 0, true
}

// Octets is how much sound the owner's prompts hold.
func (v *Voices) Octets() int { return v.standing().octets }
