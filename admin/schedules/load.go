package schedules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/admin/report"
	"hotline/admin/schema"
	"hotline/cdr"
	"hotline/oncall/load"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/storage"
)

type loadQuery struct {
	Month    string          `query:"month" required:"true" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"Such as 2026-10, in the zone of the main rota"`
	Language schema.Language `query:"lang" doc:"Language of the words; default: Italian"`
	Sheet    schema.Sheet    `query:"sheet" default:"plain" doc:"plain: RFC 4180; en and it: for a spreadsheet of that country (byte order mark; it: semicolons)"`
}

type table struct {
	ContentType string `header:"Content-Type"`
	Name        string `header:"Content-Disposition"`
	Body        []byte
}

// loadRoute serves a month on call as a table.
func (c Config) loadRoute() {
	op := c.set.Route(http.MethodGet, "/report/on-call.csv", "report-on-call", "Hours on call, calls and night interventions of each engineer in a month; one that is over is published once and does not change")
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	operation.Serve(c.set, op, func(ctx context.Context, in *loadQuery) (*table, error) {
		rows, err := c.month(ctx, in.Month)
		if err != nil {
			return nil, err
		}
		lang := cmp.Or(prompts.Language(in.Language), prompts.Italian)
		return &table{"text/csv; charset=utf-8", fmt.Sprintf("attachment; filename=%q", "hotline-on-call-"+in.Month+".csv"), loadTable(in.Month, rows, written.In(lang), report.Sheet(in.Sheet))}, nil
	})
}

// month is a month as it was published, or as it is worked out now; one that is over is published by this.
func (c Config) month(ctx context.Context, text string) ([]load.Row, error) {
	f, _, err := c.facts(ctx)
	if err != nil {
		return nil, err
	}
	facts := load.Facts{Rotas: f.Rotas, Engineers: f.Engineers, Zone: time.UTC, Own: c.Own()}
	if len(f.Rotas) > 0 {
		facts.Zone = f.Rotas[0].Zone()
	}
	from, err := time.ParseInLocation("2006-01", text, facts.Zone)
	if err != nil {
		return nil, refused("query.month", errors.New("write the month as 2026-11"))
	}
	until, now := from.AddDate(0, 1, 0), c.Now()
	key := "month on call " + text
	published, err := c.Published.Fact(ctx, key)
	switch {
	case err == nil:
		return load.Parse(published)
	case !errors.Is(err, storage.ErrNotFound):
		return nil, fmt.Errorf("reading whether %s was published: %w", text, err)
	}
	if facts.Calls, err = c.callsOf(ctx, from, until.Add(load.Rest)); err != nil {
		return nil, err
	}
	if now.Before(until) { // what is still to come was not worked
		until = now
	}
	rows := load.Month(facts, from, until)
	if now.Before(from.AddDate(0, 1, 0).Add(load.Rest)) { // a rest may still be cut short
		return rows, nil
	}
	if err := c.Published.PutFact(ctx, key, load.Text(rows)); err != nil {
		return nil, fmt.Errorf("keeping the month %s as it is published: %w", text, err)
	}
	return rows, nil
}

// callsOf reads the calls between two instants.
func (c Config) callsOf(ctx context.Context, since, until time.Time) (list []cdr.Call, err error) {
	for f := (cdr.Filter{Since: since, Until: until, Limit: 500}); ; {
		page, err := c.Calls.Calls(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("reading calls: %w", err)
		}
		list = append(list, page.Items...)
		if f.After = page.Next; f.After == "" {
			return list, nil
		}
	}
}

// loadTable writes rows as people read them: hours and minutes as 12:30, which every spreadsheet takes for a span.
func loadTable(month string, rows []load.Row, words written.Words, sheet report.Sheet) []byte {
	head := []string{words.Text("report-month")}
	for _, column := range []string{"engineer", "name", "hours", "calls", "taken", "nights", "short", "shortest"} {
		head = append(head, words.Text("report-load-"+column))
	}
	lines := [][]string{head}
	for _, r := range rows {
		shortest := ""
		if r.Short > 0 {
			shortest = span(r.Shortest)
		}
		lines = append(lines, []string{month, string(r.Engineer), r.Name, span(r.OnCall), strconv.Itoa(r.Calls), strconv.Itoa(r.Taken), strconv.Itoa(r.Nights), strconv.Itoa(r.Short), shortest})
	}
	return report.Table(lines, sheet)
}

func span(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	return fmt.Sprintf("%d:%02d", m/60, m%60)
}
