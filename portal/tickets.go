package portal

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/ui"
)

// Sizes of the list, and how far back closed tickets are shown.
const (
	pageSize   = 25
	othersMost = 50
	closedTime = 365 * 24 * time.Hour
)

// listPage is a contract's tickets.
type listPage struct {
	page
	Contract directory.ContractID
	Level    string
	Faults   []string
	Closed   bool // the closed ones of a year, else those that are not
	Tickets  []row
	Next     string // address of the next page; empty: there is none
	Others   []row  // requests of the customer that no contract covers
	Remote   bool
}

// row is one ticket of a list.
type row struct {
	Number                 tickets.Number
	Category, State, Words string
	Opened                 time.Time
}

// unclosed are the states of tickets that are not closed.
func unclosed() []tickets.State { return append(tickets.LiveStates(), tickets.Restored) }

func (p *Portal) list(w http.ResponseWriter, r *request) {
	closed := r.URL.Query().Get("closed") != ""
	f := tickets.Filter{Contract: r.contract.ID, States: unclosed(), After: r.URL.Query().Get("after"), Limit: pageSize}
	if closed {
		f.States, f.Since = []tickets.State{tickets.Closed}, r.Now.Add(-closedTime)
	}
	found, err := p.Desk.List(r.Context(), f)
	if err != nil {
		p.answerError(w, r, fmt.Errorf("listing the tickets of contract %s: %w", r.contract.ID, err))
		return
	}
	r.Title = "portal-tickets"
	l := listPage{page: r.page, Contract: r.contract.ID, Level: p.level(r.contract.Level), Closed: closed, Faults: p.faults(r), Remote: r.contract.RemoteAccess}
	for _, t := range found.Items {
		l.Tickets = append(l.Tickets, r.row(t))
	}
	if found.Next != "" {
		l.Next = "/portal?after=" + template.URLQueryEscaper(found.Next)
		if closed {
			l.Next += "&closed=1"
		}
	}
	if f.After == "" && !closed {
		others, err := p.Desk.List(r.Context(), tickets.Filter{Customer: r.contract.Customer, Level: sla.OnRequest, States: unclosed(), Limit: othersMost})
		if err != nil {
			p.answerError(w, r, fmt.Errorf("listing the requests of customer %s: %w", r.contract.Customer, err))
			return
		}
		for _, t := range others.Items {
			if r.mine(t) {
				l.Others = append(l.Others, r.row(t))
			}
		}
	}
	p.render(w, r, http.StatusOK, "tickets", l)
}

func (r *request) row(t tickets.Ticket) row {
	return row{t.Number, r.Words.Category(string(t.Category())), r.State(t.State), r.promised(t), t.OpenedAt}
}

// State tells a state in words.
func (p page) State(s tickets.State) string { return p.T("portal-state-" + string(s)) }

// promised tells what is owed next to a ticket.
func (r *request) promised(t tickets.Ticket) string {
	if due := tickets.DueOf(t); due.Before(tickets.Never()) {
		return r.T("portal-due", r.Clock(due))
	}
	return ""
}

// mine tells whether a ticket is of whoever asks: of the session's contract, or of its customer and under no contract. A link opens its
// one ticket. All that is shown or written of a ticket asks here.
func (r *request) mine(t tickets.Ticket) bool {
	if t.State == tickets.NotRequest {
		return false
	}
	if r.secret != "" {
		return t.Number == r.link.Ticket
	}
	if r.contract.ID == "" {
		return false
	}
	return t.Contract == r.contract.ID || t.Contract == "" && t.Customer != "" && t.Customer == r.contract.Customer
}

// asked is the ticket that the address names, where it is of whoever asks. One that is not looks as one that does not exist.
func (p *Portal) asked(r *request) (tickets.Ticket, error) {
	n := r.link.Ticket
	if r.secret == "" {
		number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
		if err != nil || number < 1 {
			return tickets.Ticket{}, fmt.Errorf("a ticket: %w", storage.ErrNotFound)
		}
		n = tickets.Number(number)
	}
	t, err := p.Desk.Ticket(r.Context(), n)
	if err == nil && !r.mine(t) {
		err = fmt.Errorf("ticket %d: %w", n, storage.ErrNotFound)
	}
	return t, err
}

// ticketPage is one ticket.
type ticketPage struct {
	page
	Ticket   tickets.Ticket
	Category string
	Rings    string // when engineers are rung, in words; empty: nobody is
	Clocks   []clock
	History  []line
	Writes   string // the address under which words and files are sent; empty: none are taken
	Files    []file
	Takes    bool // files are taken
	Form     string
	Problem  string
	Text     string
	New      bool // it was opened just now
	Link     bool // the page of a link
	Until    time.Time
}

