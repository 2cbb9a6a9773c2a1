// Package spoken keeps the sounds of what people have written: the names of customers, engineers and levels, and the words of
// known faults and notices. It has them spoken in the line's own voice, in the background: at the start, and whenever one is
// saved on any node.
package spoken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"hotline/config"
	"hotline/directory"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
	"hotline/speech"
)

// Driver is the voice of a configuration; nil where none is wanted.
func Driver(c config.Speech) speech.Driver {
	switch c.Driver {
	case config.SpeechCommand:
		return speech.Command{Argv: c.Command, Voices: c.Voices, Timeout: c.Timeout}
	case config.SpeechHTTP:
		return speech.HTTP{URL: c.URL, Model: c.Model, Voices: c.Voices, KeyFile: c.KeyFile, Timeout: c.Timeout}
	}
	return nil
}

// Say speaks a text at once, as a WAV file.
func Say(ctx context.Context, c config.Speech, lang prompts.Language, words string) ([]byte, error) {
	d := Driver(c)
	if d == nil {
		return nil, errors.New("speech.driver is none: the configuration wants no voice")
	}
	alaw, err := speech.Speak(ctx, d, speech.Text{Language: lang, Words: words, Class: prompts.Whole})
	if errors.Is(err, speech.ErrNoVoice) {
		return nil, fmt.Errorf("%w; install the program that speech.command names (Debian: libttspico-utils, from the component non-free)", err)
	}
	if err != nil {
		return nil, err
	}
	return speech.File(alaw, speech.MakerOf(d, lang)), nil
}

// Config is what names need. All of it but House, Company and Known is required.
type Config struct {
	Driver speech.Driver
	Dir    string // of the sounds
	Book   func() *directory.Book
	// Engineers are those whose names are spoken.
	Engineers func() []oncall.Engineer
	// Recorded is a name's sound in the voice that ships; nil for those that it does not have.
	Recorded func(lang prompts.Language, name string) []byte
	Busy     func() bool // tells whether somebody is on the telephone
	Log      *slog.Logger
	// House are the languages that the owner has named.
	House func() []prompts.Language
	// Company is the company's name as it is said; empty: none is.
	Company func() string
	// Known tells whether all of these are as the store has them. No sound is removed before: after a start without the store whole lists are
	// missing.
	Known func() bool
}

// Names is the name of every customer, of every engineer and of every level that the house has made itself, and the words of every
// known fault and notice. Safe for concurrent use.
type Names struct {
	Config
	speaker *speech.Speaker
	inUse   atomic.Pointer[[]prompts.Language]
}

// New makes them; [Names.Run] has them spoken.
func New(c Config) *Names {
	if c.House == nil {
		c.House = func() []prompts.Language { return nil }
	}
	if c.Company == nil {
		c.Company = func() string { return "" }
	}
	if c.Known == nil {
		c.Known = func() bool { return true }
	}
	return &Names{Config: c, speaker: speech.New(speech.Config{Driver: c.Driver, Dir: c.Dir, Busy: c.Busy, Log: c.Log})}
}

const (
	// look is how often names are looked for that are new.
	look = time.Second
	// lookForLanguages is how often it is asked what engineers and contracts speak, where nobody has saved anything.
	lookForLanguages = 10 * time.Second
	// every is how often all of them are tried again: some have failed, and a voice may have been installed meanwhile.
	every = 10 * time.Minute
)

