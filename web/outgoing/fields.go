package outgoing

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"hotline/outbox"
	"hotline/outbox/send"
	"hotline/sla"
	"hotline/web/form"
	"hotline/web/ui"
)

// Bounds of what a form says, as by the API.
const (
	valueMost     = 2000 // characters
	bodyMost      = 16000
	listMost      = 100_000
	contractsMost = 1000
	pairsMost     = 20
	blankSecrets  = 2 // rows for further secrets of a request of one's own
)

// kindOptions are what an endpoint may be told of.
func kindOptions(r *ui.Request) (list []form.Option) {
	for _, k := range outbox.Kinds() {
		list = append(list, form.Option{Value: string(k), Name: r.T("outgoing-kind-" + string(k))})
	}
	return list
}

func joined[T ~string](list []T) string {
	var names []string
	for _, one := range list {
		names = append(names, string(one))
	}
	return strings.Join(names, "\n")
}

func fields(r *ui.Request, e outbox.Endpoint) (list form.Fields, err error) {
	if e.Version == 0 {
		list = append(list, form.Field{Name: "id", Label: r.T("form-id"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("form-id-text")})
	}
	list = append(list, form.Field{Name: "template", Label: r.T("page-outgoing-template"), Value: e.Template, Kind: form.Hidden, Most: 63})
	if t := shipped(e.Template); t != nil {
		list = append(list, templateFields(r, *t, e)...)
	} else {
		list = append(list, ownFields(r, e)...)
	}
	var categories []form.Option
	for _, c := range sla.Categories() {
		categories = append(categories, form.Option{Value: string(c), Name: r.Words.Category(string(c))})
	}
	quiet := r.T("outgoing-quiet")
	return append(list,
		form.Field{Name: "kinds", Label: r.T("outgoing-kinds"), Value: joined(e.Kinds), Kind: form.Ticks, Options: kindOptions(r), Help: r.T("outgoing-kinds-text")},
		form.Field{Name: "categories", Label: r.T("outgoing-categories"), Value: joined(e.Categories), Kind: form.Ticks, Options: categories, Help: r.T("outgoing-kinds-text")},
		form.Field{Name: "contracts", Label: r.T("outgoing-contracts"), Value: strings.Join(e.Contracts, "\n"), Kind: form.Lines, Most: listMost, Help: r.T("outgoing-contracts-text")},
		form.Field{Name: "quiet.from", Label: r.T("outgoing-quiet-from"), Value: e.Quiet.From, Kind: form.Text, Most: 5, Group: quiet, Help: r.T("outgoing-quiet-text")},
		form.Field{Name: "quiet.until", Label: r.T("outgoing-quiet-until"), Value: e.Quiet.Until, Kind: form.Text, Most: 5, Group: quiet},
		form.Field{Name: "quiet.zone", Label: r.T("outgoing-quiet-zone"), Value: e.Quiet.Zone, Kind: form.Text, Most: 60, Group: quiet},
		form.Field{Name: "quiet.except", Label: r.T("outgoing-quiet-except"), Value: joined(e.Quiet.Except), Kind: form.Ticks, Options: kindOptions(r)},
		form.Field{Name: "bundle_seconds", Label: r.T("outgoing-bundle"), Value: form.Count(int(e.Window / time.Second)), Kind: form.Number, Most: int(outbox.LongestWindow / time.Second), Help: r.T("outgoing-bundle-text")},
		form.Field{Name: "paused", Label: r.T("outgoing-paused"), Value: form.Ticked(e.Paused), Kind: form.Tick},
	), nil
}

// described is what a template says of itself, in the page's language; english where the catalogues do not have it.
func described(r *ui.Request, text string) (told string, english bool) {
	why := r.Why(text)
	return why.Text, why.Lang != r.Lang
}

// templateFields are what a template that ships needs.
func templateFields(r *ui.Request, t send.Template, e outbox.Endpoint) (list form.Fields) {
	about, english := described(r, t.About)
	list = append(list, form.Field{Kind: form.Note, Label: t.Name + ": " + about, English: english})
	for _, name := range slices.Sorted(maps.Keys(t.Values)) {
		help, english := described(r, t.Values[name])
		list = append(list, form.Field{Name: "value." + name, Label: name, Value: e.Values[name], Kind: form.Text, Most: valueMost, Help: help, English: english})
	}
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		list = append(list, secretFields(r, name, t.Secrets[name], e)...)
	}
	return list
}

// secretFields give a secret, and take it away. It is never shown.
func secretFields(r *ui.Request, name, about string, e outbox.Endpoint) form.Fields {
	help, english := described(r, about)
	secret := form.Field{Name: "secret." + name, Label: r.T("outgoing-secret", name), Kind: form.Secret, Most: valueMost, Help: help, English: english}
	if e.Secrets[name] == "" {
		return form.Fields{secret}
	}
	secret.Help, secret.English = r.T("outgoing-secret-given"), false
	return form.Fields{secret, {Name: "forget." + name, Label: r.T("outgoing-secret-forget", name), Kind: form.Tick, Loose: true}}
}

