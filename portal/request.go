package portal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"hotline/admin/middleware"
	"hotline/directory"
	"hotline/portal/access"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/storage"
	"hotline/web/room"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// templates are the pages by name, each with the frame around it.
type templates map[string]*template.Template

func parse() templates {
	t := templates{}
	entries, _ := pageFiles.ReadDir("pages")
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".html"); name != "layout" && name != "parts" {
			t[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/parts.html", "pages/"+e.Name()))
		}
	}
	return t
}

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
	room.View
	Title    string // an id of the catalogue
	Here     string // the address of the page itself
	LoggedIn string // who is logged in; empty: nobody
	Nav      []place
}

// place is one entry of the navigation.
type place struct {
	Title, Path string
	Current     bool
}

// Languages are those that there are.
func (p page) Languages() []prompts.Language { return prompts.Languages() }

const languageCookie = "hotline_language" // the one of the staff's pages, so that a choice is made once

func (p *Portal) request(q *http.Request) *request {
	lang := p.languageOf(q)
	v := room.View{Words: written.In(lang), Lang: lang, Now: p.Now(), Zone: p.Desk.Zone(), Can: func(string) bool { return false }}
	here := q.URL.RequestURI()
	if q.Method != http.MethodGet {
		here = "/portal"
	}
	return &request{Request: q, page: page{View: v, Here: here}}
}

// languageOf is the language that was chosen, else the one that the browser asks for, else the house's.
func (p *Portal) languageOf(q *http.Request) prompts.Language {
	if c, err := q.Cookie(languageCookie); err == nil && slices.Contains(prompts.Languages(), prompts.Language(c.Value)) {
		return prompts.Language(c.Value)
	}
	if wanted, _, err := language.ParseAcceptLanguage(q.Header.Get("Accept-Language")); err == nil {
		for _, tag := range wanted { // in the order of their weights
			base, _ := tag.Base()
			if lang := prompts.Language(base.String()); slices.Contains(prompts.Languages(), lang) {
				return lang
			}
		}
	}
	if p.Language != "" {
		return p.Language
	}
	return prompts.Italian
}

// languageTime is how long a chosen language is remembered.
const languageTime = 365 * 24 * time.Hour

func (p *Portal) chooseLanguage(w http.ResponseWriter, r *request) {
	if lang := r.FormValue("language"); slices.Contains(prompts.Languages(), prompts.Language(lang)) {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: int(languageTime / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r.Request)})
	}
	next := r.FormValue("next")
	if u, err := url.Parse(next); err != nil || u.Host != "" || next != "/portal" && !strings.HasPrefix(next, "/portal/") || strings.Contains(next, `\`) || path.Clean(u.Path) != u.Path {
		next = "/portal"
	}
	http.Redirect(w, r.Request, next, http.StatusSeeOther)
}

// secure tells whether a cookie goes over TLS alone: customers come by it, or this one has.
func (p *Portal) secure(q *http.Request) bool {
	return strings.HasPrefix(p.URL, "https://") || room.Encrypted(q)
}

// render writes a page. A template that fails gives no half of a page.
func (p *Portal) render(w http.ResponseWriter, r *request, status int, name string, data any) {
	var b bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&b, "layout", data); err != nil {
		p.Log.ErrorContext(r.Context(), "a page of the portal cannot be rendered", "page", name, "error", err)
		http.Error(w, r.T("portal-failed"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that has gone needs no page
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

func (p *Portal) fail(w http.ResponseWriter, r *request, status int, id string, values ...any) {
	r.Title = "portal-failure"
	p.render(w, r, status, "failure", failurePage{r.page, r.T(id, values...)})
}

// failed answers for an error of a store or of the desk. What is not there and what is not the customer's look the same.
func (p *Portal) failed(w http.ResponseWriter, r *request, err error) {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		p.fail(w, r, http.StatusNotFound, "portal-not-found")
	case errors.Is(err, storage.ErrDown):
		p.Log.WarnContext(r.Context(), "a page of the portal without the store", "route", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "5")
		p.fail(w, r, http.StatusServiceUnavailable, "portal-store-down")
	case errors.Is(err, context.Canceled):
		p.fail(w, r, http.StatusRequestTimeout, "portal-failed")
	default:
		p.Log.ErrorContext(r.Context(), "a page of the portal fails", "route", r.Pattern, "error", err)
		p.fail(w, r, http.StatusInternalServerError, "portal-failed")
	}
}

// allow lets pass who may use a route.
func (p *Portal) allow(one route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r := p.request(q)
		q.Body = http.MaxBytesReader(w, q.Body, cmp.Or(one.most, formMost))
		if status := unfit(q); status != 0 {
			p.fail(w, r, status, "portal-not-plain")
			return
		}
		if !p.mayAsk(q, r.Now) {
			w.Header().Set("Retry-After", "60")
			p.fail(w, r, http.StatusTooManyRequests, "portal-busy")
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
			p.failed(w, r, err)
		default:
			one.serve(w, r)
		}
	})
}

// unfit is the status of a request that cannot be read; 0: it is fit.
func unfit(q *http.Request) int {
	var large *http.MaxBytesError
	switch err := q.ParseForm(); {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case err != nil || !middleware.Plain(q.URL.Path):
		return http.StatusBadRequest
	}
	for name, values := range q.Form {
		if !middleware.Plain(name + strings.Join(values, "")) {
			return http.StatusUnprocessableEntity
		}
	}
	return 0
}

// static serves our own files. A browser asks each time whether they are still the same.
func (p *Portal) static(w http.ResponseWriter, r *request) {
	content, err := staticFiles.ReadFile("static/" + r.PathValue("file"))
	if err != nil {
		p.fail(w, r, http.StatusNotFound, "portal-not-found")
		return
	}
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r.Request, r.PathValue("file"), time.Time{}, bytes.NewReader(content))
}
