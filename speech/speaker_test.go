package speech_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/prompts"
	"hotline/speech"
)

// fake is a voice in memory.
type fake struct {
	spoken atomic.Int32
	gone   atomic.Bool
	speak  func(ctx context.Context) error // nil: at once
}

func (f *fake) Ready() error {
	if f.gone.Load() {
		return speech.ErrNoVoice
	}
	return nil
}

func (f *fake) Voice(prompts.Language) string { return "fake" }

func (f *fake) Speak(ctx context.Context, _ speech.Text) (speech.Samples, error) {
	f.spoken.Add(1)
	if f.speak != nil {
		if err := f.speak(ctx); err != nil {
			return speech.Samples{}, err
		}
	}
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16(8000 * ((i / 20) % 2))
	}
	return speech.Samples{Rate: 16000, PCM: pcm}, nil
}

func name(i int) speech.Text {
	return speech.Text{Language: prompts.Italian, Words: fmt.Sprint("Ditta ", i), Class: prompts.Infix}
}

// idle is a line without a call.
func idle() bool { return false }

func speaker(d speech.Driver, dir string) *speech.Speaker {
	return speech.New(speech.Config{Driver: d, Dir: dir, Busy: idle, Log: slog.New(slog.DiscardHandler)})
}

// run lets a speaker work; stop ends it and waits.
func run(s *speech.Speaker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	return func() { cancel(); <-done }
}

func TestWhatManySaveAtOnceIsSpokenOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s := speaker(f, dir)
		stop := run(s)
		defer stop()
		var savers sync.WaitGroup
		for range 20 {
			savers.Go(func() {
				for i := range 5 {
					if state, err := s.Want(name(i)); err != nil || state > speech.Rendering {
						t.Errorf("state %d, %v", state, err)
					}
				}
			})
		}
		savers.Wait()
		time.Sleep(time.Minute)
		if n := f.spoken.Load(); n != 5 {
			t.Errorf("five names were spoken %d times", n)
		}
		for i := range 5 {
			if alaw, ok := s.Sound(name(i)); !ok || len(alaw) < 800 {
				t.Errorf("name %d: %v, %d octets", i, ok, len(alaw))
			}
		}
		if _, ok := s.Sound(name(9)); ok {
			t.Error("a name that nobody wanted has a sound")
		}
	})
}

// TestTheVoiceLeavesTheMachineToCalls counts what is spoken in five minutes of an import, each text taking a second. Then a name is
// saved: it does not wait behind the import.
func TestTheVoiceLeavesTheMachineToCalls(t *testing.T) {
	for name, c := range map[string]struct {
		busy bool
		want int32 // texts in 300 s: a second each, and the rest after it
	}{"while nobody is on the telephone": {false, 150}, "while somebody is": {true, 30}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { leavesTheMachine(t, dir, c.busy, c.want) })
		})
	}
}

func leavesTheMachine(t *testing.T, dir string, busy bool, want int32) {
	f := &fake{speak: func(ctx context.Context) error {
		select {
		case <-time.After(time.Second):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	s := speech.New(speech.Config{Driver: f, Dir: dir, Busy: func() bool { return busy }, Log: slog.New(slog.DiscardHandler)})
	for i := range 400 {
		_, _ = s.Want(name(i))
	}
	stop := run(s)
	defer stop()
	time.Sleep(5 * time.Minute)
	if n := f.spoken.Load(); n < want-1 || n > want+1 {
		t.Errorf("in five minutes %d texts were spoken, want %d", n, want)
	}
	_, _ = s.Want(name(1000))
	time.Sleep(12 * time.Second)
	if _, ok := s.Sound(name(1000)); !ok {
		t.Error("a name that was saved waits behind an import")
	}
}

func TestARestartInTheMiddleSpeaksWhatIsMissingAndSweepsTheRest(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{speak: func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		first := speaker(slow, dir)
		stop := run(first)
		for i := range 10 {
			_, _ = first.Want(name(i))
		}
		time.Sleep(5500 * time.Millisecond) // in the middle of the third: each is followed by a rest
		stop()
		had := 0
		for i := range 10 {
			if _, ok := first.Sound(name(i)); ok {
				had++
			}
		}
		if had == 0 || had == 10 {
			t.Fatalf("%d of 10 were spoken: this is no middle", had)
		}
		leaveTraces(t, dir)
		second := speaker(&fake{}, dir)
		var wanted []speech.Text
		for i := range 9 { // the tenth customer is gone
			wanted = append(wanted, name(i))
		}
		second.Prune(wanted)
		stop = run(second)
		defer stop()
		for _, w := range wanted {
			if _, err := second.Want(w); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		for i, w := range wanted {
			if _, ok := second.Sound(w); !ok {
				t.Errorf("name %d has no sound", i)
			}
		}
		if files, _ := os.ReadDir(dir); len(files) != 9 {
			t.Errorf("%d files for nine names", len(files))
		}
	})
}

// leaveTraces is what a crash may leave: half a file, and a sound of somebody who is gone.
func leaveTraces(t *testing.T, dir string) {
	t.Helper()
	for _, n := range []string{".new-123", "0123456789abcdef.wav"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("RIFF"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADamagedSoundIsNotPlayedAndIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := speaker(&fake{}, dir)
		defer run(s)()
		_, _ = s.Want(name(1))
		time.Sleep(time.Minute)
		files, _ := filepath.Glob(filepath.Join(dir, "*.wav"))
		whole, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, damaged := range [][]byte{nil, whole[:30], whole[:len(whole)/2], make([]byte, len(whole)), []byte("rubbish")} {
			if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, ok := s.Sound(name(1)); ok {
				t.Errorf("%d damaged octets are played", len(damaged))
			}
			_, _ = s.Want(name(1))
			time.Sleep(time.Minute)
			if _, ok := s.Sound(name(1)); !ok {
				t.Errorf("after %d damaged octets there is no sound", len(damaged))
			}
		}
	})
}

func TestAVoiceInTroubleIsSaidAndTriedAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		f := &fake{speak: func(context.Context) error {
			if broken.Load() {
				return errors.New("no licence")
			}
			return nil
		}}
		broken.Store(true)
		s := speaker(f, dir)
		defer run(s)()
		for i := range 4 {
			_, _ = s.Want(name(i))
		}
		time.Sleep(30 * time.Second)
		if s.Trouble() == nil {
			t.Error("four failures in a row are no trouble")
		}
		if state, err := s.Want(name(1)); state != speech.Failed || err == nil {
			t.Errorf("state %d, %v", state, err)
		}
		broken.Store(false)
		time.Sleep(11 * time.Minute)
		if state, _ := s.Want(name(1)); state != speech.Rendering {
			t.Errorf("eleven minutes later the state is %d", state)
		}
		time.Sleep(time.Minute)
		if _, ok := s.Sound(name(1)); !ok || s.Trouble() != nil {
			t.Errorf("sound %v, trouble %v", ok, s.Trouble())
		}
		f.gone.Store(true)
		if state, err := s.Want(name(7)); state != speech.NoVoice || !errors.Is(err, speech.ErrNoVoice) || s.Trouble() == nil {
			t.Errorf("without a voice: state %d, %v, %v", state, err, s.Trouble())
		}
		if state, _ := s.Want(name(1)); state != speech.Ready {
			t.Errorf("what was spoken is gone with the voice: state %d", state)
		}
	})
}