// ownFields are a form of request of one's own.
func ownFields(r *ui.Request, e outbox.Endpoint) (list form.Fields) {
	var methods []form.Option
	for _, m := range []string{http.MethodPost, http.MethodPut, http.MethodGet} {
		methods = append(methods, form.Option{Value: m, Name: m})
	}
	list = append(list,
		form.Field{Kind: form.Note, Label: r.T("outgoing-own-text")},
		form.Field{Name: "request.method", Label: r.T("outgoing-method"), Value: e.Request.Method, Kind: form.Choice, Options: methods, Needed: true},
		form.Field{Name: "request.url", Label: "URL", Value: e.Request.URL, Kind: form.Text, Most: valueMost, Needed: true},
		form.Field{Name: "request.headers", Label: r.T("outgoing-headers"), Value: pairs(e.Request.Headers, ": "), Kind: form.Lines, Most: bodyMost, Help: r.T("outgoing-headers-text")},
		form.Field{Name: "request.body", Label: r.T("outgoing-body"), Value: e.Request.Body, Kind: form.Lines, Most: bodyMost},
		form.Field{Name: "values", Label: r.T("outgoing-values"), Value: pairs(e.Values, "="), Kind: form.Lines, Most: bodyMost, Help: r.T("outgoing-values-text")},
	)
	for _, name := range slices.Sorted(maps.Keys(e.Secrets)) {
		list = append(list, secretFields(r, name, "", e)...)
	}
	for i := range blankSecrets {
		group := r.T("outgoing-secret-further", i+1)
		list = append(list,
			form.Field{Name: fmt.Sprintf("secret-name-%d", i), Label: r.T("page-name"), Kind: form.Text, Most: 63, Group: group, Loose: true},
			form.Field{Name: fmt.Sprintf("secret-text-%d", i), Label: r.T("outgoing-secret-text"), Kind: form.Secret, Most: valueMost, Group: group},
		)
	}
	return list
}

// pairs are the names of a map with what they stand for, one a line.
func pairs(m map[string]string, between string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		lines = append(lines, name+between+m[name])
	}
	return strings.Join(lines, "\n")
}

// pairsOf reads them back.
func pairsOf(f form.Fields, field, between string) (map[string]string, error) {
	m := map[string]string{}
	for _, line := range f.List(field) {
		name, text, ok := strings.Cut(line, strings.TrimSpace(between))
		if name = strings.TrimSpace(name); !ok || name == "" || len(m) == pairsMost {
			return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("write at most %d lines as name%stext", pairsMost, between)}
		}
		m[name] = strings.TrimSpace(text)
	}
	return m, nil
}

func (h Handlers) said(r *ui.Request, id string, f form.Fields, stands outbox.Endpoint) (outbox.Endpoint, error) {
	e := stands.Clone()
	e.ID, e.Template, e.Paused = id, stands.Template, f.Yes("paused")
	e.Kinds, e.Categories, e.Contracts = form.Picked(f, "kinds", stands.Kinds), form.Picked(f, "categories", stands.Categories), f.List("contracts")
	e.Quiet = outbox.Quiet{From: f.Value("quiet.from"), Until: f.Value("quiet.until"), Zone: f.Value("quiet.zone"), Except: form.Picked(f, "quiet.except", stands.Quiet.Except)}
	if e.Quiet.From == "" && e.Quiet.Until == "" {
		e.Quiet = outbox.Quiet{}
	}
	e.Window = time.Duration(f.Number("bundle_seconds")) * time.Second
	if len(e.Contracts) > contractsMost {
		return e, &form.Refusal{Field: "contracts", Text: fmt.Sprintf("at most %d", contractsMost)}
	}
	if err := request(f, &e); err != nil {
		return e, err
	}
	keep(f, &e)
	if stands.Version == 0 {
		e.Since = r.Now.UTC()
		if err := h.room(r); err != nil {
			return e, err
		}
	}
	err := send.Sound(e, h.Contract)
	var wrong *send.WrongError
	if errors.As(err, &wrong) {
		err = &form.Refusal{Field: strings.Replace(wrong.Field, "secrets.", "secret.", 1), Text: wrong.Problem}
	}
	return e, err
}

// request reads what the requests of an endpoint are made of.
func request(f form.Fields, e *outbox.Endpoint) (err error) {
	if t := shipped(e.Template); t != nil {
		e.Values = map[string]string{}
		for name := range t.Values {
			if text := f.Value("value." + name); text != "" {
				e.Values[name] = text
			}
		}
		return nil
	}
	e.Request = outbox.Request{Method: f.Value("request.method"), URL: f.Value("request.url"), Body: f.Value("request.body")}
	if e.Request.Headers, err = pairsOf(f, "request.headers", ": "); err != nil {
		return err
	}
	e.Values, err = pairsOf(f, "values", "=")
	return err
}

// keep writes the secrets that are given, and takes away those that are to go. One that is left empty stays.
func keep(f form.Fields, e *outbox.Endpoint) {
	if e.Secrets == nil {
		e.Secrets = map[string]string{}
	}
	for _, one := range f {
		name, ok := strings.CutPrefix(one.Name, "secret.")
		if ok && one.Value != "" {
			e.Secrets[name] = one.Value
		}
		if name, ok := strings.CutPrefix(one.Name, "forget."); ok && one.Value != "" {
			delete(e.Secrets, name)
		}
	}
	for i := range blankSecrets {
		if name, text := f.Value(fmt.Sprintf("secret-name-%d", i)), f.Value(fmt.Sprintf("secret-text-%d", i)); name != "" && text != "" {
			e.Secrets[name] = text
		}
	}
}

// room refuses one endpoint too many.
func (h Handlers) room(r *ui.Request) error {
	all, err := h.Store.Endpoints(r.Context())
	if err != nil {
		return fmt.Errorf("reading the endpoints: %w", err)
	}
	systems := slices.DeleteFunc(all, func(e outbox.Endpoint) bool { return e.Template == outbox.Push })
	if len(systems) >= outbox.MostEndpoints {
		return &form.Refusal{Field: "id", Text: fmt.Sprintf("there are %d endpoints already, which is the most; remove one before", outbox.MostEndpoints)}
	}
	return nil
}
