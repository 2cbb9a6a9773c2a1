package admin_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"hotline/app/voices"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage"
)

// owner is what the line says, with what the owner has replaced.
func owner(t *testing.T, h *house) voices.Owner {
	t.Helper()
	v, err := voices.Load(slog.New(slog.DiscardHandler))
	must(t, err)
	return voices.Owner{Voices: v, Store: h.store}
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../speech/upload/testdata/" + name)
	must(t, err)
	return string(b)
}

// TestAPromptIsReplacedHeardAndRolledBack: the answer says what was changed of the recording; the next caller hears it.
func TestAPromptIsReplacedHeardAndRolledBack(t *testing.T) {
	h := open(t)
	shipped := h.get("/prompts/it/welcome").is(200).body
	h.put("/prompts/it/welcome", recorded(t, "goodbye.flac"), "Content-Type", "audio/flac").is(200, `"version":1`, `"format":"flac"`, "rate: 16000 Hz became 8000", `"by":"staff:demo"`)
	first := h.get("/prompts/it/welcome").is(200).body
	if first == shipped || !strings.HasPrefix(first, "RIFF") {
		t.Error("the recording is not heard")
	}
	h.put("/prompts/it/welcome", recorded(t, "goodbye.ogg"), "Content-Type", "audio/ogg").is(200, `"version":2`)
	h.get("/prompts/it").is(200, `"key":"welcome"`, `"version":2`, `"file":"it/digits/21.wav"`)
	h.post("/prompts/it/welcome/roll-back", `{"version":1}`).is(200, `"version":3`, "version 1 stands again")
	if h.get("/prompts/it/welcome").is(200).body != first {
		t.Error("what was rolled back to is not heard")
	}
	h.post("/prompts/it/welcome/roll-back", `{"version":0}`).is(200, `"version":4`, `"shipped":true`)
	if h.get("/prompts/it/welcome").is(200).body != shipped {
		t.Error("the voice that ships is not heard again")
	}
	if h.get("/prompts/it/welcome?version=1").is(200).body != first {
		t.Error("a former version cannot be listened to")
	}
	h.get("/prompts/it/welcome?version=4").is(404)
	h.get("/prompts/it/welcome/versions").is(200, `"version":4`, `"version":1`)
	if h.get("/prompts/en/welcome").is(200).body == first {
		t.Error("another language is replaced too")
	}
}

func TestWhatIsNoPromptIsRefused(t *testing.T) {
	h := open(t)
	h.put("/prompts/it/welcome", "no sound", "Content-Type", "audio/wav").is(422, "no WAV, FLAC or OGG")
	h.put("/prompts/it/nothing", recorded(t, "goodbye.ogg"), "Content-Type", "audio/ogg").is(404)
	h.put("/prompts/it/tone", recorded(t, "goodbye.ogg"), "Content-Type", "audio/ogg").is(422, "cannot be replaced")
	h.put("/prompts/pt/welcome", recorded(t, "goodbye.ogg"), "Content-Type", "audio/ogg").is(422)
	h.put("/prompts/it/welcome", recorded(t, "goodbye.ogg")).is(422, "not plain text") // as JSON
	h.put("/customers/x/prompts/y", "\x00", "Content-Type", "audio/wav").is(404)
	h.post("/prompts/it/welcome/roll-back", `{"version":7}`).is(404)
	h.post("/prompts/it/welcome/roll-back", `{"version":-1}`).is(422)
	h.get("/prompts/it/nothing").is(404)
	h.get("/prompts/it/welcome/versions").is(200, `"versions":[]`)
}

