// Package keeping is the pages on which customers, contracts, engineers and the weekly plan are written one at a time. What may be written
// is said where the API has it said, too (directory/entry, oncall). A form names the version that it was shown with: where somebody else
// was faster, the page shows what stands beside what was about to be written, and nothing was saved.
package keeping

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/room"
	"hotline/web/running"
	"hotline/web/told"
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

// House is what the pages need. Everything is required.
type House struct {
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

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h House) []room.Route {
	all, staff, admins := users.Roles(), []users.Role{users.Staff, users.Admin}, []users.Role{users.Admin}
	return []room.Route{
		{Pattern: "GET /customers/new", Roles: staff, Serve: h.customerForm},
		{Pattern: "POST /customers", Roles: staff, Serve: h.writeCustomer},
		{Pattern: "GET /customers/{id}/edit", Roles: staff, Serve: h.customerForm},
		{Pattern: "POST /customers/{id}", Roles: staff, Serve: h.writeCustomer},
		{Pattern: "GET /customers/{id}/contracts/new", Roles: admins, Serve: h.newContract},
		{Pattern: "POST /customers/{id}/contracts", Roles: admins, Serve: h.addContract},
		{Pattern: "GET /contracts/{id}", Roles: admins, Serve: h.contractForm},
		{Pattern: "POST /contracts/{id}", Roles: admins, Serve: h.writeContract},
		{Pattern: "GET /engineers", Roles: all, Serve: h.engineers},
		{Pattern: "GET /engineers/new", Roles: admins, Serve: h.engineerForm},
		{Pattern: "POST /engineers", Roles: admins, Serve: h.writeEngineer},
		{Pattern: "GET /engineers/{id}", Roles: admins, Serve: h.engineerForm},
		{Pattern: "POST /engineers/{id}", Roles: admins, Serve: h.writeEngineer},
		{Pattern: "GET /oncall/shifts", Roles: admins, Serve: h.shiftsForm},
		{Pattern: "POST /oncall/shifts", Roles: admins, Most: shiftsOctets, Serve: h.writeShifts},
	}
}

// field is one part of a form.
type field struct {
	Name, Label, Value string
	Kind               string // text, lines, choice, tick, day or number
	Options            []option
	Most               int // characters, or the greatest number
	Needed             bool
	Text               string // what one should know of it
	Stands             string // what somebody else wrote meanwhile; empty: the same
}

type option struct{ Value, Name string }

// formPage is one document as its form has it.
type formPage struct {
	room.View
	Back, BackName string // where it leads back
	To             string // where the form goes
	Version        string // that the form was shown with; empty: a new document
	ID             string // that a new one gets: a form that is sent twice makes one
	Fields         []field
	Moves          []running.Move
	Problem        string
	Reason         *told.Reason // what exactly
	Stale          bool
}

func (h House) show(r *room.Request, title string, p formPage, status int) (*room.Page, error) {
	p.View = r.View
	page, err := pages().Page("form", title, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// refused shows a form whose fields cannot be right.
func (h House) refused(r *room.Request, title string, p formPage, err error) (*room.Page, error) {
	var wrong *entry.Refusal
	if !errors.As(err, &wrong) {
		return nil, err
	}
	p.Problem, p.Reason = r.T("keeping-bad"), told.Why(r.Words, r.Lang, wrong.Text)
	at, _, _ := strings.Cut(wrong.Field, "[")
	for _, f := range p.Fields {
		if f.Name == at || strings.HasPrefix(f.Name, at+"-") && p.Problem == r.T("keeping-bad") { // of three spans the first
			p.Problem = r.T("keeping-bad-field", f.Label)
		}
	}
	return h.show(r, title, p, http.StatusUnprocessableEntity)
}

// stale shows what stands beside what was about to be written. The form has the version that stands now.
func (h House) stale(r *room.Request, title string, p formPage, stands []field, version int) (*room.Page, error) {
	p.Problem, p.Stale, p.Version = r.T("keeping-stale"), true, strconv.Itoa(version)
	for i := range p.Fields {
		if p.Fields[i].Value != stands[i].Value {
			p.Fields[i].Stands = cmp.Or(stands[i].words(r), r.T("page-none"))
		}
	}
	return h.show(r, title, p, http.StatusConflict)
}

// words are the value of a field as people read it.
func (f field) words(r *room.Request) string {
	switch f.Kind {
	case "tick":
		if f.Value == "" {
			return r.T("keeping-no")
		}
		return r.T("keeping-yes")
	case "choice":
		for _, o := range f.Options {
			if o.Value == f.Value {
				return o.Name
			}
		}
	}
	return f.Value
}

// said puts what a form says into its fields.
func said(r *room.Request, fields []field) []field {
	for i, f := range fields {
		fields[i].Value = strings.TrimSpace(r.FormValue(f.Name))
	}
	return fields
}

// value is what the fields say of one.
func value(fields []field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// lines are those of a field that holds one thing a line.
func lines(text string) (list []string) {
	for one := range strings.Lines(text) {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return list
}

// written tells the line, and leads on.
func (h House) written(w http.ResponseWriter, r *room.Request, what, to string, err error) (*room.Page, error) {
	if err == nil {
		err = h.Tell(r.Context())
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", what, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", what)
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil, nil
}

// twice tells whether an error says that a form was sent a second time: what it made stands.
func twice(err error) bool { return errors.Is(err, storage.ErrExists) }
