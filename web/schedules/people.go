package schedules

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"hotline/admin/report"
	"hotline/oncall"
	"hotline/oncall/load"
	"hotline/oncall/readiness"
	"hotline/oncall/rota"
	"hotline/web/ui"
)

// readinessPage is whether each person can be reached.
type readinessPage struct {
	frame
	Ready     bool
	Uncovered []gapRow
	People    []personRow
	Rings     bool   // telephones can be tried here
	Card      bool   // the line has numbers
	Tried     string // the telephone of a test call, and
	Result    string // what came of it
	Problem   string
}

// personRow is somebody who can be rung.
type personRow struct {
	ID     oncall.EngineerID
	Name   string
	Test   *appointment
	Lacks  string // in words; empty: nothing
	Phones []phoneRow
	Shifts []shiftRow
	More   int // shifts beside those that are shown
}

type phoneRow struct{ Phone, Proven string }

type shiftRow struct{ Rota, From, Until, State string }

// readinessAhead is how far shifts are looked at, and shiftsShown how many of them a row has.
const (
	readinessAhead = 14 * 24 * time.Hour
	shiftsShown    = 4
)

// readiness shows whether somebody will be reached.
func (h Handlers) readiness(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.showReadiness(r, http.StatusOK, readinessPage{})
}

func (h Handlers) showReadiness(r *ui.Request, status int, p readinessPage) (*ui.Page, error) {
	f, _, facts, err := h.frame(r)
	if err != nil {
		return nil, err
	}
	zones := map[rota.ID]*rota.Schedule{}
	for _, s := range facts.Rotas {
		zones[s.Rota().ID] = s
	}
	found := readiness.Of(facts, r.Now, r.Now.Add(readinessAhead))
	p.frame, p.Ready, p.Rings, p.Card = f, found.Ready && f.Broken == nil && len(facts.Rotas) > 0, h.TestCall != nil, len(h.Numbers) > 0
	for _, g := range found.Uncovered {
		s := zones[g.Rota]
		p.Uncovered = append(p.Uncovered, gapRow{Rota: s.Rota().Name, Zone: s.Rota().Zone, From: f.instant(g.From, s.Zone()), Until: f.instant(g.Until, s.Zone())})
	}
	for _, one := range found.People {
		row := personRow{ID: one.Engineer, Name: one.Name, Test: agreed(r, facts, one.Engineer), More: max(0, len(one.OnCall)-shiftsShown)}
		if one.Lacks != readiness.LacksNothing {
			row.Lacks = r.T("schedules-lacks-" + string(one.Lacks))
		}
		for _, t := range one.Phones {
			proven := ""
			if t.Proven.After(r.Now) {
				proven = r.Clock(t.Proven)
			}
			row.Phones = append(row.Phones, phoneRow{t.Phone, proven})
		}
		for _, s := range one.OnCall[:min(len(one.OnCall), shiftsShown)] {
			zone := zones[s.Rota].Zone()
			row.Shifts = append(row.Shifts, shiftRow{zones[s.Rota].Rota().Name, f.instant(s.From, zone), f.instant(s.Until, zone), state(s)})
		}
		p.People = append(p.People, row)
	}
	return h.show("readiness", r.T("schedules-readiness"), status, p)
}

func state(s readiness.OnCallShift) string {
	switch {
	case s.Covered:
		return "schedules-covered"
	case s.ToProve:
		return "schedules-to-prove"
	}
	return "schedules-uncovered"
}

// loadPage is what a month on call was.
type loadPage struct {
	frame
	Month, Name  string
	Before, Then string // empty: it is to come
	Published    bool
	Rows         []loadRow
}

type loadRow struct {
	load.Row
	Hours, Rest string
}

func (h Handlers) monthOf(r *ui.Request) (f frame, month string, rows []load.Row, published bool, err error) {
	f, _, facts, err := h.frame(r)
	if err != nil {
		return f, "", nil, false, err
	}
	month = r.URL.Query().Get("month")
	if month == "" {
		month = r.Now.In(r.Zone).Format("2006-01")
	}
	rows, published, err = h.books().Month(r.Context(), facts, f.Broken, month, r.Now)
	if errors.Is(err, load.ErrMonth) {
		err = &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "reports-bad-month"}
	}
	return f, month, rows, published, err
}

// load shows a month's hours, calls and nights of each engineer.
func (h Handlers) load(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, month, rows, published, err := h.monthOf(r)
	if err != nil {
		return nil, err
	}
	begins, _ := time.ParseInLocation("2006-01", month, r.Zone) // monthOf has read it
	p := loadPage{frame: f, Month: month, Name: r.Month(begins), Published: published, Before: begins.AddDate(0, -1, 0).Format("2006-01")}
	if next := begins.AddDate(0, 1, 0); !next.After(r.Now) {
		p.Then = next.Format("2006-01")
	}
	for _, row := range rows {
		one := loadRow{Row: row, Hours: report.Span(row.OnCall)}
		if row.Short > 0 {
			one.Rest = report.Span(row.Shortest)
		}
		p.Rows = append(p.Rows, one)
	}
	return h.show("load", r.T("schedules-load")+", "+p.Name, http.StatusOK, p)
}

// loadTable is the same for a spreadsheet of the reader's country.
func (h Handlers) loadTable(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	_, month, rows, _, err := h.monthOf(r)
	if err != nil {
		return nil, err
	}
	table := report.Load(month, rows, r.Words, report.Sheet(r.Lang))
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "hotline-on-call-"+month+".csv"))
	w.Header().Set("Content-Length", strconv.Itoa(len(table)))
	_, _ = w.Write(table) // a browser that has gone needs no table
	return nil, nil
}
