package fields

import (
	"slices"
	"strings"

	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prompts"
	"hotline/sla"
	"hotline/web/form"
	"hotline/web/ui"
)

const (
	listMost  = 1000 // contracts or products that a document may name
	listRunes = 64 * listMost
)

// Serves are the fields of the requests that a rota or a policy is for.
func Serves(r *ui.Request, s rota.Serves, levels []sla.Level) form.Fields {
	group := r.T("form-serves")
	list := form.Fields{
		{Kind: form.Note, Help: r.T("form-serves-text"), Group: group},
		{Name: "contracts", Label: r.T("form-contracts"), Value: strings.Join(s.Contracts, "\n"), Kind: form.Lines, Most: listRunes, Help: r.T("form-contracts-text"), Group: group},
		{Name: "products", Label: r.T("form-products"), Value: strings.Join(s.Products, "\n"), Kind: form.Lines, Most: listRunes, Group: group},
	}
	tick := func(name, label string, yes bool) {
		list = append(list, form.Field{Name: name, Label: label, Kind: form.Tick, Value: form.Ticked(yes), Group: group})
	}
	for _, c := range sla.Categories() {
		tick("category-"+string(c), r.Words.Category(string(c)), slices.Contains(s.Categories, c))
	}
	for _, l := range levels {
		tick("level-"+string(l.ID), r.T("form-level", l.Name), slices.Contains(s.Levels, l.ID))
	}
	for _, lang := range prompts.Languages() {
		tick("language-"+string(lang), r.T("form-speaks", r.T("page-language-"+string(lang))), slices.Contains(s.Languages, string(lang)))
	}
	return list
}

// ReadServes reads them back. What stands and no field shows, such as a level that is gone, stays.
func ReadServes(f form.Fields, stands rota.Serves) rota.Serves {
	return rota.Serves{
		Contracts: f.List("contracts"), Products: f.List("products"), Categories: form.Among(f, "category-", stands.Categories), Levels: form.Among(f, "level-", stands.Levels), Languages: form.Among(f, "language-", stands.Languages),
	}
}

// ServesWords tells in words which requests a document is for.
func ServesWords(v ui.View, s rota.Serves, levels []sla.Level) string {
	var parts []string
	add := func(id string, list []string) {
		if len(list) > 0 {
			parts = append(parts, v.T(id, shortened(v, list)))
		}
	}
	var categories, names, languages []string
	for _, c := range s.Categories {
		categories = append(categories, v.Words.Category(string(c)))
	}
	for _, id := range s.Levels {
		name := string(id)
		for _, l := range levels {
			if l.ID == id {
				name = l.Name
			}
		}
		names = append(names, name)
	}
	for _, lang := range s.Languages {
		languages = append(languages, v.T("page-language-"+lang))
	}
	add("form-of-contracts", s.Contracts)
	add("form-of-products", s.Products)
	add("form-of-categories", categories)
	add("form-of-levels", names)
	add("form-of-languages", languages)
	if len(parts) == 0 {
		return v.T("form-of-all")
	}
	return strings.Join(parts, "; ")
}

// shownMost is how many names of a list are told.
const shownMost = 10

func shortened(v ui.View, list []string) string {
	if len(list) <= shownMost {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:shownMost], ", ") + " " + v.T("schedules-more", len(list)-shownMost)
}

// Silence is the written choice that nobody is rung, with its reason; nil without one. It stays who made it while the reason is the same.
func Silence(r *ui.Request, why string, stands *escalation.Silence) *escalation.Silence {
	switch {
	case why == "":
		return nil
	case stands != nil && stands.Why == why:
		return stands
	}
	return &escalation.Silence{By: r.Actor(), Why: why, At: r.Now}
}
