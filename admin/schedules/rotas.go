package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/schema"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
)

// ScheduleFields are what staff write of a rota beside the main one.
type ScheduleFields struct {
	Name      string           `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Zone      string           `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, such as Europe/Rome"`
	Serves    servesView       `json:"serves" required:"false" doc:"Which requests; left out: all"`
	Shifts    []weeklyShift    `json:"shifts,omitempty" maxItems:"1000" doc:"Come back every week; the lowest layer of their level"`
	Layers    []layerView      `json:"layers,omitempty" maxItems:"50" doc:"Engineers who take turns; a later layer covers those before it at its level"`
	Overrides []overrideOfRota `json:"overrides,omitempty" maxItems:"5000" doc:"Instead is on call at the level from..until and engineer is not"`
	Swaps     []swapView       `json:"swaps,omitempty" maxItems:"1000" doc:"Two engineers exchange duty"`
}

type scheduleView struct {
	ID string `json:"id"`
	ScheduleFields
	Version int `json:"version"`
}

type scheduleInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		ScheduleFields
	}
}

type scheduleList struct {
	Rotas []scheduleView `json:"rotas" nullable:"false" doc:"By id, the main one first; that one is edited at /rota"`
}

// ShiftView is a shift that comes back every week, as staff read and write it.
type ShiftView struct {
	Engineer string           `json:"engineer"`
	Level    int              `json:"level" minimum:"1" maximum:"100" doc:"Level 1 is called first"`
	Order    int              `json:"order,omitempty" minimum:"-1000" maximum:"1000" doc:"Within the level"`
	Day      int              `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	From     schema.TimeOfDay `json:"from" doc:"Time of day, by the wall clock"`
	Length   schema.TimeOfDay `json:"length" doc:"Up to 168:00, always on call"`
}

// weeklyShift is the same under the name that clients know in rotas beside the main one.
type weeklyShift ShiftView

// ShowShift is the view of a shift.
func ShowShift(s oncall.Shift) ShiftView {
	return ShiftView{string(s.Engineer), s.Level, s.Order, int(s.Day), schema.TimeOfDay(s.From), schema.TimeOfDay(s.Length)}
}

// Shift is the shift of a view.
func (v ShiftView) Shift() oncall.Shift {
	return oncall.Shift{
		Engineer: oncall.EngineerID(v.Engineer), Level: v.Level, Order: v.Order, Day: time.Weekday(v.Day),
		From: time.Duration(v.From), Length: time.Duration(v.Length),
	}
}

type layerView struct {
	Name     string      `json:"name" minLength:"1"`
	Level    int         `json:"level" minimum:"1" maximum:"100"`
	Beside   bool        `json:"beside,omitempty" doc:"Stands beside the layer below instead of covering it"`
	Rotation string      `json:"rotation" enum:"daily,weekly,custom"`
	Every    int         `json:"every,omitempty" minimum:"1" maximum:"366" doc:"Days or weeks of a turn; left out: one"`
	Start    string      `json:"start" doc:"When the first turn begins, by the wall clock of the rota's zone: 2026-01-05T09:00"`
	Until    string      `json:"until,omitempty" doc:"When the layer ends, by the wall clock; left out: never"`
	Turns    []turnView  `json:"turns" minItems:"1" maxItems:"200" doc:"One after the other, and from the first again"`
	Hours    []weekHours `json:"hours,omitempty" maxItems:"100" doc:"Only within these hours of every week; left out: always"`
	Follow   string      `json:"follow,omitempty" doc:"Calendar: the layer is on call only while it is open"`
	Closed   bool        `json:"follow_closed,omitempty" doc:"Only while the calendar is closed"`
}

type turnView struct {
	Engineer string           `json:"engineer,omitempty" doc:"Left out: nobody's"`
	Length   schema.TimeOfDay `json:"length,omitempty" doc:"Of the turns of a custom rotation, by the wall clock: 12:00"`
}

type weekHours struct {
	Day   int              `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	From  schema.TimeOfDay `json:"from"`
	Until schema.TimeOfDay `json:"until" doc:"After 24:00 it runs into the next days"`
}

func hoursView(list []sla.Interval) (views []weekHours) {
	for _, h := range list {
		views = append(views, weekHours{int(h.Day), schema.TimeOfDay(h.From), schema.TimeOfDay(h.Until)})
	}
	return views
}

func hoursOf(views []weekHours) (list []sla.Interval) {
	for _, h := range views {
		list = append(list, sla.Interval{Day: time.Weekday(h.Day), From: time.Duration(h.From), Until: time.Duration(h.Until)})
	}
	return list
}

func schedule(r rota.Rota) scheduleView {
	v := scheduleView{ID: string(r.ID), Version: r.Version, ScheduleFields: ScheduleFields{Name: r.Name, Zone: r.Zone, Serves: serves(r.Serves)}}
	for _, o := range r.Overrides {
		v.Overrides = append(v.Overrides, overrideOfRota{string(o.Engineer), string(o.Instead), o.Level, o.From, o.Until, o.Reason})
	}
	for _, w := range r.Swaps {
		v.Swaps = append(v.Swaps, swapView{string(w.Engineer), string(w.With), w.From, w.Until, w.BackFrom, w.BackUntil})
	}
	for _, s := range r.Shifts {
		v.Shifts = append(v.Shifts, weeklyShift(ShowShift(s)))
	}
	for _, l := range r.Layers {
		view := layerView{l.Name, l.Level, l.Beside, string(l.Rotation), l.Every, l.Start, l.Until, nil, hoursView(l.Hours), string(l.Follow.Calendar), l.Follow.Closed}
		for _, t := range l.Turns {
			view.Turns = append(view.Turns, turnView{string(t.Engineer), schema.TimeOfDay(t.Length)})
		}
		v.Layers = append(v.Layers, view)
	}
	return v
}

