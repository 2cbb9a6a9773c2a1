package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/report"
	"hotline/admin/schema"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// MonthQuery names a month.
type MonthQuery struct {
	Month string `query:"month" required:"true" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"Such as 2026-11, in the zone of the owner's own calendar"`
}

// ReaderQuery is who reads a report that is no JSON.
type ReaderQuery struct {
	Language schema.Reading `query:"lang" doc:"Language of the words; default: the configuration's"`
}

// TableQuery is which table, and which program reads it.
type TableQuery struct {
	Table string       `query:"table" enum:"lines,breaches" default:"lines"`
	Sheet schema.Sheet `query:"sheet" default:"plain" doc:"plain: RFC 4180; en and it: for a spreadsheet of that country (byte order mark; it: semicolons and decimal commas)"`
}

// reportView is a month's report; spans are in working time.
type reportView struct {
	Month    string       `json:"month"`
	Lines    []lineView   `json:"lines" nullable:"false"`
	Total    lineView     `json:"total" doc:"Of all lines"`
	Breaches []breachView `json:"breaches" nullable:"false"`
}

type lineView struct {
	Contract string            `json:"contract" doc:"Empty: Support on Request"`
	Customer string            `json:"customer_name"`
	Level    string            `json:"level"`
	Category string            `json:"category" doc:"Empty: none yet"`
	Tickets  int               `json:"tickets"`
	Minutes  int               `json:"minutes_spent"`
	Pauses   int               `json:"pauses"`
	Paused   int64             `json:"paused_seconds"`
	Clocks   []clockReportView `json:"clocks" nullable:"false"`
}

type clockReportView struct {
	Clock  string `json:"clock"`
	Kept   int    `json:"kept"`
	Broken int    `json:"broken" doc:"Also those that were met too late"`
	Open   int    `json:"open" doc:"Neither: it runs, or the ticket was closed without it"`
	Median *int64 `json:"median_seconds" doc:"Working time of those that were met; null when none was"`
	P90    *int64 `json:"p90_seconds" doc:"null when none was met"`
}

type breachView struct {
	Ticket   int64        `json:"ticket"`
	Contract string       `json:"contract"`
	Customer string       `json:"customer_name"`
	Clock    string       `json:"clock"`
	Due      time.Time    `json:"due"`
	Account  schema.Texts `json:"account" doc:"Where every minute went, as told when it broke"`
}

// file is an answer that is no JSON.
type file struct {
	ContentType string `header:"Content-Type"`
	Name        string `header:"Content-Disposition"`
	Body        []byte
}

func (s *server) reportRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/report", "report", "A month by contract, level and category"),
		func(ctx context.Context, q *MonthQuery) (*answer[reportView], error) {
			r, err := statistics.Month(ctx, s.Store, q.Month, s.Desk.Zone(), s.Now())
			return answered(reported(r), err)
		})
	serve(s, api, route(http.MethodGet, "/report.csv", "report-csv", "The same as a table, or the breaches as one"),
		func(ctx context.Context, q *struct {
			MonthQuery
			ReaderQuery
			TableQuery
		}) (*file, error) {
			return s.reportAs(ctx, q.MonthQuery, q.ReaderQuery, "csv", "text/csv; charset=utf-8", func(r statistics.Report, reader report.Reader) []byte {
				if q.Table == "breaches" {
					return report.Breaches(r, reader, report.Sheet(q.Sheet))
				}
				return report.Lines(r, reader, report.Sheet(q.Sheet))
			})
		})
	serve(s, api, route(http.MethodGet, "/report.svg", "report-svg", "The same as a plot of kept and broken clocks"),
		func(ctx context.Context, q *struct {
			MonthQuery
			ReaderQuery
		}) (*file, error) {
			return s.reportAs(ctx, q.MonthQuery, q.ReaderQuery, "svg", "image/svg+xml", report.Plot)
		})
	serve(s, api, route(http.MethodGet, "/time", "time-spent", "The time spent in a month, with totals by ticket and contract"), s.timeSpent)
}

func (s *server) reportAs(ctx context.Context, q MonthQuery, by ReaderQuery, suffix, kind string, write func(statistics.Report, report.Reader) []byte) (*file, error) {
	r, err := statistics.Month(ctx, s.Store, q.Month, s.Desk.Zone(), s.Now())
	if err != nil {
		return nil, err
	}
	lang := cmp.Or(prompts.Language(by.Language), s.language(), prompts.Italian)
	reader := report.Reader{Language: lang, Words: written.In(lang), Levels: map[sla.LevelID]string{}}
	levels, err := s.Store.Levels(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the levels' names: %w", err)
	}
	for _, l := range levels {
		reader.Levels[l.ID] = l.Name
	}
	return &file{kind, fmt.Sprintf("attachment; filename=%q", "hotline-"+q.Month+"."+suffix), write(r, reader)}, nil
}

func reported(r statistics.Report) reportView {
	v := reportView{Month: r.Month, Lines: make([]lineView, 0, len(r.Lines)), Total: lineOf(r.Total), Breaches: make([]breachView, 0, len(r.Breaches))}
	for _, l := range r.Lines {
		v.Lines = append(v.Lines, lineOf(l))
	}
	for _, b := range r.Breaches {
		v.Breaches = append(v.Breaches, breachView{int64(b.Ticket), string(b.Contract), b.Name, string(b.Clock), b.Due, schema.Texts(b.Account)})
	}
	return v
}

func lineOf(l statistics.Line) lineView {
	v := lineView{
		Contract: string(l.Contract), Customer: l.Name, Level: string(l.Level), Category: string(l.Category), Tickets: l.Tickets,
		Minutes: l.Minutes, Pauses: l.Pauses, Paused: seconds(l.Paused), Clocks: []clockReportView{},
	}
	for _, c := range l.Clocks {
		view := clockReportView{Clock: string(c.Clock), Kept: c.Kept, Broken: c.Broken, Open: c.Open}
		if c.Met > 0 {
			view.Median, view.P90 = new(seconds(c.Median)), new(seconds(c.P90))
		}
		v.Clocks = append(v.Clocks, view)
	}
	return v
}

// timeView is the time spent in a month.
type timeView struct {
	Month     string         `json:"month"`
	Entries   []spentView    `json:"entries" nullable:"false"`
	Tickets   map[string]int `json:"minutes_by_ticket" nullable:"false"`
	Contracts map[string]int `json:"minutes_by_contract" nullable:"false" doc:"The empty one is Support on Request"`
	Total     int            `json:"minutes"`
}

type spentView struct {
	Ticket   int64     `json:"ticket"`
	Contract string    `json:"contract"`
	At       time.Time `json:"at"`
	Minutes  int       `json:"minutes"`
	Who      string    `json:"who"`
	What     string    `json:"what"`
	By       string    `json:"by" doc:"Who wrote it down"`
}

func (s *server) timeSpent(ctx context.Context, q *MonthQuery) (*answer[timeView], error) {
	list, err := statistics.TimeSpent(ctx, s.Store, q.Month, s.Desk.Zone())
	v := timeView{Month: q.Month, Entries: make([]spentView, 0, len(list)), Tickets: map[string]int{}, Contracts: map[string]int{}}
	for _, e := range list {
		v.Entries = append(v.Entries, spentView{int64(e.Ticket), string(e.Contract), e.At, e.Minutes, e.Who, e.What, e.By})
		v.Tickets[fmt.Sprint(e.Ticket)] += e.Minutes
		v.Contracts[string(e.Contract)] += e.Minutes
		v.Total += e.Minutes
	}
	return answered(v, err)
}
