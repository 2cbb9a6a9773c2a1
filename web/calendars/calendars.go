// Package calendars is the pages of levels and working hours. They show what each level promises, what a year of a calendar
// counts as working time, and what a request would be promised at any instant; a level can be changed. The arithmetic is that of
// sla, the checks are those of the API (directory/entry).
package calendars

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
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
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// hoursOctets is what the form of a calendar may have: some thousand dates.
const hoursOctets = 400_000

// Routes are the pages of levels and calendars. An administrator changes a level or a calendar.
func Routes(h Handlers) []ui.Route {
	levels, hours := h.levelForm(), h.hoursForm()
	return []ui.Route{
		{Pattern: "GET /calendars", Roles: users.Roles(), Serve: h.all},
		{Pattern: "GET /calendars/{id}", Roles: users.Roles(), Serve: h.year},
		{Pattern: "GET /levels/{id}", Roles: users.Roles(), Serve: levels.Form},
		{Pattern: "POST /levels/{id}", Roles: []users.Role{users.Admin}, Serve: levels.Write},
		{Pattern: "GET /calendars/{id}/hours", Roles: []users.Role{users.Admin}, Serve: hours.Form},
		{Pattern: "POST /calendars/{id}/hours", Roles: []users.Role{users.Admin}, Most: hoursOctets, Serve: hours.Write},
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

// called is how people call a calendar.
func called(c sla.Calendar) string { return cmp.Or(c.Name, string(c.ID)) }

func (h Handlers) calendars() []sla.Calendar {
	var list []sla.Calendar
	for _, c := range h.Desk.Book().Calendars {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b sla.Calendar) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

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
