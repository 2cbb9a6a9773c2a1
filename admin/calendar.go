package admin

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/admin/schema"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/validation"
)

// intervalView is working time on one weekday.
type intervalView struct {
	Day   int              `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	From  schema.TimeOfDay `json:"from"`
	Until schema.TimeOfDay `json:"until" doc:"After 24:00 it runs into the next days; always open: 00:00 until 168:00"`
}

// hoursView is working time on one date.
type hoursView struct {
	Day   int              `json:"day,omitempty" doc:"Ignored"`
	From  schema.TimeOfDay `json:"from"`
	Until schema.TimeOfDay `json:"until" doc:"After 24:00 it runs into the next days"`
}

type exceptionView struct {
	Date  string      `json:"date" format:"date"`
	Hours []hoursView `json:"hours,omitempty" maxItems:"20" doc:"None: closed"`
	Note  string      `json:"note,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
}

type yearlyView struct {
	Day   string      `json:"day" pattern:"^[0-9]{2}-[0-9]{2}$" doc:"MM-DD"`
	Hours []hoursView `json:"hours,omitempty" maxItems:"20" doc:"None: closed"`
	Note  string      `json:"note,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Since int         `json:"since,omitempty" minimum:"0" maximum:"9999" doc:"First year; left out: every year before too"`
	Until int         `json:"until,omitempty" minimum:"0" maximum:"9999" doc:"Last year; left out: for ever"`
}

// CalendarFields are when somebody works.
type CalendarFields struct {
	Name       string          `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Zone       string          `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, such as Europe/Rome"`
	Week       []intervalView  `json:"week" nullable:"false" maxItems:"100" doc:"The gaps between are breaks"`
	Holidays   string          `json:"holidays,omitempty" maxLength:"20" doc:"Public holidays: it, de, de-by and the other Länder, fr, fr-am, es, ch-ti, gb-eng, gb-sct, gb-nir; none when it is left out"`
	Patron     string          `json:"patron,omitempty" pattern:"^[0-9]{2}-[0-9]{2}$" doc:"Patron saint's day as MM-DD"`
	Yearly     []yearlyView    `json:"yearly,omitempty" maxItems:"366" doc:"Half-holidays and closures of every year"`
	Exceptions []exceptionView `json:"exceptions,omitempty" maxItems:"5000"`
}

type calendarView struct {
	ID string `json:"id"`
	CalendarFields
	Version int `json:"version"`
}

type calendarInput struct {
	document.Keyed
	Running
	document.Precondition
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body struct {
		document.BodyVersion
		CalendarFields
	}
}

type calendarList struct {
	Calendars []calendarView `json:"calendars" nullable:"false"`
}

