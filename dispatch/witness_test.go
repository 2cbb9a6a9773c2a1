package dispatch_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/notify"
	"hotline/numbers"
	"hotline/phone"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// witness hears every sentence of a night and holds it against the stores at once.
type witness struct {
	*apptest.Program
	rows  []promise
	books map[prompts.Language]*prompts.Book
	plan  numbers.Plan
	texts map[prompts.Language]map[prompts.ID]string

	from  string    // the caller's number as it is read out
	began time.Time // of the call
	call  atomic.Pointer[phone.Call]

	operatorNumbers bool
	operatorPicked  atomic.Bool

	hearing sync.Mutex
	opened  tickets.Ticket                  // the call's, as it stood when it was opened or added to
	heard   map[prompts.ID]prompts.Language // what was said
	toldTo  map[prompts.ID]bool             // to the caller
	cut     atomic.Bool                     // the engineer's line is lost
	ports   map[netip.AddrPort]int          // of sound, in the order in which they sent first
}

// newWitness has not heard anything yet.
func newWitness(t *testing.T) *witness {
	t.Helper()
	plan, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{
		rows: promises(), books: map[prompts.Language]*prompts.Book{}, texts: map[prompts.Language]map[prompts.ID]string{}, plan: plan,
		heard: map[prompts.ID]prompts.Language{}, toldTo: map[prompts.ID]bool{},
	}
	for _, lang := range prompts.Languages() {
		w.books[lang], w.texts[lang] = textsOf(t, lang)
	}
	return w
}

// postBox takes every letter.
type postBox struct{}

func (*postBox) Send(context.Context, notify.Message) error { return nil }

// textsOf are the sentences of a language's file, as they are shown.
func textsOf(t *testing.T, lang prompts.Language) (*prompts.Book, map[prompts.ID]string) {
	t.Helper()
	all, err := prompts.Catalogue(lang)
	if err != nil {
		t.Fatal(err)
	}
	book, err := prompts.Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	list := map[prompts.ID]string{}
	for _, e := range all {
		list[e.ID] = book.Text(prompts.P(e.ID))
	}
	return book, list
}

// listen is Config.Said.
func (w *witness) listen(to string, lang prompts.Language, text string) {
	w.hearing.Lock()
	defer w.hearing.Unlock()
	s := w.stands(said{witness: w, to: nameOf(to), lang: lang, text: text, now: time.Now()})
	for _, row := range w.rows {
		words := w.texts[lang][row.id]
		if !strings.Contains(text, words) || w.meansAnother(lang, row.id, text) {
			continue
		}
		w.heard[row.id] = lang
		w.toldTo[row.id] = w.toldTo[row.id] || to == "caller"
		if row.holds != nil && (!s.blind || row.id == "informed") && !row.holds(s) {
			w.Errorf("%s hears %q: %s is not true; the ticket is %s %s of %q, its history %s", to, text, row.id, s.ticket.State, s.ticket.Category(), s.ticket.Assignee, kindsOf(s.lines))
		}
	}
}

// meansAnother tells whether the words of a sentence are but the beginning of a longer one that is said.
func (w *witness) meansAnother(lang prompts.Language, id prompts.ID, text string) bool {
	mine := w.texts[lang][id]
	for other, words := range w.texts[lang] {
		if other != id && len(words) > len(mine) && strings.Contains(words, mine) && strings.Contains(text, words) {
			return true
		}
	}
	return false
}

func nameOf(to string) string {
	for name, at := range map[string]string{"anna": apptest.Anna, "marco": apptest.Marco} {
		if strings.Contains(to, at) {
			return name
		}
	}
	return to
}

func kindsOf(lines []tickets.Event) string {
	var list []string
	for _, e := range lines {
		list = append(list, string(e.Kind))
	}
	return strings.Join(list, " ")
}

// stands fills in how the newest ticket stands.
func (w *witness) stands(s said) said {
	ctx := context.Background()
	page, err := w.Store.List(ctx, tickets.Filter{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return s
	}
	number := page.Items[0].Number
	if s.ticket, err = w.Desk.Ticket(ctx, number); err != nil {
		s.ticket = page.Items[0]
	}
	if s.lines, err = w.Desk.History(ctx, number); err != nil {
		s.blind = true
	}
	if w.opened.Number != number {
		w.opened = s.ticket
	}
	return s
}

func (w *witness) operatorIsThere() bool {
	c, ok := w.Desk.Book().Calendars[sla.OfficeHours]
	if !ok || !w.operatorNumbers {
		return false
	}
	hours, err := c.Hours()
	return err == nil && hours.Open(time.Now())
}

// searched tells whether a search for the ticket goes on here.
func (s said) searched() bool { return s.App.Dispatcher().Active().Searched(s.ticket.Number) }

// rang tells whether any telephone was rung since the call began.
func (s said) rang() bool {
	for _, e := range s.lines {
		if e.Kind == tickets.Rang && !e.At.Before(s.began) && !strings.HasSuffix(e.Text, "impossible") && !strings.Contains(e.Text, "not rung") {
			return true
		}
	}
	return false
}

func (s said) callerGone() bool {
	c := s.call.Load()
	return c == nil || c.Context().Err() != nil
}

// asksForCall tells whether the caller has pressed the key to be called back, and perhaps hears by when.
func (s said) asksForCall() bool {
	return slices.ContainsFunc(s.lines, func(e tickets.Event) bool {
		return e.Kind == tickets.CallerGone && !e.At.Before(s.began) && strings.Contains(e.Text, "asked to be called back")
	})
}

// loses cuts an engineer's line: neither its signalling nor its sound arrives any more.
func (w *witness) loses() {
	w.ports = map[netip.AddrPort]int{}
	at := netip.MustParseAddrPort(apptest.Anna)
	w.SIP.SetFilter(func(from, to netip.AddrPort, _ []byte) bool { return !w.cut.Load() || from != at && to != at })
	var mu sync.Mutex
	w.Media.SetFilter(func(from, _ netip.AddrPort, _ []byte) bool {
		const own = 30000 // the telephones' ports lie above
		mu.Lock()
		defer mu.Unlock()
		if _, known := w.ports[from]; !known && from.Port() >= own && from.Port()%2 == 0 {
			w.ports[from] = len(w.ports)
		}
		n, phone := w.ports[from]
		return !w.cut.Load() || !phone || n != 1 // the second one to send is the first engineer's
	})
}
