package zammad

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Ticket is a ticket as `expand=true` gives it: beside the ids the names.
type Ticket struct {
	ID         int64     `json:"id"`
	Number     string    `json:"number"`
	Title      string    `json:"title"`
	Group      string    `json:"group"`
	State      string    `json:"state"`
	Priority   string    `json:"priority"`
	Owner      string    `json:"owner"` // login; "-": nobody
	CustomerID int64     `json:"customer_id"`
	UpdatedAt  time.Time `json:"updated_at"` // UTC, in milliseconds
}

// Nobody is the login of the owner of a ticket that nobody has.
const Nobody = "-"

// Article is one entry of a ticket.
type Article struct {
	ID          int64        `json:"id"`
	TicketID    int64        `json:"ticket_id"`
	From        string       `json:"from"`
	Subject     string       `json:"subject"`
	Body        string       `json:"body"`
	ContentType string       `json:"content_type"`
	Type        string       `json:"type"`   // note, email, phone, web ...
	Sender      string       `json:"sender"` // Agent, Customer or System
	Internal    bool         `json:"internal"`
	CreatedBy   string       `json:"created_by"` // login
	CreatedAt   time.Time    `json:"created_at"`
	Attachments []Attachment `json:"attachments"`
}

// Attachment is a file of an article, as it is listed.
type Attachment struct {
	ID       int64  `json:"id"`
	Filename string `json:"filename"`
}

// File is one that goes with a new article.
type File struct {
	Filename string `json:"filename"`
	Data     []byte `json:"data"` // base64 on the wire
	MIMEType string `json:"mime-type"`
}

// NewArticle is an article that is to be written. Ours are always notes for agents, in plain text.
type NewArticle struct {
	Subject     string `json:"subject"`
	Body        string `json:"body"`
	ContentType string `json:"content_type"`
	Type        string `json:"type"`
	Internal    bool   `json:"internal"`
	Attachments []File `json:"attachments,omitempty"`
}

// Note is an internal note in plain text.
func Note(subject, body string, files ...File) *NewArticle {
	return &NewArticle{Subject: subject, Body: body, ContentType: "text/plain", Type: "note", Internal: true, Attachments: files}
}

// Change is what is to be written of a ticket. What is empty stays as it is; for a new ticket Zammad has its own values.
type Change struct {
	Title    string      `json:"title,omitempty"`
	Group    string      `json:"group,omitempty"`
	Customer string      `json:"customer_id,omitempty"` // "guess:ADDRESS": whoever has it, or a new customer
	Tags     string      `json:"tags,omitempty"`        // of a new ticket; several behind commas
	State    string      `json:"state,omitempty"`
	Pending  *time.Time  `json:"pending_time,omitempty"` // which a pending state needs
	Priority string      `json:"priority,omitempty"`
	Owner    string      `json:"owner,omitempty"` // login
	Article  *NewArticle `json:"article,omitempty"`
}

// User is somebody in Zammad.
type User struct {
	ID     int64  `json:"id"`
	Login  string `json:"login"`
	Email  string `json:"email"`
	Groups Access `json:"groups"`
}

// Access is which access somebody has to which group: "full", or of "read", "create", "change" and others some.
type Access map[string][]string

// UnmarshalJSON reads it as `expand=true` gives it. Of who is in no group nothing, or an empty list, stands there.
func (a *Access) UnmarshalJSON(text []byte) error {
	var by map[string][]string
	if json.Unmarshal(text, &by) == nil {
		*a = by
	}
	return nil
}

func expanded() url.Values { return url.Values{"expand": {"true"}} }

// Me is whom the token belongs to.
func (c *Client) Me(ctx context.Context) (u User, err error) {
	return u, c.do(ctx, http.MethodGet, "users/me", expanded(), nil, &u)
}

