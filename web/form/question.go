package form

import (
	"errors"
	"html/template"

	"hotline/web/ui"
)

// Question is a form that writes no document: it asks something, and the page answers.
type Question struct {
	To              string // where the form goes
	Back, BackTitle string // where its page leads back to, and that page's title: an id of the catalogue
	Title, Do       string // of the page and of its button: ids of the catalogue
	Fields          func(r *ui.Request) (Fields, error)
}

// Asks shows the form of a question. answer gives what is shown above it, by what the form says; a *Refusal is told as one. Nil: the form was
// not sent yet.
func Asks(r *ui.Request, q Question, answer func(f Fields) (template.HTML, error)) (*ui.Page, error) {
	fields, err := q.Fields(r)
	if err != nil {
		return nil, err
	}
	p := page{View: r.View, To: q.To, Back: q.Back, BackName: r.T(q.BackTitle), Do: r.T(q.Do), title: r.T(q.Title), fields: fields}
	if answer != nil {
		if err = fields.said(r); err == nil {
			p.Preview, err = answer(fields)
		}
		var wrong *Refusal
		if errors.As(err, &wrong) {
			p.refuse(r, wrong)
		} else if err != nil {
			return nil, err
		}
	}
	return p.render()
}

// Read puts what a form says into fields that a page of its own shows, and gives the first complaint: a *Refusal.
func Read(r *ui.Request, fields Fields) (Fields, error) { return fields, fields.said(r) }
