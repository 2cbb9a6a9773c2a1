// Package replaced is the prompts that the owner has put in the place of those of the voices that ship: their versions, and when
// one is fit to be played. It is ground: pure, standard library only.
package replaced

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"hotline/prompts"
)

// MostVersions is how many versions of one prompt are kept; the oldest go first.
const MostVersions = 20

// LargestTotal is how much sound all prompts that stand may hold together, in octets: every node keeps it in memory.
const LargestTotal = 64 << 20

// TakePrefix begins the name of a recording that is to become a prompt; no other recording's name begins so. It lies in the folder of
// recordings until somebody has decided on it.
const TakePrefix = "prompt-"

// Prompt is one version of a prompt that the owner has replaced.
type Prompt struct {
	Language prompts.Language
	Key      prompts.ID
	Version  int // from 1; the highest stands
	At       time.Time
	By       string
	Format   string   // of the file that was uploaded: wav, flac, ogg; telephone: it was recorded by telephone; empty: none was
	Changes  []string // what the mastering changed, in words
	Sound    []byte   // A-law, 8 kHz; empty: the sound of the voice that ships stands again
	SHA256   string   // of Sound, in hexadecimal
	Place    int64    // in the order of all writes
}

// Store keeps prompts that were replaced. Safe for concurrent use.
type Store interface {
	// AddPrompt writes a prompt as the next version, which then stands, and forgets the oldest beyond MostVersions.
	AddPrompt(ctx context.Context, p Prompt) (Prompt, error)
	// Prompts are those versions that stand and were written behind a place, in the order of their places.
	Prompts(ctx context.Context, behind int64) ([]Prompt, error)
	// PromptVersions are the versions of one prompt, the newest first; none is no error.
	PromptVersions(ctx context.Context, lang prompts.Language, key prompts.ID) ([]Prompt, error)
}

// Hash is the hash of a sound as Prompt.SHA256 has it.
func Hash(sound []byte) string {
	sum := sha256.Sum256(sound)
	return hex.EncodeToString(sum[:])
}

// Shipped tells whether the sound of the voice that ships stands again.
func (p Prompt) Shipped() bool { return len(p.Sound) == 0 }

// Longest is how long the sound of a prompt may be.
func Longest(c prompts.Class) time.Duration {
	switch c {
	case prompts.Sound:
		return 3 * time.Minute // music, which begins again at its end
	case prompts.Whole:
		return 30 * time.Second
	}
	return 10 * time.Second
}

// Fit tells why a prompt cannot be played; nil for one that can. Whoever plays prompts takes the one of the voice that ships instead.
func (p Prompt) Fit(c prompts.Class) error {
	switch lasts := time.Duration(len(p.Sound)) * time.Second / 8000; {
	case p.Shipped():
		return errors.New("there is no sound")
	case lasts > Longest(c):
		return fmt.Errorf("it lasts %s, more than %s", lasts.Round(time.Second), Longest(c))
	case Hash(p.Sound) != p.SHA256:
		return errors.New("its sound is not the one that was written")
	}
	return nil
}
