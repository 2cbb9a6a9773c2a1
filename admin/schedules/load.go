package schedules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/admin/report"
	"hotline/admin/schema"
	"hotline/oncall/load"
	"hotline/prompts"
	"hotline/prompts/written"
)

type loadQuery struct {
	Month    string         `query:"month" required:"true" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"Such as 2026-10, in the zone of the main rota"`
	Language schema.Reading `query:"lang" doc:"Language of the words; default: Italian"`
	Sheet    schema.Sheet   `query:"sheet" default:"plain" doc:"plain: RFC 4180; en and it: for a spreadsheet of that country (byte order mark; it: semicolons)"`
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
		return &table{"text/csv; charset=utf-8", fmt.Sprintf("attachment; filename=%q", "hotline-on-call-"+in.Month+".csv"), report.Load(in.Month, rows, written.In(lang), report.Sheet(in.Sheet))}, nil
	})
}

// month is a month as it was published, or as it is worked out now; one that is over is published by this.
func (c Config) month(ctx context.Context, text string) ([]load.Row, error) {
	f, broken, err := c.facts(ctx)
	if err != nil {
		return nil, err
	}
	rows, _, err := load.Books{Calls: c.Calls, Published: c.Published, Own: c.Own()}.Month(ctx, f, broken, text, c.Now())
	if errors.Is(err, load.ErrMonth) {
		return nil, refused("query.month", err)
	}
	return rows, err
}
