// Package nested is forms of documents that have parts which come again: the layers of a rota, the steps of an escalation policy, the rules
// of a contact. It shows them, reads them back, and shows what stands beside what was about to be written where somebody else was faster.
// Whoever asks for a form says by which kinds of fields it is made, and what may stand in them.
package nested

import (
	"cmp"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"hotline/directory/entry"
	"hotline/web/room"
)

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// Field is one part of a form. Kind is text, lines, choice, tick, number or wall, which is a day and a time by a clock on the wall.
type Field struct {
	Name, Label, Value string
	Kind               string
	Options            []Option // of a choice
	Least, Most        int      // the smallest and the greatest number; of a text the characters
	Needed             bool
	Text               string // what one should know of it
	Stands             string // what somebody else wrote meanwhile; empty: the same
}

// Option is one value of a choice, and what it is called.
type Option struct{ Value, Name string }

// Group is fields that belong together, under a title.
type Group struct {
	Title  string
	Text   string // what one should know of it
	Fields []Field
}

// Button is one way to send a form: its value stands in the field "do".
type Button struct {
	Value, Title string
	Second       bool // it is not what most people want
}

// Form is one document as people write it.
type Form struct {
	Back, BackName string // where it leads back
	To             string // where it goes
	Version        string // that it was shown with; empty: a new document
	ID             string // that a new one gets: a form that is sent twice makes one
	Groups         []Group
	Buttons        []Button
	Problem        string
	Reason         string // what exactly, in English
	Stale          bool
	Hint           string        // above the fields
	Before, After  template.HTML // what is shown above and below it
}

// NewID is one that nobody has.
func NewID() string { return strings.ToLower(rand.Text()[:12]) }

// Page shows a form in its frame.
func (f Form) Page(v room.View, title string, status int) (*room.Page, error) {
	p, err := pages().Page("form", title, struct {
		room.View
		Form
	}{v, f})
	if err == nil {
		p.Status = status
	}
	return p, err
}

// Refused shows a form that cannot be right. An error that is no [entry.Refusal] is given back: it is none of the form's.
func (f Form) Refused(r *room.Request, title string, err error) (*room.Page, error) {
	var wrong *entry.Refusal
	if !errors.As(err, &wrong) {
		return nil, err
	}
	f.Problem, f.Reason = r.T("keeping-bad"), wrong.Text
	for _, g := range f.Groups {
		for _, one := range g.Fields {
			if one.Name == wrong.Field {
				f.Problem = r.T("keeping-bad-field", strings.TrimPrefix(g.Title+", "+one.Label, ", "))
			}
		}
	}
	return f.Page(r.View, title, http.StatusUnprocessableEntity)
}

// Outdated shows what stands beside what was about to be written. The form has the version that stands now.
func (f Form) Outdated(r *room.Request, title string, stands []Group, version string) (*room.Page, error) {
	f.Problem, f.Stale, f.Version = r.T("keeping-stale"), true, version
	now := map[string]Field{}
	for _, g := range stands {
		for _, one := range g.Fields {
			now[one.Name] = one
		}
	}
	shown := map[string]bool{}
	for _, g := range f.Groups {
		for i, one := range g.Fields {
			shown[one.Name] = true
			if other := now[one.Name]; one.Value != other.Value {
				g.Fields[i].Stands = cmp.Or(other.words(r), r.T("page-none"))
			}
		}
	}
	for _, g := range stands {
		if len(g.Fields) == 0 || shown[g.Fields[0].Name] {
			continue
		}
		for i, one := range g.Fields { // a part that somebody added meanwhile: this form does not have it
			if one.Value != "" {
				g.Fields[i].Stands, g.Fields[i].Value = one.words(r), ""
			}
		}
		f.Groups = append(f.Groups, g)
	}
	return f.Page(r.View, title, http.StatusConflict)
}

// words are the value of a field as people read it.
func (f Field) words(r *room.Request) string {
	switch f.Kind {
	case "tick":
		if f.Value == "" {
			return r.T("keeping-no")
		}
		return r.T("keeping-yes")
	case "choice":
		for _, o := range f.Options {
			if o.Value == f.Value {
				return o.Name
			}
		}
	}
	return f.Value
}

// Count is how many parts of a name a form has, such as "layer": those whose first field, "layer-0-" and so on with mark, it sends. At
// most so many are counted.
func Count(r *room.Request, name, mark string, most int) int {
	n := 0
	for n < most && r.Form.Has(fmt.Sprintf("%s-%d-%s", name, n, mark)) {
		n++
	}
	return n
}

// Said puts what was sent into the fields.
func Said(r *room.Request, groups []Group) {
	for _, g := range groups {
		for i, one := range g.Fields {
			g.Fields[i].Value = r.FormValue(one.Name)
			if one.Kind != "choice" { // a choice is one of those that were offered, to the letter
				g.Fields[i].Value = strings.TrimSpace(g.Fields[i].Value)
			}
		}
	}
}

// Values are the values of the fields by their names. It refuses a choice that is none, and texts that are too long or, but for the kind
// lines, have more than one line.
func Values(groups []Group) (map[string]string, error) {
	values := map[string]string{}
	for _, g := range groups {
		for _, f := range g.Fields {
			values[f.Name] = f.Value
			if err := f.check(); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func (f Field) check() error {
	switch {
	case f.Needed && f.Value == "":
		return &entry.Refusal{Field: f.Name, Text: "it cannot be empty"}
	case f.Kind == "choice" && !f.offers(f.Value):
		return &entry.Refusal{Field: f.Name, Text: fmt.Sprintf("%q is not one of the choices", f.Value)}
	case (f.Kind == "text" || f.Kind == "lines") && len([]rune(f.Value)) > f.Most:
		return &entry.Refusal{Field: f.Name, Text: fmt.Sprintf("at most %d characters", f.Most)}
	case f.Kind == "text" && strings.ContainsFunc(f.Value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return &entry.Refusal{Field: f.Name, Text: "one line of text"}
	}
	return nil
}

// offers tells whether a value is one of the choices. No value at all is one, too: then a part is not written.
func (f Field) offers(value string) bool {
	if value == "" {
		return true
	}
	for _, o := range f.Options {
		if o.Value == value {
			return true
		}
	}
	return false
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// IDOf is the id that a form gives a new document; else an [entry.Refusal].
func IDOf(r *room.Request) (string, error) {
	id := r.FormValue("id")
	if !idForm.MatchString(id) {
		return "", &entry.Refusal{Field: "id", Text: "an id is 1 to 63 lower-case letters, digits, hyphens, points and underlines, and begins with a letter or a digit"}
	}
	return id, nil
}
