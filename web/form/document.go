// Package form is the pages on which documents are written one at a time, whatever the document is. A room says what the fields of its
// documents are and what they mean; the rest is here. A document may have parts that come again ([Parts]). A form names the version that
// it was shown with: where somebody else was faster, the page shows what stands beside what was about to be written, and nothing was saved.
package form

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"hotline/audit"
	"hotline/storage"
	"hotline/web/ui"
)

// Document is how documents of one kind are shown and written. From, Delete, Wrote and Ask may be nil, as all of Looks and Shows.
type Document[T any] struct {
	Kind            string // as the log has it, such as "heartbeat"
	Path            string // of its forms, such as "/heartbeats"
	List, ListTitle string // where its pages lead back to, and that page's title: an id of the catalogue
	New             string // title of the form of a new one: an id of the catalogue
	// ID is which document an address names; empty: a new one. Nil: what stands in the address as "id".
	ID      func(r *ui.Request) string
	Read    func(ctx context.Context, id string) (T, error)
	Put     func(ctx context.Context, v T) (T, error)
	Delete  func(r *ui.Request, id string, version int) error
	Version func(v T) int
	// Fields are those of a document; of a new one, which is what From says, they have a field "id" where people name it.
	Fields func(r *ui.Request, v T) (Fields, error)
	From   func(r *ui.Request) (T, error) // a new one, as its form begins; nil: the zero value
	// Said is the document of an id as a form says it, in the place of the one that stands, with its version: else a *Refusal, or an
	// error of a store.
	Said func(r *ui.Request, id string, f Fields, stands T) (T, error)
	// Ask is what is asked before a document is written: a text with buttons, which stands in the place of the others; empty: nothing.
	Ask func(r *ui.Request, next T) (template.HTML, error)
	// Wrote follows a document that was written in the place of another one. It gives the address to which the form leads, or a page.
	Wrote func(r *ui.Request, was, made T) (to string, answer *ui.Page, err error)
	Looks[T]
	Shows[T]
	Log *slog.Logger
}

// Looks is how what a document would mean is looked at before it is written.
type Looks[T any] struct {
	Preview func(r *ui.Request, v T, f Fields) (template.HTML, error) // nothing is written
	Try     string                                                    // what the button of the preview says: an id of the catalogue
	// Must tells whether a document is shown by Preview before it is written. A form that was shown so says it.
	Must func(stands, next T) bool
	// First is a form whose first button is that of the preview, which stands below it, in the place of what is shown beside the document.
	First bool
}

// Shows is what a page shows around the fields of a form.
type Shows[T any] struct {
	Place  func(r *ui.Request, v T) Place
	Above  func(r *ui.Request, v T) (template.HTML, error) // above the form
	Beside func(r *ui.Request, v T) (template.HTML, error) // below the form of a document that stands
	// Stands tells what stands in the place of a document that was about to be written, where that cannot be told field by field.
	Stands  func(r *ui.Request, v T) (template.HTML, error)
	Wide    bool   // each text of a part has a line of its own
	Removal bool   // what Beside shows has the form that removes the document
	Writes  string // the route of who may write what stands, where others read it; empty: whoever sees the form writes
}

// Place is where the form of a document is, and where its page leads back to. What is empty is as the document has it.
type Place struct{ Title, To, Back, BackName string }

// draft is a document on its way to be written.
type draft[T any] struct {
	page
	stands T // the zero value for a new one, or what From says
	now    Fields
}

// newID is one that nobody has.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// Form shows the form of a document, or of a new one.
func (d Document[T]) Form(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	w, err := d.begin(r)
	if err != nil {
		return nil, err
	}
	return d.show(r, w)
}

// begin is the form of the document of an address; of a new one where the address names none.
func (d Document[T]) begin(r *ui.Request) (w draft[T], err error) {
	id := r.PathValue("id")
	if d.ID != nil {
		id = d.ID(r)
	}
	w.page = page{View: r.View, To: d.Path, Back: d.List, ID: newID(), Wide: d.Wide, First: d.First}
	at := Place{}
	switch {
	case id != "":
		if w.stands, err = d.Read(r.Context(), id); err != nil {
			return w, fmt.Errorf("reading %s %s: %w", d.Kind, id, err)
		}
		w.To, w.title, w.ID, w.Version = d.Path+"/"+id, id, id, strconv.Itoa(d.Version(w.stands))
	case d.From != nil:
		if w.stands, err = d.From(r); err != nil {
			return w, fmt.Errorf("beginning a %s: %w", d.Kind, err)
		}
	}
	if d.Place != nil {
		at = d.Place(r, w.stands)
	}
	w.To, w.Back = cmp.Or(at.To, w.To), cmp.Or(at.Back, w.Back)
	if w.title = cmp.Or(at.Title, w.title); w.title == "" {
		w.title = r.T(d.New)
	}
	if w.BackName = at.BackName; w.BackName == "" {
		w.BackName = r.T(d.ListTitle)
	}
	w.fields, err = d.Fields(r, w.stands)
	w.now = append(Fields{}, w.fields...)
	return w, err
}

