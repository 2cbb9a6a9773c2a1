// Package reports is the pages of a month. They show how promises were kept, by contract, level and category, when callers call,
// and how long they wait for a human. The figures also come as a file for a spreadsheet, and as a page to print and send to one
// customer. The arithmetic is that of tickets/statistics and cdr, the tables and the plot are those of the API (admin/report).
package reports

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline/admin/report"
	"hotline/cdr"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the reports read.
type Store interface {
	statistics.Store
	cdr.Store
}

// Handlers answers these pages. It is where the figures come from.
type Handlers struct {
	Store Store
	Desk  *tickets.Desk
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages of reports. Everybody who has a session may see them: they hold no caller's words.
func Routes(h Handlers) []ui.Route {
	return []ui.Route{
		{Pattern: "GET /reports", Roles: users.Roles(), Serve: h.month},
		{Pattern: "GET /reports/plot.svg", Roles: users.Roles(), Serve: h.plot},
		{Pattern: "GET /reports/{table}", Roles: users.Roles(), Serve: h.csv},
		{Pattern: "GET /customers/{id}/report", Roles: users.Roles(), Serve: h.customer},
	}
}

// monthPage is one month.
type monthPage struct {
	ui.View
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
	Clock sla.Kind
	statistics.Tally
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
func asked(r *ui.Request) (month string, begins time.Time, problem string) {
	month = cmp.Or(r.URL.Query().Get("month"), r.Now.In(r.Zone).Format("2006-01"))
	begins, err := time.ParseInLocation("2006-01", month, r.Zone)
	if err != nil || begins.Year() < 1970 || begins.Year() > 9000 {
		now := r.Now.In(r.Zone)
		return now.Format("2006-01"), time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, r.Zone), r.T("reports-bad-month")
	}
	return month, begins, ""
}

func (h Handlers) month(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
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
	var calls sync.WaitGroup // they are measured while the tickets are read
	var unmeasured error
	calls.Go(func() { p.Load, unmeasured = h.Store.CallLoad(r.Context(), begins, begins.AddDate(0, 1, 0), r.Zone) })
	found, err := statistics.SummaryOf(r.Context(), h.Store, p.Month, r.Zone, r.Now)
	calls.Wait()
	if err != nil && !errors.Is(err, statistics.ErrNotKept) {
		return nil, fmt.Errorf("reading the month's report: %w", err)
	}
	if unmeasured != nil {
		return nil, fmt.Errorf("reading the month's calls: %w", unmeasured)
	}
	p.Rows, p.All = h.rows(r.View, found, p.By)
	p.Total = rowOf(r.T("report-total"), found.Total)
	p.Hours = shaded(r.View, p.Load)
	return pages().Page("month", r.T("reports-of", p.Name), p)
}

// rows are the month's groups, and how many there are.
func (h Handlers) rows(v ui.View, s statistics.Summary, by string) (list []row, all int) {
	groups := s.Contracts
	switch by {
	case "level":
		groups = s.Levels
	case "category":
		groups = s.Categories
	}
	book := h.Desk.Book()
	for _, g := range groups.List {
		name, customer := g.Name, directory.CustomerID("")
		switch by {
		case "level":
			name = h.level(sla.LevelID(g.Key))
		case "category":
			name = v.Words.Category(g.Key)
		default:
			if c, ok := book.Contracts.Get(directory.ContractID(g.Key)); ok {
				customer = c.Customer
			}
			if name == "" && g.Key == "" {
				name = v.T("report-on-request")
			}
			if g.Key != "" {
				name += " (" + g.Key + ")"
			}
		}
		w := rowOf(name, g)
		w.Customer = customer
		list = append(list, w)
	}
	return list, groups.All
}

func (h Handlers) level(id sla.LevelID) string {
	if l, ok := h.Desk.Book().Levels[id]; ok && l.Name != "" {
		return l.Name
	}
	return string(id)
}

// rowOf is a group as a row of a table.
func rowOf(name string, g statistics.Group) row {
	w := row{Name: name, Tickets: g.Tickets, Minutes: g.Minutes}
	for i, k := range sla.Kinds() {
		w.Clocks = append(w.Clocks, clock{k, g.Clocks[i]})
	}
	return w
}

// depths is how many shades there are beside that of nothing.
const depths = 5

// shaded is the week from Monday on.
func shaded(v ui.View, l cdr.Load) []dayOfWeek {
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
func (h Handlers) reader(r *ui.Request) report.Reader {
	levels := map[sla.LevelID]string{}
	for id, l := range h.Desk.Book().Levels {
		levels[id] = l.Name
	}
	return report.Reader{Language: r.Lang, Words: r.Words, Levels: levels}
}
