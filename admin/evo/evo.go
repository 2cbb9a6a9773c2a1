// Package evo is the API of Evo Support: products with the versions that were published, what stands at which installation, and which
// installations lag (docs/evo-support.md). Package admin, its one caller, mounts it.
package evo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/admin/report"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/evosupport/news"
	"hotline/tickets"
)

// Desk knows tickets and contracts. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	Book() *directory.Book
}

// Config is what the API needs. Everything is required.
type Config struct {
	Store news.Store
	Desk  Desk
	Now   func() time.Time

	set operation.Set // of Mount
}

type answer[T any] struct{ Body T }

// ReleaseFields are a published version.
type ReleaseFields struct {
	Name    string    `json:"name" minLength:"1" maxLength:"60" doc:"Such as 8.1"`
	At      time.Time `json:"at" doc:"When it was published"`
	Note    string    `json:"note,omitempty" maxLength:"4000" doc:"What is new, for people"`
	Tickets []int64   `json:"tickets,omitempty" maxItems:"200" doc:"Of the category feature that it brought"`
}

// ProductFields are what staff write of a product.
type ProductFields struct {
	Releases []ReleaseFields `json:"releases" nullable:"false" maxItems:"200" doc:"The newest last"`
}

// ProductView is a product.
type ProductView struct {
	ID string `json:"id"`
	ProductFields
	Version int `json:"version"`
}

// ProductList is every product.
type ProductList struct {
	Products []ProductView `json:"products" nullable:"false"`
}

// InstallationFields are what staff write of an installation.
type InstallationFields struct {
	Contract     string `json:"contract" minLength:"1" maxLength:"100"`
	Installation string `json:"installation,omitempty" maxLength:"100" doc:"As alerts name it; left out: the contract's only one"`
	Product      string `json:"product" minLength:"1" maxLength:"63"`
	Release      string `json:"release" minLength:"1" maxLength:"60" doc:"The version that stands there, such as 7.2"`
}

// InstallationView is an installation, beside what is published.
type InstallationView struct {
	ID string `json:"id"`
	InstallationFields
	Standing InstallationStanding `json:"standing"`
	Version  int                  `json:"version"`
}

// InstallationStanding is how an installation stands.
type InstallationStanding struct {
	Newest   string    `json:"newest" doc:"Version published last; empty: none was"`
	Lags     bool      `json:"lags" doc:"Another version is the newest"`
	Entitled bool      `json:"entitled" doc:"The contract is in force, with Evo Support"`
	Seen     time.Time `json:"seen" doc:"When the version was written down"`
}

// InstallationList are installations.
type InstallationList struct {
	Installations []InstallationView `json:"installations" nullable:"false"`
}

type productInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		ProductFields
	}
}

type installationInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		InstallationFields
	}
}

type installationsInput struct {
	Contract string `query:"contract" maxLength:"100"`
	Lagging  bool   `query:"lagging" doc:"Only those on which another version than the newest stands"`
}

// file is a table for spreadsheets.
type file struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set = set
	operation.Serve(set, set.Route(http.MethodGet, "/releases", "list-releases", "List products, with the versions that were published"), c.products)
	operation.Serve(set, set.Route(http.MethodGet, "/releases/{id}", "get-releases", "The published versions of one product"), func(ctx context.Context, in *document.ByID) (*document.Versioned[ProductView], error) {
		p, err := c.Store.Product(ctx, in.ID)
		return document.Tagged(productView(p), p.Version, err)
	})
	operation.Serve(set, set.Route(http.MethodPut, "/releases/{id}", "put-releases", "Write which versions of a product were published; hotline release add adds one"), c.putProduct)
	operation.Removes(set, set.Route(http.MethodDelete, "/releases/{id}", "remove-releases", "Remove a product"), "product", func(ctx context.Context, id string) (int, error) {
		p, err := c.Store.Product(ctx, id)
		return p.Version, err
	}, func(ctx context.Context, id string, version int) error {
		return c.Store.DeleteProduct(ctx, id, version)
	})
	operation.Serve(set, set.Route(http.MethodGet, "/releases/{id}/notices", "list-release-notices", "Which customers are told of the versions of a product, and whether the letters have gone out"), c.notices)
	operation.Serve(set, set.Route(http.MethodGet, "/installations", "list-installations", "List what stands at installations, beside what is published"), c.installations)
	operation.Serve(set, set.Route(http.MethodGet, "/installations.csv", "list-installations-csv", "The same as a table for spreadsheets"), c.table)
	operation.Serve(set, set.Route(http.MethodGet, "/installations/{id}", "get-installation", "What stands at one installation"), func(ctx context.Context, in *document.ByID) (*document.Versioned[InstallationView], error) {
		return c.tagged(ctx, in.ID)
	})
	operation.Serve(set, set.Route(http.MethodPut, "/installations/{id}", "put-installation", "Write down what stands at an installation"), c.putInstallation)
	operation.Removes(set, set.Route(http.MethodDelete, "/installations/{id}", "remove-installation", "Remove what stands at an installation"), "installation", func(ctx context.Context, id string) (int, error) {
		i, err := c.Store.Installed(ctx, id)
		return i.Version, err
	}, func(ctx context.Context, id string, version int) error {
		return c.Store.DeleteInstalled(ctx, id, version)
	})
}

func (c Config) products(ctx context.Context, _ *struct{}) (*answer[ProductList], error) {
	all, err := c.Store.Products(ctx)
	list := ProductList{[]ProductView{}}
	for _, p := range all {
		list.Products = append(list.Products, productView(p))
	}
	return &answer[ProductList]{list}, err
}

