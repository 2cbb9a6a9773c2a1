package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/attachments"
	"hotline/bridge"
	"hotline/directory"
	"hotline/drafts"
	"hotline/evosupport"
	"hotline/listening"
	"hotline/oncall"
	"hotline/prompts/translation"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/transcription"
	"hotline/web/editing"
)

func customerID(id string) directory.CustomerID { return directory.CustomerID(id) }
func contractID(id string) directory.ContractID { return directory.ContractID(id) }

// ticketPage is everything about one ticket.
type ticketPage struct {
	page
	Ticket     tickets.Ticket
	Level      string
	Caller     string // as people write it
	Assignee   string // by name
	Cover      cover
	Clocks     []clock
	History    []line
	Others     []ticketRow // of the same contract
	Doing      now         // for this ticket
	Recordings []recording
	law

	besides

	Problem    string // what was wrong with a form; empty: nothing
	Text       string // words that were not taken yet
	Seen       string // the last line of the history that the page shows
	Offers     map[string]bool
	Engineers  []oncall.Engineer
	Categories []sla.Category
	trial
}

// trial is what another category would do to the clocks.
type trial struct {
	Asked   sla.Category // whose preview is shown; empty: none
	Preview []movedClock
}

// besides is what the page has beside the ticket.
type besides struct {
	Files   []attachments.Attachment
	Present []editing.Person // who is at it, too
	Draft   drafts.Draft     // what whoever looks was writing
	Evo     evosupport.Facts // what stands at the installations
	Twin    bridge.Link      // in the other system; the zero value: there is none

	CallBack *clock // a promised call-back; nil: the customer waits for none
	Answers  string // the address to which words for the customer go; empty: to none
}

// Buttons are the actions that need no more than words, in their order.
func (p ticketPage) Buttons() []string {
	var list []string
	for _, a := range actions() {
		if p.Offers[a.name] && !slices.Contains([]string{"assign", "assess", "time"}, a.name) {
			list = append(list, a.name)
		}
	}
	return list
}

// Dialable tells whether the caller is a number that a telephone of whoever looks can dial.
func (p ticketPage) Dialable() bool {
	digits := strings.TrimPrefix(p.Ticket.Caller, "+")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// Chosen is the category that the form shows: the one whose preview was asked for, else the one that stands.
func (p ticketPage) Chosen() sla.Category { return cmp.Or(p.Asked, p.Ticket.Category()) }

// cover is whether the contract's hours run now.
type cover struct {
	Now  bool
	From time.Time // when they run again; zero: not known
}

// recording is a caller's message. The page plays it by the audio element.
type recording struct {
	tickets.Recording
	Length time.Duration
	Heard  []tickets.Access          // who listened, each with the last time
	Text   *transcription.Transcript // nil: it was not put into text
}

// Percent is a confidence as people read it; empty where the recogniser does not tell.
func (r recording) Percent() string {
	if r.Text == nil || r.Text.Confidence == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*r.Text.Confidence)
}

// Clock is an instant of a recording.
func (recording) Clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// transcripts are what a recogniser has made of a ticket's recordings, by their ids, for those who may listen.
func (s *server) transcripts(ctx context.Context, r *request, t tickets.Ticket) (map[string]*transcription.Transcript, error) {
	texts := map[string]*transcription.Transcript{}
	if len(t.Recordings) == 0 || !r.May("GET /recordings/{id}/audio") {
		return texts, nil
	}
	made, err := s.Store.Transcripts(ctx, t.Number)
	if err != nil {
		return nil, fmt.Errorf("reading transcripts: %w", err)
	}
	for i := range made {
		texts[made[i].Recording] = &made[i]
	}
	return texts, nil
}

// line is one line of the history.
type line struct {
	At    time.Time
	Kind  string // class of the style sheet
	Title string
	Actor string
	Text  string
	Facts []fact
	Call  tickets.CallID // whose record says more; empty: it is no call
}

type fact struct{ Name, Value string }

// numberOf reads a ticket's number from the address.
func numberOf(r *request) (tickets.Number, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("ticket %q: %w", r.PathValue("number"), storage.ErrNotFound)
	}
	return tickets.Number(n), nil
}

func (s *server) ticket(w http.ResponseWriter, r *request) {
	p, err := s.whole(r.Context(), r, sla.Category(r.URL.Query().Get("category")))
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "ticket", p)
}