func scheduleOf(id string, f ScheduleFields) rota.Rota {
	r := rota.Rota{ID: rota.ID(id), Name: f.Name, Zone: f.Zone, Serves: servesOf(f.Serves)}
	for _, o := range f.Overrides {
		r.Overrides = append(r.Overrides, oncall.Override{Engineer: oncall.EngineerID(o.Engineer), Instead: oncall.EngineerID(o.Instead), Level: o.Level, From: o.From, Until: o.Until, Reason: o.Reason})
	}
	for _, w := range f.Swaps {
		r.Swaps = append(r.Swaps, rota.Swap{Engineer: oncall.EngineerID(w.Engineer), With: oncall.EngineerID(w.With), From: w.From, Until: w.Until, BackFrom: w.BackFrom, BackUntil: w.BackUntil})
	}
	for _, s := range f.Shifts {
		r.Shifts = append(r.Shifts, ShiftView(s).Shift())
	}
	for _, v := range f.Layers {
		l := rota.Layer{
			Name: v.Name, Level: v.Level, Beside: v.Beside, Rotation: rota.Rotation(v.Rotation), Every: v.Every, Start: v.Start, Until: v.Until,
			Hours: hoursOf(v.Hours), Follow: rota.Follow{Calendar: sla.CalendarID(v.Follow), Closed: v.Closed},
		}
		for _, t := range v.Turns {
			l.Turns = append(l.Turns, rota.Turn{Engineer: oncall.EngineerID(t.Engineer), Length: time.Duration(t.Length)})
		}
		r.Layers = append(r.Layers, l)
	}
	return r
}

func (c Config) rotaRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/rotas", "list-rotas", "List the rotas"), func(ctx context.Context, _ *struct{}) (*answer[scheduleList], error) {
		main, err := c.Oncall.Rota(ctx)
		if err != nil {
			return nil, err
		}
		all, err := c.Store.Schedules(ctx)
		list := scheduleList{Rotas: []scheduleView{schedule(rota.Of(main))}}
		for _, r := range all {
			list.Rotas = append(list.Rotas, schedule(r))
		}
		return &answer[scheduleList]{list}, err
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/rotas/{id}", "get-rota-by-id", "One rota"), func(ctx context.Context, in *document.ByID) (*document.Versioned[scheduleView], error) {
		if rota.ID(in.ID) == rota.Main {
			main, err := c.Oncall.Rota(ctx)
			return document.Tagged(schedule(rota.Of(main)), main.Version, err)
		}
		r, err := c.Store.Schedule(ctx, rota.ID(in.ID))
		return document.Tagged(schedule(r), r.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/rotas/{id}", "put-rota-by-id", "Add or change a rota beside the main one, whole"), c.putSchedule)
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/rotas/{id}", "remove-rota", "Remove a rota beside the main one that no escalation policy names"), "rota",
		func(ctx context.Context, id string) (int, error) {
			r, err := c.Store.Schedule(ctx, rota.ID(id))
			return r.Version, err
		},
		func(ctx context.Context, id string, version int) error {
			err := c.Store.DeleteSchedule(ctx, rota.ID(id), version)
			if errors.Is(err, escalation.ErrNamed) {
				return huma.Error409Conflict(err.Error())
			}
			return err
		})
}

func (c Config) putSchedule(ctx context.Context, in *scheduleInput) (*document.Versioned[scheduleView], error) {
	if rota.ID(in.ID) == rota.Main {
		return nil, refused("path.id", errors.New("the main rota is edited at /rota; give this one another id"))
	}
	k := document.Kind[rota.Rota]{
		Read:    func(ctx context.Context, id string) (rota.Rota, error) { return c.Store.Schedule(ctx, rota.ID(id)) },
		Put:     c.Store.PutSchedule,
		Version: func(r *rota.Rota) *int { return &r.Version },
	}
	r, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "rota " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(ctx context.Context, _ rota.Rota) (rota.Rota, error) {
		next := scheduleOf(in.ID, in.Body.ScheduleFields)
		return next, c.sound(ctx, next)
	})
	if errors.Is(err, oncall.ErrUnknownEngineer) || errors.Is(err, rota.ErrRota) { // written since the check
		err = refused("body", err)
	}
	return document.Tagged(schedule(r), r.Version, err)
}

// sound refuses a rota that cannot be right, by itself or beside the others.
func (c Config) sound(ctx context.Context, r rota.Rota) error {
	engineers, err := c.Oncall.Engineers(ctx)
	if err != nil {
		return fmt.Errorf("reading engineers: %w", err)
	}
	others, err := c.Store.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("reading rotas: %w", err)
	}
	known, err := c.known(ctx)
	if err != nil {
		return fmt.Errorf("reading calendars: %w", err)
	}
	if err := r.Check(engineers, known, c.Now()); err != nil {
		return refused("body", err)
	}
	if err := r.CheckServes(others); err != nil {
		return refused("body.serves", err)
	}
	return nil
}
