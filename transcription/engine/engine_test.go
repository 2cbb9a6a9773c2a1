package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/memory"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/tickets"
	"hotline/transcription"
	"hotline/transcription/engine"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// script is a recogniser of the test: lines for the shell. No file of its own is run: a program that another test starts meanwhile may
// still hold it open for writing, and then it cannot be run.
func script(body string) engine.Command {
	return engine.Command{Argv: []string{"sh", "-c", body, "recogniser", "{language}", "{file}"}, Timeout: 5 * time.Minute} // it has the lowest priority
}

func texts(list []transcription.Segment) string {
	var all []string
	for _, s := range list {
		all = append(all, s.Text)
	}
	return strings.Join(all, "/")
}

func TestEveryFormOfAnAnswerIsRead(t *testing.T) {
	for name, c := range map[string]struct{ said, want string }{
		"text":           {"la pompa\n\n perde \n", "la pompa/perde"},
		"nothing":        {"", ""},
		"whisper.cpp":    {`{"transcription":[{"offsets":{"from":500,"to":2000},"text":" la pompa","tokens":[{"p":0.5},{"p":1}]},{"offsets":{"from":2000,"to":3000},"text":" perde"}]}`, " la pompa/ perde"},
		"Vosk":           {`{"result":[{"conf":1,"start":0.1,"end":0.5,"word":"la"},{"conf":0.5,"start":0.5,"end":0.9,"word":"pompa"},{"conf":1,"start":3,"end":3.5,"word":"perde"}],"text":"la pompa perde"}`, "la pompa/perde"},
		"verbose_json":   {`{"language":"italian","text":"x","segments":[{"start":0,"end":1.5,"text":"la pompa","avg_logprob":-0.1,"no_speech_prob":0.01}]}`, "la pompa"},
		"json":           {`{"text":"la pompa"}`, "la pompa"},
		"empty segments": {`{"text":"","segments":[]}`, ""},
	} {
		h, err := engine.Read([]byte(c.said))
		if err != nil || texts(h.Segments) != c.want {
			t.Errorf("%s: %q, %v; want %q", name, texts(h.Segments), err, c.want)
		}
	}
	h, _ := engine.Read([]byte(`{"transcription":[{"offsets":{"from":500,"to":2000},"text":"x","tokens":[{"p":0.5},{"p":1}]}]}`))
	if s := h.Segments[0]; s.From != 500*time.Millisecond || s.To != 2*time.Second || s.Confidence != 0.75 {
		t.Errorf("times and confidence: %+v", s)
	}
	h, _ = engine.Read([]byte(`{"segments":[{"start":0,"end":1,"text":"Sottotitoli","avg_logprob":-1.5,"no_speech_prob":0.9}]}`))
	if left, _ := transcription.Guarded(h.Segments, []transcription.Span{{To: time.Second}}); len(left) != 0 {
		t.Errorf("what Whisper takes for silence stays: %+v", left)
	}
}

