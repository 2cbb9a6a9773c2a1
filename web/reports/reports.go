// Package reports is the pages of a month: how promises were kept, by contract, level and category; when callers call and how long
// they wait for a human; the same for a spreadsheet; and a sheet to print and send to one customer. The arithmetic is that of
// tickets/statistics and cdr, the tables and the plot are those of the API (admin/report).
package reports

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline/admin/report"
	"hotline/cdr"
	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/users"
	"hotline/web/room"
)

// Store is what the reports read.
type Store interface {
	statistics.Store
	cdr.Store
}

// House is where the figures come from.
type House struct {
	Store    Store
	Desk     *tickets.Desk
	Language prompts.Language
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// Routes are the pages of reports. Everybody who has a session may see them: they hold no caller's words.
func Routes(h House) []room.Route {
	return []room.Route{
		{Pattern: "GET /reports", Roles: users.Roles(), Serve: h.month},
		{Pattern: "GET /reports/plot.svg", Roles: users.Roles(), Serve: h.plot},
		{Pattern: "GET /reports/{table}", Roles: users.Roles(), Serve: h.csv},
		{Pattern: "GET /customers/{id}/report", Roles: users.Roles(), Serve: h.customer},
	}
}

// monthPage is one month.
type monthPage struct {
	room.View
	Month        string // as 2026-11
	Name         string // as people say it
	Before, Then string // the months beside it; Then is empty for one that has not begun
	By           string // contract, level or category
	Bys          []string
	Rows         []row
	All          int // rows that there are; more than Rows where only those with the most broken promises are shown
	Total        row
	Hours        []dayOfWeek
	Load         cdr.Load
	Problem      string
}

// row is a group of tickets.
type row struct {
	Name     string
	Customer directory.CustomerID // where its name leads; empty: nowhere
	Tickets  int
	Minutes  int
	Clocks   []clock
}

// clock is how a clock of a group fared.
type clock struct {
	statistics.Clock
	Percent int // of those that ended, how many were kept; -1: none ended
}

// dayOfWeek is one weekday's calls by the hour.
type dayOfWeek struct {
	Name  string
	Hours [24]shade
	Total int
}

// shade is a number of calls, and how it compares to the busiest hour: 0 to 5.
type shade struct{ Calls, Depth int }

func bys() []string { return []string{"contract", "level", "category"} }

// asked is the month that an address names, else this one.
func asked(r *room.Request) (month string, begins time.Time, problem string) {
	month = cmp.Or(r.URL.Query().Get("month"), r.Now.In(r.Zone).Format("2006-01"))
	begins, err := time.ParseInLocation("2006-01", month, r.Zone)
	if err != nil || begins.Year() < 1970 || begins.Year() > 9000 {
		now := r.Now.In(r.Zone)
		return now.Format("2006-01"), time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, r.Zone), r.T("reports-bad-month")
	}
	return month, begins, ""
}

func (h House) month(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p := monthPage{View: r.View, Bys: bys(), By: r.URL.Query().Get("by")}
	if !slices.Contains(p.Bys, p.By) {
		p.By = p.Bys[0]
	}
	var begins time.Time
	p.Month, begins, p.Problem = asked(r)
	p.Name, p.Before = r.Month(begins), begins.AddDate(0, -1, 0).Format("2006-01")
	if next := begins.AddDate(0, 1, 0); !next.After(r.Now) {
		p.Then = next.Format("2006-01")
	}
	found, err := statistics.Month(r.Context(), h.Store, p.Month, r.Zone, r.Now)
	if err != nil {
		return nil, fmt.Errorf("reading the month's report: %w", err)
	}
	p.Rows, p.Total = h.rows(r.View, found, p.By), rowOf(r.T("report-total"), found.Total)
	p.All, p.Rows = len(p.Rows), worst(p.Rows)
	if p.Load, err = h.Store.CallLoad(r.Context(), begins, begins.AddDate(0, 1, 0), r.Zone); err != nil {
		return nil, fmt.Errorf("reading the month's calls: %w", err)
	}
	p.Hours = shaded(r.View, p.Load)
	return pages().Page("month", r.T("reports-of", p.Name), p)
}

