package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/tickets"
)

type callList struct {
	Calls  []tickets.Call `json:"calls" nullable:"false" doc:"Newest first"`
	Total  int            `json:"total" doc:"Of all pages"`
	Offset int            `json:"offset"`
}

func (s *server) callRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/calls", "list-calls", "List calls with their legs"), s.listCalls)
	serve(s, api, route(http.MethodGet, "/calls/{id}", "get-call", "One call with its legs"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[tickets.Call], error) {
			c, err := s.Store.Call(ctx, tickets.CallID(in.ID))
			return answered(withLegs(c), err)
		})
}

func (s *server) listCalls(ctx context.Context, in *Page) (*answer[callList], error) {
	calls, total, err := s.Store.Calls(ctx, in.Offset, in.Limit)
	list := callList{Calls: make([]tickets.Call, 0, len(calls)), Total: total, Offset: in.Offset}
	for _, c := range calls {
		list.Calls = append(list.Calls, withLegs(c))
	}
	return answered(list, err)
}

// withLegs lists no leg as an empty list.
func withLegs(c tickets.Call) tickets.Call {
	if c.Legs == nil {
		c.Legs = []tickets.Leg{}
	}
	return c
}