func TestRubbishIsRefused(t *testing.T) {
	for name, said := range map[string]string{
		"no text": "\x7fELF\x00\x01", "not UTF-8": "perch\xe9", "half a JSON": `{"segments":[{"sta`, "another JSON": `{"error":"no model"}`,
		"times that run backwards": `{"segments":[{"start":5,"end":1,"text":"x"}]}`, "times of another world": `{"segments":[{"start":1e300,"end":1e301,"text":"x"}]}`,
		"one endless word": strings.Repeat("a", 5000), "very many segments": strings.Repeat("a\n", 5000),
	} {
		if h, err := engine.Read([]byte(said)); !errors.Is(err, engine.ErrRubbish) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"segments":[{"start":0,"end":1.5,"text":"la pompa","avg_logprob":-0.1}],"result":[{"word":"a","start":1,"end":2}]}`))
	f.Add([]byte("la pompa\nperde"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := engine.Read(b)
		if err != nil {
			if !errors.Is(err, engine.ErrRubbish) {
				t.Errorf("an error that is no ErrRubbish: %v", err)
			}
			return
		}
		for _, s := range h.Segments {
			if s.From < 0 || s.To < s.From || s.Confidence < 0 || s.Confidence > 1 {
				t.Errorf("%q gave %+v", b, s)
			}
		}
		transcription.Guarded(h.Segments, []transcription.Span{{To: time.Hour}})
	})
}

func TestAProgramIsGivenTheSoundAndItsLanguage(t *testing.T) {
	sound := engine.Sound{Language: "it", Rate: 8000, WAV: append([]byte("RIFFxxxxWAVE"), make([]byte, 100<<10)...)}
	c := script(`echo "$1 $(wc -c <"$2") $(head -c 4 "$2") $(sh -c 'head -c 4 '"$2")"`)
	h, err := c.Transcribe(t.Context(), sound)
	if want := fmt.Sprintf("it %d RIFF RIFF", len(sound.WAV)); err != nil || texts(h.Segments) != want {
		t.Errorf("by a file: %q, %v; want %q", texts(h.Segments), err, want)
	}
	c = script(`echo "$1 $(wc -c)"`)
	c.Argv = c.Argv[:5]
	h, err = c.Transcribe(t.Context(), sound)
	if want := fmt.Sprintf("it %d", len(sound.WAV)); err != nil || texts(h.Segments) != want {
		t.Errorf("by its input: %q, %v; want %q", texts(h.Segments), err, want)
	}
}

func TestAProgramThatMisbehavesIsEnded(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"hangs, with a child":   {"sleep 600 & sleep 600", engine.ErrRubbish},
		"writes 100 MB":         {"head -c 100000000 /dev/zero | tr '\\0' a", engine.ErrRubbish},
		"writes without end":    {"yes ciao", engine.ErrRubbish},
		"fails":                 {"echo no model >&2; exit 3", engine.ErrRubbish},
		"complains without end": {"head -c 10000000 /dev/zero >&2; exit 3", engine.ErrRubbish},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(c.body)
			if strings.HasPrefix(name, "hangs") {
				p.Timeout = 300 * time.Millisecond
			}
			began := time.Now()
			h, err := p.Transcribe(t.Context(), engine.Sound{Language: "it", WAV: []byte("RIFF")})
			if !errors.Is(err, c.want) || len(h.Segments) != 0 {
				t.Errorf("%+v, %v", h, err)
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
	missing := engine.Command{Argv: []string{"/nowhere/whisper"}, Timeout: time.Second}
	if _, err := missing.Transcribe(t.Context(), engine.Sound{}); !errors.Is(err, engine.ErrMissing) || !errors.Is(missing.Ready(), engine.ErrMissing) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestAServerIsAskedInTheFormOfOpenAI(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter) { fmt.Fprint(w, `{"segments":[{"start":0,"end":1,"text":"la pompa"}]}`) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		sound, _ := io.ReadAll(file)
		if got := r.FormValue("model") + " " + r.FormValue("language") + " " + r.FormValue("response_format") + " " + string(sound) + " " + r.Header.Get("Authorization"); got != "small it verbose_json RIFF Bearer secret" {
			t.Errorf("asked: %s", got)
		}
		answer(w)
	}))
	defer server.Close()
	h := engine.HTTP{URL: server.URL + "/v1/audio/transcriptions", Model: "small", KeyFile: key, Timeout: 60 * time.Second}
	ask := func() (engine.Heard, error) {
		return h.Transcribe(t.Context(), engine.Sound{Language: "it", WAV: []byte("RIFF")})
	}
	if heard, err := ask(); err != nil || texts(heard.Segments) != "la pompa" {
		t.Errorf("%+v, %v", heard, err)
	}
	answer = func(w http.ResponseWriter) { http.Error(w, "no model", http.StatusInternalServerError) }
	if _, err := ask(); !errors.Is(err, engine.ErrRubbish) {
		t.Errorf("a server that fails: %v", err)
	}
	answer = func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte("a "), 50<<20)) }
	if _, err := ask(); !errors.Is(err, engine.ErrRubbish) {
		t.Errorf("a server that answers 100 MB: %v", err)
	}
}

// office is a store with one recorded ticket, and a worker for it.
type office struct {
	store *memory.Store
	pcm   []int16
	now   time.Time
}

func (o *office) worker(t *testing.T, d engine.Driver) *engine.Worker {
	t.Helper()
	o.store, o.now = memory.New(417), monday
	x := tickets.Ticket{Number: 427, Version: 1, State: tickets.Open, OpenedAt: monday, Recordings: []tickets.Recording{{ID: "r1", At: monday, Seconds: 4}}}
	if err := o.store.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{{ID: "e", Ticket: 427, At: monday, Kind: tickets.Opened}}}); err != nil {
		t.Fatal(err)
	}
	return engine.New(engine.Config{
		Driver: d, Rate: 16000, Store: o.store, Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
		Language: func(context.Context, tickets.Number) prompts.Language { return prompts.Italian },
		Open: func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) {
			b := wav.Header(wav.G711(g711.ALaw), len(o.pcm))
			for _, s := range o.pcm {
				b = append(b, g711.ALaw.EncodeSample(s))
			}
			return file{bytes.NewReader(b)}, nil
		},
	})
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

var work = tickets.Work{ID: "transcribe-r1", Kind: tickets.WorkTranscribe, Ticket: 427, Due: monday, Facts: map[string]string{tickets.FactRecording: "r1"}}

// said is a sentence of the voice that ships, with silence of two seconds behind it.
func said(t *testing.T) []int16 {
	t.Helper()
	alaw, err := packs.Speech(prompts.Italian, "trouble")
	if err != nil {
		t.Fatal(err)
	}
	return append(g711.ALaw.Samples(alaw), make([]int16, 16000)...)
}

func TestARecordingIsPutIntoTextAndFound(t *testing.T) {
	o := office{pcm: said(t)}
	length := float64(len(o.pcm)) / 8000
	w := o.worker(t, script(fmt.Sprintf(`echo '{"segments":[{"start":0.5,"end":3,"text":"la pompa perde, codice 421755","avg_logprob":-0.1},{"start":%.1f,"end":%.1f,"text":"Sottotitoli a cura di","avg_logprob":-0.1}]}'`, length-1.2, length-0.1)))
	if err := w.Transcribe(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	list, _ := o.store.Transcripts(t.Context(), 427)
	if len(list) != 1 || list[0].Text() != "la pompa perde, codice […]" || list[0].Engine != "sh" || list[0].Language != "it" || list[0].Confidence < 0.9 || len(list[0].Left) != 2 {
		t.Fatalf("kept: %+v", list)
	}
	if page, err := o.store.List(t.Context(), tickets.Filter{Search: "pompa", Limit: 5}); err != nil || len(page.Items) != 1 {
		t.Errorf("searched: %+v, %v", page, err)
	}
}

func TestSilenceIsNotAskedFor(t *testing.T) {
	o := office{pcm: make([]int16, 40000)}
	if err := o.worker(t, script("echo Sottotitoli; exit 1")).Transcribe(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	list, _ := o.store.Transcripts(t.Context(), 427)
	if len(list) != 1 || len(list[0].Segments) != 0 || len(list[0].Left) != 1 || list[0].Left[0] != transcription.NoVoice {
		t.Errorf("%+v", list)
	}
}

// TestARecogniserThatFailsIsAskedAgainForADay: ever more seldom, and nothing is kept of it.
func TestARecogniserThatFailsIsAskedAgainForADay(t *testing.T) {
	o := office{pcm: said(t)}
	w := o.worker(t, script("exit 1"))
	tries := 0
	for {
		tries++
		err := w.Transcribe(t.Context(), work)
		if err == nil {
			break
		}
		var later *tickets.Later
		if !errors.As(err, &later) || later.At.Before(o.now.Add(time.Minute)) {
			t.Fatalf("try %d at %v: %v", tries, o.now, err)
		}
		o.now = later.At
	}
	if tries < 8 || tries > 20 || o.now.Sub(monday) < 24*time.Hour {
		t.Errorf("%d tries until %v", tries, o.now)
	}
	if list, _ := o.store.Transcripts(t.Context(), 427); len(list) != 0 {
		t.Errorf("kept: %+v", list)
	}
}

func TestAnErasedRecordingIsNotPutIntoText(t *testing.T) {
	o := office{pcm: said(t)}
	w := o.worker(t, script("echo ciao"))
	gone := work
	gone.Facts = map[string]string{tickets.FactRecording: "gone"}
	if err := w.Transcribe(t.Context(), gone); err != nil {
		t.Errorf("a recording that is not there: %v", err)
	}
}

// TestAPINIsMaskedInEveryLanguageOfTheLine: a new language needs its row.
func TestAPINIsMaskedInEveryLanguageOfTheLine(t *testing.T) {
	words := map[prompts.Language]string{
		prompts.Italian: "zero uno due tre quattro cinque sei sette otto nove", prompts.English: "zero one two three four five six seven eight nine",
		prompts.German: "null eins zwei drei vier fünf sechs sieben acht neun", prompts.French: "zéro un deux trois quatre cinq six sept huit neuf",
		prompts.Spanish: "cero uno dos tres cuatro cinco seis siete ocho nueve",
	}
	for _, lang := range prompts.Languages() {
		ten := strings.Fields(words[lang])
		if len(ten) != 10 {
			t.Errorf("%s has %d digits here", lang, len(ten))
			continue
		}
		for i := range 5 {
			said := strings.Join(ten[i:i+6], " ")
			kept, _ := transcription.Guarded([]transcription.Segment{{Text: "PIN: " + said}}, []transcription.Span{{To: time.Minute}})
			if len(kept) != 1 || kept[0].Text != "PIN: […]" {
				t.Errorf("%s: %q became %+v", lang, said, kept)
			}
		}
	}
}
