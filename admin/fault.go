package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/tickets"
)

// FaultFields are what staff write of a known fault.
type FaultFields struct {
	Note      string    `json:"note" minLength:"1" maxLength:"500" doc:"For staff; callers hear one fixed sentence"`
	Contracts []string  `json:"contracts,omitempty" maxItems:"500" doc:"Whose callers hear of it; all when it is left out"`
	Until     time.Time `json:"until,omitzero" doc:"Until when; until it is removed when it is left out"`
}

type faultView struct {
	ID string `json:"id"`
	FaultFields
}

type faultList struct {
	Faults []faultView `json:"faults" nullable:"false"`
}

type writtenFault struct {
	Keyed
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body FaultFields
}

func (s *server) faultRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/faults", "list-faults", "List known faults"),
		func(ctx context.Context, _ *struct{}) (*answer[faultList], error) {
			all, err := s.Store.Faults(ctx)
			list := faultList{Faults: make([]faultView, 0, len(all))}
			for _, f := range all {
				list.Faults = append(list.Faults, fault(f))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodPut, "/faults/{id}", "put-fault", "Make a fault known: callers whom it covers hear so before the menu"), s.putFault)
	op := route(http.MethodDelete, "/faults/{id}", "remove-fault", "Remove a fault that is over")
	op.DefaultStatus = http.StatusNoContent
	serve(s, api, op, func(ctx context.Context, in *struct {
		Keyed
		ByID
	}) (*struct{}, error) {
		if err := s.Store.DeleteFault(ctx, in.ID); err != nil {
			return nil, err
		}
		s.refresh(ctx)
		return nil, nil
	})
}

func fault(f tickets.KnownFault) faultView {
	v := faultView{ID: f.ID, FaultFields: FaultFields{Note: f.Note, Until: f.Until}}
	for _, c := range f.Contracts {
		v.Contracts = append(v.Contracts, string(c))
	}
	return v
}

func (s *server) putFault(ctx context.Context, in *writtenFault) (*answer[faultView], error) {
	if strings.TrimSpace(in.Body.Note) == "" {
		return nil, refused("body.note", "say what is known, for the other staff")
	}
	f := tickets.KnownFault{ID: in.ID, Note: in.Body.Note, Until: in.Body.Until.UTC()}
	for _, id := range in.Body.Contracts {
		if _, err := s.Store.Contract(ctx, tickets.ContractID(id)); err != nil {
			return nil, err
		}
		f.Contracts = append(f.Contracts, tickets.ContractID(id))
	}
	if err := s.Store.PutFault(ctx, f); err != nil {
		return nil, err
	}
	s.refresh(ctx)
	return answered(fault(f), nil)
}
