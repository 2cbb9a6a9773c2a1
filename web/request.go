package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// request is one request with what every page needs: who asks, in which language, and at which instant.
type request struct {
	*http.Request
	page
	session users.Session
}

func (s *server) request(q *http.Request) *request {
	lang := ui.LanguageOf(q, s.Language())
	r := &request{Request: q, page: page{Here: q.URL.RequestURI()}}
	if s.Owner != nil {
		r.Company = s.Owner.Profile().Name
	}
	r.View = ui.View{Words: written.In(lang), Lang: lang, Now: s.Now(), Zone: s.Desk.Zone()}
	r.Can = func(pattern string) bool { return may(r.User.Role, pattern) } // the login fills in who asks
	return r
}

// chooseLanguage remembers a language, and goes back to the page.
func (s *server) chooseLanguage(w http.ResponseWriter, r *request) {
	ui.ChooseLanguage(w, r.Request, ui.Encrypted(r.Request))
	http.Redirect(w, r.Request, local(r.FormValue("next")), http.StatusSeeOther)
}

// local is an address of this site alone, whatever a form says. url.Parse refuses control characters, which browsers leave out.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

// page is what the frame of every page shows.
type page struct {
	ui.View        // its User has no name where nobody is logged in
	Title   string // an id of the catalogue
	Here    string // the address of the page itself
	Company string // that is printed above it; empty: the house has no name
	Keeps   bool   // it has what somebody typed, which would be lost in another language
}

// Languages are those that there are pages in.
func (p page) Languages() []prompts.Language { return prompts.Written() }

// Category names a category of requests.
func (p page) Category(c sla.Category) string { return p.Words.Category(string(c)) }

// TimeOfDay is the time of day of an instant, to the second.
func (p page) TimeOfDay(t time.Time) string { return t.In(p.Zone).Format(time.TimeOnly) }

// Span tells a length of time in hours and minutes, such as "1 h 20 min"; less than a minute is a minute.
func (p page) Span(d time.Duration) string {
	if d > 0 && d < time.Minute {
		d = time.Minute
	}
	return p.HoursMinutes(d)
}

// render writes a page. Where its template fails it says so in one sentence.
func (s *server) render(w http.ResponseWriter, r *request, status int, name string, data any) {
	if err := s.templates.Write(w, status, name, data); err != nil {
		s.Log.ErrorContext(r.Context(), "a page cannot be rendered", "page", name, "error", err)
		http.Error(w, r.T("page-failed"), http.StatusInternalServerError)
	}
}

// failurePage says in one sentence what is wrong.
type failurePage struct {
	page
	Text string
	Form string // the page on which the form stood that was sent; empty: it is not known
}

// formOf is the page of this house from which a form was sent, by what the browser says of it.
func formOf(r *request) string {
	from, err := url.Parse(r.Referer())
	if r.Method != http.MethodPost || err != nil || from.Host == "" || from.Host != r.Host || !strings.HasPrefix(from.Path, "/") || strings.HasPrefix(from.Path, "//") {
		return ""
	}
	return from.RequestURI()
}

// showFailure answers with a page that says what is wrong.
func (s *server) showFailure(w http.ResponseWriter, r *request, status int, id string, values ...any) {
	r.Title = "page-failure"
	s.render(w, r, status, "failure", failurePage{r.page, r.T(id, values...), formOf(r)})
}

// answerError answers for an error of a store or of the desk.
func (s *server) answerError(w http.ResponseWriter, r *request, err error) {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		s.showFailure(w, r, http.StatusNotFound, "page-not-found")
	case errors.Is(err, tickets.ErrErased):
		s.showFailure(w, r, http.StatusGone, "page-not-found")
	case errors.Is(err, storage.ErrDown):
		s.Log.WarnContext(r.Context(), "a page without the store", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "5")
		s.showFailure(w, r, http.StatusServiceUnavailable, "page-store-down")
	case errors.Is(err, context.Canceled):
		s.showFailure(w, r, http.StatusRequestTimeout, "page-failed")
	default:
		s.Log.ErrorContext(r.Context(), "a page fails", "path", r.URL.Path, "error", err)
		s.showFailure(w, r, http.StatusInternalServerError, "page-failed")
	}
}
