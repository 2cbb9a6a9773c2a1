package send

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"hotline/outbox"
)

// Template is a form of request that ships with the program.
type Template struct {
	Name    string            `json:"name"`
	About   string            `json:"about"`
	Values  map[string]string `json:"values"`  // what must or may be given, and what it is; one that begins with "optional" may be left out
	Secrets map[string]string `json:"secrets"` // the same, never shown again
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

//go:embed templates/*.json
var files embed.FS

// shipped are the templates by name. It panics where one cannot be read, which every test finds.
var shipped = sync.OnceValue(func() map[string]Template {
	all := map[string]Template{}
	names, _ := files.ReadDir("templates") // it is there, or this would not compile
	for _, f := range names {
		text, err := files.ReadFile(path.Join("templates", f.Name()))
		var t Template
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err == nil {
			err = Check(t.request())
		}
		if err != nil {
			panic("template " + f.Name() + ": " + err.Error())
		}
		all[t.Name] = t
	}
	return all
})

// Templates are those that ship, by name.
func Templates() []Template {
	return slices.SortedFunc(maps.Values(shipped()), func(a, b Template) int { return cmp.Compare(a.Name, b.Name) })
}

func (t Template) request() outbox.Request {
	return outbox.Request{Method: t.Method, URL: t.URL, Headers: t.Headers, Body: t.Body}
}

// requestOf is the template of an endpoint's requests.
func requestOf(e outbox.Endpoint) (outbox.Request, error) {
	if e.Template == outbox.Own {
		return e.Request, nil
	}
	t, ok := shipped()[e.Template]
	if !ok {
		return outbox.Request{}, fmt.Errorf("there is no template %q", e.Template)
	}
	return t.request(), nil
}

// Lacks names what an endpoint's template needs and the endpoint does not have; empty: nothing.
func Lacks(e outbox.Endpoint) string {
	t := shipped()[e.Template]
	for _, part := range []struct{ given, needs map[string]string }{{e.Values, t.Values}, {e.Secrets, t.Secrets}} {
		for _, name := range slices.Sorted(maps.Keys(part.needs)) {
			if part.given[name] == "" && !strings.HasPrefix(part.needs[name], "optional") {
				return name
			}
		}
	}
	return ""
}

// partMost is how long a part of a request may become.
const partMost = 64 << 10

// functions are what templates may call: all of them make text of text.
func functions() template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			text, err := json.Marshal(v)
			return string(text), err
		},
		"query": func(v any) string { return url.QueryEscape(fmt.Sprint(v)) },
		"path":  func(v any) string { return url.PathEscape(fmt.Sprint(v)) },
		"first": func(n int, v any) string { // so many characters
			text := fmt.Sprint(v)
			for n = max(n, 0); utf8.RuneCountInString(text) > n; {
				_, size := utf8.DecodeLastRuneInString(text)
				text = text[:len(text)-size]
			}
			return text
		},
		"in": func(v any, list ...any) bool { return slices.Contains(list, v) },
	}
}

// parsed reads one part of a request.
func parsed(name, text string) (*template.Template, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(t.Templates()) > 1 {
		return nil, fmt.Errorf("%s: templates inside a template are not taken", name)
	}
	if t.Tree != nil {
		if err := brief(t.Root, deepest); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// deepest is how many lists may be walked through inside each other: a message has lists of a few lines, so no request takes long.
const deepest = 2

// brief refuses what could run for long: many lists inside each other, lists that are no part of a message, and templates that call
// templates.
func brief(n parse.Node, deep int) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, inner := range n.Nodes {
			if err := brief(inner, deep); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return errors.Join(brief(n.List, deep), brief(n.ElseList, deep))
	case *parse.WithNode:
		return errors.Join(brief(n.List, deep), brief(n.ElseList, deep))
	case *parse.RangeNode:
		if deep == 0 {
			return errors.New("more than two lists are walked through inside each other")
		}
		if len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 || !partOfMessage(n.Pipe.Cmds[0].Args[0]) {
			return errors.New("only lists of the message can be walked through, such as .ticket.clocks")
		}
		return errors.Join(brief(n.List, deep-1), brief(n.ElseList, deep))
	case *parse.TemplateNode:
		return errors.New("templates inside a template are not taken")
	}
	return nil
}

// partOfMessage tells whether what is walked through stands in the message, and is no number.
func partOfMessage(n parse.Node) bool {
	if v, ok := n.(*parse.VariableNode); ok {
		return v.Ident[0] == "$" && len(v.Ident) > 1
	}
	_, field := n.(*parse.FieldNode)
	return field
}

// Check finds what cannot be read in a request's templates.
func Check(r outbox.Request) error {
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, r.Method) {
		return fmt.Errorf("method: %q is none of GET, POST and PUT", r.Method)
	}
	if !strings.HasPrefix(r.URL, "http://") && !strings.HasPrefix(r.URL, "https://") && !strings.HasPrefix(r.URL, "{{") {
		return errors.New("url: it begins neither with http:// nor with https://, nor with a value")
	}
	parts := map[string]string{"url": r.URL, "body": r.Body}
	for name, value := range r.Headers {
		parts["headers."+name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if _, err := parsed(name, parts[name]); err != nil {
			return err
		}
	}
	return nil
}

// CheckAddress finds what is wrong with where an endpoint's requests go, as far as it does not depend on the message.
func CheckAddress(e outbox.Endpoint) error {
	r, err := requestOf(e)
	if err != nil {
		return err
	}
	r.Headers, r.Body = nil, ""
	if whole, err := filled(r, e, outbox.Message{Body: "{}"}); err == nil {
		return reachable(whole.URL)
	}
	return nil
}

// filled is a request with a message in its gaps. What stands there is plain data: no template can call anything of the house.
func filled(r outbox.Request, e outbox.Endpoint, m outbox.Message) (outbox.Request, error) {
	if e.Template == outbox.Webhook {
		return outbox.Request{Method: r.Method, URL: e.Values["url"], Headers: r.Headers, Body: m.Body}, nil
	}
	data := map[string]any{}
	d := json.NewDecoder(strings.NewReader(m.Body))
	d.UseNumber()
	if err := d.Decode(&data); err != nil {
		return r, fmt.Errorf("reading the message: %w", err)
	}
	inside, _ := data["data"].(map[string]any)
	gaps := map[string]any{
		"id": m.ID, "type": data["type"], "timestamp": data["timestamp"], "summary": inside["summary"], "text": inside["text"],
		"ticket": inside["ticket"], "event": inside["event"], "lines": inside["lines"], "values": e.Values, "secrets": e.Secrets,
	}
	out := outbox.Request{Method: r.Method, Headers: map[string]string{}}
	var err error
	fill := func(name, text string) string {
		if err != nil {
			return ""
		}
		var t *template.Template
		if t, err = parsed(name, text); err != nil {
			return ""
		}
		b := &bounded{}
		if err = t.Execute(b, gaps); err != nil {
			return ""
		}
		return b.String()
	}
	out.URL, out.Body = strings.TrimSpace(fill("url", r.URL)), fill("body", r.Body)
	for name, value := range r.Headers {
		out.Headers[name] = strings.TrimSpace(fill("headers."+name, value))
	}
	return out, err
}

// bounded is a text that grows up to partMost.
type bounded struct{ bytes.Buffer }

// Write refuses what is too much.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > partMost {
		return 0, errors.New("it becomes longer than 64 KiB")
	}
	return b.Buffer.Write(p)
}
