// Package setup is the page of the first steps, from an empty installation to a line that answers its first customer. The steps
// are the company's name with language and zone, the trunk, an engineer whose telephone was rung, the rota, a customer with a contract and a PIN, and the first call, live.
// What was done is read from the stores each time, so that every step can be left and taken up again, by another administrator
// too.
package setup

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hotline/cdr"
	"hotline/directory"
	"hotline/directory/entry"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the steps read and write.
type Store interface {
	directory.Store
	oncall.Store
	cdr.Store
}

// Trunk is how one trunk of the line fares.
type Trunk struct {
	Name, State string
	Trouble     string // what is wrong, in the page's language; empty: Error alone tells
	Error       string // the same exactly, in English
	Good        bool
}

// Handlers answers these pages. It is what the steps need. Everything but Owner and TestCall is required.
type Handlers struct {
	Store     Store
	Desk      *tickets.Desk
	Owner     Owner                                                       // nil: nobody is asked about the house
	Trunks    func(say func(id string) string) []Trunk                    // as people read them
	Calls     func() []cdr.Call                                           // that go on now
	Plan      numbers.Plan                                                // by which numbers are spelt
	Telephone func(address string) error                                  // nil result: it can be rung
	TestCall  func(ctx context.Context, a oncall.Attempt) (result string) // nil: this process rings nobody
	NewPIN    func(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
	Log       *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page and the forms of its steps: for administrators alone.
func Routes(h Handlers) []ui.Route {
	admins := []users.Role{users.Admin}
	return []ui.Route{
		{Pattern: "GET /start", Roles: admins, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, said{}) }},
		{Pattern: "POST /start/house", Roles: admins, Serve: h.step("house", h.house)},
		{Pattern: "POST /start/trunk", Roles: admins, Serve: h.step("trunk", h.trunk)},
		{Pattern: "POST /start/engineer", Roles: admins, Serve: h.step("engineer", h.engineer)},
		{Pattern: "POST /start/test-call", Roles: admins, Serve: h.step("engineer", h.testCall)},
		{Pattern: "POST /start/rota", Roles: admins, Serve: h.step("rota", h.rota)},
		{Pattern: "POST /start/customer", Roles: admins, Serve: h.step("customer", h.customer)},
	}
}

// said is what came of a step.
type said struct {
	Result string // of a test call, in words of the trade
	Name   string // of the customer whose PIN is shown
	PIN    string // it is shown once
	refused
}

// page is all steps as they stand.
type page struct {
	ui.View
	said
	Owned     *owned // nil: nobody is asked about the house
	Trunks    []Trunk
	TrunkGood bool
	Engineers []oncall.Engineer
	Proven    bool // somebody's telephone was proven and still is
	OnCall    bool // the rota names somebody
	Customers int
	Levels    []sla.Level
	Calendars []sla.Calendar // when somebody works
	Live      []cdr.Call
	Last      cdr.Call // without an id: nobody has called yet
	Answered  bool     // an engineer accepted the last call
}

// Whose names an engineer; one who was removed meanwhile is an id.
func (p page) Whose(id string) string {
	for _, e := range p.Engineers {
		if string(e.ID) == id {
			return e.Name
		}
	}
	return id
}

func (h Handlers) show(r *ui.Request, s said) (*ui.Page, error) {
	p := page{View: r.View, said: s, Owned: h.owned(), Trunks: h.Trunks(func(id string) string { return r.T(id) }), Live: h.Calls()}
	for _, t := range p.Trunks {
		p.TrunkGood = p.TrunkGood || t.Good
	}
	ctx := r.Context()
	var err error
	if p.Engineers, err = h.Store.Engineers(ctx); err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	rota, err := h.Store.Rota(ctx)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading the rota: %w", err)
	}
	p.OnCall = len(rota.Shifts) > 0
	customers, err := h.Store.Customers(ctx)
	if err == nil {
		p.Levels, err = h.Store.Levels(ctx)
	}
	if err == nil {
		p.Calendars, err = h.Store.Calendars(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("reading customers, levels and calendars: %w", err)
	}
	p.Customers = len(customers)
	found, err := h.Store.Calls(ctx, cdr.Filter{Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("reading the last call: %w", err)
	}
	if len(found.Items) > 0 {
		p.Last = found.Items[0]
	}
	for _, l := range p.Last.Legs {
		p.Answered = p.Answered || l.Result == "accepted"
	}
	return pages().Page("start", r.T("page-start"), p)
}

// nameMost is how many characters a name may have here.
const nameMost = 100

// named reads a name from a form, and makes an id of it that nobody has.
func named(r *ui.Request, taken func(id string) (bool, error)) (id, name string, err error) {
	name = strings.Join(strings.Fields(r.FormValue("name")), " ")
	if name == "" || utf8.RuneCountInString(name) > nameMost {
		return "", "", bad("page-start-name", nameMost)
	}
	base := slug(name)
	for n := 1; ; n++ {
		if id = base; n > 1 {
			id = fmt.Sprintf("%s-%d", base, n)
		}
		if has, err := taken(id); err != nil || !has {
			return id, name, err
		}
	}
}

// slugMost is how long an id becomes; a number may follow.
const slugMost = 40

// slug is the letters of English and the digits of a name, small.
func slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case b.Len() >= slugMost:
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "first"
}

