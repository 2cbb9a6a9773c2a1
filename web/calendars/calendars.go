// Package calendars is the pages of levels and working hours. They show what each level promises, what a year of a calendar
// counts as working time, and what a request would be promised at any instant; a level can be changed. The arithmetic is that of
// sla, the checks are those of the API (directory/entry).
package calendars

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is where levels and calendars are.
type Handlers struct {
	Store directory.Store
	Desk  *tickets.Desk
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// hoursOctets is what the form of a calendar may have: some thousand dates.
const hoursOctets = 400_000

// Routes are the pages of levels and calendars. An administrator changes a level or a calendar.
func Routes(h Handlers) []ui.Route {
	return []ui.Route{
		{Pattern: "GET /calendars", Roles: users.Roles(), Serve: h.all},
		{Pattern: "GET /calendars/{id}", Roles: users.Roles(), Serve: h.year},
		{Pattern: "GET /levels/{id}", Roles: users.Roles(), Serve: h.level},
		{Pattern: "POST /levels/{id}", Roles: []users.Role{users.Admin}, Serve: h.change},
		{Pattern: "GET /calendars/{id}/hours", Roles: []users.Role{users.Admin}, Serve: h.hoursForm},
		{Pattern: "POST /calendars/{id}/hours", Roles: []users.Role{users.Admin}, Most: hoursOctets, Serve: h.writeHours},
	}
}

// allPage is what the house promises, and what it would promise.
type allPage struct {
	ui.View
	Levels     []levelRow
	Calendars  []sla.Calendar
	Categories []categoryName
	Level      string
	Category   string
	At         string // in the zone of the level's calendar
	Tried      []tried
	Asked      bool
	Problem    string
}

type levelRow struct {
	sla.Level
	Hours string // the calendar's name
}

type categoryName struct{ ID, Name string }

// tried is one clock that a request would have.
type tried struct {
	Clock, Due, Account string
}

func (h Handlers) all(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	q := r.URL.Query()
	p := allPage{View: r.View, Levels: h.levels(), Calendars: h.calendars(), Level: q.Get("level"), Category: q.Get("category"), At: q.Get("at")}
	for _, c := range sla.Categories() {
		p.Categories = append(p.Categories, categoryName{string(c), r.Words.Category(string(c))})
	}
	p.Asked = p.At != ""
	if !p.Asked {
		p.At = r.Now.In(r.Zone).Format("2006-01-02T15:04")
		return pages().Page("all", r.T("calendars"), p)
	}
	list, err := h.Desk.DryRun(sla.LevelID(p.Level), sla.Category(p.Category), p.At)
	switch {
	case errors.Is(err, sla.ErrBadInstant):
		p.Problem = r.T("calendars-bad-instant")
	case errors.Is(err, storage.ErrNotFound):
		p.Problem = r.T("imports-bad-level")
	case err != nil:
		return nil, fmt.Errorf("trying a request: %w", err)
	}
	for _, a := range list {
		p.Tried = append(p.Tried, tried{r.Words.Clock(string(a.Clock.Kind)), r.Clock(a.Clock.Due), a.In(r.Words)})
	}
	return pages().Page("all", r.T("calendars"), p)
}

func (h Handlers) levels() []levelRow {
	var list []levelRow
	book := h.Desk.Book()
	for _, l := range book.Levels {
		list = append(list, levelRow{l, cmp.Or(book.Calendars[l.Calendar].Name, string(l.Calendar))})
	}
	slices.SortFunc(list, func(a, b levelRow) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (h Handlers) calendars() []sla.Calendar {
	var list []sla.Calendar
	for _, c := range h.Desk.Book().Calendars {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b sla.Calendar) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// levelPage is one level and the form that changes it.
type levelPage struct {
	ui.View
	Level     sla.Level
	Version   string // that the form was shown with
	Name      string
	Calendar  string
	Calendars []sla.Calendar
	Limits    []limitField
	Question  template.HTML // whether running tickets follow
	Problem   string
}

// limitField is one promised span in minutes, as the form has it.
type limitField struct {
	Name, Label, Value string
}

// limits are the six spans of a level by the names of their fields.
func limits(l *sla.Level) map[string]*time.Duration {
	return map[string]*time.Duration{
		"blocking-contact": &l.Blocking.Contact, "blocking-intervention": &l.Blocking.Intervention, "blocking-restore": &l.Blocking.Restore,
		"non_blocking-contact": &l.NonBlocking.Contact, "non_blocking-intervention": &l.NonBlocking.Intervention, "non_blocking-restore": &l.NonBlocking.Restore,
	}
}

func (h Handlers) page(r *ui.Request, l sla.Level) levelPage {
	p := levelPage{View: r.View, Level: l, Version: strconv.Itoa(l.Version), Name: l.Name, Calendar: string(l.Calendar), Calendars: h.calendars()}
	of := limits(&l)
	for _, c := range []sla.Category{sla.Blocking, sla.NonBlocking} {
		for _, k := range sla.Kinds() {
			name := string(c) + "-" + string(k)
			p.Limits = append(p.Limits, limitField{name, r.Words.Category(string(c)) + ": " + r.Words.Clock(string(k)), strconv.Itoa(int(*of[name] / time.Minute))})
		}
	}
	return p
}

func (h Handlers) show(p levelPage, status int) (*ui.Page, error) {
	page, err := pages().Page("level", p.Level.Name, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

func (h Handlers) level(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	l, err := h.Store.Level(r.Context(), sla.LevelID(r.PathValue("id")))
	if err != nil {
		return nil, fmt.Errorf("reading a level: %w", err)
	}
	return h.show(h.page(r, l), http.StatusOK)
}

// said is the level as the form says it, and the page that keeps what it says; bad where a field cannot be right.
func (h Handlers) said(r *ui.Request, l sla.Level) (made sla.Level, p levelPage, bad bool) {
	made = l
	made.Name, made.Calendar = r.FormValue("name"), sla.CalendarID(r.FormValue("calendar"))
	p = h.page(r, l)
	p.Version, p.Name, p.Calendar = r.FormValue("version"), made.Name, string(made.Calendar)
	of := limits(&made)
	for i, f := range p.Limits {
		p.Limits[i].Value = r.FormValue(f.Name)
		if p.Limits[i].Value == f.Value { // it may hold seconds, which the form does not show
			continue
		}
		minutes, err := strconv.Atoi(p.Limits[i].Value)
		if err != nil || minutes < 0 || minutes > minutesMost {
			bad = true
			continue
		}
		*of[f.Name] = time.Duration(minutes) * time.Minute
	}
	return made, p, bad || made.Name == "" || len([]rune(made.Name)) > nameMost
}

const (
	minutesMost = 366 * 24 * 60
	nameMost    = 200 // characters
)

// spanName is one promised span of a level, as the table shows it.
type spanName struct{ Name, Value string }

// Limits are the promised spans that there are, by name.
func (p allPage) Limits(l sla.Limits) []spanName {
	var list []spanName
	for _, one := range []struct {
		kind sla.Kind
		span time.Duration
	}{{sla.Contact, l.Contact}, {sla.Intervention, l.Intervention}, {sla.Restore, l.Restore}} {
		if one.span > 0 {
			list = append(list, spanName{p.Words.Clock(string(one.kind)), p.Span(one.span)})
		}
	}
	return list
}
