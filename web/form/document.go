// Package form is the pages on which documents are written one at a time, whatever the document is. A room says what the fields of its
// documents are and what they mean; the rest is here. A form names the version that it was shown with: where somebody else was faster,
// the page shows what stands beside what was about to be written, and nothing was saved.
package form

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"hotline/storage"
	"hotline/web/room"
)

// Document is how documents of one kind are shown and written. Preview, Beside, Wrote and Delete may be nil; everything else is required.
type Document[T any] struct {
	Kind            string // as the log has it, such as "heartbeat"
	Path            string // of its forms, such as "/heartbeats"
	List, ListTitle string // where its pages lead back to, and that page's title: an id of the catalogue
	New             string // title of the form of a new one: an id of the catalogue
	Read            func(ctx context.Context, id string) (T, error)
	Put             func(ctx context.Context, v T) (T, error)
	Delete          func(r *room.Request, id string, version int) error
	Version         func(v T) int
	// Fields are those of a document; of a new one, which is what From says, they have a field "id" where people name it.
	Fields func(r *room.Request, v T) (Fields, error)
	From   func(r *room.Request) T // a new one, as its form begins; nil: the zero value
	// Said is the document of an id as a form says it, in the place of the one that stands, with its version: else a *Refusal, or an
	// error of a store.
	Said func(r *room.Request, id string, f Fields, stands T) (T, error)
	// Preview is what a document would mean; nothing is written.
	Preview func(r *room.Request, v T, f Fields) (template.HTML, error)
	Try     string // what the button of the preview says: an id of the catalogue
	// Must tells whether a document is shown by Preview before it is written. A form that was shown so says it.
	Must func(stands, next T) bool
	// Beside is what is shown below the form of a document that stands.
	Beside func(r *room.Request, v T) (template.HTML, error)
	// Wrote follows a document that was written in the place of another one. It gives the address to which the form leads, or a page.
	Wrote func(r *room.Request, was, made T) (to string, answer *room.Page, err error)
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// page is a form.
type page struct {
	room.View
	Back, BackName string
	To             string // where the form goes
	ID             string // that a new one gets where nobody names it: a form that is sent twice makes one
	Version        string // that the form was shown with; empty: a new document
	Seen           string // of which fields the preview is shown; empty: none is
	Groups         []group
	Problem        string
	Reason         string // what exactly, in English
	Do, Try        string
	Removes        bool
	Preview        template.HTML
	Beside         template.HTML

	title  string
	fields Fields
	status int
}

func (d Document[T]) show(r *room.Request, p page) (*room.Page, error) {
	p.View, p.Back, p.BackName, p.Do = r.View, d.List, r.T(d.ListTitle), r.T("keeping-save")
	p.Removes = p.Version != "" && d.Delete != nil && r.May("POST "+d.Path+"/{id}/remove")
	if d.Preview != nil {
		p.Try = r.T(d.Try)
	}
	return p.render()
}

// Form shows the form of a new document.
func (d Document[T]) Form(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p, _, err := d.begin(r)
	if err != nil {
		return nil, err
	}
	return d.show(r, p)
}

// begin is the form of the document of an address; of a new one where the address names none.
func (d Document[T]) begin(r *room.Request) (p page, stands T, err error) {
	id := r.PathValue("id")
	p = page{To: d.Path, title: r.T(d.New), ID: strings.ToLower(rand.Text()[:12])}
	if id != "" {
		if stands, err = d.Read(r.Context(), id); err != nil {
			return p, stands, fmt.Errorf("reading %s %s: %w", d.Kind, id, err)
		}
		p.To, p.title, p.ID, p.Version = d.Path+"/"+id, id, id, strconv.Itoa(d.Version(stands))
	} else if d.From != nil {
		stands = d.From(r)
	}
	if p.fields, err = d.Fields(r, stands); err != nil || id == "" || d.Beside == nil {
		return p, stands, err
	}
	p.Beside, err = d.Beside(r, stands)
	return p, stands, err
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// named is the id that a form gives its document.
func (p *page) named(r *room.Request) error {
	if p.Version != "" {
		return nil
	}
	p.ID = strings.TrimSpace(r.FormValue("id"))
	if !idForm.MatchString(p.ID) { // as the API has it
		return &Refusal{"id", "an id is 1 to 63 lower-case letters, digits, hyphens, points and underlines, and begins with a letter or a digit"}
	}
	return nil
}

// Write writes a document as its form says it, or shows what it would mean.
func (d Document[T]) Write(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p, stands, err := d.begin(r)
	if err != nil {
		return nil, err
	}
	now := append(Fields{}, p.fields...)
	fields, wrong := p.fields.said(r)
	p.fields = fields
	if err := p.named(r); wrong == nil {
		wrong = err
	}
	var next T
	if wrong == nil {
		next, wrong = d.Said(r, p.ID, p.fields, stands)
	}
	if wrong != nil {
		return d.refused(r, p, wrong)
	}
	if p.Version != r.FormValue("version") {
		return d.stale(r, p, now)
	}
	if asks := r.FormValue("do") == "try"; d.Preview != nil && (asks || d.Must != nil && d.Must(stands, next) && r.FormValue("seen") != p.fields.digest()) {
		p.Seen = p.fields.digest()
		if p.Preview, err = d.Preview(r, next, p.fields); err != nil {
			return d.refused(r, p, err)
		}
		return d.show(r, p)
	}
	return d.put(w, r, p, stands, next, now)
}

func (d Document[T]) put(w http.ResponseWriter, r *room.Request, p page, stands, next T, now Fields) (*room.Page, error) {
	made, err := d.Put(r.Context(), next)
	switch {
	case errors.Is(err, storage.ErrExists) && p.fields.Has("id"):
		p.Problem, p.status = r.T("form-exists", p.ID), http.StatusConflict
		return d.show(r, p)
	case errors.Is(err, storage.ErrExists): // the form is sent twice: what it made stands
		return leads(w, r, d.List)
	case errors.Is(err, storage.ErrConflict) && p.Version != "":
		return d.stale(r, p, now)
	case err != nil:
		return nil, fmt.Errorf("writing %s %s: %w", d.Kind, p.ID, err)
	}
	d.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", d.Kind+" "+p.ID)
	if d.Wrote == nil {
		return leads(w, r, d.List)
	}
	to, answer, err := d.Wrote(r, stands, made)
	if answer != nil || err != nil {
		return answer, err
	}
	return leads(w, r, to)
}

func leads(w http.ResponseWriter, r *room.Request, to string) (*room.Page, error) {
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil, nil
}

// refused shows a form whose fields cannot be right.
func (d Document[T]) refused(r *room.Request, p page, err error) (*room.Page, error) {
	var wrong *Refusal
	if !errors.As(err, &wrong) {
		return nil, err
	}
	if p.Version != "" {
		p.Version = r.FormValue("version") // it is judged again when it is sent again
	}
	p.refuse(r, wrong)
	return d.show(r, p)
}

// stale shows what stands beside what was about to be written. The form has the version that stands now.
func (d Document[T]) stale(r *room.Request, p page, now Fields) (*room.Page, error) {
	if p.Version != "" { // what stands may have come between reading and writing
		v, err := d.Read(r.Context(), p.ID)
		if err != nil {
			return nil, fmt.Errorf("reading %s %s: %w", d.Kind, p.ID, err)
		}
		if now, err = d.Fields(r, v); err != nil {
			return nil, err
		}
		p.Version = strconv.Itoa(d.Version(v))
	}
	p.Problem, p.status = r.T("keeping-stale"), http.StatusConflict
	p.fields.against(r, now)
	return d.show(r, p)
}

// Remove removes a document in the version that the form was shown with.
func (d Document[T]) Remove(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p, stands, err := d.begin(r)
	if err != nil {
		return nil, err
	}
	version, err := strconv.Atoi(r.FormValue("version"))
	if err == nil && version == d.Version(stands) {
		err = d.Delete(r, p.ID, version)
	} else {
		err = storage.ErrConflict
	}
	var refused *room.Refusal
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case errors.Is(err, storage.ErrConflict):
		p.Problem, p.status = r.T("form-not-removed"), http.StatusConflict
		return d.show(r, p)
	case err != nil && !errors.Is(err, storage.ErrNotFound): // somebody else has removed it at the same time
		return nil, fmt.Errorf("removing %s %s: %w", d.Kind, p.ID, err)
	}
	d.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", d.Kind+" "+p.ID+" removed")
	return leads(w, r, d.List)
}

// one is a field, with what its template says it in.
type one struct {
	Field Field
	View  room.View
}

// One gives a template one field of the form.
func (p page) One(f Field) one { return one{f, p.View} }

// Named tells whether people name the document themselves.
func (p page) Named() bool { return p.fields.Has("id") }
