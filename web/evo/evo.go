// Package evo is the pages of Evo Support: which versions of which product were published, whom a letter tells of them, and what stands at
// which installation, with those that lag (docs/evo-support.md).
package evo

import (
	"cmp"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/admin/report"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/evosupport/news"
	"hotline/users"
	"hotline/web/form"
	"hotline/web/ui"
)

// Handlers answers these pages. It is what the pages need. Everything is required.
type Handlers struct {
	Store   news.Store
	Desk    news.Desk
	Letters bool // customers are told by letter
	Log     *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// productOctets is as much as the form of a product may have: 200 versions with a note each.
const productOctets = 4 << 20

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	all, staff := users.Roles(), []users.Role{users.Staff, users.Admin}
	products, installations := h.products(), h.installations()
	return []ui.Route{
		{Pattern: "GET /installations", Roles: all, Serve: h.list},
		{Pattern: "GET /installations.csv", Roles: all, Serve: h.table},
		{Pattern: "GET /installations/new", Roles: staff, Serve: installations.Form},
		{Pattern: "POST /installations", Roles: staff, Serve: installations.Write},
		{Pattern: "GET /installations/{id}", Roles: staff, Serve: installations.Form},
		{Pattern: "POST /installations/{id}", Roles: staff, Serve: installations.Write},
		{Pattern: "POST /installations/{id}/remove", Roles: staff, Serve: installations.Remove},
		{Pattern: "GET /releases", Roles: all, Serve: h.catalogue},
		{Pattern: "GET /releases/new", Roles: staff, Serve: products.Form},
		{Pattern: "POST /releases", Roles: staff, Most: productOctets, Serve: products.Write},
		{Pattern: "GET /releases/{id}", Roles: all, Serve: h.product},
		{Pattern: "GET /releases/{id}/edit", Roles: staff, Serve: products.Form},
		{Pattern: "POST /releases/{id}", Roles: staff, Most: productOctets, Serve: products.Write},
		{Pattern: "POST /releases/{id}/remove", Roles: staff, Serve: products.Remove},
		{Pattern: "POST /releases/{id}/publish", Roles: staff, Serve: h.publish},
	}
}

// listMost is how many installations one page shows.
const listMost = 100

// filter is which installations are shown, as the address says it.
type filter struct {
	Lagging, Entitled          bool
	Contract, Product, Release string
}

func filterOf(r *ui.Request) filter {
	text := func(name string) string { return strings.TrimSpace(r.FormValue(name)) }
	return filter{text("lagging") != "", text("entitled") != "", text("contract"), text("product"), text("release")}
}

// query is the filter as an address says it.
func (f filter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"lagging": form.Ticked(f.Lagging), "entitled": form.Ticked(f.Entitled), "contract": f.Contract, "product": f.Product, "release": f.Release} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (f filter) takes(s evosupport.Standing) bool {
	return (!f.Lagging || s.Lags) && (!f.Entitled || s.Entitled) && (f.Product == "" || s.Product == f.Product) && (f.Release == "" || s.Installed.Release == f.Release)
}

// standings are the installations that a filter takes, by id.
func (h Handlers) standings(r *ui.Request, f filter) ([]evosupport.Standing, error) {
	all, err := evosupport.Standings(r.Context(), h.Store, h.Desk.Book().Contracts, directory.ContractID(f.Contract), func() time.Time { return r.Now })
	if err != nil {
		return nil, fmt.Errorf("reading what stands at installations: %w", err)
	}
	return slices.DeleteFunc(all, func(s evosupport.Standing) bool { return !f.takes(s) }), nil
}

// listPage lists installations.
type listPage struct {
	ui.View
	filter
	Rows  []row
	Total int
	Next  string // address of the next page; empty: this is the last one
	Table string // address of the table
}

