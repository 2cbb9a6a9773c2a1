package masterdata

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/web/form"
	"hotline/web/ui"
)

// engineersPage lists those who can be called out.
type engineersPage struct {
	ui.View
	Rows []oncall.Engineer
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	return pages().Page("engineers", r.T("keeping-engineers"), engineersPage{r.View, all})
}

// languages are those that are spoken.
func languages(r *ui.Request) (list []form.Option) {
	for _, lang := range prompts.Languages() {
		list = append(list, form.Option{Value: string(lang), Name: r.T("page-language-" + string(lang))})
	}
	return list
}

const (
	nameMost       = 200 // characters
	telephonesMost = 20  // of one engineer
)

// engineers is how engineers are written.
func (h Handlers) engineers() form.Document[oncall.Engineer] {
	return form.Document[oncall.Engineer]{
		Kind: "engineer", Path: "/engineers", List: "/engineers", ListTitle: "keeping-engineers", New: "keeping-new-engineer",
		Version: func(e oncall.Engineer) int { return e.Version }, Fields: engineerFields, Said: h.engineerSaid, Log: h.Log,
		From: func(r *ui.Request) (oncall.Engineer, error) { return oncall.Engineer{Language: string(r.Lang)}, nil },
		Read: func(ctx context.Context, id string) (oncall.Engineer, error) {
			return h.Store.Engineer(ctx, oncall.EngineerID(id))
		},
		Put: func(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error) {
			return h.Store.PutEngineer(ctx, e)
		},
		Wrote: func(r *ui.Request, _, _ oncall.Engineer) (string, *ui.Page, error) {
			return "/engineers", nil, h.tell(r)
		},
		Shows: form.Shows[oncall.Engineer]{Place: func(_ *ui.Request, e oncall.Engineer) form.Place { return form.Place{Title: e.Name} }},
	}
}

func engineerFields(r *ui.Request, e oncall.Engineer) (form.Fields, error) {
	return form.Fields{
		{Name: "name", Label: r.T("page-name"), Value: e.Name, Kind: form.Text, Most: nameMost, Needed: true},
		{Name: "phones", Label: r.T("keeping-phones"), Value: strings.Join(e.Phones, "\n"), Kind: form.Lines, Most: 2_000, Help: r.T("keeping-phones-text")},
		{Name: "language", Label: r.T("keeping-language"), Value: e.Language, Kind: form.Choice, Options: languages(r)},
		{Name: "spoken", Label: r.T("spoken-field"), Value: e.Spoken, Kind: form.Text, Most: nameMost, Help: r.T("keeping-spoken")},
	}, nil
}

func (h Handlers) engineerSaid(_ *ui.Request, id string, f form.Fields, stands oncall.Engineer) (oncall.Engineer, error) {
	e := oncall.Engineer{ID: oncall.EngineerID(id), Name: f.Value("name"), Language: f.Value("language"), Spoken: f.Value("spoken"), Version: stands.Version}
	// the checks of a name are those of a customer's
	if _, err := (entry.Customer{ID: id, Name: e.Name, Spoken: e.Spoken}).Check(h.Plan); err != nil {
		return e, err
	}
	if !slices.Contains(prompts.Languages(), prompts.Language(e.Language)) {
		return e, &form.Refusal{Field: "language", Text: "this language is not spoken"}
	}
	list := f.List("phones")
	if len(list) > telephonesMost {
		return e, &form.Refusal{Field: "phones", Text: fmt.Sprintf("at most %d telephones", telephonesMost)}
	}
	for _, p := range list {
		spelt, err := entry.Callable(h.Plan, p)
		if err == nil {
			err = h.Telephone(spelt)
		}
		if err != nil {
			return e, &form.Refusal{Field: "phones", Text: err.Error()}
		}
		e.Phones = append(e.Phones, spelt)
	}
	return e, nil
}
