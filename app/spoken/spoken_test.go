package spoken

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"hotline/config"
	"hotline/directory"
	"hotline/directory/persistent"
	"hotline/media/wav"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
)

func company(customers ...directory.Customer) *directory.Book {
	m := map[directory.CustomerID]directory.Customer{}
	for _, c := range customers {
		m[c.ID] = c
	}
	return &directory.Book{Customers: persistent.Of(m)}
}

// names is a company whose names are spoken by a program of the test.
type names struct {
	*Names
	book   atomic.Pointer[directory.Book]
	people atomic.Pointer[[]oncall.Engineer]
	house  atomic.Pointer[string] // the company's name
	unread atomic.Bool            // the lists are not those of the store yet
	asked  atomic.Int32           // how often it was asked whether they are
	said   string                 // file to which the program writes what it was given
}

// open opens names whose voice writes down each text and gives a sound, unless script does something else.
func open(t *testing.T, dir, script string, customers ...directory.Customer) (n *names, stop func()) {
	t.Helper()
	n = made(t, dir, script, customers...)
	return n, n.run(t)
}

// made makes them; [names.run] lets them be spoken.
func made(t *testing.T, dir, script string, customers ...directory.Customer) *names {
	t.Helper()
	n := &names{said: dir + ".said"}
	good := filepath.Join("testdata", "voice.wav")
	good, err := filepath.Abs(good)
	if err != nil {
		t.Fatal(err)
	}
	if script == "" {
		script = `echo "$1" >>` + n.said + `; cp ` + good + ` "$2"`
	}
	n.book.Store(company(customers...))
	n.people.Store(&[]oncall.Engineer{})
	n.house.Store(new(string))
	c := config.Default().Speech
	c.Command, c.Timeout = []string{"sh", "-c", script, "voice", "{language} {text}", "{file}"}, time.Minute // a busy machine may be slow to start one
	n.Names = New(Config{
		Driver: Driver(c), Dir: dir, Book: n.book.Load, Engineers: func() []oncall.Engineer { return *n.people.Load() }, Busy: func() bool { return false }, Log: slog.New(slog.DiscardHandler),
		Company: func() string { return *n.house.Load() }, Known: func() bool { n.asked.Add(1); return !n.unread.Load() },
		Recorded: func(_ prompts.Language, name string) []byte {
			if name == "Rossi S.p.A." {
				return []byte("recorded")
			}
			return nil
		},
	})
	return n
}

// run has them spoken until stop, or the end of the test.
func (n *names) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// await waits until something holds, two minutes at most.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(2*time.Minute)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

func (n *names) spoken(c directory.Customer) bool {
	_, it := n.Sound(prompts.Italian, c.ID, c.Name)
	_, en := n.Sound(prompts.English, c.ID, c.Name)
	return it && en
}

// TestAKnownFaultIsSpokenInItsOwnWords: once they are saved, and no longer than the fault is known.
func TestAKnownFaultIsSpokenInItsOwnWords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spoken")
	n, stop := open(t, dir, "")
	words := directory.Words{"it": "La linea di Milano è interrotta.", "en": "The line of Milan is cut."}
	heard := func() bool {
		_, it := n.Words(prompts.Italian, words["it"])
		_, en := n.Words(prompts.English, words["en"])
		return it && en
	}
	if heard() {
		t.Fatal("what nobody has written is spoken")
	}
	book := company()
	book.Faults = []directory.KnownFault{{ID: "milan", Words: words, Version: 1}}
	n.book.Store(book)
	await(t, "the words of the fault", heard)
	stop()
	after, stop := open(t, dir, "")
	await(t, "the fault is over: its sound is removed at the next start", func() bool {
		_, ok := after.Words(prompts.Italian, words["it"])
		return !ok
	})
	stop()
}

