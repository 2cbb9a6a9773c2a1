// Package files takes files for a ticket from its page, and gives them out again. What comes out is a download that no browser runs:
// an attachment, not sniffed, in a sandbox.
package files

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"hotline/attachments"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is where files go.
type Handlers struct {
	Files *attachments.Keeper
	Desk  *tickets.Desk
}

// formMost bounds a form with a file, in octets: what is a little too large is told so.
const formMost = attachments.Most + 1<<20

// Routes are the room's.
func Routes(h Handlers) []ui.Route {
	return []ui.Route{
		{Pattern: "POST /tickets/{number}/attachments", Roles: []users.Role{users.Engineer, users.Staff, users.Admin}, Most: formMost, Serve: h.upload},
		{Pattern: "GET /attachments/{id}", Roles: users.Roles(), Serve: h.download},
	}
}

// upload keeps a file, and goes back to the ticket.
func (h Handlers) upload(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("ticket %q: %w", r.PathValue("number"), storage.ErrNotFound)
	}
	if _, err := h.Desk.Ticket(r.Context(), tickets.Number(n)); err != nil {
		return nil, fmt.Errorf("ticket %d: %w", n, err)
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "attached-none"}
	}
	defer file.Close()
	ctx := context.WithoutCancel(r.Context()) // the file and its line in the history belong together
	_, err = h.Files.Attach(ctx, h.Desk, attachments.Incoming{
		Ticket: tickets.Number(n), Name: header.Filename, Type: header.Header.Get("Content-Type"), Actor: r.Actor(),
	}, file, r.Now)
	for _, one := range []struct {
		why error
		id  string
	}{{attachments.ErrLarge, "attached-large"}, {attachments.ErrEmpty, "attached-none"}, {attachments.ErrProgram, "attached-program"}, {attachments.ErrFull, "attached-full"}} {
		if errors.Is(err, one.why) {
			return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: one.id}
		}
	}
	if err != nil {
		return nil, err
	}
	http.Redirect(w, r.Request, fmt.Sprintf("/tickets/%d#attachments", n), http.StatusSeeOther)
	return nil, nil
}

// download gives a file.
func (h Handlers) download(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	a, content, err := h.Files.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	headers(w.Header(), a)
	http.ServeContent(w, r.Request, "", time.Time{}, content)
	return nil, nil
}

// headers make of an answer a download that no browser runs.
func headers(h http.Header, a attachments.Attachment) {
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
}
