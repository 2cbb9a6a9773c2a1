package admin

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/schema"
	"hotline/directory"
	"hotline/directory/entry"
)

// FaultFields are what staff write of a known fault.
type FaultFields struct {
	Note      string       `json:"note" minLength:"1" maxLength:"500" doc:"For staff"`
	Kind      string       `json:"kind,omitempty" enum:"fault,notice,out_of_hours" default:"fault" doc:"fault: its words stand behind a fixed sentence; notice: callers hear its words alone; out_of_hours: the same, outside the hours of their contract"`
	Words     schema.Words `json:"words,omitempty" doc:"What callers hear of it, by language: one line of at most 200 characters, spoken by the line's own voice"`
	Contracts []string     `json:"contracts,omitempty" maxItems:"500" doc:"Whose callers hear of it; all when it is left out"`
	Until     time.Time    `json:"until,omitzero" doc:"Until when; until it is removed when it is left out"`
}

type faultView struct {
	ID string `json:"id"`
	FaultFields
	Version int `json:"version"`
}

type faultList struct {
	Faults []faultView `json:"faults" nullable:"false"`
}

type writtenFault struct {
	document.Keyed
	document.Precondition
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body struct {
		document.BodyVersion
		FaultFields
	}
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
	serve(s, api, route(http.MethodGet, "/faults/{id}", "get-fault", "One known fault"),
		func(ctx context.Context, in *ByID) (*document.Versioned[faultView], error) {
			f, err := s.Store.Fault(ctx, in.ID)
			return document.Tagged(fault(f), f.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/faults/{id}", "put-fault", "Make a fault known: callers whom it covers hear so before the menu"), s.putFault)
	op := route(http.MethodDelete, "/faults/{id}", "remove-fault", "Remove a fault that is over")
	op.DefaultStatus = http.StatusNoContent
	serve(s, api, op, func(ctx context.Context, in *removal) (*struct{}, error) {
		version, err := in.Removed(ctx, "fault "+in.ID, func(ctx context.Context) (int, error) {
			f, err := s.Store.Fault(ctx, in.ID)
			return f.Version, err
		})
		if err == nil {
			err = s.Store.DeleteFault(ctx, in.ID, version)
		}
		if err != nil {
			return nil, err
		}
		s.refresh(ctx)
		return nil, nil
	})
}

// kindFault is how the API calls directory.OfFault.
const kindFault = "fault"

func fault(f directory.KnownFault) faultView {
	v := faultView{ID: f.ID, Version: f.Version, FaultFields: FaultFields{Note: f.Note, Kind: cmp.Or(string(f.Kind), kindFault), Words: schema.Words(f.Words), Until: f.Until}}
	for _, c := range f.Contracts {
		v.Contracts = append(v.Contracts, string(c))
	}
	return v
}

func (s *server) putFault(ctx context.Context, in *writtenFault) (*document.Versioned[faultView], error) {
	k := document.Kind[directory.KnownFault]{
		Read: s.Store.Fault, Put: s.Store.PutFault, Version: func(f *directory.KnownFault) *int { return &f.Version },
	}
	f, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "fault " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion},
		func(ctx context.Context, _ directory.KnownFault) (directory.KnownFault, error) {
			return s.faultOf(ctx, in.ID, in.Body.FaultFields)
		})
	if err == nil {
		s.refresh(ctx)
	}
	return document.Tagged(fault(f), f.Version, err)
}

// faultOf checks what no schema can.
func (s *server) faultOf(ctx context.Context, id string, b FaultFields) (directory.KnownFault, error) {
	f, err := entry.Fault{
		ID: id, Note: b.Note, Kind: directory.AnnouncementKind(strings.TrimPrefix(b.Kind, kindFault)), Words: b.Words, Contracts: b.Contracts, Until: b.Until,
	}.Check(ctx, s.Store)
	return f, asProblem(err)
}
