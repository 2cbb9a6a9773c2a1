// Package alerts is the pages of the Alerting Manager: what installed systems report now, and the documents by which it is judged, which
// are alert policies, mappings and maintenance windows. A message can be tried: the page says what it would open, and nothing is opened
// (docs/alerts.md).
package alerts

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline/intake"
	"hotline/intake/format"
	"hotline/users"
	"hotline/web/form"
	"hotline/web/ui"
)

// Handlers answers these pages. It is what the pages need. Everything is required.
type Handlers struct {
	Store    intake.Store
	Contract func(id string) bool // tells whether there is one
	Taken    []string             // names that no mapping may have, beside those of the formats
	Log      *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// messageOctets is as much as a form with a message may have: the API takes a message of 1 MiB.
const messageOctets = 2 << 20

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	all, staff, admins := users.Roles(), []users.Role{users.Staff, users.Admin}, []users.Role{users.Admin}
	t := trial{h, format.NewMapper()}
	policies, mappings, windows := h.policies(t), h.mappings(t), h.windows()
	return []ui.Route{
		{Pattern: "GET /alerts", Roles: all, Serve: h.list},
		{Pattern: "GET /alerts/try", Roles: admins, Serve: t.form},
		{Pattern: "POST /alerts/try", Roles: admins, Most: messageOctets, Serve: t.try},
		{Pattern: "GET /alerts/policies/new", Roles: admins, Serve: policies.Form},
		{Pattern: "POST /alerts/policies", Roles: admins, Most: messageOctets, Serve: policies.Write},
		{Pattern: "GET /alerts/policies/{id}", Roles: admins, Serve: policies.Form},
		{Pattern: "POST /alerts/policies/{id}", Roles: admins, Most: messageOctets, Serve: policies.Write},
		{Pattern: "POST /alerts/policies/{id}/remove", Roles: admins, Serve: policies.Remove},
		{Pattern: "GET /alerts/mappings/new", Roles: admins, Serve: mappings.Form},
		{Pattern: "POST /alerts/mappings", Roles: admins, Most: messageOctets, Serve: mappings.Write},
		{Pattern: "GET /alerts/mappings/{id}", Roles: admins, Serve: mappings.Form},
		{Pattern: "POST /alerts/mappings/{id}", Roles: admins, Most: messageOctets, Serve: mappings.Write},
		{Pattern: "POST /alerts/mappings/{id}/remove", Roles: admins, Serve: mappings.Remove},
		{Pattern: "GET /alerts/windows/new", Roles: staff, Serve: windows.Form},
		{Pattern: "POST /alerts/windows", Roles: staff, Serve: windows.Write},
		{Pattern: "GET /alerts/windows/{id}", Roles: staff, Serve: windows.Form},
		{Pattern: "POST /alerts/windows/{id}", Roles: staff, Serve: windows.Write},
		{Pattern: "POST /alerts/windows/{id}/remove", Roles: staff, Serve: windows.Remove},
	}
}

// problemsMost is how many problems the page shows; the API has them all.
const problemsMost = 100

// page shows what is reported, and the documents.
type page struct {
	ui.View
	Problems []intake.Problem
	Full     bool // there may be more
	Windows  []window
	Policies []intake.Policy
	Mappings []intake.Mapping
	Default  bool // a policy of the house is written
}

// Address is how messages are sent that a mapping reads.
func (p page) Address(id string) string { return "POST /api/v1/alerts/" + id }

// window is a maintenance window, and whether it goes on, comes or is over.
type window struct {
	intake.Maintenance
	State string
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	ctx, p := r.Context(), page{View: r.View}
	var err error
	if p.Problems, err = h.Store.Problems(ctx, intake.Filter{Firing: true, Limit: problemsMost}); err != nil {
		return nil, fmt.Errorf("reading what is reported: %w", err)
	}
	p.Full = len(p.Problems) == problemsMost
	if p.Policies, err = h.Store.AlertPolicies(ctx); err != nil {
		return nil, fmt.Errorf("reading alert policies: %w", err)
	}
	p.Default = slices.ContainsFunc(p.Policies, func(one intake.Policy) bool { return one.ID == intake.DefaultPolicy })
	if p.Mappings, err = h.Store.AlertMappings(ctx); err != nil {
		return nil, fmt.Errorf("reading alert mappings: %w", err)
	}
	windows, err := h.Store.Maintenances(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading maintenance windows: %w", err)
	}
	slices.SortFunc(windows, func(a, b intake.Maintenance) int { return b.From.Compare(a.From) })
	for _, m := range windows {
		p.Windows = append(p.Windows, window{m, r.T("alerts-window-" + stateOf(m, r.Now))})
	}
	return pages().Page("alerts", r.T("alerts"), p)
}

// stateOf tells whether a window goes on, comes or is over.
func stateOf(m intake.Maintenance, now time.Time) string {
	switch {
	case now.Before(m.From):
		return "comes"
	case now.Before(m.Until):
		return "on"
	}
	return "over"
}

// windows is how maintenance windows are written.
func (h Handlers) windows() form.Document[intake.Maintenance] {
	d := form.Document[intake.Maintenance]{
		Kind: "maintenance window", Path: "/alerts/windows", List: "/alerts", ListTitle: "alerts", New: "alerts-window-new",
		Version: func(m intake.Maintenance) int { return m.Version }, Fields: windowFields, Said: h.windowSaid, Log: h.Log,
		From: func(r *ui.Request) (intake.Maintenance, error) {
			return intake.Maintenance{Contract: r.FormValue("contract"), Installation: r.FormValue("installation"), From: r.Now.Truncate(time.Minute)}, nil
		},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.Maintenance, h.Store.PutMaintenance
		d.Delete = func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteMaintenance(r.Context(), id, version)
		}
	}
	return d
}

func windowFields(r *ui.Request, m intake.Maintenance) (form.Fields, error) {
	return form.Fields{
		{Kind: form.Note, Label: r.T("alerts-window-text")},
		{Name: "contract", Label: r.T("page-contract"), Value: m.Contract, Kind: form.Text, Most: 100, Needed: true},
		{Name: "installation", Label: r.T("agents-installation"), Value: m.Installation, Kind: form.Text, Most: 100, Help: r.T("alerts-window-installation")},
		{Name: "from", Label: r.T("alerts-window-from"), Value: form.At(r, m.From), Kind: form.Instant, Needed: true},
		{Name: "until", Label: r.T("alerts-window-until"), Value: form.At(r, m.Until), Kind: form.Instant, Needed: true},
		{Name: "note", Label: r.T("alerts-window-note"), Value: m.Note, Kind: form.Text, Most: 500},
	}, nil
}

func (h Handlers) windowSaid(r *ui.Request, id string, f form.Fields, stands intake.Maintenance) (intake.Maintenance, error) {
	m := intake.Maintenance{
		ID: id, Contract: f.Value("contract"), Installation: f.Value("installation"), From: f.Instant(r, "from", stands.From).UTC(), Until: f.Instant(r, "until", stands.Until).UTC(), Note: f.Value("note"),
		Version: stands.Version,
	}
	if err := m.Check(); err != nil {
		return m, &form.Refusal{Field: "until", Text: err.Error()}
	}
	if !h.Contract(m.Contract) {
		return m, &form.Refusal{Field: "contract", Text: "there is no contract " + m.Contract}
	}
	return m, nil
}