// whole reads everything about the ticket that the address names, and keeps what a form said. asked is a category whose preview is
// shown; another word is none.
func (s *server) whole(ctx context.Context, r *request, asked sla.Category) (ticketPage, error) {
	n, err := numberOf(r)
	if err != nil {
		return ticketPage{}, err
	}
	t, err := s.Desk.Ticket(ctx, n)
	if err != nil {
		return ticketPage{}, fmt.Errorf("ticket %d: %w", n, err)
	}
	lines, err := s.Desk.History(ctx, n)
	if err != nil {
		return ticketPage{}, fmt.Errorf("history of ticket %d: %w", n, err)
	}
	engineers, err := s.Store.Engineers(ctx)
	if err != nil {
		return ticketPage{}, fmt.Errorf("reading engineers: %w", err)
	}
	if t.Promise != nil {
		r.Zone = t.Zone()
	}
	r.Title, r.Here = "page-ticket", r.address(n)
	p := ticketPage{Text: r.text(), Ticket: t, Level: s.level(t.Level), Caller: s.Plan.Shown(t.Caller), Assignee: namesOf(engineers).of(t.Assignee), Cover: s.cover(t, r.Now)}
	if p.Clocks, err = s.clocks(ctx, r, t); err != nil {
		return p, err
	}
	p.CallBack = r.callBack(lines)
	if p.Others, err = s.others(ctx, r, t, engineers); err != nil {
		return p, err
	}
	if err = s.beside(ctx, r, &p); err != nil {
		return p, err
	}
	if p.law, err = s.law(ctx, r, t, lines); err != nil {
		return p, err
	}
	p.Evo, _ = evosupport.OfTicket(ctx, s.Store, s.Desk.Book().Contracts, t, func() time.Time { return r.Now }) // a ticket is shown without it, too
	p.Answers = s.Desk.AnswersTo(t, lines)
	p.Doing = s.now(r, engineers).of(n)
	if p.History, err = s.told(ctx, r, t, lines, namesOf(engineers)); err != nil {
		return p, err
	}
	if len(lines) > 0 {
		p.Seen = lines[len(lines)-1].ID
	}
	p.Offers, p.Engineers, p.Categories = r.offers(t), engineers, sla.Categories()
	if asked.Valid() && p.Offers["assess"] {
		p.Asked = asked
		if p.Preview, err = s.preview(ctx, r, t, asked); err != nil {
			return p, err
		}
	}
	p.page = r.page
	return p, nil
}

// told is the ticket's history in the words of the page, with its calls, in their order of time.
func (s *server) told(ctx context.Context, r *request, t tickets.Ticket, lines []tickets.Event, names names) ([]line, error) {
	var list []line
	for _, e := range lines {
		list = append(list, r.line(e, names))
	}
	calls, err := s.callLines(ctx, r, t, lines, names)
	if err != nil {
		return nil, err
	}
	list = append(list, calls...)
	slices.SortStableFunc(list, func(a, b line) int { return a.At.Compare(b.At) })
	return list, nil
}

// beside reads what the page has beside the ticket: its files, who is at it too, and what was being written.
func (s *server) beside(ctx context.Context, r *request, p *ticketPage) (err error) {
	n := p.Ticket.Number
	if p.Files, err = s.Files.List(ctx, n); err != nil {
		return err
	}
	if p.Present, err = editing.Others(ctx, s.Store, r.User.Name, n, r.Now); err != nil {
		return err
	}
	if p.Draft, err = s.Store.Draft(ctx, r.User.Name, n); err != nil {
		return fmt.Errorf("reading a draft for ticket %d: %w", n, err)
	}
	if s.Bridge != nil {
		if p.Twin, _, err = s.Bridge.Twin(ctx, n); err != nil {
			return fmt.Errorf("reading the twin of ticket %d: %w", n, err)
		}
	}
	p.Text = cmp.Or(p.Text, p.Draft.Text)
	p.Recordings, err = s.recordings(ctx, r, p.Ticket)
	return err
}

