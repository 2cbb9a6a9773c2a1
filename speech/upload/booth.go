package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage"
)

// Line is what is heard. Its methods are safe for concurrent use.
type Line interface {
	// Heard is a prompt as it is heard, in A-law, and which version of the owner's that is; 0: the voice that ships.
	Heard(lang prompts.Language, key prompts.ID) (alaw []byte, version int, ok bool)
	// Octets is how much sound the owner's prompts hold.
	Octets() int
	// CatchUp takes over what was written.
	CatchUp(ctx context.Context) error
}

// Booth is where prompts are replaced and rolled back: the API and the pages do it by the same rules. Safe for concurrent use.
type Booth struct {
	Store replaced.Store
	Line  Line
	Now   func() time.Time
}

// What keeps a prompt from being written. The text of the error says more.
var (
	ErrFixed   = errors.New("this signal is made by the line and cannot be replaced: telephones and recordings wait for its end")
	ErrUnfit   = errors.New("unfit to be played")
	ErrFull    = errors.New("too much sound")
	ErrVersion = errors.New("this version is not fit to be played")
)

// Entry finds the text of a key; storage.ErrNotFound.
func Entry(lang prompts.Language, key prompts.ID) (prompts.Entry, error) {
	book, err := prompts.Open(lang)
	if err != nil {
		return prompts.Entry{}, fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	e, ok := book.Entry(key)
	if !ok {
		return e, fmt.Errorf("prompt %s: %w", key, storage.ErrNotFound)
	}
	return e, nil
}

// refusal is an error whose text is for people, and whose kind is for errors.Is.
type refusal struct {
	kind error
	text string
}

func (r refusal) Error() string { return r.text }
func (r refusal) Unwrap() error { return r.kind }

// Take makes a prompt of a file. ErrFixed, ErrUnfit, ErrFull.
func (b Booth) Take(lang prompts.Language, e prompts.Entry, file []byte) (replaced.Prompt, error) {
	p, _, err := b.Master(lang, e, file)
	return p, err
}

// Master makes a prompt of a file, and tells what it changed, with figures. Its errors are those of [Booth.Take]; of ErrUnfit
// errors.Is knows the reason too.
func (b Booth) Master(lang prompts.Language, e prompts.Entry, file []byte) (replaced.Prompt, Sound, error) {
	if e.ID == prompts.Tone || e.ID == prompts.Connected {
		return replaced.Prompt{}, Sound{}, ErrFixed
	}
	sound, err := Take(file, e.Class)
	if err != nil {
		return replaced.Prompt{}, sound, refusal{errors.Join(ErrUnfit, err), err.Error()}
	}
	p := replaced.Prompt{Language: lang, Key: e.ID, Format: sound.Format, Changes: sound.Changes, Sound: sound.ALaw, SHA256: replaced.Hash(sound.ALaw)}
	if err := p.Fit(e.Class); err != nil {
		return p, sound, refusal{errors.Join(ErrUnfit, ErrLong), "without the silence at its ends " + err.Error() + "; shorten it"}
	}
	return p, sound, b.Full(p)
}

// Full is ErrFull where a prompt does not fit beside those that stand.
func (b Booth) Full(p replaced.Prompt) error {
	if b.Line.Octets()+len(p.Sound) <= replaced.LargestTotal {
		return nil
	}
	return refusal{ErrFull, fmt.Sprintf("all recordings of the owner's together would last more than %d minutes: roll back those that are not needed", replaced.LargestTotal/8000/60)}
}

// Write keeps a prompt, and lets this node's calls hear it at once. by is who does it.
func (b Booth) Write(ctx context.Context, p replaced.Prompt, by string) (replaced.Prompt, error) {
	p.At, p.By = b.Now().UTC().Truncate(time.Second), by
	p, err := b.Store.AddPrompt(ctx, p)
	if err != nil {
		return p, fmt.Errorf("writing prompt %s: %w", p.Key, err)
	}
	_ = b.Line.CatchUp(ctx) // what was written stands; the look of every node at what is new brings it within two seconds
	return p, nil
}

// Version reads one version of a prompt; storage.ErrNotFound.
func (b Booth) Version(ctx context.Context, lang prompts.Language, key prompts.ID, n int) (replaced.Prompt, error) {
	list, err := b.Store.PromptVersions(ctx, lang, key)
	if err != nil {
		return replaced.Prompt{}, fmt.Errorf("reading the versions of prompt %s: %w", key, err)
	}
	for _, p := range list {
		if p.Version == n {
			return p, nil
		}
	}
	return replaced.Prompt{}, fmt.Errorf("version %d of prompt %s: %w", n, key, storage.ErrNotFound)
}

// RollBack writes a former version as the newest one, so that nothing is lost by it; version 0 is the voice that ships. ErrVersion,
// storage.ErrNotFound.
func (b Booth) RollBack(ctx context.Context, lang prompts.Language, e prompts.Entry, version int, by string) (replaced.Prompt, error) {
	p := replaced.Prompt{Language: lang, Key: e.ID, SHA256: replaced.Hash(nil), Changes: []string{"the voice that ships speaks again"}}
	if version > 0 {
		var err error
		if p, err = b.Version(ctx, lang, e.ID, version); err != nil {
			return p, err
		}
		p.Changes = append([]string{fmt.Sprintf("version %d stands again", p.Version)}, p.Changes...)
		if err := p.Fit(e.Class); err != nil && !p.Shipped() {
			return p, refusal{ErrVersion, errors.Join(ErrVersion, err).Error()}
		}
	}
	return b.Write(ctx, p, by)
}
