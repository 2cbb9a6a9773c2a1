package admin

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/tickets"
)

// monthQuery names a month.
type monthQuery struct {
	Month string `query:"month" required:"true" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"Such as 2026-11, in the zone of the owner's own calendar"`
}

// reportView is a month's report; spans are in working time.
type reportView struct {
	Month    string       `json:"month"`
	Lines    []lineView   `json:"lines" nullable:"false"`
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
	Median int64  `json:"median_seconds" doc:"Working time of those that were met"`
	P90    int64  `json:"p90_seconds"`
}

type breachView struct {
	Ticket   tickets.Number `json:"ticket"`
	Contract string         `json:"contract"`
	Customer string         `json:"customer_name"`
	Clock    string         `json:"clock"`
	Due      time.Time      `json:"due"`
	Account  inBoth         `json:"account" doc:"Where every minute went, as told when it broke"`
}

// file is an answer that is no JSON.
type file struct {
	ContentType string `header:"Content-Type"`
	Name        string `header:"Content-Disposition"`
	Body        []byte
}

func (s *server) reportRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/report", "report", "A month by contract, level and category"),
		func(ctx context.Context, q *monthQuery) (*answer[reportView], error) {
			r, err := s.Desk.Report(ctx, q.Month, s.Now())
			return answered(reported(r), err)
		})
	serve(s, api, route(http.MethodGet, "/report.csv", "report-csv", "The same as a table"),
		func(ctx context.Context, q *monthQuery) (*file, error) {
			return s.reportAs(ctx, q.Month, "csv", "text/csv; charset=utf-8", reportCSV)
		})
	serve(s, api, route(http.MethodGet, "/report.svg", "report-svg", "The same as a plot of kept and broken clocks"),
		func(ctx context.Context, q *monthQuery) (*file, error) {
			return s.reportAs(ctx, q.Month, "svg", "image/svg+xml", reportSVG)
		})
	serve(s, api, route(http.MethodGet, "/time", "time-spent", "The time spent in a month, with totals by ticket and contract"), s.timeSpent)
}

func (s *server) reportAs(ctx context.Context, month, suffix, kind string, write func(tickets.Report) []byte) (*file, error) {
	r, err := s.Desk.Report(ctx, month, s.Now())
	if err != nil {
		return nil, err
	}
	return &file{kind, fmt.Sprintf("attachment; filename=%q", "hotline-"+month+"."+suffix), write(r)}, nil
}

func reported(r tickets.Report) reportView {
	v := reportView{Month: r.Month, Lines: make([]lineView, 0, len(r.Lines)), Breaches: make([]breachView, 0, len(r.Breaches))}
	for _, l := range r.Lines {
		line := lineView{
			Contract: string(l.Contract), Customer: l.Name, Level: string(l.Level), Category: string(l.Category), Tickets: l.Tickets,
			Minutes: l.Minutes, Pauses: l.Pauses, Paused: seconds(l.Paused), Clocks: []clockReportView{},
		}
		for _, c := range l.Clocks {
			line.Clocks = append(line.Clocks, clockReportView{string(c.Clock), c.Kept, c.Broken, c.Open, seconds(c.Median), seconds(c.P90)})
		}
		v.Lines = append(v.Lines, line)
	}
	for _, b := range r.Breaches {
		v.Breaches = append(v.Breaches, breachView{b.Ticket, string(b.Contract), b.Name, string(b.Clock), b.Due, inBoth{b.Italian, b.English}})
	}
	return v
}

// reportCSV is one row for each line of the report, and below it one for each breach.
func reportCSV(r tickets.Report) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	head := []string{"month", "contract", "customer", "level", "category", "tickets", "minutes_spent", "pauses", "paused_minutes"}
	for _, k := range []string{"contact", "intervention", "restore"} {
		head = append(head, k+"_kept", k+"_broken", k+"_open", k+"_median_minutes", k+"_p90_minutes")
	}
	_ = w.Write(head) // into memory
	for _, l := range r.Lines {
		row := []string{r.Month, string(l.Contract), l.Name, string(l.Level), string(l.Category)}
		for _, n := range []int{l.Tickets, l.Minutes, l.Pauses} {
			row = append(row, strconv.Itoa(n))
		}
		row = append(row, minutes(l.Paused))
		for _, c := range l.Clocks {
			row = append(row, strconv.Itoa(c.Kept), strconv.Itoa(c.Broken), strconv.Itoa(c.Open), minutes(c.Median), minutes(c.P90))
		}
		_ = w.Write(safe(row))
	}
	_ = w.Write([]string{})
	_ = w.Write([]string{"month", "contract", "customer", "ticket", "clock", "due", "account", "account_it"})
	for _, o := range r.Breaches {
		_ = w.Write(safe([]string{
			r.Month, string(o.Contract), o.Name, fmt.Sprint(o.Ticket), string(o.Clock), o.Due.UTC().Format(time.RFC3339), o.English, o.Italian,
		}))
	}
	w.Flush()
	return []byte(b.String())
}

// minutes are told to the hundredth.
func minutes(d time.Duration) string {
	return strconv.FormatFloat(math.Round(100*d.Minutes())/100, 'f', -1, 64)
}

// safe keeps a spreadsheet from taking a customer's name for a formula.
func safe(row []string) []string {
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
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
	Ticket   tickets.Number `json:"ticket"`
	Contract string         `json:"contract"`
	At       time.Time      `json:"at"`
	Minutes  int            `json:"minutes"`
	Who      string         `json:"who"`
	What     string         `json:"what"`
	By       string         `json:"by" doc:"Who wrote it down"`
}

func (s *server) timeSpent(ctx context.Context, q *monthQuery) (*answer[timeView], error) {
	list, err := s.Desk.TimeSpent(ctx, q.Month)
	v := timeView{Month: q.Month, Entries: make([]spentView, 0, len(list)), Tickets: map[string]int{}, Contracts: map[string]int{}}
	for _, e := range list {
		v.Entries = append(v.Entries, spentView{e.Ticket, string(e.Contract), e.At, e.Minutes, e.Who, e.What, e.By})
		v.Tickets[fmt.Sprint(e.Ticket)] += e.Minutes
		v.Contracts[string(e.Contract)] += e.Minutes
		v.Total += e.Minutes
	}
	return answered(v, err)
}
