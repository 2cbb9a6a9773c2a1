package portal

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"hotline/attachments"
	"hotline/storage"
	"hotline/tickets"
)

// fileFormMost bounds a form with a file, in octets: what is a little too large is told so.
const fileFormMost = attachments.Most + 1<<20

// file is one that the customer sent.
type file struct{ Name, Path string }

// placeOf is the address of the ticket's page, as whoever asks reaches it.
func (r *request) placeOf(n tickets.Number) string {
	if r.secret != "" {
		return "/portal/t/" + r.secret
	}
	return fmt.Sprintf("/portal/tickets/%d", n)
}

// own lists the customer's own files of a ticket. Those of staff stay in the house.
func (p *Portal) own(r *request, n tickets.Number) (list []file, err error) {
	if p.Files == nil {
		return nil, nil
	}
	all, err := p.Files.List(r.Context(), n)
	for _, a := range all {
		if a.Actor == tickets.ActorCustomer {
			list = append(list, file{a.Name, r.placeOf(n) + "/files/" + a.ID})
		}
	}
	return list, err
}

// attach keeps a file of the customer, and goes back to the ticket. The same file twice is kept once.
func (p *Portal) attach(w http.ResponseWriter, r *request) {
	t, err := p.asked(r)
	if err == nil && p.Files == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	whom := string(r.contract.ID)
	if r.secret != "" {
		whom = fmt.Sprint("ticket ", t.Number)
	}
	switch {
	case t.State == tickets.Closed:
		p.showTicket(w, r, http.StatusConflict, r.T("portal-closed"), "")
		return
	case !p.may(filesOf, whom, r.Now):
		w.Header().Set("Retry-After", "600")
		p.showTicket(w, r, http.StatusTooManyRequests, r.T("portal-busy"), "")
		return
	}
	from, header, err := r.FormFile("file")
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		p.showTicket(w, r, http.StatusRequestEntityTooLarge, r.T("attached-large"), "")
		return
	}
	if err != nil {
		p.showTicket(w, r, http.StatusUnprocessableEntity, r.T("attached-none"), "")
		return
	}
	defer from.Close()
	ctx := context.WithoutCancel(r.Context()) // the file and its line in the history belong together
	_, err = p.Files.Attach(ctx, p.Desk, attachments.Incoming{Ticket: t.Number, Name: header.Filename, Type: header.Header.Get("Content-Type"), Actor: tickets.ActorCustomer}, from, r.Now)
	for _, one := range []struct {
		why error
		id  string
	}{{attachments.ErrLarge, "attached-large"}, {attachments.ErrEmpty, "attached-none"}, {attachments.ErrProgram, "attached-program"}, {attachments.ErrFull, "attached-full"}} {
		if errors.Is(err, one.why) {
			p.showTicket(w, r, http.StatusUnprocessableEntity, r.T(one.id), "")
			return
		}
	}
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	if err := p.takeUp(ctx, r, t.Number); err != nil {
		p.answerError(w, r, err)
		return
	}
	http.Redirect(w, r.Request, r.placeOf(t.Number)+"#files", http.StatusSeeOther)
}

// download gives a file of the customer's own back, as a download that no browser runs. One of another ticket, or of staff, looks as
// one that does not exist.
func (p *Portal) download(w http.ResponseWriter, r *request) {
	t, err := p.asked(r)
	if err == nil && p.Files == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	a, content, err := p.Files.Open(r.Context(), r.PathValue("id"))
	if err == nil && (a.Ticket != t.Number || a.Actor != tickets.ActorCustomer) {
		err = fmt.Errorf("a file of ticket %d: %w", t.Number, storage.ErrNotFound)
	}
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	http.ServeContent(w, r.Request, "", time.Time{}, content)
}