// show shows a form with what stands around it.
func (d Document[T]) show(r *ui.Request, w draft[T]) (p *ui.Page, err error) {
	w.Do, w.Closed = r.T("keeping-save"), d.Writes != "" && !r.May(d.Writes)
	w.Removes = w.Version != "" && d.Delete != nil && !d.Removal && r.May("POST "+d.Path+"/{id}/remove")
	if d.Preview != nil {
		w.Try = r.T(d.Try)
	}
	if d.Above != nil {
		if w.Above, err = d.Above(r, w.stands); err != nil {
			return nil, err
		}
	}
	if w.Version != "" && d.Beside != nil && (!d.First || w.Preview == "") {
		if w.Beside, err = d.Beside(r, w.stands); err != nil {
			return nil, err
		}
	}
	return w.render()
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// named is the id that a form gives its document.
func (p *page) named(r *ui.Request) error {
	if p.Version != "" {
		return nil
	}
	p.ID = strings.TrimSpace(r.FormValue("id"))
	if !idForm.MatchString(p.ID) { // as the API has it
		return &Refusal{Field: "id", Text: "an id is 1 to 63 lower-case letters, digits, hyphens, points and underlines, and begins with a letter or a digit"}
	}
	return nil
}

// Write writes a document as its form says it, or shows what it would mean.
func (d Document[T]) Write(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p, err := d.begin(r)
	if err != nil {
		return nil, err
	}
	wrong := p.fields.said(r)
	if err := p.named(r); wrong == nil {
		wrong = err
	}
	var next T
	if wrong == nil {
		next, wrong = d.Said(r, p.ID, p.fields, p.stands)
	}
	if wrong != nil {
		return d.refused(r, p, wrong)
	}
	if p.Version != r.FormValue("version") {
		return d.stale(r, p)
	}
	if d.looks(r, p, next) {
		p.Seen = p.fields.digest()
		if p.Preview, err = d.Preview(r, next, p.fields); err != nil {
			return d.refused(r, p, err)
		}
		return d.show(r, p)
	}
	if d.Ask != nil {
		if p.Question, err = d.Ask(r, next); err != nil {
			return nil, err
		}
		if p.Question != "" {
			return d.show(r, p)
		}
	}
	return d.put(w, r, p, next)
}

// looks tells whether a form is shown and not written yet.
func (d Document[T]) looks(r *ui.Request, p draft[T], next T) bool {
	do := r.FormValue("do")
	switch {
	case d.Preview == nil:
		return false
	case d.First:
		return do != "save"
	}
	return do == "try" || d.Must != nil && d.Must(p.stands, next) && r.FormValue("seen") != p.fields.digest()
}

func (d Document[T]) put(w http.ResponseWriter, r *ui.Request, p draft[T], next T) (*ui.Page, error) {
	made, err := p.stands, error(nil)
	if changed := p.Version == "" || !audit.Same(p.stands, next); changed {
		made, err = d.Put(r.Context(), next)
	}
	var wrong *Refusal
	switch {
	case errors.Is(err, storage.ErrExists) && p.fields.Has("id"):
		p.Problem, p.status = r.T("form-exists", p.ID), http.StatusConflict
		return d.show(r, p)
	case errors.Is(err, storage.ErrExists) && p.Version == "": // the form is sent twice: what it made stands
		made = next
	case errors.Is(err, storage.ErrConflict) && p.Version != "", errors.Is(err, storage.ErrExists):
		return d.stale(r, p)
	case errors.As(err, &wrong):
		return d.refused(r, p, wrong)
	case err != nil:
		return nil, fmt.Errorf("writing %s %s: %w", d.Kind, p.ID, err)
	}
	to, answer := d.List, (*ui.Page)(nil)
	if d.Wrote != nil {
		if to, answer, err = d.Wrote(r, p.stands, made); err != nil {
			return nil, fmt.Errorf("having written %s %s: %w", d.Kind, p.ID, err)
		}
	}
	d.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", d.Kind+" "+p.ID)
	if answer != nil {
		return answer, nil
	}
	return leads(w, r, to)
}

func leads(w http.ResponseWriter, r *ui.Request, to string) (*ui.Page, error) {
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil, nil
}

// refused shows a form whose fields cannot be right.
func (d Document[T]) refused(r *ui.Request, p draft[T], err error) (*ui.Page, error) {
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
func (d Document[T]) stale(r *ui.Request, p draft[T]) (_ *ui.Page, err error) {
	if p.Version != "" { // what stands may have come between reading and writing
		if p.stands, err = d.Read(r.Context(), p.ID); err != nil {
			return nil, fmt.Errorf("reading %s %s: %w", d.Kind, p.ID, err)
		}
		if p.now, err = d.Fields(r, p.stands); err != nil {
			return nil, err
		}
		p.Version = strconv.Itoa(d.Version(p.stands))
	}
	p.Problem, p.status = r.T("keeping-stale"), http.StatusConflict
	if d.Stands == nil {
		p.fields = p.fields.against(r, p.now)
	} else if p.Stands, err = d.Stands(r, p.stands); err != nil {
		return nil, err
	}
	return d.show(r, p)
}

// Remove removes a document in the version that the form was shown with.
func (d Document[T]) Remove(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p, err := d.begin(r)
	if errors.Is(err, storage.ErrNotFound) && r.FormValue("version") != "" { // somebody else has removed it
		return leads(w, r, d.List)
	}
	if err != nil {
		return nil, err
	}
	version, err := strconv.Atoi(r.FormValue("version"))
	if err == nil && version == d.Version(p.stands) {
		err = d.Delete(r, p.ID, version)
	} else {
		err = storage.ErrConflict
	}
	var refused *ui.Refusal
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
