package faults

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/prompts"
	"hotline/storage"
	"hotline/web/form"
	"hotline/web/ui"
)

const (
	noteMost      = 500 // characters, as by the API
	wordsMost     = 200
	contractsMost = 40_000
	titleMost     = 60
)

// document is how faults and notices are written.
func (h Handlers) document() form.Document[directory.KnownFault] {
	return form.Document[directory.KnownFault]{
		Kind: "known fault", Path: "/faults", List: "/faults", ListTitle: "faults", New: "faults-new",
		Version: func(f directory.KnownFault) int { return f.Version }, Fields: h.fields, Said: h.said, Log: h.Log,
		Read: func(ctx context.Context, id string) (directory.KnownFault, error) { return h.Store.Fault(ctx, id) },
		Put: func(ctx context.Context, f directory.KnownFault) (directory.KnownFault, error) {
			return h.Store.PutFault(ctx, f)
		},
		Delete: func(r *ui.Request, id string, version int) error {
			if err := h.Store.DeleteFault(r.Context(), id, version); err != nil {
				return err
			}
			return h.Tell(r.Context())
		},
		Wrote: func(r *ui.Request, _, made directory.KnownFault) (string, *ui.Page, error) {
			return "/faults/" + made.ID + "?done=", nil, h.Tell(r.Context())
		},
		Looks: form.Looks[directory.KnownFault]{Try: "spoken-hear", Preview: func(r *ui.Request, f directory.KnownFault, _ form.Fields) (template.HTML, error) {
			return around(r, "heard", aroundPage{Heard: spoken(f)})
		}},
		Shows: form.Shows[directory.KnownFault]{
			Writes: "POST /faults/{id}", Removal: true,
			Place: func(_ *ui.Request, f directory.KnownFault) form.Place { return form.Place{Title: title(f.Note)} },
			Above: func(r *ui.Request, _ directory.KnownFault) (template.HTML, error) {
				return around(r, "done", aroundPage{Done: r.URL.Query().Has("done")})
			},
			Beside: func(r *ui.Request, f directory.KnownFault) (template.HTML, error) {
				return around(r, "end", aroundPage{ID: f.ID, Version: strconv.Itoa(f.Version)})
			},
		},
	}
}

// title is the beginning of a note.
func title(note string) string {
	note, _, _ = strings.Cut(note, "\n")
	if text := []rune(note); len(text) > titleMost {
		return string(text[:titleMost-1]) + "…"
	}
	return note
}

// aroundPage is what stands around the form.
type aroundPage struct {
	ui.View
	Done        bool   // it was saved just now
	Heard       []said // the words, which are not saved
	ID, Version string // of what can be ended
}

// said is what callers hear in a language.
type said struct {
	Language prompts.Language
	Text     string
}

func spoken(f directory.KnownFault) (list []said) {
	for _, lang := range prompts.Languages() {
		if text := f.Words[string(lang)]; text != "" {
			list = append(list, said{lang, text})
		}
	}
	return list
}

func around(r *ui.Request, name string, p aroundPage) (template.HTML, error) {
	p.View = r.View
	page, err := pages().Page(name, "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

func wordsField(lang prompts.Language) string { return "words." + string(lang) }

func (h Handlers) fields(r *ui.Request, f directory.KnownFault) (form.Fields, error) {
	products, err := h.Store.Products(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the products: %w", err)
	}
	var kinds []form.Option
	for _, k := range []directory.AnnouncementKind{directory.OfFault, directory.Notice, directory.OutOfHours} {
		kinds = append(kinds, form.Option{Value: string(k), Name: r.T(kindID(k))})
	}
	words, who := r.T("faults-words"), r.T("faults-contracts")
	list := form.Fields{
		{Name: "note", Label: r.T("faults-note"), Value: f.Note, Kind: form.Lines, Most: noteMost, Needed: true},
		{Name: "kind", Label: r.T("faults-kind"), Value: string(f.Kind), Kind: form.Choice, Options: kinds},
	}
	for _, lang := range prompts.Languages() {
		list = append(list, form.Field{Name: wordsField(lang), Label: r.T("page-language-" + string(lang)), Value: f.Words[string(lang)], Kind: form.Text, Most: wordsMost, Group: words})
	}
	list = append(list, form.Field{Kind: form.Note, Help: r.T("faults-words-text"), Group: words})
	var ids []string
	for _, c := range f.Contracts {
		ids = append(ids, string(c))
	}
	list = append(list, form.Field{Name: "contracts", Label: r.T("form-contracts"), Value: strings.Join(ids, "\n"), Kind: form.Lines, Most: contractsMost, Help: r.T("faults-contracts-text"), Group: who})
	if len(products) > 0 && r.May("POST /faults/{id}") {
		installed := []form.Option{{Name: r.T("page-none")}}
		for _, p := range products {
			installed = append(installed, form.Option{Value: p.ID, Name: p.ID})
		}
		list = append(list, form.Field{Name: "product", Label: r.T("faults-product"), Kind: form.Choice, Options: installed, Loose: true, Group: who})
	}
	return append(list, form.Field{Name: "until", Label: r.T("faults-until"), Value: form.At(r, f.Until), Kind: form.Instant, Help: r.T("faults-until-text")}), nil
}

// said is a fault as its form says it.
func (h Handlers) said(r *ui.Request, id string, f form.Fields, stands directory.KnownFault) (directory.KnownFault, error) {
	if err := h.installed(r, f); err != nil {
		return stands, err
	}
	e := entry.Fault{ID: id, Note: f.Value("note"), Kind: directory.AnnouncementKind(f.Value("kind")), Words: map[string]string{}, Contracts: listed(f.Value("contracts")), Until: f.Instant(r, "until", stands.Until)}
	for _, lang := range prompts.Languages() {
		if text := f.Value(wordsField(lang)); text != "" {
			e.Words[string(lang)] = text
		}
	}
	made, err := e.Check(r.Context(), h.Store)
	made.Version = stands.Version
	var refused *entry.Refusal
	switch {
	case errors.Is(err, storage.ErrNotFound):
		err = form.Refused(err, func(path string) string { return path })
	case errors.As(err, &refused) && refused.Field == "words":
		err = &form.Refusal{Field: wordsField(prompts.Languages()[0]), Text: refused.Text}
	case err != nil && refused == nil:
		err = fmt.Errorf("checking a known fault: %w", err)
	}
	return made, err
}

// installed puts the contracts that have a product installed into the field of the contracts.
func (h Handlers) installed(r *ui.Request, f form.Fields) error {
	product := f.Value("product")
	if product == "" {
		return nil
	}
	all, err := h.Store.InstalledOf(r.Context(), "")
	if err != nil {
		return fmt.Errorf("reading what is installed: %w", err)
	}
	list := listed(f.Value("contracts"))
	for _, i := range all {
		if i.Product == product && !slices.Contains(list, string(i.Contract)) {
			list = append(list, string(i.Contract))
		}
	}
	if len(list) == 0 { // an empty field is everybody
		return &form.Refusal{Field: "product", Text: "no contract has it installed"}
	}
	f.Set("contracts", strings.Join(list, "\n"))
	f.Set("product", "")
	return nil
}

// listed are the contracts that a field lists, each once.
func listed(text string) (list []string) {
	for _, id := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
