package form

import (
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"hotline/prompts/translation"
	"hotline/web/ui"
)

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// page is a form.
type page struct {
	ui.View
	Back, BackName       string
	To                   string // where the form goes
	ID                   string // that a new one gets where nobody names it: a form that is sent twice makes one
	Version              string // that the form was shown with; empty: a new document
	Seen                 string // of which fields the preview is shown; empty: none is
	Groups               []group
	Problem              string
	Reason               *translation.Reason // what exactly
	Do, Try              string
	Removes, Wide, First bool
	Closed               bool // it is read alone
	Around

	title  string
	fields Fields
	status int
}

// Around is what stands on a page around the fields of its form.
type Around struct {
	Above, Beside template.HTML
	Preview       template.HTML // what the document would mean
	Question      template.HTML // that is asked before it is written
	Stands        template.HTML // what stands, where that is not told field by field
}

// one is a field, with what its template says it in.
type one struct {
	Field  Field
	View   ui.View
	Wide   bool
	Long   bool                // beside other fields it takes what room there is
	Reason *translation.Reason // of a field that cannot be right
}

// One gives a template one field of the form. A short text has no line of its own.
func (p page) One(f Field) one {
	o := one{Field: f, View: p.View, Wide: p.Wide && (f.Kind == Lines || f.Most > shortMost), Long: f.Kind == Lines || f.Kind == Text && f.Most > longMost}
	if f.Wrong {
		o.Reason = p.Reason
	}
	return o
}

// shortMost is how many characters a text may have at most that is as short as a time of day.
const shortMost = 6

// longMost is how many characters a text may have at most that a field of the usual width shows.
const longMost = 100

// called is how a complaint names a field.
func (f Field) called() string {
	if f.Group == "" || f.Group == f.Label {
		return f.Label
	}
	return f.Group + ", " + f.Label
}

// Mark is the attributes of a field that a complaint is about; it has the cursor.
func (f Field) Mark() template.HTMLAttr {
	if !f.Wrong {
		return ""
	}
	return `aria-invalid="true" aria-describedby="wrong" autofocus`
}

// Short is how wide a short text is shown; 0: as any other.
func (f Field) Short() int {
	if f.Most > shortMost {
		return 0
	}
	return f.Most
}

// Named tells whether people name the document themselves.
func (p page) Named() bool { return p.fields.Has("id") }

// refuse says which field cannot be right. The field of a part of the document, such as "numbers[2]", is that of the whole; one of several
// fields, such as those of a category's limits, is the first of them.
func (p *page) refuse(r *ui.Request, wrong *Refusal) {
	p.Problem, p.Reason, p.status = r.T("keeping-bad"), translation.Why(r.Words, r.Lang, wrong.Text), http.StatusUnprocessableEntity
	if wrong.Field == "" {
		return
	}
	whole, _, _ := strings.Cut(wrong.Field, "[")
	for _, is := range []func(name string) bool{
		func(name string) bool { return name == wrong.Field || name == whole },
		func(name string) bool { return strings.HasPrefix(name, whole+"-") },
	} {
		for i, f := range p.fields {
			if is(f.Name) {
				p.fields[i].Wrong = true
				p.Problem = r.T("keeping-bad-field", f.called())
				return
			}
		}
	}
}

func (p page) render() (*ui.Page, error) {
	p.Groups = p.fields.groups()
	shown, err := pages().Page("form", p.title, p)
	if err == nil {
		shown.Status = p.status
	}
	return shown, err
}

// group is fields that stand together. Without a legend they are beside no others.
type group struct {
	Legend       string
	Fields, More Fields
	Open         bool // what else there is of it is shown at once
}

// groups are the fields as the page shows them: those of one group together.
func (f Fields) groups() (list []group) {
	for _, one := range f {
		if len(list) == 0 || list[len(list)-1].Legend != one.Group {
			list = append(list, group{Legend: one.Group})
		}
		last := &list[len(list)-1]
		if one.More {
			last.More = append(last.More, one)
			last.Open = last.Open || one.Stands != "" || one.Wrong
		} else {
			last.Fields = append(last.Fields, one)
		}
	}
	return list
}

// words are the value of a field as people read it.
func (f Field) words(r *ui.Request) string {
	if f.Kind == Tick {
		return r.T(map[bool]string{true: "keeping-yes", false: "keeping-no"}[f.Value != ""])
	}
	var names []string
	for _, o := range f.Options {
		if f.Chosen(o.Value) {
			names = append(names, o.Name)
		}
	}
	return cmp.Or(strings.Join(names, ", "), f.Value, r.T("page-none"))
}

// against marks what stands differently meanwhile, and adds what stands only there. Secrets are compared by nobody: they are never shown.
func (f Fields) against(r *ui.Request, stands Fields) Fields {
	for i, one := range f {
		if one.compared() && stands.Value(one.Name) != one.Value {
			f[i].Stands = r.T("page-none")
			for _, other := range stands {
				if other.Name == one.Name {
					f[i].Stands = other.words(r)
				}
			}
		}
	}
	for _, other := range stands {
		if other.compared() && other.Value != "" && !f.Has(other.Name) { // a part that somebody added meanwhile: this form does not have it
			other.Stands, other.Value = other.words(r), ""
			f = append(f, other)
		}
	}
	return f
}

// compared tells whether a field is a part of the document that people see.
func (f Field) compared() bool {
	return !f.Loose && f.Kind != Secret && f.Kind != Note && f.Kind != Hidden
}

// Hint is a sentence of the catalogue that stands above a form.
func Hint(r *ui.Request, id string) template.HTML {
	return template.HTML("<p>" + template.HTMLEscapeString(r.T(id)) + "</p>\n")
}
