package web

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"hotline/app/voices"
	"hotline/users"
)

func sounding(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../speech/upload/testdata/" + name)
	must(t, err)
	return string(b)
}

// speaking is an office whose line speaks by voices of its own.
func speaking(t *testing.T) *office {
	t.Helper()
	o := open(t)
	v, err := voices.Load(slog.New(slog.DiscardHandler))
	must(t, err)
	o.config.Prompts = voices.Owner{Voices: v, Store: o.store}
	o.handler = New(o.config)
	return o
}

// TestAPromptIsReplacedHeardAndRolledBackOnItsPage: by the rules of the API; others listen alone.
func TestAPromptIsReplacedHeardAndRolledBackOnItsPage(t *testing.T) {
	o := speaking(t)
	b, viewer := o.as(users.Admin), o.as(users.Viewer)
	b.get("/prompts?language=it&q=welcome").is(200, "/prompts/it/welcome", "the voice that ships", "Script for a studio")
	shipped := viewer.get("/prompts/it/welcome/sound").is(200).Body.String()
	viewer.get("/prompts/it/welcome").is(200, `<audio controls preload="none" src="/prompts/it/welcome/sound"`).hides("multipart")
	viewer.uploads("/prompts/it/welcome", "", "file", sounding(t, "goodbye.flac")).is(403)
	b.uploads("/prompts/it/welcome", "", "file", sounding(t, "goodbye.flac")).goes("/prompts/it/welcome")
	first := viewer.get("/prompts/it/welcome/sound").is(200).Body.String()
	if first == shipped || !strings.HasPrefix(first, "RIFF") {
		t.Error("the recording is not heard")
	}
	b.get("/prompts/it/welcome").is(200, "your recording, version 1", "rate: 16000 Hz became 8000", "staff:admin", "/prompts/it/welcome/sound?version=1")
	b.get("/prompts?language=it&own=yes").is(200, "What the line says: 1")
	b.post("/prompts/it/welcome/roll-back", "version", "0").goes("/prompts/it/welcome")
	if viewer.get("/prompts/it/welcome/sound").is(200).Body.String() != shipped {
		t.Error("the voice that ships does not speak again")
	}
	b.post("/prompts/it/welcome/roll-back", "version", "1").goes("/prompts/it/welcome")
	if viewer.get("/prompts/it/welcome/sound").Body.String() != first {
		t.Error("the former version does not stand again")
	}
	b.get("/prompts/it/welcome").is(200, "version 1 stands again")
	italian := o.as(users.Viewer)
	italian.header.Set("Accept-Language", "it")
	if page := italian.get("/prompts/it/goodbye").is(200).main(); !regexp.MustCompile(`\d,\d s`).MatchString(page) {
		t.Errorf("no length with a comma in\n%s", page)
	}
	b.post("/prompts/it/welcome/roll-back", "version", "9").is(404)
	b.post("/prompts/it/welcome/roll-back", "version", "x").is(422)
	if !strings.Contains(o.log.String(), "by=admin language=it prompt=welcome version=1") {
		t.Error("who replaced a prompt is not logged")
	}
}

// TestARecordingThatCannotBePlayedIsRefusedWithItsFigure: and changes nothing.
func TestARecordingThatCannotBePlayedIsRefusedWithItsFigure(t *testing.T) {
	o := speaking(t)
	b := o.as(users.Admin)
	b.uploads("/prompts/it/welcome", "", "file", "no sound").is(422, "This recording cannot be played", `<p lang="en">`)
	b.uploads("/prompts/it/tone", "", "file", sounding(t, "goodbye.flac")).is(422, "cannot be replaced")
	b.uploads("/prompts/it/nothing", "", "file", sounding(t, "goodbye.flac")).is(404)
	b.post("/prompts/it/welcome").is(422, "Choose a recording first")
	for _, path := range []string{"/prompts?language=xx", "/prompts/xx/welcome", "/prompts/it/nothing", "/prompts/xx/script", "/prompts/it/welcome/sound?version=1", "/prompts/it/welcome/sound?version=x"} {
		b.get(path).is(404)
	}
	b.get("/prompts/it/welcome").is(200, "the voice that ships").hides("Versions")
	b.get("/prompts/it/script").is(200, "welcome,it/welcome.wav,")
	b.get("/prompts/it/script?format=text").is(200, "it/welcome.wav (sentence)")
}
