package rota

import (
	"cmp"
	"slices"

	"hotline/sla"
)

// Request is what a rota is chosen by. Empty fields are not known.
type Request struct {
	Contract string
	Product  string
	Category sla.Category
	Level    sla.LevelID
	Language string
}

// Serves says which requests a rota is for. A list that is empty leaves its question open; of the others each must have
// the request's value.
type Serves struct {
	Contracts  []string
	Products   []string
	Categories []sla.Category
	Levels     []sla.LevelID
	Languages  []string
}

// Serve tells whether a request is one of those.
func (s Serves) Serve(r Request) bool {
	return in(s.Contracts, r.Contract) && in(s.Products, r.Product) && in(s.Categories, r.Category) && in(s.Levels, r.Level) && in(s.Languages, r.Language)
}

func in[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// weight orders what two rotas serve: who names a contract goes before who names a product, then category, level and
// language. More of them go before fewer.
func (s Serves) weight() int {
	w := 0
	for _, named := range []bool{len(s.Contracts) > 0, len(s.Products) > 0, len(s.Categories) > 0, len(s.Levels) > 0, len(s.Languages) > 0} {
		w *= 2
		if named {
			w++
		}
	}
	return w
}

// Overlap tells whether some request is served by both with the same weight, so that nothing says which goes first.
func (s Serves) Overlap(o Serves) bool {
	return s.weight() == o.weight() && both(s.Contracts, o.Contracts) && both(s.Products, o.Products) &&
		both(s.Categories, o.Categories) && both(s.Levels, o.Levels) && both(s.Languages, o.Languages)
}

func both[T comparable](a, b []T) bool {
	return len(a) == 0 || slices.ContainsFunc(a, func(v T) bool { return slices.Contains(b, v) })
}

// Choose gives the rotas that serve a request: the one made most closely for it first, the main rota last. While one has a
// gap, the next is asked.
func Choose(rotas []Rota, r Request) []Rota {
	var list []Rota
	for _, one := range rotas {
		if one.ID == Main || one.Serves.Serve(r) {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b Rota) int {
		if (a.ID == Main) != (b.ID == Main) {
			if a.ID == Main {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Serves.weight(), a.Serves.weight()), cmp.Compare(a.ID, b.ID))
	})
	return list
}
