package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/tickets"
)

// LevelFields are what a level of support promises.
type LevelFields struct {
	Name        string     `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Calendar    string     `json:"calendar" minLength:"1" maxLength:"100"`
	Blocking    limitsView `json:"blocking"`
	NonBlocking limitsView `json:"non_blocking"`

	Stops  *map[string][]string `json:"stops,omitempty" doc:"Which clocks stand still for which reason (customer, remote_access); left out: intervention and restore for both"`
	Alarms *[]alarmView         `json:"alarms,omitempty" maxItems:"50" doc:"What warnings and breaches set off; left out: the default policy"`
}

// alarmView is one line of the policy for warnings and breaches; with neither share nor left it is the breach.
type alarmView struct {
	Clock string   `json:"clock" enum:"contact,intervention,restore"`
	Share int      `json:"share_percent,omitempty" minimum:"1" maximum:"99" doc:"Warn when so much of the limit is used up"`
	Left  int      `json:"minutes_left,omitempty" minimum:"1" maximum:"500000" doc:"Warn when so much working time is left"`
	Do    []string `json:"do" nullable:"false" enum:"notify,manager,ring,raise" doc:"Tell the staff, tell the manager, ring the rota, raise the level"`
	Night string   `json:"night,omitempty" enum:"wait,act" default:"wait" doc:"Outside the ticket's hours wait for the next opening, or act at once"`
}

type levelView struct {
	ID string `json:"id"`
	LevelFields
	Version int `json:"version"`
}

type levelInput struct {
	document.Keyed
	Running
	document.Precondition
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body struct {
		document.BodyVersion
		LevelFields
	}
}

type levelList struct {
	Levels []levelView `json:"levels" nullable:"false"`
}

func level(l sla.Level) levelView {
	terms := l.Terms(sla.Calendar{}) // with the defaults filled in
	stops, alarms := map[string][]string{}, make([]alarmView, 0, len(terms.Alarms))
	for why, kinds := range terms.Stops {
		list := make([]string, 0, len(kinds))
		for _, k := range kinds {
			list = append(list, string(k))
		}
		stops[string(why)] = list
	}
	for _, a := range terms.Alarms {
		v := alarmView{Clock: string(a.Clock), Share: a.Share, Left: int(a.Left / time.Minute), Do: []string{}, Night: string(cmp.Or(a.Night, sla.NightWait))}
		for _, do := range a.Do {
			v.Do = append(v.Do, string(do))
		}
		alarms = append(alarms, v)
	}
	return levelView{string(l.ID), LevelFields{l.Name, string(l.Calendar), limits(l.Blocking), limits(l.NonBlocking), &stops, &alarms}, l.Version}
}

// levelOf makes a level of what a body says, and refuses one that cannot be right.
func (s *server) levelOf(ctx context.Context, id string, f LevelFields) (sla.Level, error) {
	l := sla.Level{
		ID: sla.LevelID(id), Name: f.Name, Calendar: sla.CalendarID(f.Calendar), Blocking: f.Blocking.limits(), NonBlocking: f.NonBlocking.limits(),
	}
	if f.Stops != nil {
		l.Stops = sla.Stops{}
		for why, kinds := range *f.Stops {
			l.Stops[sla.Reason(why)] = []sla.Kind{}
			for _, k := range kinds {
				l.Stops[sla.Reason(why)] = append(l.Stops[sla.Reason(why)], sla.Kind(k))
			}
		}
	}
	if f.Alarms != nil {
		l.Alarms = []sla.Alarm{}
		for _, v := range *f.Alarms {
			a := sla.Alarm{Clock: sla.Kind(v.Clock), Share: v.Share, Left: time.Duration(v.Left) * time.Minute, Night: sla.Night(v.Night)}
			for _, do := range v.Do {
				a.Do = append(a.Do, sla.Action(do))
			}
			l.Alarms = append(l.Alarms, a)
		}
	}
	return l, asProblem(entry.Level(ctx, s.Store, l))
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
	serve(s, api, route(http.MethodGet, "/levels/{id}", "get-level", "One level"),
		func(ctx context.Context, in *ByID) (*document.Versioned[levelView], error) {
			l, err := s.Store.Level(ctx, sla.LevelID(in.ID))
			if err != nil {
				return nil, err
			}
			return document.Tagged(level(l), l.Version, nil)
		})
	serve(s, api, route(http.MethodPut, "/levels/{id}", "put-level", "Add or change a level; running tickets follow when asked"), s.putLevel)
	serve(s, api, route(http.MethodPost, "/levels/{id}/preview", "preview-level", "Which deadlines of running tickets would move"), s.previewLevel)
}

func (s *server) putLevel(ctx context.Context, in *levelInput) (*document.Versioned[levelView], error) {
	k := document.Kind[sla.Level]{
		Read:    func(ctx context.Context, id string) (sla.Level, error) { return s.Store.Level(ctx, sla.LevelID(id)) },
		Version: func(l *sla.Level) *int { return &l.Version },
	}
	of := tickets.OfLevel(sla.LevelID(in.ID))
	k.Put = func(ctx context.Context, l sla.Level) (sla.Level, error) {
		if err := s.requireRunning(ctx, in.Running, of, func(b *directory.Book) { b.Levels[l.ID] = l }); err != nil {
			return l, err
		}
		return s.Store.PutLevel(ctx, l)
	}
	l, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "level " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion},
		func(ctx context.Context, _ sla.Level) (sla.Level, error) {
			return s.levelOf(ctx, in.ID, in.Body.LevelFields)
		})
	if err != nil {
		return nil, err
	}
	s.refresh(ctx)
	return document.Tagged(level(l), l.Version, s.follow(ctx, in.Running, of))
}

func (s *server) previewLevel(ctx context.Context, in *levelInput) (*answer[previewView], error) {
	l, err := s.levelOf(ctx, in.ID, in.Body.LevelFields)
	if err != nil {
		return nil, err
	}
	return s.preview(ctx, tickets.OfLevel(l.ID), func(b *directory.Book) { b.Levels[l.ID] = l })
}
