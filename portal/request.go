package portal

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"hotline/directory"
	"hotline/portal/access"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/storage"
	"hotline/web/ui"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// request is one request with who asks, and what every page shows.
type request struct {
	*http.Request
	page
	session  access.Session
	contract directory.Contract // of the session
	link     access.Link        // of the address
	secret   string             // of a link: its token
}

// page is what the frame of every page shows.
type page struct {
	ui.View
	Title    string // an id of the catalogue
	Here     string // the address of the page itself
	Company  string // the house's name; empty: it has none
	LoggedIn string // who is logged in; empty: nobody
	Nav      []place
}

// place is one entry of the navigation.
type place struct {
	Title, Path string
	Current     bool
}

// Languages are those that there are pages in.
func (p page) Languages() []prompts.Language { return prompts.Written() }

func (p *Portal) request(q *http.Request) *request {
	lang := ui.LanguageOf(q, p.Language())
	v := ui.View{Words: written.In(lang), Lang: lang, Now: p.Now(), Zone: p.Desk.Zone(), Can: func(string) bool { return false }}
	here := q.URL.RequestURI()
	if q.Method != http.MethodGet {
		here = "/portal"
	}
	r := &request{Request: q, page: page{View: v, Here: here}}
	if p.Company != nil {
		r.page.Company = p.Company()
	}
	return r
}

// chooseLanguage remembers a language, and goes back to the page.
func (p *Portal) chooseLanguage(w http.ResponseWriter, r *request) {
	ui.ChooseLanguage(w, r.Request, p.secure(r.Request))
	next := r.FormValue("next")
	if u, err := url.Parse(next); err != nil || u.Host != "" || next != "/portal" && !strings.HasPrefix(next, "/portal/") || strings.Contains(next, `\`) || path.Clean(u.Path) != u.Path {
		next = "/portal"
	}
	http.Redirect(w, r.Request, next, http.StatusSeeOther)
}

// secure tells whether a cookie goes over TLS alone: customers come by it, or this one has.
func (p *Portal) secure(q *http.Request) bool {
	return strings.HasPrefix(p.URL, "https://") || ui.Encrypted(q)
}

// render writes a page. Where its template fails it says so in one sentence.
func (p *Portal) render(w http.ResponseWriter, r *request, status int, name string, data any) {
	if err := p.templates.Write(w, status, name, data); err != nil {
		p.Log.ErrorContext(r.Context(), "a page of the portal cannot be rendered", "page", name, "error", err)
		http.Error(w, r.T("portal-failed"), http.StatusInternalServerError)
	}
}

// contentPage is a page that stands ready.
type contentPage struct {
	page
	Heading string
	Content template.HTML
}

// failurePage says in one sentence what is wrong.
type failurePage struct {
	page
	Text string
}

// showFailure answers with a page that says what is wrong.
func (p *Portal) showFailure(w http.ResponseWriter, r *request, status int, id string, values ...any) {
	r.Title = "portal-failure"
	p.render(w, r, status, "failure", failurePage{r.page, r.T(id, values...)})
}

// answerError answers for an error of a store or of the desk. What is not there and what is not the customer's look the same.
func (p *Portal) answerError(w http.ResponseWriter, r *request, err error) {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		p.showFailure(w, r, http.StatusNotFound, "portal-not-found")
	case errors.Is(err, storage.ErrDown):
		p.Log.WarnContext(r.Context(), "a page of the portal without the store", "route", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "5")
		p.showFailure(w, r, http.StatusServiceUnavailable, "portal-store-down")
	case errors.Is(err, context.Canceled):
		p.showFailure(w, r, http.StatusRequestTimeout, "portal-failed")
	default:
		p.Log.ErrorContext(r.Context(), "a page of the portal fails", "route", r.Pattern, "error", err)
		p.showFailure(w, r, http.StatusInternalServerError, "portal-failed")
	}
}

// allow lets pass who may use a route.
func (p *Portal) allow(one route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r := p.request(q)
		q.Body = http.MaxBytesReader(w, q.Body, cmp.Or(one.most, formMost))
		if status := ui.Unfit(q, q.ParseForm()); status != 0 {
			p.showFailure(w, r, status, "portal-not-plain")
			return
		}
		if !p.mayAsk(q, r.Now) {
			w.Header().Set("Retry-After", "60")
			p.showFailure(w, r, http.StatusTooManyRequests, "portal-busy")
			return
		}
		err := error(nil)
		switch one.entry {
		case customer:
			err = p.identify(r)
		case link:
			err = p.follow(r)
		}
		switch {
		case errors.Is(err, errNobody):
			http.Redirect(w, q, "/portal/login", http.StatusSeeOther)
		case err != nil:
			p.answerError(w, r, err)
		default:
			one.serve(w, r)
		}
	})
}

// static serves our own files.
func (p *Portal) static(w http.ResponseWriter, r *request) {
	if !ui.ServeFile(w, r.Request, staticFiles, r.PathValue("file")) {
		p.showFailure(w, r, http.StatusNotFound, "portal-not-found")
	}
}
