package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hotline/cdr"
	"hotline/directory"
	"hotline/numbers"
	"hotline/paging"
	"hotline/prompts/translation"
	"hotline/sip/ladder"
	"hotline/storage"
	"hotline/tickets"
)

// callsPage lists calls, the newest first.
type callsPage struct {
	page
	Rows                 []callRow
	Total                int
	More                 bool
	Next                 string // address of the next page; empty on the last one
	Number, Day, Problem string
	Customer, Ending     string
	Endings              []string
	Which                []directory.Customer // of several customers who are called so
}

// endings are how calls end, as records have it.
func endings() []string { return []string{"caller hung up", "hung up by us", "line lost"} }

// callRow is one call in the list and on its own page.
type callRow struct {
	cdr.Call
	Caller   string // as people write it
	Customer string // by name; empty: unknown
	Length   time.Duration
}

// callPage is one call with its legs.
type callPage struct {
	page
	Call callRow
	Legs []legRow
	// Refusals are those of being recorded, in the page's language.
	Refusals []string
	Ladder   ladderView
}

// ladderView is who sent what when. Without a picture Missing says why there is none.
type ladderView struct {
	Picture  template.HTML
	Messages []message // the same in words
	Ways     []string  // between which addresses each party spoke
	Left     []string  // what was left out, in words
	Missing  string
}

// legRow is one telephone that was rung.
type legRow struct {
	cdr.Leg
	Name   string
	Length time.Duration // of the talk; 0: none
}

// callsOnPage is how many calls one page has.
const callsOnPage = 50

func (s *server) calls(w http.ResponseWriter, r *request) {
	q := r.URL.Query()
	r.Title = "page-calls"
	p := callsPage{Number: q.Get("number"), Customer: q.Get("customer"), Ending: q.Get("ending"), Day: q.Get("day"), Endings: endings()}
	f := cdr.Filter{Number: s.number(p.Number), Ending: p.Ending, After: q.Get("after"), Limit: callsOnPage}
	if p.Ending != "" && !slices.Contains(p.Endings, p.Ending) {
		p.Endings = append(p.Endings, p.Ending)
	}
	if wanted := strings.TrimSpace(p.Customer); wanted != "" {
		switch p.Which = s.customersCalled(wanted); len(p.Which) {
		case 0:
			p.Problem = r.T("page-calls-nobody", wanted)
			f.Customer = directory.CustomerID(wanted) // who was removed has calls still
		case 1:
			f.Customer, p.Which = p.Which[0].ID, nil
		default:
			f.Customer = "-" // nobody, until one of them is chosen
		}
		f.Contracts = s.Desk.Book().ContractsOf(f.Customer)
	}
	if p.Day != "" {
		var err error
		if f.Since, f.Until, err = s.Desk.Day(p.Day); err != nil {
			p.Problem = r.T("page-bad-day")
		}
	}
	found, err := s.Store.Calls(r.Context(), f)
	if errors.Is(err, paging.ErrCursor) {
		f.After = ""
		found, err = s.Store.Calls(r.Context(), f)
	}
	if err != nil {
		s.answerError(w, r, fmt.Errorf("listing calls: %w", err))
		return
	}
	for _, c := range found.Items {
		p.Rows = append(p.Rows, s.callRow(c))
	}
	p.Total, p.More = found.Total, found.More
	if found.Next != "" {
		v := url.Values{"after": {found.Next}}
		for name, value := range map[string]string{"number": p.Number, "customer": p.Customer, "ending": p.Ending, "day": p.Day} {
			if value != "" {
				v.Set(name, value)
			}
		}
		p.Next = "/calls?" + v.Encode()
	}
	p.page = r.page
	s.render(w, r, http.StatusOK, "calls", p)
}

// number is a caller's number as records have it; what is no number stays.
func (s *server) number(text string) string {
	if digits, ok := numbers.Digits(text); ok {
		return s.Plan.E164(digits)
	}
	return text
}

// whichMost is how many customers of a name are offered.
const whichMost = 20

// customersCalled are those whom a text means: the one of that id, or all whose name or id has it, as far as they can be offered.
func (s *server) customersCalled(text string) (list []directory.Customer) {
	book := s.Desk.Book()
	if c, ok := book.Customers.Get(directory.CustomerID(text)); ok {
		return []directory.Customer{c}
	}
	lower := strings.ToLower(text)
	for _, c := range s.sorted.in(book) {
		if c.lower == lower {
			return []directory.Customer{c.Customer}
		}
		if len(list) < whichMost && strings.Contains(c.searched, lower) {
			list = append(list, c.Customer)
		}
	}
	return list
}