// TestEngineersLevelsAndNoticesAreSpoken: what the house calls its people and its levels, once they are saved; a level of the
// catalogue is not spoken again.
func TestEngineersLevelsAndNoticesAreSpoken(t *testing.T) {
	n, _ := open(t, filepath.Join(t.TempDir(), "spoken"), "")
	ciro := oncall.Engineer{ID: "ciro", Name: "Ciro", Version: 1}
	named := func(e oncall.Engineer) bool {
		_, it := n.Engineer(prompts.Italian, e.ID, e.Name)
		_, en := n.Engineer(prompts.English, e.ID, e.Name)
		return it && en
	}
	if named(ciro) {
		t.Fatal("an engineer of whom nobody has heard has a name")
	}
	n.people.Store(&[]oncall.Engineer{ciro})
	await(t, "the engineer's name", func() bool { return named(ciro) })
	ciro.Spoken = "cìro"
	n.people.Store(&[]oncall.Engineer{ciro})
	if !named(ciro) {
		t.Error("until the new pronunciation is there the name is not said at all")
	}
	await(t, "the pronunciation", func() bool {
		_, rendering, err := n.FileOfEngineer(ciro, prompts.Italian)
		return !rendering && err == nil
	})
	book := company()
	book.Levels = map[sla.LevelID]sla.Level{"gold": {ID: "gold", Name: "Gold"}, "advanced": {ID: "advanced", Name: "Advanced"}}
	book.Faults = []directory.KnownFault{{ID: "closing", Kind: directory.Notice, Words: directory.Words{"it": "Venerdì chiudiamo alle quattro."}}}
	n.book.Store(book)
	await(t, "the level and the notice", func() bool {
		_, level := n.Level(prompts.English, "gold")
		_, notice := n.Words(prompts.Italian, "Venerdì chiudiamo alle quattro.")
		return level && notice
	})
	if said, err := os.ReadFile(n.said); err != nil || bytes.Contains(said, []byte("Advanced")) {
		t.Errorf("a level of the catalogue is spoken again: %s, %v", said, err)
	}
}

func TestNamesAreSpokenAtTheStartWhenSavedAndAsSomebodySays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spoken")
	rossi := directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Version: 1}
	gialli, sirti := directory.Customer{ID: "gialli", Name: "Gialli", Version: 1}, directory.Customer{ID: "sirti", Name: "Sirti", Version: 1}
	n, stop := open(t, dir, "", rossi, gialli)
	await(t, "the name that stands at the start", func() bool { return n.spoken(gialli) })
	if alaw, ok := n.Sound(prompts.Italian, "rossi", rossi.Name); !ok || !bytes.Equal(alaw, []byte("recorded")) {
		t.Error("a name of the voice that ships is not taken from it")
	}
	n.book.Store(company(rossi, gialli, sirti)) // saved here or on another node
	await(t, "the name that was saved", func() bool { return n.spoken(sirti) })
	sirti.Spoken, sirti.Version = "sìrti", 2
	n.book.Store(company(rossi, gialli, sirti))
	if !n.spoken(sirti) {
		t.Error("until the new pronunciation is there the name is not said at all")
	}
	if _, ok := n.Sound(prompts.Italian, "", "Sirti"); !ok {
		t.Error("a ticket that knows no customer has no name")
	}
	await(t, "the pronunciation", func() bool {
		for _, lang := range prompts.Languages() {
			if _, rendering, err := n.File(sirti, lang); rendering || err != nil {
				return false
			}
		}
		return true
	})
	stop()
	said, err := os.ReadFile(n.said)
	if err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string]int{"it Gialli,": 1, "en Gialli,": 1, "it Sirti,": 1, "en Sirti,": 1, "it sìrti,": 1, "en sìrti,": 1, "it Rossi": 0} {
		if got := bytes.Count(said, []byte(text)); got != times {
			t.Errorf("%q was spoken %d times, want %d:\n%s", text, got, times, said)
		}
	}
	again, stop := open(t, dir, "", gialli) // sirti is gone
	if !again.spoken(gialli) {
		t.Error("after a restart a name has to be spoken again")
	}
	await(t, "the sweep", func() bool { files, _ := os.ReadDir(dir); return len(files) == 2 })
	stop()
	if after, err := os.ReadFile(n.said); err != nil || !bytes.Equal(after, said) {
		t.Errorf("a restart spoke again: %s, %v", after[len(said):], err)
	}
}

func TestAVoiceThatIsMissingOrHangsLeavesNamesUnsaid(t *testing.T) {
	for _, script := range []string{"sleep 300", `echo rubbish >"$2"`, "exit 1"} {
		n, stop := open(t, t.TempDir(), script, directory.Customer{ID: "gialli", Name: "Gialli", Version: 1})
		began := time.Now()
		for range 100 {
			if _, ok := n.Sound(prompts.Italian, "gialli", "Gialli"); ok {
				t.Errorf("%q: it spoke", script)
			}
			n.Want(directory.Customer{ID: "verdi", Name: "Verdi"})
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%q: a call that asks for a name a hundred times waits %s", script, took)
		}
		stop()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%q: a stop waits %s for the voice", script, took)
		}
	}
	c := config.Default().Speech
	c.Command = []string{"no-such-voice"}
	n := New(Config{Driver: Driver(c), Dir: t.TempDir(), Book: func() *directory.Book { return company() }, Engineers: func() []oncall.Engineer { return nil }, Recorded: func(prompts.Language, string) []byte { return nil }, Busy: func() bool { return false }, Log: slog.New(slog.DiscardHandler)})
	if _, rendering, err := n.File(directory.Customer{Name: "Gialli"}, prompts.Italian); rendering || err == nil || n.Trouble() == nil {
		t.Errorf("without a voice: rendering %v, %v, trouble %v", rendering, err, n.Trouble())
	}
	c.Driver = config.SpeechNone
	if Driver(c) != nil {
		t.Error("driver none is a voice")
	}
}

