package voices

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"hotline/media/g711"
	"hotline/prompts"
)

func TestASoundThatAVoiceLacksIsPassedOverAndLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	v, err := Load(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	whole := v.Sound(prompts.Italian, prompts.P("goodbye"))
	delete(v.sounds[prompts.Italian], "welcome")
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
	if unknown := v.Sound("de", prompts.P("goodbye")); !bytes.Equal(unknown.Octets(g711.ALaw), whole.Octets(g711.ALaw)) {
		t.Error("a language that nobody speaks is not spoken in Italian")
	}
}