func productView(p evosupport.Product) ProductView {
	v := ProductView{ID: p.ID, ProductFields: ProductFields{[]ReleaseFields{}}, Version: p.Version}
	for _, r := range p.Releases {
		f := ReleaseFields{Name: r.Name, At: r.At, Note: r.Note}
		for _, n := range r.Tickets {
			f.Tickets = append(f.Tickets, int64(n))
		}
		v.Releases = append(v.Releases, f)
	}
	return v
}

func (c Config) putProduct(ctx context.Context, in *productInput) (*document.Versioned[ProductView], error) {
	k := document.Kind[evosupport.Product]{Read: c.Store.Product, Put: c.Store.PutProduct, Version: func(p *evosupport.Product) *int { return &p.Version }}
	p, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "product " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(ctx context.Context, stands evosupport.Product) (evosupport.Product, error) {
		next := evosupport.Product{ID: in.ID}
		for _, f := range in.Body.Releases {
			r := evosupport.Release{Name: f.Name, At: f.At.UTC(), Note: f.Note}
			for _, number := range f.Tickets {
				r.Tickets = append(r.Tickets, tickets.Number(number))
			}
			next.Releases = append(next.Releases, r)
		}
		err := next.Check(ctx, stands, c.Desk.Ticket)
		var wrong *evosupport.WrongError
		if errors.As(err, &wrong) {
			err = problem.Refused("body."+wrong.Field, wrong.Problem)
		}
		return next, err
	})
	return document.Tagged(productView(p), p.Version, err)
}

// standings are those that a query asks for.
func (c Config) standings(ctx context.Context, in *installationsInput) ([]evosupport.Standing, error) {
	all, err := evosupport.Standings(ctx, c.Store, c.Desk.Book().Contracts, directory.ContractID(in.Contract), c.Now)
	return slices.DeleteFunc(all, func(s evosupport.Standing) bool { return in.Lagging && !s.Lags }), err
}

func (c Config) installations(ctx context.Context, in *installationsInput) (*answer[InstallationList], error) {
	all, err := c.standings(ctx, in)
	return &answer[InstallationList]{InstallationList{Views(all)}}, err
}

func (c Config) table(ctx context.Context, in *installationsInput) (*file, error) {
	all, err := c.standings(ctx, in)
	if err != nil {
		return nil, err
	}
	rows := [][]string{{"id", "contract", "installation", "product", "release", "newest", "lags", "entitled", "seen"}}
	for _, s := range all {
		rows = append(rows, []string{s.ID, string(s.Contract), s.Installation, s.Product, s.Release, s.Newest, fmt.Sprint(s.Lags), fmt.Sprint(s.Entitled), s.Seen.UTC().Format(time.RFC3339)})
	}
	return &file{"text/csv; charset=utf-8", report.Table(rows, report.Plain)}, nil
}

func (c Config) tagged(ctx context.Context, id string) (*document.Versioned[InstallationView], error) {
	i, err := c.Store.Installed(ctx, id)
	if err != nil {
		return nil, err
	}
	products, err := c.Store.Products(ctx)
	if err != nil {
		return nil, err
	}
	contract, _ := c.Desk.Book().Contracts.Get(i.Contract)
	return document.Tagged(view(evosupport.StandingOf(i, products, contract, c.Now())), i.Version, nil)
}

func (c Config) putInstallation(ctx context.Context, in *installationInput) (*document.Versioned[InstallationView], error) {
	k := document.Kind[evosupport.Installed]{Read: c.Store.Installed, Put: c.Store.PutInstalled, Version: func(i *evosupport.Installed) *int { return &i.Version }}
	_, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "installation " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(_ context.Context, stands evosupport.Installed) (evosupport.Installed, error) {
		b := in.Body
		next := evosupport.Installed{ID: in.ID, Contract: directory.ContractID(b.Contract), Installation: b.Installation, Product: b.Product, Release: b.Release, Seen: c.Now().UTC().Truncate(time.Second)}
		if stands.Product == next.Product && stands.Release == next.Release {
			next.Seen = stands.Seen
		}
		if _, ok := c.Desk.Book().Contracts.Get(next.Contract); !ok {
			return next, problem.Refused("body.contract", "there is no contract "+b.Contract)
		}
		return next, nil
	})
	if err != nil {
		return nil, err
	}
	return c.tagged(ctx, in.ID)
}

// OfTicket is what stands at the installations of a ticket's contract, and the version that brought what the ticket asked for; empty:
// none did yet. Where the store does not answer, the ticket is shown without it.
func OfTicket(ctx context.Context, s evosupport.Store, contracts evosupport.Book, t tickets.Ticket, now func() time.Time) (installations []InstallationView, brought string) {
	facts, err := evosupport.OfTicket(ctx, s, contracts, t, now)
	if err != nil {
		return []InstallationView{}, ""
	}
	return Views(facts.Standings), facts.Brought
}

// Views show how installations stand.
func Views(all []evosupport.Standing) []InstallationView {
	list := make([]InstallationView, 0, len(all))
	for _, s := range all {
		list = append(list, view(s))
	}
	return list
}

func view(s evosupport.Standing) InstallationView {
	return InstallationView{s.ID, InstallationFields{string(s.Contract), s.Installation, s.Product, s.Release}, InstallationStanding{s.Newest, s.Lags, s.Entitled, s.Seen}, s.Installed.Version}
}
