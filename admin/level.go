package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

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

func (s *server) levelExists(ctx context.Context, id string) error {
	all, err := s.Store.Levels(ctx)
	if err == nil && !slices.ContainsFunc(all, func(l sla.Level) bool { return string(l.ID) == id }) {
		err = tickets.ErrNotFound
	}
	return unknownIn("body.level", id, err)
}

// intervalView is working time on one weekday.
type intervalView struct {
	Day   int  `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday; of an exception it is ignored"`
	From  span `json:"from"`
	Until span `json:"until" doc:"After 24:00 it runs into the next days; always open: 00:00 until 168:00"`
}

type exceptionView struct {
	Date  string         `json:"date" format:"date"`
	Hours []intervalView `json:"hours,omitempty" maxItems:"20" doc:"None: closed"`
	Note  string         `json:"note,omitempty" maxLength:"500"`
}

// CalendarFields are when somebody works.
type CalendarFields struct {
	Name       string          `json:"name" minLength:"1" maxLength:"200"`
	Zone       string          `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, such as Europe/Rome"`
	Week       []intervalView  `json:"week" nullable:"false" maxItems:"100" doc:"The gaps between are breaks"`
	Holidays   string          `json:"holidays,omitempty" enum:"it" doc:"Italian public holidays; none when it is left out"`
	Patron     string          `json:"patron,omitempty" pattern:"^[0-9]{2}-[0-9]{2}$" doc:"Patron saint's day as MM-DD"`
	Exceptions []exceptionView `json:"exceptions,omitempty" maxItems:"1000"`
}

type calendarView struct {
	ID string `json:"id"`
	CalendarFields
}

type calendarInput struct {
	Keyed
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body CalendarFields
}

type calendarList struct {
	Calendars []calendarView `json:"calendars" nullable:"false"`
}

func intervals(list []sla.Interval) []intervalView {
	views := make([]intervalView, 0, len(list))
	for _, i := range list {
		views = append(views, intervalView{int(i.Day), span(i.From), span(i.Until)})
	}
	return views
}

func week(views []intervalView) []sla.Interval {
	var list []sla.Interval
	for _, v := range views {
		list = append(list, sla.Interval{Day: time.Weekday(v.Day), From: time.Duration(v.From), Until: time.Duration(v.Until)})
	}
	return list
}

func calendar(c sla.Calendar) calendarView {
	f := CalendarFields{Name: c.Name, Zone: c.Zone, Week: intervals(c.Week), Holidays: c.Holidays, Patron: c.Patron}
	for _, e := range c.Exceptions {
		f.Exceptions = append(f.Exceptions, exceptionView{e.Date, intervals(e.Hours), e.Note})
	}
	return calendarView{string(c.ID), f}
}

func (s *server) calendarRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/calendars", "list-calendars", "List calendars of working hours"),
		func(ctx context.Context, _ *struct{}) (*answer[calendarList], error) {
			all, err := s.Store.Calendars(ctx)
			list := calendarList{make([]calendarView, 0, len(all))}
			for _, c := range all {
				list.Calendars = append(list.Calendars, calendar(c))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodPut, "/calendars/{id}", "put-calendar", "Add or change a calendar; open tickets keep what they were promised"), s.putCalendar)
}

func (s *server) putCalendar(ctx context.Context, in *calendarInput) (*answer[calendarView], error) {
	f := in.Body
	c := sla.Calendar{ID: sla.CalendarID(in.ID), Name: f.Name, Zone: f.Zone, Week: week(f.Week), Holidays: f.Holidays, Patron: f.Patron}
	for _, e := range f.Exceptions {
		c.Exceptions = append(c.Exceptions, sla.Exception{Date: e.Date, Hours: week(e.Hours), Note: e.Note})
	}
	hours, err := c.Hours()
	if err != nil {
		return nil, refused("body", err.Error())
	}
	if _, err := hours.Add(s.Now(), time.Second); err != nil {
		if errors.Is(err, sla.ErrNeverOpen) {
			return nil, refused("body.week", "the calendar never opens; give it at least one working hour")
		}
		return nil, fmt.Errorf("trying calendar %s: %w", in.ID, err)
	}
	if err := s.Store.PutCalendar(ctx, c); err != nil {
		return nil, err
	}
	s.refresh(ctx)
	return answered(calendar(c), nil)
}

func (s *server) calendarExists(ctx context.Context, id string) error {
	all, err := s.Store.Calendars(ctx)
	if err == nil && !slices.ContainsFunc(all, func(c sla.Calendar) bool { return string(c.ID) == id }) {
		err = tickets.ErrNotFound
	}
	return unknownIn("body.calendar", id, err)
}
