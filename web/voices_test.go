package web

import (
	"archive/zip"
	"bytes"
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

// zippedFiles is a zip file of some files.
func zippedFiles(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := z.Create(files[i])
		must(t, err)
		_, err = f.Write([]byte(files[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.String()
}

// TestAWholeVoiceIsLookedAtBeforeItIsTaken: the trial says what would change and what is refused, and writes nothing; another file than that
// of the trial is not taken; what goes out comes in again and changes nothing.
func TestAWholeVoiceIsLookedAtBeforeItIsTaken(t *testing.T) {
	o := speaking(t)
	b, viewer := o.as(users.Admin), o.as(users.Viewer)
	b.get("/prompts?language=it").is(200, `href="/prompts/it/pack"`)
	viewer.get("/prompts/it/pack").is(200, "/prompts/it/pack.zip").hides("multipart")
	file := zippedFiles(t, "sounds/it/welcome.flac", sounding(t, "goodbye.flac"), "it/digits/21.ogg", sounding(t, "goodbye.ogg"), "it/hostile<b>.wav", "x",
		"it/tone.flac", sounding(t, "goodbye.flac"), "de/welcome.wav", "x", "it/goodbye.wav", "no sound", "it/LICENSE.txt", "free")
	viewer.sends("/prompts/it/pack/try", file).is(403)
	viewer.sends("/prompts/it/pack", file).is(403)
	tried := b.sends("/prompts/it/pack/try", file).is(200, "2 prompts would be replaced, 0 files sound as what stands, 4 files are refused", `href="/prompts/it/n-21"`, "rate: 16000 Hz became 8000",
		"it does not lie in the folder of the language, it", "cannot be replaced", "hostile&lt;b&gt;", "this is no WAV, FLAC or OGG file", "Replace 2 prompts", "</main>").hides("hostile<b>")
	b.get("/prompts?language=it&own=yes").is(200, "What the line says: 0")
	sum := regexp.MustCompile(`name="sum" value="([0-9a-f]{64})"`).FindStringSubmatch(tried.Body.String())
	if sum == nil {
		t.Fatal("the trial does not say which file it looked at")
	}
	b.sends("/prompts/it/pack", zippedFiles(t, "it/welcome.flac", sounding(t, "goodbye.flac")), "sum", sum[1]).is(422, "This is not the file that was looked at")
	b.sends("/prompts/it/pack", file).is(422, "Look at it first")
	b.sends("/prompts/it/pack", "", "sum", sum[1]).is(422, "Choose a recording first")
	b.sends("/prompts/it/pack", file, "sum", sum[1]).is(200, "2 prompts were replaced, 0 files sound as what stands, 4 files were refused").hides(`name="sum"`)
	b.get("/prompts/it/welcome").is(200, "your recording, version 1", "staff:admin")
	b.sends("/prompts/it/pack/try", file).is(200, "0 prompts would be replaced, 2 files sound as what stands").hides(`name="sum"`)
	whole := viewer.get("/prompts/it/pack.zip").is(200).Body.String()
	own := viewer.get("/prompts/it/pack.zip?only=owner").is(200).Body.String()
	if z, err := zip.NewReader(strings.NewReader(own), int64(len(own))); err != nil || len(z.File) != 2 || z.File[0].Name != "it/welcome.wav" && z.File[1].Name != "it/welcome.wav" {
		t.Errorf("the owner's recordings as a zip file: %v", err)
	}
	b.sends("/prompts/it/pack/try", own).is(200, "0 prompts would be replaced, 2 files sound as what stands, 0 files are refused")
	b.sends("/prompts/it/pack/try", whole).is(200, "0 prompts would be replaced")
	b.sends("/prompts/it/pack/try", "no zip").is(200, "This is no zip file.", "</main>")
	for _, path := range []string{"/prompts/xx/pack", "/prompts/xx/pack.zip"} {
		b.get(path).is(404)
	}
	if !strings.Contains(o.log.String(), "by=admin language=it prompts=2") {
		t.Error("who took a pack is not logged")
	}
}