// TestATextThatFailedIsTriedAgainEverMoreSeldom, for the machine may have been busy: after a minute, two, four, eight, and then every ten.
func TestATextThatFailedIsTriedAgainEverMoreSeldom(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Duration
		began := time.Now()
		s := speaker(&fake{speak: func(context.Context) error {
			tries = append(tries, time.Since(began))
			return context.DeadlineExceeded
		}}, dir)
		stop := run(s)
		for range 36 * 60 { // somebody asks for it all the time
			_, _ = s.Want(name(1))
			time.Sleep(time.Second)
		}
		stop()
		const pause = time.Minute // of the voice, once it has failed often
		for i, rest := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
			if i+1 == len(tries) {
				t.Fatalf("tried after %v", tries)
			}
			if got := tries[i+1] - tries[i]; got < rest || got > rest+pause {
				t.Errorf("tried again %v after failure %d, want %v", got, i+1, rest)
			}
		}
	})
}

func TestAServerSpeaksInTheFormOfOpenAI(t *testing.T) {
	sound := tone(24000, time.Second)
	var asked map[string]string
	answer := func(w http.ResponseWriter) { _, _ = w.Write(sound) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = map[string]string{"path": r.URL.Path, "token": r.Header.Get("Authorization")}
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Error(err)
		}
		answer(w)
	}))
	defer server.Close()
	key := put(t, []byte("sesame\n"))
	h := speech.HTTP{URL: server.URL + "/v1/audio/speech", Model: "tts-1", Voices: map[prompts.Language]string{prompts.Italian: "paola"}, KeyFile: key}
	text := speech.Text{Language: prompts.Italian, Words: "Sirti"}
	h.Timeout = patience
	alaw, err := speech.Speak(t.Context(), h, text)
	if err != nil {
		t.Fatal(err)
	}
	mastered(t, alaw)
	want := map[string]string{"path": "/v1/audio/speech", "token": "Bearer sesame", "model": "tts-1", "input": "Sirti", "voice": "paola", "response_format": "wav"}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("it was asked %v, want %v", asked, want)
	}
	for what, bad := range map[string]func(http.ResponseWriter){
		"an error":    func(w http.ResponseWriter) { http.Error(w, "no", http.StatusTooManyRequests) },
		"rubbish":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") },
		"nothing":     func(http.ResponseWriter) {},
		"ten minutes": func(w http.ResponseWriter) { _, _ = w.Write(quiet(10 * time.Minute)) },
		"silence":     func(w http.ResponseWriter) { _, _ = w.Write(quiet(2 * time.Second)) },
	} {
		answer = bad
		if _, err := speech.Speak(t.Context(), h, text); !errors.Is(err, speech.ErrRubbish) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.Timeout = 100 * time.Millisecond
	over := make(chan struct{})
	defer close(over)
	answer = func(http.ResponseWriter) { <-over }
	if _, err := speech.Speak(t.Context(), h, text); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that hangs: %v", err)
	}
}
