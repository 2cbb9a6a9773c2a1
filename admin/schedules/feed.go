package schedules

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/ical"
	"hotline/oncall"
)

// What the feed shows: what was lately, and what comes.
const (
	feedBack  = 14 * 24 * time.Hour
	feedAhead = 120 * 24 * time.Hour
)

type feedQuery struct {
	Token    string `query:"token" maxLength:"200" doc:"A token of scope calendar: calendar programs send no header"`
	Rota     string `query:"rota" doc:"Left out: every rota"`
	Engineer string `query:"engineer" doc:"Left out: everybody"`
}

type feed struct {
	Type string `header:"Content-Type"`
	Body []byte
}

func (c Config) feedRoute() {
	op := c.set.Route(http.MethodGet, "/oncall/calendar.ics", "get-on-call-calendar", "Who is on call, as an iCalendar feed")
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	operation.Serve(c.set, op, func(ctx context.Context, in *feedQuery) (*feed, error) {
		f, _, err := c.facts(ctx)
		if err != nil {
			return nil, err
		}
		names := map[oncall.EngineerID]string{}
		for _, e := range f.Engineers {
			names[e.ID] = e.Name
		}
		if _, known := names[oncall.EngineerID(in.Engineer)]; in.Engineer != "" && !known {
			return nil, huma.Error404NotFound("engineer " + in.Engineer + " does not exist")
		}
		now := c.Now()
		var events []ical.Event
		found := in.Rota == ""
		for _, s := range f.Rotas {
			if in.Rota == "" || in.Rota == string(s.Rota().ID) {
				found = true
				events = append(events, s.Feed(now.Add(-feedBack), now.Add(feedAhead), oncall.EngineerID(in.Engineer), func(id oncall.EngineerID) string { return names[id] })...)
			}
		}
		if !found {
			return nil, huma.Error404NotFound(fmt.Sprintf("rota %s does not exist", in.Rota))
		}
		return &feed{"text/calendar; charset=utf-8", ical.Write("On call", now, events)}, nil
	})
}

// cardName is what the card of the line is called.
const cardName = "Hotline"

func (c Config) cardRoute() {
	op := c.set.Route(http.MethodGet, "/oncall/line.vcf", "get-line-card", "The telephone numbers of the line as a vCard: a telephone that has it among its favourites rings in spite of do-not-disturb")
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/vcard": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	operation.Serve(c.set, op, func(context.Context, *struct{}) (*feed, error) {
		if len(c.Numbers) == 0 {
			return nil, huma.Error404NotFound("the line shows no telephone number: give caller_number of a trunk, or the numbers under languages, in the configuration")
		}
		return &feed{"text/vcard; charset=utf-8", ical.Card(cardName, c.Numbers)}, nil
	})
}
