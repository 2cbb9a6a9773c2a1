// Package editing is what a ticket's page tells the server while somebody is at it: the words that were not sent yet, and that the
// user is there. The pages' modules ask for it; package web shows what it keeps.
package editing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/drafts"
	"hotline/presence"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is where it goes.
type Handlers struct {
	Drafts   drafts.Store
	Presence presence.Store
	Desk     *tickets.Desk
	Tell     func(tickets.Number) // tells browsers that who is at a ticket has changed
}

// Routes are the room's. They answer with JSON or with nothing.
func Routes(h Handlers) []ui.Route {
	return []ui.Route{
		{Pattern: "POST /tickets/{number}/draft", Roles: []users.Role{users.Engineer, users.Staff, users.Admin}, Script: true, Serve: h.draft},
		{Pattern: "POST /tickets/{number}/presence", Roles: users.Roles(), Script: true, Serve: h.present},
	}
}

// number is the ticket that the address names, and that exists.
func (h Handlers) number(r *ui.Request) (tickets.Number, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("ticket %q: %w", r.PathValue("number"), storage.ErrNotFound)
	}
	if _, err := h.Desk.Ticket(r.Context(), tickets.Number(n)); err != nil {
		return 0, fmt.Errorf("ticket %d: %w", n, err)
	}
	return tickets.Number(n), nil
}

// stands is a draft as the module hears of it.
type stands struct {
	Version int    `json:"version"`
	Text    string `json:"text,omitempty"` // of another tab, where that wrote meanwhile
}

// draft keeps what is being written. Where another tab of the user wrote meanwhile nothing is lost: the answer is 409 with its words.
func (h Handlers) draft(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	n, err := h.number(r)
	if err != nil {
		return nil, err
	}
	d := drafts.Draft{User: r.User.Name, Ticket: n, Text: plain(r.FormValue("text")), At: r.Now}
	if d.Version, err = strconv.Atoi(r.FormValue("version")); err != nil || d.Version < 0 {
		return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "page-unfit"}
	}
	if utf8.RuneCountInString(d.Text) > drafts.TextMost {
		return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "page-long-text", Values: []any{drafts.TextMost}}
	}
	version, err := h.Drafts.PutDraft(r.Context(), d)
	if errors.Is(err, storage.ErrConflict) {
		other, err := h.Drafts.Draft(r.Context(), r.User.Name, n)
		if err != nil {
			return nil, fmt.Errorf("reading the draft of another tab: %w", err)
		}
		return answer(w, http.StatusConflict, stands{other.Version, other.Text})
	}
	if err != nil {
		return nil, fmt.Errorf("keeping a draft: %w", err)
	}
	return answer(w, http.StatusOK, stands{Version: version})
}

// plain is a text as a form sends it, with the line ends of Unix. What is blank is no text.
func plain(text string) string {
	if text = strings.ReplaceAll(text, "\r\n", "\n"); strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

func answer(w http.ResponseWriter, status int, v stands) (*ui.Page, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a browser that has gone needs none
	return nil, nil
}

// tabMost is how long the name of a tab may be.
const tabMost = 40

// present notes that a tab has the ticket open, or has it no more. "changed" says that it was not so a moment ago.
func (h Handlers) present(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	n, err := h.number(r)
	if err != nil {
		return nil, err
	}
	tab := r.FormValue("tab")
	if tab == "" || len(tab) > tabMost {
		return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "page-unfit"}
	}
	if r.FormValue("left") != "" {
		err = h.Presence.EndTab(r.Context(), r.User.Name, n, tab)
	} else {
		err = h.Presence.PutTab(r.Context(), presence.Tab{User: r.User.Name, Ticket: n, Tab: tab, Writing: r.FormValue("writing") != "", Seen: r.Now})
	}
	if err != nil {
		return nil, fmt.Errorf("noting who is at ticket %d: %w", n, err)
	}
	if r.FormValue("left")+r.FormValue("changed") != "" && h.Tell != nil {
		h.Tell(n)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil, nil
}

// Sent removes a draft once its words were sent by a form that names the draft's version. Words that another tab wrote meanwhile stay.
func Sent(ctx context.Context, store drafts.Store, user string, n tickets.Number, text, version string) error {
	if version == "" { // another form of the page
		return nil
	}
	d, err := store.Draft(ctx, user, n)
	if err != nil || d.Version == 0 {
		return err
	}
	if version != strconv.Itoa(d.Version) && !strings.HasPrefix(text, strings.TrimSpace(d.Text)) {
		return nil
	}
	return store.DropDraft(ctx, user, n)
}

// Person is somebody who is at a ticket.
type Person struct {
	Name    string
	Writing bool
}

// Others are those who are at a ticket beside somebody, by name.
func Others(ctx context.Context, store presence.Store, user string, n tickets.Number, now time.Time) ([]Person, error) {
	tabs, err := store.Tabs(ctx, n, now.Add(-presence.Holds))
	if err != nil {
		return nil, fmt.Errorf("reading who is at ticket %d: %w", n, err)
	}
	var list []Person
	for _, t := range tabs { // by user
		if t.User == user {
			continue
		}
		if len(list) == 0 || list[len(list)-1].Name != t.User {
			list = append(list, Person{Name: t.User})
		}
		list[len(list)-1].Writing = list[len(list)-1].Writing || t.Writing
	}
	return list, nil
}
