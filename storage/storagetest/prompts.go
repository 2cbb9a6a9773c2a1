package storagetest

import (
	"fmt"
	"testing"

	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage/storagetest/check"
)

// Prompts runs the suite of replaced.Store; open gives a new and empty store each time.
func Prompts(t *testing.T, open func(t *testing.T) replaced.Store) {
	run(t, open, map[string]func(*testing.T, replaced.Store){
		"a prompt comes back as it was written":         promptReturns,
		"the last version stands, behind its place":     lastPromptStands,
		"of many versions the oldest are forgotten":     oldPromptsForgotten,
		"of many who replace one prompt each has one":   promptsAtOnce,
		"prompts of another language are other prompts": promptsByLanguage,
	})
}

// welcomed is a prompt with every field that its writer fills in.
func welcomed(sound string) replaced.Prompt {
	return replaced.Prompt{
		Language: prompts.Italian, Key: "welcome", At: monday, By: "staff:anna", Format: "flac", Changes: []string{"level: -30 became -22", "rate"},
		Sound: []byte(sound), SHA256: replaced.Hash([]byte(sound)),
	}
}

func promptReturns(t *testing.T, s replaced.Store) {
	ctx := t.Context()
	none, err := s.PromptVersions(ctx, prompts.Italian, "welcome")
	check.Must(t, err)
	check.Equal(t, "versions before there is one", len(none), 0)
	written, err := s.AddPrompt(ctx, welcomed("\x00\xff sound"))
	check.Must(t, err)
	want := welcomed("\x00\xff sound")
	want.Version, want.Place = 1, written.Place
	check.Equal(t, "as written", written, want)
	list, err := s.Prompts(ctx, 0)
	check.Must(t, err)
	check.Equal(t, "what stands", list, []replaced.Prompt{want})
}

func lastPromptStands(t *testing.T, s replaced.Store) {
	ctx := t.Context()
	first, err := s.AddPrompt(ctx, welcomed("a"))
	check.Must(t, err)
	other := welcomed("b")
	other.Key = "goodbye"
	second, err := s.AddPrompt(ctx, other)
	check.Must(t, err)
	back := replaced.Prompt{Language: prompts.Italian, Key: "welcome", At: monday, By: "staff:anna", Changes: []string{}, Sound: []byte{}, SHA256: replaced.Hash(nil)}
	third, err := s.AddPrompt(ctx, back)
	check.Must(t, err)
	check.Equal(t, "version", third.Version, 2)
	list, err := s.Prompts(ctx, 0)
	check.Must(t, err)
	check.Equal(t, "what stands", list, []replaced.Prompt{second, third})
	if list, err = s.Prompts(ctx, second.Place); err != nil || len(list) != 1 || !list[0].Shipped() {
		t.Errorf("behind a place: %+v, %v", list, err)
	}
	if list, err = s.Prompts(ctx, third.Place); err != nil || len(list) != 0 {
		t.Errorf("behind the last place: %+v, %v", list, err)
	}
	list, err = s.PromptVersions(ctx, prompts.Italian, "welcome")
	check.Must(t, err)
	check.Equal(t, "versions", list, []replaced.Prompt{third, first})
}

func oldPromptsForgotten(t *testing.T, s replaced.Store) {
	for n := range replaced.MostVersions + 3 {
		_, err := s.AddPrompt(t.Context(), welcomed(fmt.Sprint(n)))
		check.Must(t, err)
	}
	list, err := s.PromptVersions(t.Context(), prompts.Italian, "welcome")
	check.Must(t, err)
	check.Equal(t, "versions kept", len(list), replaced.MostVersions)
	check.Equal(t, "the newest", list[0].Version, replaced.MostVersions+3)
}

func promptsAtOnce(t *testing.T, s replaced.Store) {
	done, failed := atOnce(writers, func(n int) error {
		_, err := s.AddPrompt(t.Context(), welcomed(fmt.Sprint(n)))
		return err
	})
	check.Equal(t, "written", done, writers)
	check.Equal(t, "failures", len(failed), 0)
	list, err := s.PromptVersions(t.Context(), prompts.Italian, "welcome")
	check.Must(t, err)
	for n, p := range list {
		check.Equal(t, "version", p.Version, writers-n)
	}
}

func promptsByLanguage(t *testing.T, s replaced.Store) {
	italian, english := welcomed("it"), welcomed("en")
	english.Language = prompts.English
	for _, p := range []replaced.Prompt{italian, english} {
		written, err := s.AddPrompt(t.Context(), p)
		check.Must(t, err)
		check.Equal(t, "version", written.Version, 1)
	}
}
