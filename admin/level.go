package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/sla"
	"hotline/tickets"
)

// LevelFields are what a level of support promises.
type LevelFields struct {
	Name        string     `json:"name" minLength:"1" maxLength:"200"`
	Calendar    string     `json:"calendar" minLength:"1" maxLength:"100"`
	Blocking    limitsView `json:"blocking"`
	NonBlocking limitsView `json:"non_blocking"`
}

type levelView struct {
	ID string `json:"id"`
	LevelFields
}

type levelInput struct {
	Keyed
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body LevelFields
}

type levelList struct {
	Levels []levelView `json:"levels" nullable:"false"`
}

func level(l sla.Level) levelView {
	return levelView{string(l.ID), LevelFields{l.Name, string(l.Calendar), limits(l.Blocking), limits(l.NonBlocking)}}
}

func (s *server) levelRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/levels", "list-levels", "List levels of support"),
		func(ctx context.Context, _ *struct{}) (*answer[levelList], error) {
			all, err := s.Store.Levels(ctx)
			list := levelList{make([]levelView, 0, len(all))}
			for _, l := range all {
				list.Levels = append(list.Levels, level(l))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodPut, "/levels/{id}", "put-level", "Add or change a level; open tickets keep what they were promised"), s.putLevel)
}

func (s *server) putLevel(ctx context.Context, in *levelInput) (*answer[levelView], error) {
	if err := s.calendarExists(ctx, in.Body.Calendar); err != nil {
		return nil, err
	}
	l := sla.Level{
		ID: sla.LevelID(in.ID), Name: in.Body.Name, Calendar: sla.CalendarID(in.Body.Calendar),
		Blocking: in.Body.Blocking.limits(), NonBlocking: in.Body.NonBlocking.limits(),
	}
	if err := l.Check(); err != nil {
		return nil, refused("body", err.Error())
	}
	if l.ID == sla.OnRequest && (l.Blocking != sla.Limits{} || l.NonBlocking != sla.Limits{}) {
		return nil, refused("body", "Support on Request has no deadline: leave every limit at 0")
	}
	if err := s.Store.PutLevel(ctx, l); err != nil {
		return nil, err
	}
	s.refresh(ctx)
	return answered(level(l), nil)
}

func (s *server) levelNamed(ctx context.Context, id string) (sla.Level, error) {
	all, err := s.Store.Levels(ctx)
	for _, l := range all {
		if string(l.ID) == id {
			return l, nil
		}
	}
	if err == nil {
		err = tickets.ErrNotFound
	}
	return sla.Level{}, unknownIn("body.level", id, err)
}
