package keeping

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/storage"
	"hotline/web/room"
)

// engineersPage lists those who can be called out.
type engineersPage struct {
	room.View
	Rows []oncall.Engineer
}

func (h House) engineers(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	return pages().Page("engineers", r.T("keeping-engineers"), engineersPage{r.View, all})
}

// languages are those that are spoken.
func languages(r *room.Request) (list []option) {
	for _, lang := range prompts.Languages() {
		list = append(list, option{string(lang), r.T("page-language-" + string(lang))})
	}
	return list
}

// telephonesMost is how many telephones one engineer may have.
const telephonesMost = 20

func (h House) engineerFields(r *room.Request, e oncall.Engineer) []field {
	return []field{
		{Name: "name", Label: r.T("page-name"), Value: e.Name, Kind: "text", Most: 200, Needed: true},
		{Name: "phones", Label: r.T("keeping-phones"), Value: strings.Join(e.Phones, "\n"), Kind: "lines", Most: 2_000, Text: r.T("keeping-phones-text")},
		{Name: "language", Label: r.T("keeping-language"), Value: e.Language, Kind: "choice", Options: languages(r)},
		{Name: "spoken", Label: r.T("spoken-field"), Value: e.Spoken, Kind: "text", Most: 200, Text: r.T("keeping-spoken")},
	}
}

// engineerOf reads the engineer of an address; a new one where it names none.
func (h House) engineerOf(r *room.Request) (e oncall.Engineer, p formPage, title string, err error) {
	p = formPage{Back: "/engineers", BackName: r.T("keeping-engineers"), To: "/engineers", ID: r.FormValue("id")}
	id := r.PathValue("id")
	if id == "" {
		return oncall.Engineer{Language: string(r.Lang)}, p, r.T("keeping-new-engineer"), nil
	}
	if e, err = h.Store.Engineer(r.Context(), oncall.EngineerID(id)); err != nil {
		return e, p, "", fmt.Errorf("reading engineer %s: %w", id, err)
	}
	p.To, p.Version = "/engineers/"+id, strconv.Itoa(e.Version)
	return e, p, e.Name, nil
}

func (h House) engineerForm(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	e, p, title, err := h.engineerOf(r)
	if err != nil {
		return nil, err
	}
	if p.Version == "" {
		p.ID = newID()
	}
	p.Fields = h.engineerFields(r, e)
	return h.show(r, title, p, http.StatusOK)
}

// telephone gives a telephone as it is kept.
func (h House) telephone(text string) (string, error) {
	spelt, err := entry.Callable(h.Plan, text)
	if err == nil {
		err = h.Telephone(spelt)
	}
	if err != nil {
		return "", &entry.Refusal{Field: "phones", Text: err.Error()}
	}
	return spelt, nil
}

// engineerSaid is the engineer as a form says it; else an *entry.Refusal.
func (h House) engineerSaid(fields []field, id oncall.EngineerID) (oncall.Engineer, error) {
	e := oncall.Engineer{ID: id, Name: value(fields, "name"), Language: value(fields, "language"), Spoken: value(fields, "spoken")}
	// the checks of a name are those of a customer's
	if _, err := (entry.Customer{ID: string(id), Name: e.Name, Spoken: e.Spoken}).Check(h.Plan); err != nil {
		return e, err
	}
	if !slices.Contains(prompts.Languages(), prompts.Language(e.Language)) {
		return e, &entry.Refusal{Field: "language", Text: "this language is not spoken"}
	}
	list := lines(value(fields, "phones"))
	if len(list) > telephonesMost {
		return e, &entry.Refusal{Field: "phones", Text: fmt.Sprintf("at most %d telephones", telephonesMost)}
	}
	for _, p := range list {
		spelt, err := h.telephone(p)
		if err != nil {
			return e, err
		}
		e.Phones = append(e.Phones, spelt)
	}
	return e, nil
}

func (h House) writeEngineer(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	stands, p, title, err := h.engineerOf(r)
	if err != nil {
		return nil, err
	}
	p.Fields = said(r, h.engineerFields(r, stands))
	id := stands.ID
	if id == "" {
		id = oncall.EngineerID(p.ID)
	}
	made, err := h.engineerSaid(p.Fields, id)
	if err != nil {
		p.Version = r.FormValue("version")
		return h.refused(r, title, p, err)
	}
	if p.Version != r.FormValue("version") {
		return h.stale(r, title, p, h.engineerFields(r, stands), stands.Version)
	}
	made.Version = stands.Version
	_, err = h.Store.PutEngineer(r.Context(), made)
	switch {
	case twice(err):
		err = nil
	case errors.Is(err, storage.ErrConflict):
		return h.stale(r, title, p, h.engineerFields(r, stands), stands.Version)
	}
	return h.written(w, r, "engineer "+string(id), "/engineers", err)
}
