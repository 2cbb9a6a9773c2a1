// Package faults is the page of known faults and notices: what callers hear before the menu, of which contracts, until when. Words are heard
// before they are saved. The rules are those of the API (directory/entry).
package faults

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the page reads and writes.
type Store interface {
	Fault(ctx context.Context, id string) (directory.KnownFault, error)
	Faults(ctx context.Context) ([]directory.KnownFault, error)
	PutFault(ctx context.Context, f directory.KnownFault) (directory.KnownFault, error)
	DeleteFault(ctx context.Context, id string, version int) error
	Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error)
	Products(ctx context.Context) ([]evosupport.Product, error)
	InstalledOf(ctx context.Context, contract directory.ContractID) ([]evosupport.Installed, error)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store Store
	Tell  func(ctx context.Context) error // the line hears of what was written
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page and its forms.
func Routes(h Handlers) []ui.Route {
	all, workers, doc := users.Roles(), []users.Role{users.Engineer, users.Staff, users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /faults", Roles: all, Serve: h.list},
		{Pattern: "GET /faults/new", Roles: workers, Serve: doc.Form},
		{Pattern: "POST /faults", Roles: workers, Serve: doc.Write},
		{Pattern: "GET /faults/{id}", Roles: all, Serve: doc.Form},
		{Pattern: "POST /faults/{id}", Roles: workers, Serve: doc.Write},
		{Pattern: "POST /faults/{id}/end", Roles: workers, Serve: doc.Remove},
	}
}

// listPage is every fault, those that are told first.
type listPage struct {
	ui.View
	Rows []row
}

type row struct {
	directory.KnownFault
	Kind  string // an id of the catalogue
	Told  bool   // callers hear of it now
	Until string
}

// kindID is where the catalogue has a kind of announcement.
func kindID(k directory.AnnouncementKind) string {
	return "faults-kind-" + cmp.Or(strings.ReplaceAll(string(k), "_", "-"), "fault")
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Faults(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading known faults: %w", err)
	}
	p := listPage{View: r.View}
	for _, f := range all {
		one := row{KnownFault: f, Kind: kindID(f.Kind), Told: f.Until.IsZero() || r.Now.Before(f.Until)}
		if !f.Until.IsZero() {
			one.Until = r.View.Clock(f.Until)
		}
		p.Rows = append(p.Rows, one)
	}
	slices.SortStableFunc(p.Rows, func(a, b row) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.Told], map[bool]int{true: 0, false: 1}[b.Told])
	})
	return pages().Page("list", r.T("faults"), p)
}