// User reads somebody. What is asked of them is the address; their groups are not read.
func (c *Client) User(ctx context.Context, id int64) (User, error) {
	var u struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Email string `json:"email"`
	}
	err := c.do(ctx, http.MethodGet, "users/"+strconv.FormatInt(id, 10), nil, nil, &u)
	return User{ID: u.ID, Login: u.Login, Email: u.Email}, err
}

// States are the names of the states that can be used.
func (c *Client) States(ctx context.Context) ([]string, error) { return c.names(ctx, "ticket_states") }

// Priorities are the names of the priorities that can be used.
func (c *Client) Priorities(ctx context.Context) ([]string, error) {
	return c.names(ctx, "ticket_priorities")
}

func (c *Client) names(ctx context.Context, what string) (names []string, err error) {
	var list []struct {
		Name   string `json:"name"`
		Active bool   `json:"active"`
	}
	err = c.do(ctx, http.MethodGet, what, nil, nil, &list)
	for _, one := range list {
		if one.Active {
			names = append(names, one.Name)
		}
	}
	return names, err
}

// Ticket reads one ticket.
func (c *Client) Ticket(ctx context.Context, id int64) (t Ticket, err error) {
	return t, c.do(ctx, http.MethodGet, "tickets/"+strconv.FormatInt(id, 10), expanded(), nil, &t)
}

// Articles reads the entries of a ticket, the oldest first.
func (c *Client) Articles(ctx context.Context, ticket int64) (list []Article, err error) {
	return list, c.do(ctx, http.MethodGet, "ticket_articles/by_ticket/"+strconv.FormatInt(ticket, 10), expanded(), nil, &list)
}

// Create opens a ticket with its first article: both, or neither. Zammad has no key by which a repeated request is known again.
func (c *Client) Create(ctx context.Context, n Change) (t Ticket, err error) {
	return t, c.do(ctx, http.MethodPost, "tickets", expanded(), n, &t)
}

// Update changes a ticket and writes an article, where the change has one: both, or neither.
func (c *Client) Update(ctx context.Context, id int64, n Change) (t Ticket, err error) {
	return t, c.do(ctx, http.MethodPut, "tickets/"+strconv.FormatInt(id, 10), expanded(), n, &t)
}

// found is how many tickets one page of a search has.
const found = 50

// Tagged finds tickets that may have a tag; who asks looks at each. A search with a condition is read from Zammad's database, one with a
// query from its index, which is some seconds behind, or where there is none by words of titles and articles. All three are asked, because
// not every version takes each of them.
func (c *Client) Tagged(ctx context.Context, tag string) (list []Ticket, err error) {
	var last error
	seen, refused := map[int64]bool{}, 0
	for _, q := range []url.Values{
		{"condition[ticket.tags][operator]": {"contains all"}, "condition[ticket.tags][value]": {tag}},
		{"query": {`tags:"` + tag + `"`}},
		{"query": {tag}},
	} {
		some, err := c.search(ctx, q, 1)
		var answer *Error
		switch {
		case errors.As(err, &answer) && answer.Status == http.StatusUnprocessableEntity: // this version does not take such a search
			refused, last = refused+1, err
		case err != nil:
			return nil, err
		}
		for _, t := range some {
			if !seen[t.ID] {
				seen[t.ID] = true
				list = append(list, t)
			}
		}
	}
	if refused == 3 {
		return nil, last
	}
	return list, nil
}

// Changed is one page of the tickets, those that were changed last first. The first page is 1.
func (c *Client) Changed(ctx context.Context, page int) ([]Ticket, error) {
	return c.search(ctx, url.Values{"query": {"*"}, "sort_by": {"updated_at"}, "order_by": {"desc"}}, page)
}

func (c *Client) search(ctx context.Context, q url.Values, page int) (list []Ticket, err error) {
	n := strconv.Itoa(found)
	q.Set("expand", "true")
	q.Set("limit", n)
	q.Set("per_page", n)
	q.Set("page", strconv.Itoa(page))
	return list, c.do(ctx, http.MethodGet, "tickets/search", q, nil, &list)
}