// rows are the report's lines, gathered by what they share. Their medians are not gathered: they stand in the CSV, line by line.
func (h House) rows(v room.View, r statistics.Report, by string) []row {
	of := map[string]*row{}
	var order []string
	book := h.Desk.Book()
	for _, l := range r.Lines {
		key, name, customer := string(l.Contract), l.Name, directory.CustomerID("")
		switch by {
		case "level":
			key, name = string(l.Level), h.level(l.Level)
		case "category":
			key, name = string(l.Category), v.Words.Category(string(l.Category))
		default:
			if c, ok := book.Contracts.Get(l.Contract); ok {
				customer = c.Customer
			}
			if name == "" && l.Contract == "" {
				name = v.T("report-on-request")
			}
			if l.Contract != "" {
				name += " (" + string(l.Contract) + ")"
			}
		}
		if of[key] == nil {
			of[key] = &row{Name: name, Customer: customer}
			for _, k := range sla.Kinds() {
				of[key].Clocks = append(of[key].Clocks, clock{Clock: statistics.Clock{Clock: k}})
			}
			order = append(order, key)
		}
		of[key].add(l)
	}
	list := make([]row, 0, len(order))
	for _, key := range order {
		of[key].finish()
		list = append(list, *of[key])
	}
	return list
}

// shownRows is how many groups a page shows: a browser is not given thousands. The spreadsheet has them all.
const shownRows = 100

// worst leaves those with the most broken promises where there are more than a page shows, the worst one first.
func worst(list []row) []row {
	if len(list) <= shownRows {
		return list
	}
	slices.SortStableFunc(list, func(a, b row) int { return cmp.Or(b.broken()-a.broken(), b.Tickets-a.Tickets) })
	return list[:shownRows]
}

// broken counts the broken promises of a group.
func (w *row) broken() (n int) {
	for _, c := range w.Clocks {
		n += c.Broken
	}
	return n
}

func (h House) level(id sla.LevelID) string {
	if l, ok := h.Desk.Book().Levels[id]; ok && l.Name != "" {
		return l.Name
	}
	return string(id)
}

func rowOf(name string, l statistics.Line) row {
	w := row{Name: name}
	for _, k := range sla.Kinds() {
		w.Clocks = append(w.Clocks, clock{Clock: statistics.Clock{Clock: k}})
	}
	w.add(l)
	w.finish()
	return w
}

func (w *row) add(l statistics.Line) {
	w.Tickets, w.Minutes = w.Tickets+l.Tickets, w.Minutes+l.Minutes
	for i, c := range l.Clocks {
		w.Clocks[i].Kept, w.Clocks[i].Broken, w.Clocks[i].Open = w.Clocks[i].Kept+c.Kept, w.Clocks[i].Broken+c.Broken, w.Clocks[i].Open+c.Open
	}
}

func (w *row) finish() {
	for i := range w.Clocks {
		c := &w.Clocks[i]
		c.Percent = -1
		if ended := c.Kept + c.Broken; ended > 0 {
			c.Percent = 100 * c.Kept / ended
		}
	}
}

// depths is how many shades there are beside that of nothing.
const depths = 5

// shaded is the week from Monday on.
func shaded(v room.View, l cdr.Load) []dayOfWeek {
	busiest := 1
	for _, day := range l.Hours {
		busiest = max(busiest, slices.Max(day[:]))
	}
	var list []dayOfWeek
	for i := range 7 {
		weekday := time.Weekday((i + 1) % 7)
		d := dayOfWeek{Name: v.Weekday(weekday)}
		for hour, n := range l.Hours[weekday] {
			d.Hours[hour] = shade{n, (n*depths + busiest - 1) / busiest}
			d.Total += n
		}
		list = append(list, d)
	}
	return list
}

// reader is who reads a table or the plot.
func (h House) reader(r *room.Request) report.Reader {
	levels := map[sla.LevelID]string{}
	for id, l := range h.Desk.Book().Levels {
		levels[id] = l.Name
	}
	return report.Reader{Language: r.Lang, Words: r.Words, Levels: levels}
}
