package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/readback"
	"hotline/transcription"
	"hotline/transcription/engine"
)

// transcribes is the argument by which the test's own binary is a recogniser: PocketSphinx, with Vosk's answer.
const transcribes = "transcribe-with-pocketsphinx"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == transcribes {
		if err := transcribe(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// known is what the recogniser knows of Italian: words that are said, and others.
const known = "c'è un problema tecnico da parte nostra la sua chiamata non va persa lasci messaggio dopo il segnale " +
	"benvenuti servizio guasto richiesta contratto codice cliente numero risposta nessun collega turno musica grazie arrivederci"

// transcribe writes down a file of Italian speech. The cache is the folder in which the model lies: a driver's program has no
// environment of its own.
func transcribe(cache, file string) error {
	if err := os.Setenv("XDG_CACHE_HOME", cache); err != nil {
		return err
	}
	ear, err := readback.Open(prompts.Italian)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	format, octets, err := wav.Read(f)
	if err != nil {
		return err
	}
	heard, err := ear.Transcribe(format.Samples(octets), strings.Fields(known))
	if err != nil {
		return err
	}
	type word struct {
		Word  string  `json:"word"`
		Start float64 `json:"start"`
		End   float64 `json:"end"`
		Conf  float64 `json:"conf"`
	}
	answer := struct {
		Result []word `json:"result"`
	}{[]word{}}
	for _, w := range heard {
		answer.Result = append(answer.Result, word{w.Text, w.From.Seconds(), w.To.Seconds(), w.Confidence})
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// TestARealEngineWritesDownARecording: a message through A-law, and PocketSphinx with a model of 8 kHz that never heard this voice,
// by the driver for programs. The words come with their times and how sure the recogniser is; silence behind them stays silence.
func TestARealEngineWritesDownARecording(t *testing.T) {
	if _, err := readback.Open(prompts.Italian); err != nil { // trains it where nobody has before: that takes longer than a driver waits
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := office{pcm: said(t)}
	d := engine.Command{Argv: []string{self, transcribes, cache, "{file}"}, Timeout: 10 * time.Minute}
	w := o.worker(t, d)
	w.Rate = 8000
	if err := w.Transcribe(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	list, err := o.store.Transcripts(t.Context(), 427)
	if err != nil || len(list) != 1 {
		t.Fatalf("kept: %+v, %v", list, err)
	}
	heard := list[0]
	t.Logf("%q, confidence %.2f, left out: %v", heard.Text(), heard.Confidence, heard.Left)
	alaw, err := packs.Speech(prompts.Italian, "trouble")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("c'è un problema tecnico da parte nostra la sua chiamata non va persa lasci un messaggio dopo il segnale")
	if got := inOrder(want, strings.Fields(heard.Text())); got*3 < len(want)*2 {
		t.Errorf("%d of %d words stand in order in %q; want two of three", got, len(want), heard.Text())
	}
	if heard.Confidence < 0.5 || heard.Confidence > 1 || heard.Language != "it" {
		t.Errorf("confidence %.2f, language %q", heard.Confidence, heard.Language)
	}
	last := time.Duration(0)
	for _, s := range heard.Segments {
		if s.From < last || s.To <= s.From {
			t.Errorf("times run backwards: %+v", heard.Segments)
		}
		last = s.To
	}
	if spoken := time.Duration(len(g711.ALaw.Samples(alaw))) * time.Second / 8000; last < spoken-time.Second || last > spoken+500*time.Millisecond {
		t.Errorf("the last word ends at %s; the message has %s", last, spoken)
	}
}

// TestARealEngineIsGuarded: the guards keep what was spoken, and leave out a word that a recogniser puts into the silence behind it.
func TestARealEngineIsGuarded(t *testing.T) {
	ear, err := readback.Open(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	pcm := append(said(t), make([]int16, 5*8000)...)
	heard, err := ear.Transcribe(pcm, strings.Fields(known))
	if err != nil {
		t.Fatal(err)
	}
	var list []transcription.Segment
	for _, w := range heard {
		list = append(list, transcription.Segment{From: w.From, To: w.To, Text: w.Text, Confidence: w.Confidence})
	}
	end := time.Duration(len(pcm)) * time.Second / 8000
	list = append(list, transcription.Segment{From: end - time.Second, To: end, Text: "grazie", Confidence: 0.9})
	kept, left := transcription.Guarded(list, engine.Voice(pcm))
	for _, s := range kept {
		if s.From > end-5*time.Second {
			t.Errorf("in the silence stands %q", s.Text)
		}
	}
	if len(left) == 0 || len(kept) == 0 {
		t.Errorf("kept %d words, left out by %v", len(kept), left)
	}
}

// inOrder is how many words of want stand in got, in their order (the longest common subsequence).
func inOrder(want, got []string) int {
	row := make([]int, len(got)+1)
	for _, w := range want {
		before := 0
		for j, g := range got {
			above := row[j+1]
			if w == g {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			before = above
		}
	}
	return row[len(got)]
}
