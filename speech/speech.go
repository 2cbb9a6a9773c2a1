// Package speech is the line's own voice for free text: names, and whatever else stands in no catalogue. A text is spoken by a
// driver (a program on this machine, or a server), mastered as the voices that ship are. It is kept on the disk under a hash
// of all that its sound depends on.
//
// Nothing here is done while a caller waits: [Speaker.Want] notes what is to be spoken, one goroutine speaks it, and a call
// reads what lies on the disk.
package speech

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/prompts"
	"hotline/prompts/studio"
	"hotline/prompts/written"
)

var (
	// ErrNoVoice means that there is no voice at all: its program is not installed.
	ErrNoVoice = errors.New("there is no voice")
	// ErrSilent means that a text has nothing that can be said.
	ErrSilent = errors.New("the text has no letter and no digit")
	// ErrRubbish means that a voice answered with something that is no sound, or no sound of this text.
	ErrRubbish = errors.New("the voice gave no sound that can be used")
)

// Longest is how long a text may be, in characters.
const Longest = 500

// Text is what is to be spoken.
type Text struct {
	Language prompts.Language
	Words    string
	Class    prompts.Class // prompts.Infix inside a sentence, prompts.Whole by itself
}

// Driver speaks. Safe for concurrent use.
type Driver interface {
	// Speak gives the sound of a cleaned text. It comes back when ctx ends, and within bounds of its own before.
	Speak(ctx context.Context, t Text) (Samples, error)
	// Ready is ErrNoVoice where the driver cannot work at all. It is quick.
	Ready() error
	// Voice is everything by which the sound of a text may differ: the driver, its settings and the voice.
	Voice(lang prompts.Language) string
}

// mastering is raised when the mastering changes: all sounds are then made anew.
const mastering = "2"

// key is the hash under which a sound is kept.
func key(d Driver, t Text) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{mastering, d.Voice(t.Language), string(t.Language), string(t.Class), t.Words}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// clean makes a text of what somebody has written: one line, without what a voice could take for markup or for an option of
// its command line, and legal forms in letters.
func clean(t Text) (Text, error) {
	if utf8.RuneCountInString(t.Words) > Longest {
		return t, fmt.Errorf("a text of more than %d characters is not spoken: shorten it", Longest)
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune(`<>|\{}"`, r) {
			return ' '
		}
		return r
	}, lettered(written.In(t.Language), strings.ToValidUTF8(t.Words, " ")))
	t.Words = strings.TrimLeft(strings.Join(strings.Fields(plain), " "), "-–—, ")
	t.Words = strings.NewReplacer(" ,", ",", ",,", ",", ", ,", ",").Replace(t.Words)
	if t.Class == "" {
		t.Class = prompts.Whole
	}
	if !strings.ContainsFunc(t.Words, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return t, ErrSilent
	}
	return t, nil
}

// longest is the longest sound that a text can have. A voice that reads on for minutes is no voice.
func longest(t Text) time.Duration {
	return min(3*time.Second+time.Duration(utf8.RuneCountInString(t.Words))*500*time.Millisecond, time.Minute)
}

// Speak speaks a text at once and masters it: A-law, 8 kHz. For commands; nobody who is on the telephone may wait for it.
func Speak(ctx context.Context, d Driver, t Text) (alaw []byte, err error) {
	if t, err = clean(t); err != nil {
		return nil, err
	}
	return speak(ctx, d, t)
}

func speak(ctx context.Context, d Driver, t Text) ([]byte, error) {
	if err := d.Ready(); err != nil {
		return nil, err
	}
	said, err := d.Speak(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("speaking %q: %w", t.Words, err)
	}
	if got := said.Lasts(); got > longest(t) {
		return nil, fmt.Errorf("speaking %q: %s of sound: %w", t.Words, got.Round(time.Second), ErrRubbish)
	}
	alaw, err := Mastered(Samples{studioRate, studio.Audible(resampled(said))}, t.Class)
	if err != nil {
		return nil, fmt.Errorf("speaking %q: %w: %w", t.Words, ErrRubbish, err)
	}
	return alaw, nil
}
