// Package mails is the page of mails that became no ticket. It shows the filed mails, each with the reason, the sender and what
// is known of who really sent it, and the mails that the listener refused. Staff open a ticket from a filed mail, add it to a
// ticket, or throw it away (docs/mail.md).
package mails

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/mail"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Inbox does with filed letters what staff say. inbox.Inbox implements it.
type Inbox interface {
	Read(ctx context.Context, id string) (mail.Record, mail.Letter, error)
	Open(ctx context.Context, id, actor string, now time.Time) (tickets.Number, error)
	AttachTo(ctx context.Context, id string, n tickets.Number, actor string, now time.Time) (tickets.Number, error)
	ThrowAway(ctx context.Context, id, actor string, now time.Time) error
}

// Handlers answers these pages. It is what the pages need.
type Handlers struct {
	Store interface {
		FiledMails(ctx context.Context, limit int) ([]mail.Record, error)
	}
	Inbox   Inbox                 // nil: no mail is taken in
	Refused func() []mail.Refusal // by the listener of this node; nil: there is none
	Log     *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and their forms: for staff, who assess what comes in.
func Routes(h Handlers) []ui.Route {
	staff := []users.Role{users.Staff, users.Admin}
	return []ui.Route{
		{Pattern: "GET /mails", Roles: staff, Serve: h.list},
		{Pattern: "GET /mails/{id}", Roles: staff, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, 0, "") }},
		{Pattern: "POST /mails/{id}/open", Roles: staff, Serve: h.open},
		{Pattern: "POST /mails/{id}/attach", Roles: staff, Serve: h.attach},
		{Pattern: "POST /mails/{id}/discard", Roles: staff, Serve: h.discard},
	}
}

// shownMost is how many filed mails the page shows, the newest.
const shownMost = 200

type listPage struct {
	ui.View
	Taken   bool // mail is taken in
	Filed   []mail.Record
	Refused []mail.Refusal
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p := listPage{View: r.View, Taken: h.Inbox != nil}
	var err error
	if p.Filed, err = h.Store.FiledMails(r.Context(), shownMost); err != nil {
		return nil, fmt.Errorf("reading filed mails: %w", err)
	}
	if h.Refused != nil {
		p.Refused = h.Refused()
	}
	return pages().Page("list", r.T("mails"), p)
}

type onePage struct {
	ui.View
	mail.Record
	Letter  mail.Letter
	Gone    bool // the original is not here
	Problem string
	Number  string // that the form said
}

// Size is the length of a part as people read it.
func (v onePage) Size(p mail.Part) string {
	return v.T("page-kilobytes", strconv.Itoa((len(p.Data)+999)/1000))
}

// show shows one letter; its text alone, never its HTML.
func (h Handlers) show(r *ui.Request, status int, problem string) (*ui.Page, error) {
	if h.Inbox == nil {
		return nil, &ui.Refusal{Status: http.StatusNotFound, ID: "mails-closed"}
	}
	record, letter, err := h.Inbox.Read(r.Context(), r.PathValue("id"))
	p := onePage{View: r.View, Record: record, Letter: letter, Problem: problem, Number: strings.TrimSpace(r.FormValue("number"))}
	if errors.Is(err, mail.ErrElsewhere) {
		p.Gone, err = true, nil
	}
	if err != nil {
		return nil, err
	}
	page, err := pages().Page("one", r.T("mails-one"), p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

func (h Handlers) open(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.said(w, r, "open", func(ctx context.Context, id string) (string, error) {
		n, err := h.Inbox.Open(ctx, id, r.Actor(), r.Now)
		return fmt.Sprintf("/tickets/%d", n), err
	})
}

func (h Handlers) attach(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(r.FormValue("number")), 10, 64)
	if err != nil || n < 1 {
		return h.show(r, http.StatusUnprocessableEntity, r.T("mails-no-number"))
	}
	return h.said(w, r, "attach", func(ctx context.Context, id string) (string, error) {
		to, err := h.Inbox.AttachTo(ctx, id, tickets.Number(n), r.Actor(), r.Now)
		return fmt.Sprintf("/tickets/%d", to), err
	})
}

func (h Handlers) discard(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.said(w, r, "discard", func(ctx context.Context, id string) (string, error) {
		return "/mails", h.Inbox.ThrowAway(ctx, id, r.Actor(), r.Now)
	})
}

// settled leads to what somebody else has made of a letter meanwhile: to its ticket, or to the letter, which says that it was thrown away.
func (h Handlers) settled(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	record, _, err := h.Inbox.Read(r.Context(), r.PathValue("id"))
	if err == nil && record.Ticket != 0 {
		http.Redirect(w, r.Request, fmt.Sprintf("/tickets/%d", record.Ticket), http.StatusSeeOther)
		return nil, nil
	}
	return nil, &ui.Refusal{Status: http.StatusConflict, ID: "mails-settled"}
}

// said does what staff say of a letter, and leads to where that is seen. What was begun is carried to its end.
func (h Handlers) said(w http.ResponseWriter, r *ui.Request, what string, do func(ctx context.Context, id string) (string, error)) (*ui.Page, error) {
	if h.Inbox == nil {
		return nil, &ui.Refusal{Status: http.StatusNotFound, ID: "mails-closed"}
	}
	id := r.PathValue("id")
	to, err := do(context.WithoutCancel(r.Context()), id)
	switch {
	case errors.Is(err, mail.ErrSettled) && what != "discard":
		return h.settled(w, r)
	case errors.Is(err, mail.ErrSettled):
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "mails-settled"}
	case errors.Is(err, mail.ErrElsewhere):
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "mails-gone"}
	case errors.Is(err, storage.ErrNotFound) && what == "attach":
		return h.show(r, http.StatusUnprocessableEntity, r.T("mails-no-number"))
	case err != nil:
		return nil, err
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "mail", id, "what", what)
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil, nil
}
