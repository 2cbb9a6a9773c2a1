package storagetest

import (
	"context"
	"testing"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// EvoSupport runs the suite of evosupport.Store; open gives a new and empty store each time.
func EvoSupport(t *testing.T, open func(t *testing.T) evosupport.Store) {
	run(t, open, map[string]func(*testing.T, evosupport.Store){
		"every document has a version, never twice":  func(t *testing.T, s evosupport.Store) { versioned(t, evoDocuments(s)) },
		"of many who write one document one does":    func(t *testing.T, s evosupport.Store) { oneWins(t, evoDocuments(s)) },
		"products and what is installed come back":   productsReturn,
		"what is installed is found by its contract": installedFound,
	})
}

func evoDocuments(s evosupport.Store) map[string]document {
	return map[string]document{
		"product": {
			put: func(ctx context.Context, v int) (int, error) {
				p, err := s.PutProduct(ctx, evosupport.Product{ID: "x", Version: v})
				return p.Version, err
			},
			read:   func(ctx context.Context) (int, error) { p, err := s.Product(ctx, "x"); return p.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteProduct(ctx, "x", v) },
		},
		"installed": {
			put: func(ctx context.Context, v int) (int, error) {
				i, err := s.PutInstalled(ctx, evosupport.Installed{ID: "x", Version: v})
				return i.Version, err
			},
			read:   func(ctx context.Context) (int, error) { i, err := s.Installed(ctx, "x"); return i.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteInstalled(ctx, "x", v) },
		},
	}
}

func productsReturn(t *testing.T, s evosupport.Store) {
	p := evosupport.Product{ID: "pbx", Releases: []evosupport.Release{{Name: "7.2", At: monday}, {Name: "8.1", At: monday, Note: "faster\nand safer", Tickets: []tickets.Number{417}}}}
	_, err := s.PutProduct(t.Context(), p)
	check.Must(t, err)
	p.Version = 1
	all, err := s.Products(t.Context())
	check.Must(t, err)
	check.Equal(t, "products", all, []evosupport.Product{p})
	all[0].Releases[1].Tickets[0], p.Releases[1].Tickets[0] = 1, 2
	again, err := s.Product(t.Context(), "pbx")
	check.Must(t, err)
	check.Equal(t, "tickets, whoever writes into a copy", again.Releases[1].Tickets, []tickets.Number{417})
}

func installedFound(t *testing.T, s evosupport.Store) {
	var want []evosupport.Installed
	for id, contract := range map[string]directory.ContractID{"a": "rossi", "b": "bianchi", "c": "rossi"} {
		i, err := s.PutInstalled(t.Context(), evosupport.Installed{ID: id, Contract: contract, Installation: "plant " + id, Product: "pbx", Release: "7.2", Seen: monday})
		check.Must(t, err)
		if id == "b" {
			want = append(want, i)
		}
	}
	list, err := s.InstalledOf(t.Context(), "bianchi")
	check.Must(t, err)
	check.Equal(t, "of one contract", list, want)
	for contract, n := range map[directory.ContractID]int{"": 3, "rossi": 2, "verdi": 0} {
		list, err := s.InstalledOf(t.Context(), contract)
		check.Must(t, err)
		check.Equal(t, "installed of "+string(contract), len(list), n)
	}
}
