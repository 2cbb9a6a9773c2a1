package voices

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"hotline/media"
	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/replaced"
)

func TestASoundThatAVoiceLacksIsPassedOverAndLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	v, err := Load(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	whole := v.Sound(prompts.Italian, prompts.P("goodbye"))
	sounds, err := v.packs[prompts.Italian].sounds()
	if err != nil {
		t.Fatal(err)
	}
	sounds, v.packs = maps.Clone(sounds), maps.Clone(v.packs) // those that ship are everybody's
	delete(sounds, "welcome")
	v.packs[prompts.Italian] = pack{v.Book(prompts.Italian), func() (map[prompts.ID]media.Sound, error) { return sounds, nil }}
	for range 3 {
		if got := v.Sound(prompts.Italian, prompts.P("welcome", "goodbye")); !bytes.Equal(got.Octets(g711.ALaw), whole.Octets(g711.ALaw)) {
			t.Error("what is left of the phrase is not what follows the missing sound")
		}
	}
	if n := strings.Count(log.String(), "a sound is missing"); n != 1 {
		t.Errorf("it was logged %d times:\n%s", n, log.String())
	}
	if english := v.Sound(prompts.English, prompts.P("welcome")); len(english.Octets(g711.ALaw)) == 0 {
		t.Error("the other voice lost the sound too")
	}
	if unknown := v.Sound("xx", prompts.P("goodbye")); !bytes.Equal(unknown.Octets(g711.ALaw), whole.Octets(g711.ALaw)) {
		t.Error("a language that nobody speaks is not spoken in Italian")
	}
}

// stored is what an owner has replaced.
type stored []replaced.Prompt

func (s stored) Prompts(_ context.Context, behind int64) (list []replaced.Prompt, err error) {
	for _, p := range s {
		if p.Place > behind {
			list = append(list, p)
		}
	}
	return list, nil
}

// TestTheOwnersPromptIsHeardFromTheNextSentenceOn: what is being played goes on; looks beside many calls harm none (run with -race).
func TestTheOwnersPromptIsHeardFromTheNextSentenceOn(t *testing.T) {
	v, err := Load(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := v.Sound(prompts.Italian, prompts.P("welcome", "goodbye"))
	mine := bytes.Repeat([]byte{0x2a, 0xaa}, 4000)
	s := stored{{Language: prompts.Italian, Key: "welcome", Version: 3, Place: 5, Sound: mine, SHA256: replaced.Hash(mine)}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			v.Sound(prompts.Italian, prompts.P("welcome"))
		}
	}()
	for range 10 {
		if err := (Owner{v, s}).CatchUp(t.Context()); err != nil {
			t.Error(err)
		}
	}
	<-done
	heard := v.Sound(prompts.Italian, prompts.P("welcome", "goodbye")).Octets(g711.ALaw)
	shipped := v.Sound(prompts.Italian, prompts.P("goodbye")).Octets(g711.ALaw)
	if !bytes.Equal(heard, append(bytes.Clone(mine), shipped...)) || bytes.Equal(heard, before.Octets(g711.ALaw)) || v.Octets() != len(mine) {
		t.Errorf("%d octets are heard, want the owner's %d and the %d of the voice that ships", len(heard), len(mine), len(shipped))
	}
	s = append(s, replaced.Prompt{Language: prompts.Italian, Key: "welcome", Version: 4, Place: 6})
	if err := (Owner{v, s}).CatchUp(t.Context()); err != nil {
		t.Error(err)
	}
	if back := v.Sound(prompts.Italian, prompts.P("welcome", "goodbye")); !bytes.Equal(back.Octets(g711.ALaw), before.Octets(g711.ALaw)) || v.Octets() != 0 {
		t.Error("the voice that ships is not heard again")
	}
}

// TestSlowMenusHaveLongerPausesAndTheSameWords: each of a menu's pauses between its options is longer by 0.8 s, and nothing else changes.
func TestSlowMenusHaveLongerPausesAndTheSameWords(t *testing.T) {
	v, err := Load(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for lang, options := range map[prompts.Language]map[prompts.ID]int{
		prompts.Italian: {"menu": 4, "menu-others": 1, "recorded-menu": 2, "menu-given-up": 0, "tone": 0},
		prompts.English: {"menu": 4, "menu-others": 1, "recorded-menu": 2, "menu-given-up": 0, "tone": 0},
	} {
		for id, pauses := range options {
			plain, slow := v.Sound(lang, prompts.P(id)).Octets(g711.ALaw), v.Sound(lang, prompts.P(id).Slowly()).Octets(g711.ALaw)
			if got := len(slow) - len(plain); got != pauses*longerBy {
				t.Errorf("%s %s is longer by %d samples, want %d pauses of %d", lang, id, got, pauses, longerBy)
			}
			silence := []byte{g711.ALaw.Silence()}
			if !bytes.Equal(bytes.ReplaceAll(slow, silence, nil), bytes.ReplaceAll(plain, silence, nil)) {
				t.Errorf("%s %s: what is said slowly has other words", lang, id)
			}
		}
	}
}

// TestALanguageThatNobodyHearsTakesNoMemory: the octets of a voice lie in the program's image. What is worked out from them is that only
// of languages that were asked for.
func TestALanguageThatNobodyHearsTakesNoMemory(t *testing.T) {
	made := map[prompts.Language]bool{}
	v, err := Load(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	v.packs = maps.Clone(v.packs)
	for lang, p := range v.packs {
		v.packs[lang] = pack{p.book, func() (map[prompts.ID]media.Sound, error) { made[lang] = true; return p.sounds() }}
	}
	if v.Book(prompts.German).Language() != prompts.German || v.Shipped(prompts.Connected).Duration() == 0 || len(made) != 1 {
		t.Errorf("to know the texts of German and to play a signal, %v were made ready", made)
	}
	if s := v.Sound(prompts.German, prompts.P("welcome")); s.Duration() == 0 || !made[prompts.German] || made[prompts.French] || made[prompts.Spanish] {
		t.Errorf("%v was heard, and %v were made ready", s.Duration(), made)
	}
}