// recordings are a ticket's, each with who listened and what a recogniser made of it.
func (s *server) recordings(ctx context.Context, r *request, t tickets.Ticket) (list []recording, err error) {
	if len(t.Recordings) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(t.Recordings))
	for _, rec := range t.Recordings {
		ids = append(ids, rec.ID)
	}
	heard, err := s.Store.Accesses(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("reading who listened to recordings: %w", err)
	}
	texts, err := s.transcripts(ctx, r, t)
	if err != nil {
		return nil, err
	}
	for _, rec := range t.Recordings {
		length := time.Duration(rec.Seconds * float64(time.Second)).Round(time.Second)
		list = append(list, recording{rec, length, listeners(heard, rec.ID), texts[rec.ID]})
	}
	return list, nil
}

// listeners are those who listened to a recording, each once with the last time: a part of the sound is an access of its own.
func listeners(all []tickets.Access, recording string) (list []tickets.Access) {
	for _, a := range slices.Backward(all) { // noted in their order
		if a.Recording == recording && !slices.ContainsFunc(list, func(l tickets.Access) bool { return l.Actor == a.Actor }) {
			list = append(list, a)
		}
	}
	return list
}

// cover tells whether the hours that the ticket was promised run now.
func (s *server) cover(t tickets.Ticket, now time.Time) cover {
	if t.Promise == nil {
		return cover{}
	}
	hours, err := t.Promise.Calendar.Hours()
	if err != nil {
		return cover{}
	}
	c := cover{Now: hours.Open(now)}
	if from, err := hours.NextOpen(now); err == nil && !c.Now {
		c.From = from
	}
	return c
}

// othersMost is how many other tickets of the contract a page names.
const othersMost = 10

// others are the newest other tickets of the same contract, else of the same customer.
func (s *server) others(ctx context.Context, r *request, t tickets.Ticket, engineers []oncall.Engineer) ([]ticketRow, error) {
	f := tickets.Filter{Contract: t.Contract, Limit: othersMost + 1}
	if t.Contract == "" {
		f.Customer = t.Customer
	}
	if f.Contract == "" && f.Customer == "" {
		return nil, nil
	}
	found, err := s.Desk.List(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("other tickets of contract %s: %w", t.Contract, err)
	}
	list := slices.DeleteFunc(found.Items, func(o tickets.Ticket) bool { return o.Number == t.Number })
	return s.rows(ctx, r, list[:min(len(list), othersMost)], engineers)
}

// line shows a line of a history. What happened and who did it is told in the page's language; words stay as they were written.
func (r *request) line(e tickets.Event, n names) line {
	l := line{At: e.At, Kind: string(e.Kind), Title: r.T("page-event-" + string(e.Kind)), Actor: r.actorName(e.Actor, n), Text: e.Text}
	if account, ok := e.Accounts()[string(r.Lang)]; ok {
		l.Text = account
	} else if e.ByProgram() {
		if text, ok := translation.In(r.Words, e.Text, r.said); ok {
			l.Text = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		if f, ok := r.fact(name, e.Facts[name], n); ok {
			l.Facts = append(l.Facts, f)
		}
	}
	return l
}

// fact tells one fact of an event; those that only the program needs are left out.
func (r *request) fact(name, value string, n names) (fact, bool) {
	id := "page-fact-" + name
	if r.T(id) == id || value == "" {
		return fact{}, false
	}
	switch name {
	case "engineer", "who":
		value = n.of(value)
	case "claim", "from", "to":
		value = r.Words.Category(value)
	case "clock":
		value = r.Words.Clock(value)
	case tickets.FactRefused:
		value = r.T("page-refused-" + value)
	case tickets.FactAudience:
		value = r.T("page-actor-" + value)
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		value = r.Instant(at)
	}
	return fact{r.T(id), value}, true
}

// actorName tells who acted: "caller", "system", the name of an engineer or of a user.
func (p page) actorName(actor string, n names) string {
	if name, engineer := strings.CutPrefix(actor, "engineer:"); engineer {
		return n.of(name)
	}
	return p.Words.Actor(actor)
}

// audio plays a recording.
func (s *server) audio(w http.ResponseWriter, r *request) {
	sound, err := listening.Open(r.Context(), s.Store, s.Recordings, r.PathValue("id"), r.actor(), r.Now)
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	defer sound.Close()
	sound.Serve(w, r.Request)
}

// StateName names a state of tickets.
func (p page) StateName(s any) string { return p.T(fmt.Sprintf("page-state-%v", s)) }