// Run has names spoken until ctx ends.
func (n *Names) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.speaker.Run(ctx)
	}()
	defer func() { <-done }()
	n.look()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var w wanted
	w.forget()
	for pruned := false; ; {
		if !pruned && n.Known() {
			pruned = true
			n.prune()
		}
		n.round(&w)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// prune removes the sounds of names that nobody has any more.
func (n *Names) prune() {
	n.look()
	if removed := n.speaker.Prune(n.all()); removed > 0 {
		n.Log.Info("sounds of names that nobody has any more were removed", "sounds", removed)
	}
}

// wanted is what was asked for already, so that only what is new is asked for in a round.
type wanted struct {
	whole     time.Time // when all was asked for
	looked    time.Time // for the languages
	book      *directory.Book
	company   string
	customers map[directory.CustomerID]int // by version
	engineers map[oncall.EngineerID]string // by what is said
}

// forget has all asked for again.
func (w *wanted) forget() {
	w.book, w.company = nil, ""
	w.customers, w.engineers = map[directory.CustomerID]int{}, map[oncall.EngineerID]string{}
}

// round asks for what is new, and every so often for all.
func (n *Names) round(w *wanted) {
	if time.Since(w.whole) >= every {
		w.forget()
		w.whole = time.Now()
	}
	if book := n.Book(); book != w.book || time.Since(w.looked) >= lookForLanguages {
		if w.looked = time.Now(); n.look() {
			w.forget()
		}
	}
	if book := n.Book(); book != nil && book != w.book {
		for id, c := range book.Customers.All() {
			if w.customers[id] != c.Version || c.Version == 0 {
				n.Want(c)
				w.customers[id] = c.Version
			}
		}
		for _, t := range append(ofFaults(book), n.ofLevels(book)...) {
			n.want(t)
		}
		w.book = book
	}
	if c := n.Company(); c != w.company {
		for _, t := range n.ofCompany() {
			n.want(t)
		}
		w.company = c
	}
	for _, e := range n.Engineers() {
		if w.engineers[e.ID] != e.SpokenName() {
			n.WantEngineer(e)
			w.engineers[e.ID] = e.SpokenName()
		}
	}
}

// languages are those that names are spoken in: Italian and English, and those of the house, of contracts and of engineers.
func (n *Names) languages() []prompts.Language {
	if list := n.inUse.Load(); list != nil {
		return *list
	}
	return []prompts.Language{prompts.Italian, prompts.English}
}

// look finds out what is spoken, and tells whether that has changed. A contract is looked at whenever one is saved.
func (n *Names) look() (changed bool) {
	used := map[prompts.Language]bool{prompts.Italian: true, prompts.English: true}
	for _, lang := range n.House() {
		used[lang] = true
	}
	for _, e := range n.Engineers() {
		used[prompts.Language(e.Language)] = true
	}
	if book := n.Book(); book != nil {
		for _, c := range book.Contracts.All() {
			used[prompts.Language(c.Language)] = true
		}
	}
	list := slices.DeleteFunc(prompts.Languages(), func(lang prompts.Language) bool { return !used[lang] })
	changed = !slices.Equal(list, n.languages())
	n.inUse.Store(&list)
	return changed
}

// all is every text that is wanted, in every language in use.
func (n *Names) all() (texts []speech.Text) {
	if book := n.Book(); book != nil {
		for _, c := range book.Customers.All() {
			texts = append(texts, n.inside(c.SpokenName())...)
		}
		texts = append(append(texts, ofFaults(book)...), n.ofLevels(book)...)
	}
	for _, e := range n.Engineers() {
		texts = append(texts, n.inside(e.SpokenName())...)
	}
	return append(texts, n.ofCompany()...)
}

// ofCompany is the company's name in every language in use. It stands by itself, before the welcome.
func (n *Names) ofCompany() (texts []speech.Text) {
	name := n.Company()
	if name == "" {
		return nil
	}
	for _, lang := range n.languages() {
		texts = append(texts, whole(lang, name))
	}
	return texts
}

// ofFaults are the words of the known faults.
func ofFaults(book *directory.Book) (texts []speech.Text) {
	for _, f := range book.Faults {
		for lang, words := range f.Words {
			texts = append(texts, whole(prompts.Language(lang), words))
		}
	}
	return texts
}

// ofLevels are the names of the levels that the catalogue does not say.
func (n *Names) ofLevels(book *directory.Book) (texts []speech.Text) {
	for _, lang := range n.languages() {
		catalogue, err := prompts.Open(lang)
		if err != nil {
			continue
		}
		for id, l := range book.Levels {
			if !catalogue.Has(prompts.ID("level-" + id)) {
				texts = append(texts, text(lang, l.Name))
			}
		}
	}
	return texts
}

// inside is a name in every language in use.
func (n *Names) inside(name string) (texts []speech.Text) {
	for _, lang := range n.languages() {
		texts = append(texts, text(lang, name))
	}
	return texts
}

// whole is a text that stands by itself.
func whole(lang prompts.Language, words string) speech.Text {
	return speech.Text{Language: lang, Words: words, Class: prompts.Whole}
}

// Words is what a person has written, in A-law; false while nobody has spoken it.
func (n *Names) Words(lang prompts.Language, words string) (alaw []byte, ok bool) {
	return n.speaker.Sound(whole(lang, words))
}

// want has a text spoken, unless it is. It does not wait.
func (n *Names) want(t speech.Text) {
	if state, err := n.speaker.Want(t); state == speech.NoVoice {
		n.Log.Debug("a text is not spoken", "text", t.Words, "language", t.Language, "error", err)
	}
}

// text is a name inside a sentence, which it begins.
func text(lang prompts.Language, name string) speech.Text {
	return speech.Text{Language: lang, Words: name, Class: prompts.Infix}
}

// Want has a customer's name spoken in every language in use, unless it is. It does not wait.
func (n *Names) Want(c directory.Customer) {
	for _, lang := range n.languages() {
		if c.Spoken == "" && n.Recorded(lang, c.Name) != nil {
			continue
		}
		n.want(text(lang, c.SpokenName()))
	}
}

// WantEngineer has an engineer's name spoken in every language in use, unless it is. It does not wait.
func (n *Names) WantEngineer(e oncall.Engineer) {
	for _, t := range n.inside(e.SpokenName()) {
		n.want(t)
	}
}

// Engineer is an engineer's name, in A-law; false while nobody has spoken it.
func (n *Names) Engineer(lang prompts.Language, whose oncall.EngineerID, name string) (alaw []byte, ok bool) {
	for _, e := range n.Engineers() {
		if e.ID == whose && e.Name == name && e.Spoken != "" {
			if alaw, ok = n.speaker.Sound(text(lang, e.Spoken)); ok {
				return alaw, true
			}
		}
	}
	return n.speaker.Sound(text(lang, name))
}

// Level is a level's name, in A-law; false while nobody has spoken it.
func (n *Names) Level(lang prompts.Language, id sla.LevelID) (alaw []byte, ok bool) {
	book := n.Book()
	if book == nil || book.Levels[id].Name == "" {
		return nil, false
	}
	return n.speaker.Sound(text(lang, book.Levels[id].Name))
}

// Sound is a customer's name as it is on a ticket, in A-law; false while nobody has spoken it. whose may be empty.
func (n *Names) Sound(lang prompts.Language, whose directory.CustomerID, name string) (alaw []byte, ok bool) {
	c := directory.Customer{Name: name}
	if book := n.Book(); book != nil {
		if stands := book.Customers.At(whose); stands.Name == name {
			c = stands
		}
	}
	if c.Spoken == "" {
		if alaw = n.Recorded(lang, name); alaw != nil {
			return alaw, true
		}
	}
	if alaw, ok = n.speaker.Sound(text(lang, c.SpokenName())); ok || c.Spoken == "" {
		return alaw, ok
	}
	if alaw = n.Recorded(lang, name); alaw != nil { // until it is said as somebody wants it
		return alaw, true
	}
	return n.speaker.Sound(text(lang, name))
}

// File is a customer's name as a WAV file; rendering while it is being spoken, an error where it is not.
func (n *Names) File(c directory.Customer, lang prompts.Language) (wav []byte, rendering bool, err error) {
	if c.Spoken == "" {
		if alaw := n.Recorded(lang, c.Name); alaw != nil {
			return speech.File(alaw, speech.Shipped(lang, prompts.Infix)), false, nil
		}
	}
	return n.file(text(lang, c.SpokenName()))
}

// FileOfEngineer is the same for an engineer's name.
func (n *Names) FileOfEngineer(e oncall.Engineer, lang prompts.Language) (wav []byte, rendering bool, err error) {
	return n.file(text(lang, e.SpokenName()))
}

// Try is a text that nobody has saved yet, alone or as a name inside a sentence, as a WAV file. Its sound is forgotten with the next start,
// unless it was saved meanwhile.
func (n *Names) Try(lang prompts.Language, words string, inside bool) (wav []byte, rendering bool, err error) {
	if inside {
		return n.file(text(lang, words))
	}
	return n.file(whole(lang, words))
}

func (n *Names) file(t speech.Text) (wav []byte, rendering bool, err error) {
	if alaw, ok := n.speaker.Sound(t); ok {
		return speech.File(alaw, n.speaker.Maker(t.Language)), false, nil
	}
	state, err := n.speaker.Want(t)
	return nil, state == speech.Rendering || state == speech.Ready, err
}

// Trouble tells why names are not spoken; nil while the voice works.
func (n *Names) Trouble() error { return n.speaker.Trouble() }