func intervals(list []sla.Interval) []intervalView {
	views := make([]intervalView, 0, len(list))
	for _, i := range list {
		views = append(views, intervalView{int(i.Day), schema.TimeOfDay(i.From), schema.TimeOfDay(i.Until)})
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

func hoursOf(list []sla.Interval) (views []hoursView) {
	for _, i := range list {
		views = append(views, hoursView{From: schema.TimeOfDay(i.From), Until: schema.TimeOfDay(i.Until)})
	}
	return views
}

func hours(views []hoursView) (list []sla.Interval) {
	for _, v := range views {
		list = append(list, sla.Interval{From: time.Duration(v.From), Until: time.Duration(v.Until)})
	}
	return list
}

func calendar(c sla.Calendar) calendarView {
	f := CalendarFields{Name: c.Name, Zone: c.Zone, Week: intervals(c.Week), Holidays: c.Holidays, Patron: c.Patron}
	for _, y := range c.Yearly {
		f.Yearly = append(f.Yearly, yearlyView{y.Day, hoursOf(y.Hours), y.Note, y.Since, y.Until})
	}
	for _, e := range c.Exceptions {
		f.Exceptions = append(f.Exceptions, exceptionView{e.Date, hoursOf(e.Hours), e.Note})
	}
	return calendarView{string(c.ID), f, c.Version}
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
	serve(s, api, route(http.MethodGet, "/calendars/{id}", "get-calendar", "One calendar"),
		func(ctx context.Context, in *ByID) (*document.Versioned[calendarView], error) {
			c, err := s.Store.Calendar(ctx, sla.CalendarID(in.ID))
			return document.Tagged(calendar(c), c.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/calendars/{id}", "put-calendar", "Add or change a calendar; running tickets follow when asked"), s.putCalendar)
	serve(s, api, route(http.MethodPost, "/calendars/{id}/preview", "preview-calendar", "Which deadlines of running tickets would move"), s.previewCalendar)
	serve(s, api, route(http.MethodPost, "/calendars/{id}/closures", "import-closures", "Add the whole-day events of an iCalendar file as closures"), s.importClosures)
}

// calendarOf makes a calendar of what a body says, and refuses one that cannot be right.
func calendarOf(id string, f CalendarFields) (sla.Calendar, error) {
	c := sla.Calendar{ID: sla.CalendarID(id), Name: f.Name, Zone: f.Zone, Week: week(f.Week), Holidays: f.Holidays, Patron: f.Patron}
	for _, y := range f.Yearly {
		c.Yearly = append(c.Yearly, sla.Yearly{Day: y.Day, Hours: hours(y.Hours), Note: y.Note, Since: y.Since, Until: y.Until})
	}
	for _, e := range f.Exceptions {
		c.Exceptions = append(c.Exceptions, sla.Exception{Date: e.Date, Hours: hours(e.Hours), Note: e.Note})
	}
	return c, sound(c)
}

func sound(c sla.Calendar) error {
	err := c.Check()
	switch {
	case errors.Is(err, sla.ErrNeverOpen):
		return problem.Refused("body.week", "the calendar never opens; give it at least one working hour")
	case err != nil:
		field, text := validation.Of(err)
		return problem.Refused("body."+field, text)
	}
	return nil
}

func (s *server) putCalendar(ctx context.Context, in *calendarInput) (*document.Versioned[calendarView], error) {
	return s.editCalendar(ctx, in.Running, document.Edit{Precondition: in.Precondition, ID: in.ID, BodyVersion: in.Body.BodyVersion},
		func(sla.Calendar) (sla.Calendar, error) { return calendarOf(in.ID, in.Body.CalendarFields) })
}

func (s *server) previewCalendar(ctx context.Context, in *calendarInput) (*answer[previewView], error) {
	c, err := calendarOf(in.ID, in.Body.CalendarFields)
	if err != nil {
		return nil, err
	}
	return s.preview(ctx, tickets.OfCalendar(c.ID), func(b *directory.Book) { b.Calendars[c.ID] = c })
}

// editCalendar edits a calendar; running tickets follow when asked.
func (s *server) editCalendar(ctx context.Context, r Running, e document.Edit, change func(stands sla.Calendar) (sla.Calendar, error)) (*document.Versioned[calendarView], error) {
	k := document.Kind[sla.Calendar]{
		Read: func(ctx context.Context, id string) (sla.Calendar, error) {
			return s.Store.Calendar(ctx, sla.CalendarID(id))
		},
		Version: func(c *sla.Calendar) *int { return &c.Version },
	}
	e.Name = "calendar " + e.ID
	of := tickets.OfCalendar(sla.CalendarID(e.ID))
	k.Put = func(ctx context.Context, c sla.Calendar) (sla.Calendar, error) {
		if err := s.requireRunning(ctx, r, of, func(b *directory.Book) { b.Calendars[c.ID] = c }); err != nil {
			return c, err
		}
		return s.Store.PutCalendar(ctx, c)
	}
	c, err := k.Do(ctx, e, func(_ context.Context, stands sla.Calendar) (sla.Calendar, error) { return change(stands) })
	if err != nil {
		return nil, err
	}
	s.refresh(ctx)
	return document.Tagged(calendar(c), c.Version, s.follow(ctx, r, of))
}

// closuresInput is an iCalendar file, such as a town publishes for its schools and offices.
type closuresInput struct {
	document.Keyed
	Running
	document.Precondition
	ID      string `path:"id"`
	RawBody []byte `contentType:"text/calendar"`
}

// closuresView is the calendar after an import, and what of the file was taken.
type closuresView struct {
	calendarView
	Import importView `json:"import"`
}

type importView struct {
	Dates   int           `json:"dates" doc:"Single dates that the file closes; those that the calendar spoke of already stay as they were"`
	Days    int           `json:"days" doc:"Days of every year that the file closes"`
	LeftOut []leftOutView `json:"left_out" nullable:"false" doc:"Events that were not taken"`
}

type leftOutView struct {
	Line int    `json:"line" doc:"Where the event begins in the file"`
	Why  string `json:"why"`
}

func imported(c sla.Closures) importView {
	v := importView{Dates: len(c.Dates), Days: len(c.Days), LeftOut: make([]leftOutView, 0, len(c.Left))}
	for _, l := range c.Left {
		v.LeftOut = append(v.LeftOut, leftOutView{l.Line, l.Why})
	}
	return v
}

// importClosures adds to whatever stands: of two imports at once both stand.
func (s *server) importClosures(ctx context.Context, in *closuresInput) (*document.Versioned[closuresView], error) {
	closures, err := sla.ReadHolidays(bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, problem.Refused("body", err.Error())
	}
	kept, err := s.editCalendar(ctx, in.Running, document.Edit{Precondition: in.Precondition, ID: in.ID, Changes: true, Merges: true},
		func(stands sla.Calendar) (sla.Calendar, error) {
			c := stands.Import(closures)
			return c, sound(c)
		})
	if err != nil {
		return nil, err
	}
	return &document.Versioned[closuresView]{ETag: kept.ETag, Body: closuresView{kept.Body, imported(closures)}}, nil
}
