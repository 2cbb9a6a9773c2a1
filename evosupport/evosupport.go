// Package evosupport is the option of a contract by which what is installed is kept current. It says which product in which version
// stands at an installation, which version is the newest, and whether the contract entitles to it. Staff write both down
// (docs/evo-support.md).
//
// It is ground: pure rules, and the store that keeps the documents.
package evosupport

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// Store keeps products and what is installed, as documents; see directory.Store for the rule of versions. Safe for concurrent use.
type Store interface {
	Product(ctx context.Context, id string) (Product, error)
	Products(ctx context.Context) ([]Product, error) // by id
	PutProduct(ctx context.Context, p Product) (Product, error)
	DeleteProduct(ctx context.Context, id string, version int) error
	Installed(ctx context.Context, id string) (Installed, error)
	// InstalledOf lists what stands at the installations of a contract, by id; of no contract: of all.
	InstalledOf(ctx context.Context, contract directory.ContractID) ([]Installed, error)
	PutInstalled(ctx context.Context, i Installed) (Installed, error)
	DeleteInstalled(ctx context.Context, id string, version int) error
}

// Product is what is installed at customers', with the versions that were published, the newest last.
type Product struct {
	ID       string
	Releases []Release
	Version  int // of the document
}

// Release is a published version of a product.
type Release struct {
	Name    string // such as "8.1"
	At      time.Time
	Note    string           // what is new, for people
	Tickets []tickets.Number // of the category feature that it brought
}

// MostReleases is how many versions of a product are kept; the oldest go.
const MostReleases = 200

// Newest is the version published last; false: there is none.
func (p Product) Newest() (Release, bool) {
	if len(p.Releases) == 0 {
		return Release{}, false
	}
	return p.Releases[len(p.Releases)-1], true
}

// Publish is the product with one more version. One that was published before becomes the newest, with what is said of it now, and
// keeps its tickets where none is named.
func (p Product) Publish(r Release) Product {
	if at := slices.IndexFunc(p.Releases, func(o Release) bool { return o.Name == r.Name }); at >= 0 && len(r.Tickets) == 0 {
		r.Tickets = p.Releases[at].Tickets
	}
	p.Releases = slices.DeleteFunc(slices.Clone(p.Releases), func(o Release) bool { return o.Name == r.Name })
	p.Releases = append(p.Releases, r)
	p.Releases = p.Releases[max(0, len(p.Releases)-MostReleases):]
	return p
}

// WrongError is what is wrong in a product, by its field, such as "releases[0].tickets".
type WrongError struct{ Field, Problem string }

func (e *WrongError) Error() string { return e.Field + ": " + e.Problem }

// Check finds what is wrong with a product that is written in the place of one that stands: a *WrongError. A version stands there once,
// and the tickets that it brought are wishes for a feature; those that were named before stay, whatever became of them.
func (p Product) Check(ctx context.Context, stands Product, ticket func(context.Context, tickets.Number) (tickets.Ticket, error)) error {
	for i, r := range p.Releases {
		if slices.ContainsFunc(p.Releases[:i], func(o Release) bool { return o.Name == r.Name }) {
			return &WrongError{fmt.Sprintf("releases[%d].name", i), r.Name + " stands here twice"}
		}
		at := fmt.Sprintf("releases[%d].tickets", i)
		for _, n := range r.Tickets {
			if _, known := stands.Brought(n); known {
				continue
			}
			t, err := ticket(ctx, n)
			if err != nil {
				return &WrongError{at, fmt.Sprintf("ticket %d cannot be read: %v", n, err)}
			}
			if t.Category() != sla.Feature {
				return &WrongError{at, fmt.Sprintf("ticket %d is of category %q; only wishes for a feature are linked to the version that brought them", n, t.Category())}
			}
		}
	}
	return nil
}

// Brought is the version that brought what a ticket asked for; false: none did yet.
func (p Product) Brought(n tickets.Number) (Release, bool) {
	at := slices.IndexFunc(p.Releases, func(r Release) bool { return slices.Contains(r.Tickets, n) })
	if at < 0 {
		return Release{}, false
	}
	return p.Releases[at], true
}

// Installed is which product stands at an installation of a contract, in which version.
type Installed struct {
	ID           string
	Contract     directory.ContractID
	Installation string // as alerts name it; empty: the contract's only one
	Product      string
	Release      string
	Seen         time.Time // when that was written down
	Version      int       // of the document
}

// Standing is how an installation stands beside what is published.
type Standing struct {
	Installed
	Newest   string // empty: nothing was published of the product
	Lags     bool   // another version is the newest
	Entitled bool   // the contract entitles to it: Evo Support, and in force
}

// StandingOf tells how an installation stands.
func StandingOf(i Installed, products []Product, contract directory.Contract, now time.Time) Standing {
	s := Standing{Installed: i, Entitled: contract.EvoSupport && contract.Valid(now)}
	at := slices.IndexFunc(products, func(p Product) bool { return p.ID == i.Product })
	if at < 0 {
		return s
	}
	if newest, ok := products[at].Newest(); ok {
		s.Newest, s.Lags = newest.Name, newest.Name != i.Release
	}
	return s
}

// Book knows contracts. directory.Book implements it by its Contracts.
type Book interface {
	Get(id directory.ContractID) (directory.Contract, bool)
}

// Standings tells how every installation of a contract stands, or all of them where none is named. now is asked where there is one.
func Standings(ctx context.Context, s Store, contracts Book, contract directory.ContractID, now func() time.Time) ([]Standing, error) {
	installed, err := s.InstalledOf(ctx, contract)
	if err != nil || len(installed) == 0 {
		return nil, err
	}
	products, err := s.Products(ctx)
	if err != nil {
		return nil, err
	}
	list, at := make([]Standing, 0, len(installed)), now()
	for _, i := range installed {
		c, _ := contracts.Get(i.Contract)
		list = append(list, StandingOf(i, products, c, at))
	}
	return list, nil
}

// Facts are what Evo Support says of a ticket.
type Facts struct {
	Standings []Standing // of the installations of its contract
	Brought   string     // product and version that brought the feature that it asked for; empty: none did yet
}

// OfTicket gathers what Evo Support says of a ticket.
func OfTicket(ctx context.Context, s Store, contracts Book, t tickets.Ticket, now func() time.Time) (f Facts, err error) {
	if t.Contract != "" {
		if f.Standings, err = Standings(ctx, s, contracts, t.Contract, now); err != nil {
			return f, err
		}
	}
	if t.Category() != sla.Feature {
		return f, nil
	}
	products, err := s.Products(ctx)
	for _, p := range products {
		if r, ok := p.Brought(t.Number); ok {
			f.Brought = p.ID + " " + r.Name
		}
	}
	return f, err
}
