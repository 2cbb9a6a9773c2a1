package nested

import (
	"strings"

	"hotline/oncall/rota"
	"hotline/prompts"
	"hotline/sla"
	"hotline/web/room"
)

const (
	listMost  = 1000 // contracts or products that a document may name
	listRunes = 64 * listMost
)

// Serves are the fields of the requests that a rota or a policy is for.
func Serves(r *room.Request, s rota.Serves, levels []sla.Level) Group {
	g := Group{Title: r.T("form-serves"), Text: r.T("form-serves-text"), Fields: []Field{
		{Name: "contracts", Label: r.T("form-contracts"), Value: strings.Join(s.Contracts, "\n"), Kind: "lines", Most: listRunes, Text: r.T("form-contracts-text")},
		{Name: "products", Label: r.T("form-products"), Value: strings.Join(s.Products, "\n"), Kind: "lines", Most: listRunes},
	}}
	for _, c := range sla.Categories() {
		g.Fields = append(g.Fields, servesTick("category-"+string(c), r.Words.Category(string(c)), in(s.Categories, c)))
	}
	for _, l := range levels {
		g.Fields = append(g.Fields, servesTick("level-"+string(l.ID), r.T("form-level", l.Name), in(s.Levels, l.ID)))
	}
	for _, lang := range prompts.Languages() {
		g.Fields = append(g.Fields, servesTick("language-"+string(lang), r.T("form-speaks", r.T("page-language-"+string(lang))), in(s.Languages, string(lang))))
	}
	return g
}

func servesTick(name, label string, yes bool) Field {
	return Field{Name: name, Label: label, Kind: "tick", Value: Tick(yes)}
}

func in[T comparable](list []T, v T) bool {
	for _, one := range list {
		if one == v {
			return true
		}
	}
	return false
}

// ReadServes reads them back. What stands and no field shows, such as a level that is gone, stays.
func ReadServes(values map[string]string, stands rota.Serves, levels []sla.Level) rota.Serves {
	s := rota.Serves{Contracts: Lines(values["contracts"]), Products: Lines(values["products"])}
	for _, c := range sla.Categories() {
		if values["category-"+string(c)] != "" {
			s.Categories = append(s.Categories, c)
		}
	}
	shown := map[sla.LevelID]bool{}
	for _, l := range levels {
		shown[l.ID] = true
		if values["level-"+string(l.ID)] != "" {
			s.Levels = append(s.Levels, l.ID)
		}
	}
	for _, id := range stands.Levels {
		if !shown[id] {
			s.Levels = append(s.Levels, id)
		}
	}
	for _, lang := range prompts.Languages() {
		if values["language-"+string(lang)] != "" {
			s.Languages = append(s.Languages, string(lang))
		}
	}
	return s
}

// ServesWords tells in words which requests a document is for.
func ServesWords(v room.View, s rota.Serves, levels []sla.Level) string {
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

func shortened(v room.View, list []string) string {
	if len(list) <= shownMost {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:shownMost], ", ") + " " + v.T("schedules-more", len(list)-shownMost)
}
