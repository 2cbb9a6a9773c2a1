package admin

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/problem"
	"hotline/directory"
	"hotline/paging"
	"hotline/sla"
	"hotline/tickets"
)

// Page selects a part of a list. A page names the next one; there is no other way to it, because a list grows while it is
// read, and because a database counts up to an offset.
type Page struct {
	After  string `query:"after" maxLength:"400" doc:"The cursor next of the page before, with the same sort"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Offset string `query:"offset" hidden:"true"`

	address url.URL
}

// Resolve notes the address of the list, for the link to its next page.
func (p *Page) Resolve(c huma.Context) []error {
	p.address = c.URL()
	if p.Offset != "" {
		return []error{&huma.ErrorDetail{Location: "query.offset", Value: p.Offset, Message: "lists are read page by page: take next of the answer, or its Link, as after"}}
	}
	return nil
}

// link is the Link header of a page (RFC 8288); empty behind the last one.
func (p *Page) link(next string) string {
	if next == "" {
		return ""
	}
	query := p.address.Query()
	query.Set("after", next)
	return "<" + p.address.EscapedPath() + "?" + query.Encode() + `>; rel="next"`
}

// listed is a page of a list with the link to the next one.
type listed[T any] struct {
	Link string `header:"Link" doc:"rel=next: the next page (RFC 8288)"`
	Body T
}

// pageView is what every page tells of its list.
type pageView struct {
	Total int    `json:"total" doc:"Of all pages, counted up to 10000"`
	More  bool   `json:"more" doc:"There are more than total"`
	Next  string `json:"next" doc:"Cursor of the next page, for after; empty on the last one"`
}

func pageOf[T any](p paging.Page[T]) pageView { return pageView{p.Total, p.More, p.Next} }

// badCursor makes a 422 of a cursor that no such list gave.
func badCursor(err error) error {
	if errors.Is(err, paging.ErrCursor) {
		return problem.Refused("query.after", paging.ErrCursor.Error())
	}
	return err
}

// ticketQuery filters, sorts and pages the list.
type ticketQuery struct {
	State     []string  `query:"state" enum:"open,assigned,in_progress,waiting,restored,closed,not_request" doc:"Any of these"`
	Priority  []int     `query:"priority" minimum:"0" maximum:"5" doc:"Any of these; 0: no category yet"`
	Contract  string    `query:"contract"`
	Customer  string    `query:"customer"`
	Assignee  string    `query:"assignee"`
	Category  string    `query:"category" enum:"blocking,non_blocking,question,change,feature" doc:"The assessment, else the claim"`
	Level     string    `query:"level"`
	Caller    string    `query:"caller"`
	Since     time.Time `query:"since" doc:"Opened at or after"`
	Until     time.Time `query:"until" doc:"Opened before"`
	DueBefore time.Time `query:"due_before" doc:"Whose next clock runs out before, or broke and is not met yet"`
	Search    string    `query:"q" maxLength:"200" doc:"All of these words, in the customer's name or in what people wrote into the history, in the forms of Italian and English; three letters find the words that begin with them. Digits find the ticket numbers that begin with them, and callers' numbers. Of words that more than 10000 tickets have, the newest 10000 are looked at, unless customer, contract, assignee or caller is given"`
	Text      string    `query:"text" hidden:"true"`
	Sort      string    `query:"sort" enum:"number,-number,opened_at,-opened_at,priority,-priority,due,-due" default:"-number"`
	Page
}

// Resolve adds what the query's own checks find to those of the page.
func (q *ticketQuery) Resolve(c huma.Context) []error {
	errs := q.Page.Resolve(c)
	if q.Text != "" {
		errs = append(errs, &huma.ErrorDetail{Location: "query.text", Message: "names are found by q, together with the history"})
	}
	if q.Search != "" && len(tickets.Filter{Search: q.Search}.Words()) == 0 {
		errs = append(errs, &huma.ErrorDetail{Location: "query.q", Value: q.Search, Message: "there is no word and no number in it"})
	}
	return errs
}

type ticketList struct {
	Tickets []TicketView `json:"tickets" nullable:"false"`
	pageView
}

func (s *server) listTickets(ctx context.Context, q *ticketQuery) (*listed[ticketList], error) {
	f := tickets.Filter{
		Contract: directory.ContractID(q.Contract), Customer: directory.CustomerID(q.Customer), Assignee: q.Assignee,
		Category: sla.Category(q.Category), Level: sla.LevelID(q.Level), Caller: s.Plan.E164(q.Caller), Since: q.Since, Until: q.Until,
		DueBefore: q.DueBefore, Search: q.Search, Sort: q.Sort, After: q.After, Limit: q.Limit,
	}
	for _, state := range q.State {
		f.States = append(f.States, tickets.State(state))
	}
	for _, p := range q.Priority {
		f.Priorities = append(f.Priorities, sla.Priority(p))
	}
	found, err := s.Desk.List(ctx, f)
	if err != nil {
		return nil, badCursor(err)
	}
	list := ticketList{make([]TicketView, 0, len(found.Items)), pageOf(found)}
	for _, t := range found.Items {
		list.Tickets = append(list.Tickets, s.view(t))
	}
	return &listed[ticketList]{q.link(found.Next), list}, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