func TestSayGivesAFileOrSaysWhatToInstall(t *testing.T) {
	voice, err := filepath.Abs(filepath.Join("testdata", "voice.wav"))
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default().Speech
	c.Command = []string{"cat", voice}
	file, err := Say(t.Context(), c, prompts.Italian, "Buongiorno")
	if err != nil || len(file) < 1000 || !bytes.HasPrefix(file, []byte("RIFF")) {
		t.Errorf("%d octets, %v", len(file), err)
	}
	if l, err := wav.ReadLabel(bytes.NewReader(file)); err != nil || l.Comment != "Synthetic speech. Engine: program cat. Voice: it-IT." {
		t.Errorf("the file says %+v, %v", l, err)
	}
	c.Command = []string{"no-such-voice"}
	if _, err := Say(t.Context(), c, prompts.Italian, "Buongiorno"); err == nil || !bytes.Contains([]byte(err.Error()), []byte("libttspico-utils")) {
		t.Errorf("without a voice: %v", err)
	}
}

// TestNoNameIsForgottenBeforeAllAreRead: a start without the store knows neither the engineers nor what they speak. Their names stay, and go
// once the store has answered and does not have them.
func TestNoNameIsForgottenBeforeAllAreRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spoken")
	gialli := directory.Customer{ID: "gialli", Name: "Gialli", Version: 1}
	uwe, anna := oncall.Engineer{ID: "uwe", Name: "Uwe", Language: "de"}, oncall.Engineer{ID: "anna", Name: "Anna", Language: "it"}
	sounds := func() int { files, _ := filepath.Glob(filepath.Join(dir, "*.wav")); return len(files) }
	n, stop := open(t, dir, "", gialli)
	n.people.Store(&[]oncall.Engineer{uwe, anna})
	await(t, "three names in three languages", func() bool { return sounds() == 9 })
	stop()
	again := made(t, dir, "", gialli)
	again.unread.Store(true)
	stop = again.run(t)
	await(t, "a round", func() bool { return again.asked.Load() > 1 })
	if left := sounds(); left != 9 {
		t.Errorf("%d sounds are left of nine before the store has answered", left)
	}
	again.people.Store(&[]oncall.Engineer{uwe})
	again.unread.Store(false)
	await(t, "Anna's name goes, and no other", func() bool { return sounds() == 6 })
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English, prompts.German} {
		if _, ok := again.Engineer(lang, "uwe", "Uwe"); !ok {
			t.Errorf("Uwe's name is not spoken in %s any more", lang)
		}
	}
	stop()
}

// TestNamesAreSpokenInTheLanguagesInUse: a language costs nothing before the house, a contract or an engineer speaks it.
func TestNamesAreSpokenInTheLanguagesInUse(t *testing.T) {
	book := company()
	var engineers []oncall.Engineer
	n := New(Config{Book: func() *directory.Book { return book }, Engineers: func() []oncall.Engineer { return engineers }, Log: slog.New(slog.DiscardHandler)})
	say := func(want ...prompts.Language) {
		t.Helper()
		if changed := n.look(); !slices.Equal(n.languages(), want) {
			t.Errorf("names are spoken in %v, want %v (%v)", n.languages(), want, changed)
		}
	}
	say(prompts.Italian, prompts.English)
	engineers = []oncall.Engineer{{ID: "uwe", Language: "de"}, {ID: "ann", Language: "en"}}
	say(prompts.Italian, prompts.English, prompts.German)
	book = &directory.Book{Contracts: persistent.Of(map[directory.ContractID]directory.Contract{"garcia": {ID: "garcia", Language: "es"}})}
	say(prompts.Italian, prompts.English, prompts.German, prompts.Spanish)
	engineers, n.House = nil, func() []prompts.Language { return []prompts.Language{prompts.French} }
	say(prompts.Italian, prompts.English, prompts.French, prompts.Spanish)
}

func TestTheCompanysNameIsSpokenWhenItIsSaved(t *testing.T) {
	n, stop := open(t, t.TempDir(), "")
	name := "Officine Gialli"
	n.house.Store(&name)
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		await(t, "the company's name in "+string(lang), func() bool { _, ok := n.Words(lang, name); return ok })
	}
	stop()
	if n.speaker.Prune(n.all()) != 0 {
		t.Error("its sound is removed at the next start")
	}
}
