// Package masterdata is the pages on which customers, contracts, engineers and the weekly plan are written one at a time. What may be written
// is said where the API has it said, too (directory/entry, oncall). How a form is shown, judged and written is in web/form.
package masterdata

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the pages read and write.
type Store interface {
	entry.Known
	Levels(ctx context.Context) ([]sla.Level, error)
	Calendars(ctx context.Context) ([]sla.Calendar, error)
	Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error)
	PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error)
	PutCustomer(ctx context.Context, c directory.Customer) (directory.Customer, error)
	Engineer(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error)
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
	PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error)
	Rota(ctx context.Context) (oncall.Rota, error)
	PutRota(ctx context.Context, r oncall.Rota) (oncall.Rota, error)
}

// PINs gives contracts and engineers theirs. A PIN is returned by the call that made it and by nothing else.
type PINs interface {
	NewContract(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
}

// Handlers answers these pages. It is what the pages need. Everything is required.
type Handlers struct {
	Store     Store
	PINs      PINs
	Desk      *tickets.Desk
	Plan      numbers.Plan
	Telephone func(address string) error      // nil result: an engineer can be rung there
	Tell      func(ctx context.Context) error // the line hears of what was written
	Log       *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	all, staff, admins := users.Roles(), []users.Role{users.Staff, users.Admin}, []users.Role{users.Admin}
	customers, contracts, further, engineers, shifts := h.customers(), h.contracts(), h.further(), h.engineers(), h.shifts()
	return []ui.Route{
		{Pattern: "GET /customers/new", Roles: staff, Serve: customers.Form},
		{Pattern: "POST /customers", Roles: staff, Serve: customers.Write},
		{Pattern: "GET /customers/{id}/edit", Roles: staff, Serve: customers.Form},
		{Pattern: "POST /customers/{id}", Roles: staff, Serve: customers.Write},
		{Pattern: "GET /customers/{id}/contracts/new", Roles: admins, Serve: further.Form},
		{Pattern: "POST /customers/{id}/contracts", Roles: admins, Serve: further.Write},
		{Pattern: "GET /contracts/{id}", Roles: admins, Serve: contracts.Form},
		{Pattern: "POST /contracts/{id}", Roles: admins, Serve: contracts.Write},
		{Pattern: "GET /engineers", Roles: all, Serve: h.list},
		{Pattern: "GET /engineers/new", Roles: admins, Serve: engineers.Form},
		{Pattern: "POST /engineers", Roles: admins, Serve: engineers.Write},
		{Pattern: "GET /engineers/{id}", Roles: admins, Serve: engineers.Form},
		{Pattern: "POST /engineers/{id}", Roles: admins, Serve: engineers.Write},
		{Pattern: "GET /oncall/shifts", Roles: admins, Serve: shifts.Form},
		{Pattern: "POST /oncall/shifts", Roles: admins, Most: shiftsOctets, Serve: shifts.Write},
	}
}

// tell lets the line hear of what was written.
func (h Handlers) tell(r *ui.Request) error {
	if err := h.Tell(r.Context()); err != nil {
		return fmt.Errorf("telling the line: %w", err)
	}
	return nil
}
