// Package resubmit keeps what somebody typed into a form whose session had ended when it was sent. The login page carries it in a hidden field,
// and the page after the login has it as a form again, which goes where the first one went. Nothing is stored, and nothing is written
// before somebody who is logged in sends it. Passwords, codes and other secrets are never carried: what is hidden stands in the page.
//
// It starts no goroutine.
package resubmit

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Most is what is carried of a form, in octets of its encoding. The login page encodes it once more, and its form has room for that.
const Most = 64 << 10

// Form is a form that waits for the login. The zero value is none.
type Form struct {
	To     string // its address, without the host
	Fields []Field
	Secret bool // something secret was left out
}

// Field is one field as it was sent.
type Field struct{ Name, Value string }

// Secret tells whether a field is never carried.
func Secret(name string) bool {
	return slices.Contains([]string{"password", "old", "new", "code", "pin", "secret"}, name) || strings.HasPrefix(name, "secret.") || strings.HasPrefix(name, "secret-text-")
}

// Of is the form of a request that was parsed; false where it has no fields, or is too large, or has files.
func Of(q *http.Request) (f Form, ok bool) {
	f, ok = of(q.URL.RequestURI(), q.PostForm)
	return f, ok && q.MultipartForm == nil && len(f.Text()) <= Most
}

// Read reads what the login page carried: the address and the text of the fields; the zero value for nothing.
func Read(to, text string) Form {
	values, err := url.ParseQuery(text)
	if err != nil || len(text) > Most {
		return Form{}
	}
	f, ok := of(to, values)
	if !ok {
		return Form{}
	}
	return f
}

// lost is the field in which the text says that something secret was left out.
const lost = "kept-secret"

func of(to string, values url.Values) (f Form, ok bool) {
	f.To, f.Secret = to, values.Has(lost)
	for name, list := range values {
		for _, value := range list {
			switch {
			case name == lost:
			case !Secret(name):
				f.Fields = append(f.Fields, Field{name, value})
			case value != "":
				f.Secret = true
			}
		}
	}
	slices.SortStableFunc(f.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return f, len(f.Fields) > 0
}

// Text is the fields as the login page carries them.
func (f Form) Text() string {
	values := url.Values{}
	for _, one := range f.Fields {
		values.Add(one.Name, one.Value)
	}
	if f.Secret {
		values.Set(lost, "yes")
	}
	return values.Encode()
}

// Typed are the fields that people typed or chose, so that they see what they send: not those that say of which version the form was.
func (f Form) Typed() (list []Field) {
	for _, one := range f.Fields {
		if one.Value != "" && !slices.Contains([]string{"version", "id", "do", "seen", "draft"}, one.Name) {
			list = append(list, one)
		}
	}
	return list
}