func (p *Portal) ticket(w http.ResponseWriter, r *request) {
	p.showTicket(w, r, http.StatusOK, "", "")
}

func (p *Portal) showTicket(w http.ResponseWriter, r *request, status int, problem, text string) {
	t, err := p.asked(r)
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	lines, err := p.Desk.History(r.Context(), t.Number)
	if err != nil {
		p.answerError(w, r, fmt.Errorf("history of ticket %d: %w", t.Number, err))
		return
	}
	accounts, err := p.Desk.Explain(r.Context(), t)
	if err != nil {
		p.answerError(w, r, fmt.Errorf("clocks of ticket %d: %w", t.Number, err))
		return
	}
	r.Title = "portal-ticket"
	show := ticketPage{
		page: r.page, Ticket: t, Category: r.Words.Category(string(t.Category())), History: r.history(lines), Form: newSecret(),
		Problem: problem, Text: text, Takes: p.Files != nil, New: r.URL.Query().Get("new") != "", Link: r.secret != "", Until: r.link.Expires, Rings: p.rings(r, t, lines),
	}
	if show.Files, err = p.own(r, t.Number); err != nil {
		p.answerError(w, r, err)
		return
	}
	for _, a := range accounts {
		show.Clocks = append(show.Clocks, r.standing(a))
	}
	if t.State != tickets.Closed {
		show.Writes = r.placeOf(t.Number)
	}
	p.render(w, r, status, "ticket", show)
}

// rings says when engineers are rung for a blocking ticket that nobody has: by the contract's hours and by what the customer
// accepted.
func (p *Portal) rings(r *request, t tickets.Ticket, lines []tickets.Event) string {
	if t.Category() != sla.Blocking || t.State != tickets.Open {
		return ""
	}
	night := false
	for _, e := range lines {
		night = night || e.Facts[tickets.FactNight] == "accepted"
	}
	terms, err := p.Desk.Entitlement(t.Contract)
	if err != nil {
		return ""
	}
	if terms.Hours.Open(r.Now) || night && terms.AfterHours == directory.AfterHoursRing {
		return r.T("portal-rings-now")
	}
	if at, err := terms.Hours.NextOpen(r.Now); err == nil {
		return r.T("portal-rings-from", r.Clock(at))
	}
	return ""
}

func (p *Portal) level(id sla.LevelID) string {
	return cmp.Or(p.Desk.Book().Levels[id].Name, string(id))
}

// faults are the known faults and notices that cover the contract, in the page's language where they have it.
func (p *Portal) faults(r *request) (list []string) {
	open := true
	if terms, err := p.Desk.Entitlement(r.contract.ID); err == nil {
		open = terms.Hours.Open(r.Now)
	}
	for _, f := range p.Desk.KnownFaults(r.contract.ID, r.Now) {
		if f.Kind == directory.OutOfHours && open {
			continue
		}
		text := f.Words[string(r.Lang)]
		for _, lang := range prompts.Languages() {
			text = cmp.Or(text, f.Words[string(lang)])
		}
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// statement is the month's sheet of the contract.
func (p *Portal) statement(w http.ResponseWriter, r *request) {
	if p.Statement == nil {
		p.showFailure(w, r, http.StatusNotFound, "portal-not-found")
		return
	}
	sheet, err := p.Statement(&ui.Request{Request: r.Request, View: r.View}, r.contract)
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	r.Title = "portal-statement"
	p.render(w, r, http.StatusOK, "content", contentPage{r.page, sheet.Title, sheet.Content})
}

// noticePage is what callers hear before they leave a message, whole and in writing.
type noticePage struct {
	page
	Heard []string // the sentence that all hear, and the keys that it offers
	Whole []string // what key 8 says
	Days  int      // for which recordings are kept; 0: without a term
	House []string // the house's own words, by paragraph
}

func (p *Portal) notice(w http.ResponseWriter, r *request) {
	_ = p.identify(r) // for the navigation, and the term of the contract: everybody may read this
	n := noticePage{page: r.page, Days: cmp.Or(r.contract.KeepDays, p.KeepDays)}
	if book, err := prompts.Open(r.Lang); err == nil {
		n.Heard = []string{book.Text(prompts.P("recording-notice")), book.Text(prompts.P("recording-offer"))}
		n.Whole = []string{book.Text(prompts.P("notice-who")), book.Text(prompts.P("notice-data")), book.Text(prompts.P("notice-rights"))}
	}
	for paragraph := range strings.SplitSeq(p.Notice[r.Lang], "\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			n.House = append(n.House, paragraph)
		}
	}
	n.Title = "portal-notice"
	p.render(w, r, http.StatusOK, "notice", n)
}
