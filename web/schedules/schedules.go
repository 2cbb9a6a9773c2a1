// Package schedules is the pages of being on call. They show the week and the month of every rota, who is ready to be rung, and
// what a month was for each engineer. Staff enter overrides, swaps and absences there. Who is on call is what rota.Schedule says:
// the same function by which the API, the feed and the search for an engineer find them.
package schedules

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/load"
	"hotline/oncall/readiness"
	"hotline/oncall/rota"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the pages read and write.
type Store interface {
	oncall.Store
	escalation.Store
	storage.Facts
	Calendars(ctx context.Context) ([]sla.Calendar, error)
	Calls(ctx context.Context, f cdr.Filter) (paging.Page[cdr.Call], error)
	Legs(ctx context.Context, since, until time.Time) ([]cdr.Leg, error)
}

// Handlers answers these pages. It is what the pages need.
type Handlers struct {
	Store Store
	Desk  *tickets.Desk
	// TestCall rings a telephone to prove it; nil: this process rings nobody.
	TestCall func(ctx context.Context, a oncall.Attempt) (result string)
	Numbers  []string // of the line
	Log      *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and forms. Who works on tickets changes who is on call, too: engineers do so by telephone as well.
func Routes(h Handlers) []ui.Route {
	all, workers := users.Roles(), []users.Role{users.Engineer, users.Staff, users.Admin}
	return []ui.Route{
		{Pattern: "GET /oncall", Roles: all, Serve: h.week},
		{Pattern: "GET /oncall/month", Roles: all, Serve: h.month},
		{Pattern: "GET /oncall/readiness", Roles: all, Serve: h.readiness},
		{Pattern: "GET /oncall/line.vcf", Roles: all, Serve: h.card},
		{Pattern: "POST /oncall/readiness/test", Roles: workers, Serve: h.testCall},
		{Pattern: "POST /oncall/readiness/appointment", Roles: workers, Serve: h.agree},
		{Pattern: "GET /oncall/load", Roles: all, Serve: h.load},
		{Pattern: "GET /oncall/load.csv", Roles: all, Serve: h.loadTable},
		{Pattern: "GET /oncall/changes", Roles: all, Serve: h.changes},
		{Pattern: "POST /oncall/changes/override", Roles: workers, Serve: h.changeRota(override)},
		{Pattern: "POST /oncall/changes/swap", Roles: workers, Serve: h.changeRota(swap)},
		{Pattern: "POST /oncall/changes/remove", Roles: workers, Serve: h.changeRota(remove)},
		{Pattern: "POST /oncall/changes/absence", Roles: workers, Serve: h.absent},
		{Pattern: "POST /oncall/changes/present", Roles: workers, Serve: h.present},
	}
}

// frame is what each of these pages shows at its head.
type frame struct {
	ui.View
	Tabs   []tab
	Broken error // rotas that cannot be worked out, and so ring nobody
	Gaps   []gapRow
	names  map[oncall.EngineerID]string
	beside *time.Location // of whoever looks; nil: not known
}

// tab leads to one of these pages.
type tab struct {
	Title, Path string
	Current     bool
}

// gapRow is a time ahead in which nobody is reached.
type gapRow struct {
	Rota, Zone  string
	From, Until string
	Fill        string // where it is filled; empty: whoever looks may not
}

// gapsAhead is how far gaps are looked for.
const gapsAhead = 60 * 24 * time.Hour

// frame reads what all these pages are made of.
func (h Handlers) frame(r *ui.Request) (f frame, d escalation.Documents, facts escalation.Facts, err error) {
	d, err = escalation.Read(r.Context(), h.Store)
	if err != nil {
		return f, d, facts, fmt.Errorf("reading the rotas: %w", err)
	}
	f = frame{View: r.View, names: map[oncall.EngineerID]string{}, beside: viewer(r)}
	facts, f.Broken = d.Facts()
	for _, e := range d.Engineers {
		f.names[e.ID] = e.Name
	}
	for _, one := range []tab{
		{Title: "schedules-week", Path: "/oncall"}, {Title: "schedules-month", Path: "/oncall/month"}, {Title: "schedules-changes", Path: "/oncall/changes"},
		{Title: "schedules-readiness", Path: "/oncall/readiness"}, {Title: "schedules-load", Path: "/oncall/load"},
	} {
		one.Title, one.Current = r.T(one.Title), r.URL.Path == one.Path
		f.Tabs = append(f.Tabs, one)
	}
	rotas := map[rota.ID]*rota.Schedule{}
	for _, s := range facts.Rotas {
		rotas[s.Rota().ID] = s
	}
	for _, g := range readiness.Of(facts, r.Now, r.Now.Add(gapsAhead)).Gaps {
		s := rotas[g.Rota]
		row := gapRow{Rota: s.Rota().Name, Zone: s.Rota().Zone, From: f.instant(g.From, s.Zone()), Until: f.instant(g.Until, s.Zone())}
		if r.Can("POST /oncall/changes/override") {
			row.Fill = fill(g.Rota, "", 1, g.From.In(s.Zone()), g.Until.In(s.Zone()))
		}
		f.Gaps = append(f.Gaps, row)
	}
	return f, d, facts, nil
}

// name is how an engineer is called; one who is gone is called by the id.
func (f frame) name(id oncall.EngineerID) string {
	if name := f.names[id]; name != "" {
		return name
	}
	return string(id)
}

// instant tells an instant in a rota's zone, with its day.
func (f frame) instant(t time.Time, zone *time.Location) string {
	v := f.View
	v.Zone = zone
	return v.Clock(t)
}

// wall is how forms write an instant, by the wall clock of the rota.
const wall = "2006-01-02T15:04"

// fill is where somebody is put on call in a time, instead of an engineer; of nobody where engineer is empty.
func fill(id rota.ID, engineer oncall.EngineerID, level int, from, until time.Time) string {
	q := url.Values{"rota": {string(id)}, "engineer": {string(engineer)}, "level": {fmt.Sprint(level)}, "from": {from.Format(wall)}, "until": {until.Format(wall)}}
	return "/oncall/changes?" + q.Encode() + "#override"
}

// viewerCookie is where a browser says its zone.
const viewerCookie = "hotline_zone"

// viewer is the zone of whoever looks, as the browser says it; nil where it says none that there is.
func viewer(r *ui.Request) *time.Location {
	c, err := r.Cookie(viewerCookie)
	if err != nil || len(c.Value) > 64 {
		return nil
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return nil
	}
	zone, err := sla.Zone(name)
	if err != nil {
		return nil
	}
	return zone
}

// also is a time in the zone of whoever looks, where clocks show another one there; empty where they show the same.
func (f frame) also(from, until time.Time) string {
	if f.beside == nil || from.In(f.beside).Format(wall) == from.Format(wall) && until.In(f.beside).Format(wall) == until.Format(wall) {
		return ""
	}
	return from.In(f.beside).Format("15:04") + "-" + until.In(f.beside).Format("15:04")
}

// Beside names the zone of whoever looks.
func (f frame) Beside() string {
	if f.beside == nil {
		return ""
	}
	return f.beside.String()
}

func (h Handlers) show(name, title string, status int, data any) (*ui.Page, error) {
	p, err := pages().Page(name, title, data)
	if err == nil {
		p.Status = status
	}
	return p, err
}

func (h Handlers) books() load.Books {
	b := load.Books{Calls: h.Store, Published: h.Store}
	if own, err := h.Desk.Entitlement(""); err == nil {
		b.Own = own.Hours
	}
	return b
}

// picture is HTML that was made here of numbers alone.
func picture(svg string) template.HTML { return template.HTML(svg) }