// TestAPackGoesOutAndComesIn: what was exported changes nothing when it comes back; of what a studio sends, each file is taken or
// refused for itself.
func TestAPackGoesOutAndComesIn(t *testing.T) {
	h := open(t)
	whole := h.get("/prompts/it/pack").is(200).body
	z, err := zip.NewReader(strings.NewReader(whole), int64(len(whole)))
	must(t, err)
	if len(z.File) < 480 || z.File[0].Name != "it/welcome.wav" {
		t.Fatalf("%d files, the first is %s", len(z.File), z.File[0].Name)
	}
	for file, comment := range map[string]string{
		"it/welcome.wav": "Synthetic speech. Engine: SVOX Pico, pico2wave. Voice: it-IT cm0.", "it/tone.wav": "Synthetic sound. Engine: hotline.",
	} {
		if l, err := wav.ReadLabel(strings.NewReader(content(t, z, file))); err != nil || l.Comment != comment {
			t.Errorf("%s says %+v, %v; want %q", file, l, err, comment)
		}
	}
	h.put("/prompts/it/pack", zipped(t, map[string]string{"sounds/it/welcome.wav": content(t, z, "it/welcome.wav"), "it/digits/7.wav": content(t, z, "it/digits/7.wav")}), "Content-Type", "application/zip").
		is(200, `"taken":0`, `"same":2`, `"refused":0`)
	h.put("/prompts/it/pack", zipped(t, map[string]string{
		"sounds/it/goodbye.ogg": recorded(t, "goodbye.ogg"), "it/no-such.wav": "x", "en/welcome.ogg": recorded(t, "goodbye.ogg"), "it/menu.wav": "rubbish", "../../it/tone.ogg": recorded(t, "goodbye.ogg"), "readme.txt": "x",
	}), "Content-Type", "application/zip").is(200, `"taken":1`, `"left":0`, `"refused":4`, `"key":"goodbye"`, "the script lists", "folder of the language", "no WAV, FLAC or OGG", "cannot be replaced")
	h.put("/prompts/it/pack", zipped(t, map[string]string{"it/goodbye.ogg": recorded(t, "goodbye.ogg")}), "Content-Type", "application/zip").is(200, `"taken":0`, `"same":1`)
	mine := h.get("/prompts/it/pack?only=owner").is(200).body
	z, err = zip.NewReader(strings.NewReader(mine), int64(len(mine)))
	must(t, err)
	if l, err := wav.ReadLabel(strings.NewReader(content(t, z, "it/goodbye.wav"))); err != nil || l != (wav.Label{}) {
		t.Errorf("what a person has recorded says %+v, %v", l, err)
	}
	if len(z.File) != 1 || z.File[0].Name != "it/goodbye.wav" {
		t.Errorf("the owner's recordings are %d files", len(z.File))
	}
	h.put("/prompts/it/pack", "no zip", "Content-Type", "application/zip").is(422, "no zip file")
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		f, err := z.Create(name)
		must(t, err)
		_, err = f.Write([]byte(text))
		must(t, err)
	}
	must(t, z.Close())
	return b.String()
}

func content(t *testing.T, z *zip.Reader, name string) string {
	t.Helper()
	f, err := z.Open(name)
	must(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	must(t, err)
	return b.String()
}

func TestAStudioGetsItsScript(t *testing.T) {
	h := open(t)
	rows, err := csv.NewReader(strings.NewReader(h.get("/prompts/it/script").is(200).body)).ReadAll()
	must(t, err)
	if len(rows) < 480 || strings.Join(rows[1], "|") != "101|welcome|it/welcome.wav|sentence|Benvenuti al servizio di assistenza." {
		t.Errorf("%d rows, the first is %q", len(rows), rows[1])
	}
	h.get("/prompts/it/script?format=text").is(200, "140  it/menu.wav (sentence)\n    Per un guasto bloccante, prema uno. […] Per")
	h.get("/prompts/it/script?format=pdf").is(422)
}

// broken is a store that gives prompts which are not what was written.
type broken struct {
	list []replaced.Prompt
	err  error
}

func (b broken) Prompts(context.Context, int64) ([]replaced.Prompt, error) { return b.list, b.err }

// TestABrokenPromptLeavesTheVoiceThatShips: nobody hears rubbish, or nothing, because of what a store holds.
func TestABrokenPromptLeavesTheVoiceThatShips(t *testing.T) {
	v := owner(t, open(t)).Voices
	shipped, _, _ := v.Heard(prompts.Italian, "welcome")
	good := replaced.Prompt{Language: prompts.Italian, Key: "goodbye", Version: 1, Place: 1, Sound: shipped, SHA256: replaced.Hash(shipped)}
	for name, b := range map[string]broken{
		"damaged":       {list: []replaced.Prompt{good, {Language: prompts.Italian, Key: "welcome", Version: 1, Place: 2, Sound: []byte("rubbish"), SHA256: "x"}}},
		"of minutes":    {list: []replaced.Prompt{good, {Language: prompts.Italian, Key: "welcome", Version: 1, Place: 2, Sound: make([]byte, 8000*60), SHA256: replaced.Hash(make([]byte, 8000*60))}}},
		"another world": {list: []replaced.Prompt{good, {Language: "de", Key: "nothing", Version: 1, Place: 2}}},
	} {
		if err := (voices.Owner{Voices: v, Store: b}).CatchUp(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if heard, version, ok := v.Heard(prompts.Italian, "welcome"); !ok || version != 0 || !bytes.Equal(heard, shipped) {
			t.Errorf("%s: version %d is heard", name, version)
		}
		if _, version, _ := v.Heard(prompts.Italian, "goodbye"); version != 1 {
			t.Errorf("%s: the good one beside it is not heard", name)
		}
	}
	if err := (voices.Owner{Voices: v, Store: broken{err: storage.ErrDown}}).CatchUp(t.Context()); !errors.Is(err, storage.ErrDown) {
		t.Errorf("a store that is down: %v", err)
	}
	if _, version, _ := v.Heard(prompts.Italian, "goodbye"); version != 1 {
		t.Error("a store that is down takes a prompt away")
	}
}