func (s *server) callRow(c cdr.Call) callRow {
	row := callRow{Call: c, Caller: s.Plan.Shown(c.From), Length: talked(c.Answered, c.Ended)}
	if customer, ok := s.Desk.Book().Customers.Get(c.Customer); ok {
		row.Customer = customer.Name
	}
	return row
}

// Of is the same search for one customer.
func (p callsPage) Of(id directory.CustomerID) string {
	return "/calls?" + url.Values{"number": {p.Number}, "customer": {string(id)}, "ending": {p.Ending}, "day": {p.Day}}.Encode()
}

// withheld says why a call has no number.
func withheld(c cdr.Call) string {
	if c.Transport == cdr.Browser {
		return "page-from-portal"
	}
	return "page-withheld"
}

// talked is how long a line was open; 0 where it never was, or still is.
func talked(answered, ended time.Time) time.Duration {
	if answered.IsZero() || ended.Before(answered) {
		return 0
	}
	return ended.Sub(answered).Round(time.Second)
}

func (s *server) call(w http.ResponseWriter, r *request) {
	c, err := s.Store.Call(r.Context(), tickets.CallID(r.PathValue("id")))
	if err != nil {
		s.answerError(w, r, fmt.Errorf("reading a call: %w", err))
		return
	}
	engineers, err := s.Store.Engineers(r.Context())
	if err != nil {
		s.answerError(w, r, fmt.Errorf("reading engineers: %w", err))
		return
	}
	r.Title = "page-call"
	p := callPage{page: r.page, Call: s.callRow(c)}
	for _, text := range c.Refusals {
		if told, ok := translation.In(r.Words, text, r.said); ok {
			text = told
		}
		p.Refusals = append(p.Refusals, text)
	}
	for _, l := range c.Legs {
		p.Legs = append(p.Legs, legRow{l, namesOf(engineers).of(l.Engineer), talked(l.Answered, l.Ended)})
	}
	if p.Ladder, err = s.ladder(r, p); err != nil {
		s.answerError(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "call", p)
}

// message is one row of the ladder in words, for whoever does not see the picture.
type message struct{ At, From, To, Text string }

// ladder draws who sent what when, with what RTCP told in between, as this node remembers it or the store has it.
func (s *server) ladder(r *request, p callPage) (v ladderView, err error) {
	dialog, err := s.dialogs(r, p.Call.Call, &v)
	if err != nil {
		return v, err
	}
	heard := func(q cdr.Quality) string {
		if q.PacketsIn == 0 {
			return ""
		}
		return r.T("page-reports", q.Lost, q.LostThere, r.page.Milliseconds(q.Jitter), r.page.Milliseconds(q.RoundTrip))
	}
	caller, some := dialog(cdr.Leg{SIPID: p.Call.SIPID})
	parties := []ladder.Party{{Name: cmp.Or(p.Call.Caller, r.T(withheld(p.Call.Call))), Calls: true, Dialog: caller, Sum: heard(p.Call.Quality)}}
	seen, beyond := map[string]bool{}, 0
	for _, l := range p.Legs {
		d, ok := dialog(l.Leg)
		if !ok || seen[d.ID] {
			continue
		}
		seen[d.ID], some = true, true
		of := slices.IndexFunc(parties[1:], func(one ladder.Party) bool { return one.Name == l.Name }) + 1
		switch {
		case of > 0: // whoever is rung again has one lane
			parties[of].Dialog.Add(d)
			parties[of].Sum = cmp.Or(heard(l.Quality), parties[of].Sum)
		case len(parties) <= partiesMost:
			parties = append(parties, ladder.Party{Name: l.Name, Dialog: d, Sum: heard(l.Quality)})
		default:
			beyond++
		}
	}
	if !some {
		v.Missing = r.T("page-ladder-none")
		if e := p.Call.Ended; (e.IsZero() || s.Now().Sub(e) < soonWritten) && !s.isHere(p.Call.ID) {
			v.Missing = r.T("page-ladder-soon")
		}
		return v, nil
	}
	if beyond > 0 {
		v.Left = append(v.Left, r.T("page-ladder-telephones", beyond))
	}
	s.draw(r, parties, &v)
	return v, nil
}

// soonWritten is how long after its end the messages of a call may still be on their way to the store.
const soonWritten = 15 * time.Second

// isHere tells whether a call goes on on this node.
func (s *server) isHere(id tickets.CallID) bool {
	return s.Calls != nil && slices.ContainsFunc(s.Calls(), func(c cdr.Call) bool { return c.ID == id })
}

// dialogs finds the dialog of a leg of a call. What was left out is noted in v.
func (s *server) dialogs(r *request, c cdr.Call, v *ladderView) (of func(cdr.Leg) (ladder.Dialog, bool), err error) {
	stands, err := s.Store.Ladder(r.Context(), c.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading the messages of a call: %w", err)
	}
	kept, err := ladder.Parts(stands.Parts).Read()
	if err != nil {
		s.Log.Error("the messages of a call cannot be read", "call", c.ID, "error", err)
	}
	if kept.Left > 0 {
		v.Left = append(v.Left, r.T("page-ladder-telephones", kept.Left))
	}
	if stands.Full {
		v.Left = append(v.Left, r.T("page-ladder-full"))
	}
	return func(l cdr.Leg) (ladder.Dialog, bool) {
		if d, ok := s.rung(l); ok {
			return d, true
		}
		d, ok := kept.Dialogs[l.SIPID]
		return d, ok
	}, nil
}

// draw makes the picture, and the same in words.
func (s *server) draw(r *request, parties []ladder.Party, v *ladderView) {
	clock := func(t time.Time) string { return t.In(r.Zone).Format("15:04:05.000") }
	arrows, names := ladder.Arrows(parties, r.report), []string{"hotline"}
	for _, one := range parties {
		names = append(names, one.Name)
		if d := one.Dialog; d.ID != "" {
			v.Ways = append(v.Ways, fmt.Sprintf("%s: %s → %s, %s", one.Name, d.From, d.To, d.Transport))
		}
		if one.Dialog.Left > 0 {
			v.Left = append(v.Left, r.T("page-ladder-messages", one.Name, one.Dialog.Left))
		}
	}
	for _, a := range arrows {
		v.Messages = append(v.Messages, message{clock(a.At), names[a.From], names[a.To], a.Text})
	}
	v.Picture = template.HTML(ladder.Draw(r.T("page-ladder"), names, arrows, clock))
}

// report tells what one report of RTCP says of the sound; of several that follow each other, what the worst one says.
func (r *request) report(one ladder.Report) string {
	text := "RR"
	if one.Sender {
		text = "SR"
	}
	if one.Measured {
		text += " " + r.T("page-report", math.Round(100*one.Lost), r.page.Milliseconds(one.Jitter.Seconds()))
	}
	if one.Of > 1 {
		text += " " + r.T("page-report-worst", one.Of)
	}
	return text
}

// rung is the dialog of a leg as this node remembers it. Records of former versions do not name it: it is found by address and instant.
func (s *server) rung(l cdr.Leg) (ladder.Dialog, bool) {
	switch {
	case s.Ladder == nil:
		return ladder.Dialog{}, false
	case l.SIPID != "":
		return s.Ladder.Of(l.SIPID)
	}
	return s.Ladder.Rung(l.Address, l.Started)
}

// partiesMost is how many telephones that were rung the picture has.
const partiesMost = 6

// Milliseconds tells a jitter or a round trip, which are given in seconds.
func (p page) Milliseconds(seconds float64) string {
	return p.T("page-milliseconds", int(seconds*1000+0.5))
}

// callsOfTicket is how many calls a history shows, the newest ones.
const callsOfTicket = 30

// callLines are the calls of a ticket as lines of its history, each with the legs that were rung. They are those that its recordings
// and its history name; one whose record is gone is left out.
func (s *server) callLines(ctx context.Context, r *request, t tickets.Ticket, events []tickets.Event, n names) (list []line, err error) {
	var ids []tickets.CallID
	add := func(id tickets.CallID) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, rec := range t.Recordings {
		add(rec.Call)
	}
	for _, e := range events {
		add(tickets.CallID(e.Facts["call"]))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	calls, err := s.Store.CallsOf(ctx, ids[max(0, len(ids)-callsOfTicket):])
	if err != nil {
		return nil, fmt.Errorf("reading the calls of ticket %d: %w", t.Number, err)
	}
	for _, c := range calls {
		l := line{At: c.Started, Kind: "call", Title: r.T("page-line-call"), Actor: cmp.Or(s.Plan.Shown(c.From), r.T(withheld(c))), Call: c.ID}
		if c.Ending != "" {
			l.Facts = append(l.Facts, fact{r.T("page-ending"), r.Word(c.Ending)})
		}
		if d := talked(c.Answered, c.Ended); d > 0 {
			l.Facts = append(l.Facts, fact{r.T("page-length"), r.Seconds(d)})
		}
		for _, leg := range c.Legs {
			text := r.Instant(leg.Started) + " " + r.Word(leg.Result)
			if d := talked(leg.Answered, leg.Ended); d > 0 {
				text += ", " + r.Seconds(d)
			}
			l.Facts = append(l.Facts, fact{n.of(leg.Engineer), text})
		}
		list = append(list, l)
	}
	return list, nil
}