// row is an installation, with whose it is.
type row struct {
	evosupport.Standing
	Customer directory.Customer
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f := filterOf(r)
	all, err := h.standings(r, f)
	if err != nil {
		return nil, err
	}
	p := listPage{View: r.View, filter: f, Total: len(all), Table: "/installations.csv?" + f.query().Encode()}
	after := r.FormValue("after")
	for _, s := range all {
		if cmp.Compare(s.ID, after) <= 0 {
			continue
		}
		if len(p.Rows) == listMost {
			next := f.query()
			next.Set("after", p.Rows[listMost-1].ID)
			p.Next = "/installations?" + next.Encode()
			break
		}
		p.Rows = append(p.Rows, row{s, h.customer(s.Contract)})
	}
	return pages().Page("installations", r.T("evo-installations"), p)
}

// customer is whose contract it is; without a name where the line does not know it.
func (h Handlers) customer(id directory.ContractID) directory.Customer {
	book := h.Desk.Book()
	c, ok := book.Contracts.Get(id)
	if !ok {
		return directory.Customer{}
	}
	customer, _ := book.Customers.Get(c.Customer)
	return customer
}

// table is the same as a table for the reader's spreadsheet. No cell of it is a formula.
func (h Handlers) table(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.standings(r, filterOf(r))
	if err != nil {
		return nil, err
	}
	rows := [][]string{{"id", "customer", "contract", "installation", "product", "release", "newest", "lags", "entitled", "seen"}}
	for _, s := range all {
		rows = append(rows, []string{
			s.ID, h.customer(s.Contract).Name, string(s.Contract), s.Installation, s.Product, s.Installed.Release, s.Newest, fmt.Sprint(s.Lags), fmt.Sprint(s.Entitled), s.Seen.UTC().Format(time.RFC3339),
		})
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="hotline-installations.csv"`)
	_, _ = w.Write(report.Table(rows, report.Sheet(r.Lang))) // a browser that has gone needs no table
	return nil, nil
}

// installations is how what stands somewhere is written.
func (h Handlers) installations() form.Document[evosupport.Installed] {
	d := form.Document[evosupport.Installed]{
		Kind: "installation", Path: "/installations", List: "/installations", ListTitle: "evo-installations", New: "evo-installation-new",
		Version: func(i evosupport.Installed) int { return i.Version }, Said: h.installationSaid, Log: h.Log,
		Fields: installationFields,
		From: func(r *ui.Request) (evosupport.Installed, error) {
			return evosupport.Installed{Contract: directory.ContractID(r.FormValue("contract")), Product: r.FormValue("product")}, nil
		},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.Installed, h.Store.PutInstalled
		d.Delete = func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteInstalled(r.Context(), id, version)
		}
	}
	return d
}

func installationFields(r *ui.Request, i evosupport.Installed) (list form.Fields, err error) {
	if i.Version == 0 {
		list = append(list, form.Field{Name: "id", Label: r.T("form-id"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("form-id-text")})
	}
	return append(list,
		form.Field{Name: "contract", Label: r.T("page-contract"), Value: string(i.Contract), Kind: form.Text, Most: 100, Needed: true},
		form.Field{Name: "installation", Label: r.T("agents-installation"), Value: i.Installation, Kind: form.Text, Most: 100, Help: r.T("alerts-installation-text")},
		form.Field{Name: "product", Label: r.T("evo-product"), Value: i.Product, Kind: form.Text, Most: 63, Needed: true},
		form.Field{Name: "release", Label: r.T("evo-release"), Value: i.Release, Kind: form.Text, Most: 60, Needed: true, Help: r.T("evo-release-text")},
	), nil
}

func (h Handlers) installationSaid(r *ui.Request, id string, f form.Fields, stands evosupport.Installed) (evosupport.Installed, error) {
	next := evosupport.Installed{
		ID: id, Contract: directory.ContractID(f.Value("contract")), Installation: f.Value("installation"), Product: f.Value("product"), Release: f.Value("release"),
		Seen: r.Now.UTC().Truncate(time.Second), Version: stands.Version,
	}
	if stands.Version > 0 && stands.Product == next.Product && stands.Release == next.Release {
		next.Seen = stands.Seen
	}
	if _, ok := h.Desk.Book().Contracts.Get(next.Contract); !ok {
		return next, &form.Refusal{Field: "contract", Text: "there is no contract " + string(next.Contract)}
	}
	return next, nil
}
