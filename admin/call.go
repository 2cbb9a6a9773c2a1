package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/tickets"
)

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

// withLegs lists no leg as an empty list.
func withLegs(c tickets.Call) tickets.Call {
	if c.Legs == nil {
		c.Legs = []tickets.Leg{}
	}
	return c
}