// there tells whether an error says that something stands.
func there(err error) (bool, error) {
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// engineer writes somebody who can be rung.
func (h Handlers) engineer(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	ctx := r.Context()
	id, name, err := named(r, func(id string) (bool, error) {
		_, err := h.Store.Engineer(ctx, oncall.EngineerID(id))
		return there(err)
	})
	if err != nil {
		return nil, err
	}
	phone, err := entry.Callable(h.Plan, strings.TrimSpace(r.FormValue("phone")))
	if err == nil {
		err = h.Telephone(phone)
	}
	if err != nil {
		wrong := bad("page-start-phone", phone)
		wrong.why = err.Error()
		return nil, wrong
	}
	_, err = h.Store.PutEngineer(ctx, oncall.Engineer{ID: oncall.EngineerID(id), Name: name, Phones: []string{phone}, Language: string(r.Lang)})
	return h.done(w, r, "engineer "+id, err)
}

// testCall rings an engineer's first telephone, and shows what came of it.
func (h Handlers) testCall(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, err := h.Store.Engineer(r.Context(), oncall.EngineerID(r.FormValue("engineer")))
	if err != nil {
		return nil, fmt.Errorf("reading an engineer: %w", err)
	}
	if h.TestCall == nil || len(e.Phones) == 0 {
		return nil, late("page-start-no-ring")
	}
	result := h.TestCall(r.Context(), oncall.Attempt{Engineer: e.ID, Name: e.Name, Phone: e.Phones[0], Language: e.Language})
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "engineer", string(e.ID), "what", "test call", "result", result)
	return h.show(r, said{Result: result})
}

// rota puts an engineer on call day and night, where nobody is on call yet: what staff planned is not overwritten.
func (h Handlers) rota(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	rota, err := h.Store.Rota(r.Context())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading the rota: %w", err)
	}
	if len(rota.Shifts) > 0 {
		return nil, late("page-start-rota-there")
	}
	rota.Zone = h.Desk.Zone().String()
	rota.Shifts = []oncall.Shift{{Engineer: oncall.EngineerID(r.FormValue("engineer")), Level: 1, Order: 1, Day: time.Monday, Length: 7 * 24 * time.Hour}}
	_, err = h.Store.PutRota(r.Context(), rota)
	if errors.Is(err, oncall.ErrUnknownEngineer) {
		return nil, bad("page-unfit")
	}
	return h.done(w, r, "rota", err)
}

// customer writes a customer with a contract from today on, and shows the contract's PIN, once.
func (h Handlers) customer(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	ctx := r.Context()
	id, name, err := named(r, func(id string) (bool, error) {
		_, err := h.Store.Customer(ctx, directory.CustomerID(id))
		has, err := there(err)
		if err != nil || has {
			return has, err
		}
		_, err = h.Store.Contract(ctx, directory.ContractID(id))
		return there(err)
	})
	if err != nil {
		return nil, err
	}
	level := sla.LevelID(r.FormValue("level"))
	if _, err := h.Store.Level(ctx, level); err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			err = bad("page-unfit")
		}
		return nil, err
	}
	if _, err := h.Store.PutCustomer(ctx, directory.Customer{ID: directory.CustomerID(id), Name: name}); err != nil {
		return nil, fmt.Errorf("writing customer %s: %w", id, err)
	}
	today := r.Now.In(r.Zone)
	c, err := h.Store.PutContract(ctx, directory.Contract{
		ID: directory.ContractID(id), Customer: directory.CustomerID(id), Level: level, Language: string(r.Lang), RemoteAccess: true, AfterHours: directory.AfterHoursWait,
		ValidFrom: time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, r.Zone),
	})
	var pin string
	if err == nil {
		_, pin, err = h.NewPIN(ctx, c, r.Now)
	}
	if err != nil {
		return nil, fmt.Errorf("writing contract %s: %w", id, err)
	}
	if _, err := h.Desk.CatchUp(ctx, h.Store, r.Now); err != nil { // the nodes' own look at what is new brings it then
		h.Log.WarnContext(ctx, "the line hears of a new contract a moment later", "error", err)
	}
	h.Log.InfoContext(ctx, "web: staff wrote", "by", r.User.Name, "contract", id, "what", "first contract")
	return h.show(r, said{Name: name, PIN: pin})
}

// done goes back to the steps.
func (h Handlers) done(w http.ResponseWriter, r *ui.Request, what string, err error) (*ui.Page, error) {
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", what, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", what)
	http.Redirect(w, r.Request, "/start", http.StatusSeeOther)
	return nil, nil
}
