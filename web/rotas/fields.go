package rotas

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/web/nested"
	"hotline/web/room"
)

// What a form may hold, as by the API.
const (
	layersMost = 50
	nameMost   = 200
	zoneMost   = 100
	shiftsMost = 1000
	linesMost  = 100_000 // characters of turns, hours or shifts
)

// groups are the fields of a rota, with so many layers.
func (w draft) groups(r *room.Request, one rota.Rota, layers int) []nested.Group {
	people := nested.People(w.docs.Engineers)
	var names []string
	for _, e := range people {
		names = append(names, people.Name(e.ID))
	}
	list := []nested.Group{
		{Fields: []nested.Field{
			{Name: "name", Label: r.T("page-name"), Value: one.Name, Kind: "text", Most: nameMost, Needed: true},
			{Name: "zone", Label: r.T("form-zone"), Value: one.Zone, Kind: "text", Most: zoneMost, Needed: true, Text: r.T("form-zone-text")},
		}},
		nested.Serves(r, one.Serves, w.levels),
	}
	for i := range layers {
		l := rota.Layer{Level: 1, Rotation: rota.Weekly}
		if i < len(one.Layers) {
			l = one.Layers[i]
		}
		list = append(list, w.layer(r, i, l, people))
	}
	list[2].Text = r.T("rotas-layers-text", strings.Join(names, ", "))
	var shifts []string
	for _, s := range one.Shifts {
		shifts = append(shifts, shiftLine(r, people, s))
	}
	return append(list, nested.Group{Title: r.T("keeping-shifts"), Fields: []nested.Field{
		{Name: "shifts", Label: r.T("keeping-shifts"), Value: strings.Join(shifts, "\n"), Kind: "lines", Most: linesMost, Text: r.T("rotas-shifts-text", r.Weekday(time.Friday))},
	}})
}

// layer are the fields of one layer.
func (w draft) layer(r *room.Request, i int, l rota.Layer, people nested.People) nested.Group {
	at := func(name string) string { return fmt.Sprintf("layer-%d-%s", i, name) }
	var turns []string
	for _, t := range l.Turns {
		line := people.Name(t.Engineer)
		if l.Rotation == rota.Custom {
			line += " " + nested.Clock(t.Length)
		}
		turns = append(turns, line)
	}
	calendars := []nested.Option{{Value: "", Name: r.T("rotas-always")}}
	for _, c := range w.docs.Calendars {
		calendars = append(calendars, nested.Option{Value: string(c.ID), Name: c.Name})
	}
	if !slices.ContainsFunc(calendars, func(o nested.Option) bool { return o.Value == string(l.Follow.Calendar) }) {
		calendars = append(calendars, nested.Option{Value: string(l.Follow.Calendar), Name: string(l.Follow.Calendar)})
	}
	return nested.Group{Title: r.T("rotas-layer", i+1), Fields: []nested.Field{
		{Name: at("name"), Label: r.T("page-name"), Value: l.Name, Kind: "text", Most: nameMost},
		{Name: at("place"), Label: r.T("keeping-order"), Value: strconv.Itoa(i + 1), Kind: "number", Least: 1, Most: layersMost},
		{Name: at("level"), Label: r.T("keeping-level"), Value: strconv.Itoa(l.Level), Kind: "number", Least: 1, Most: 100},
		{Name: at("rotation"), Label: r.T("rotas-rotation"), Value: string(l.Rotation), Kind: "choice", Options: []nested.Option{{Value: string(rota.Daily), Name: r.T("rotas-daily")}, {Value: string(rota.Weekly), Name: r.T("rotas-weekly")}, {Value: string(rota.Custom), Name: r.T("rotas-custom")}}},
		{Name: at("every"), Label: r.T("rotas-every"), Value: nested.Figure(l.Every), Kind: "number", Least: 1, Most: 366},
		{Name: at("start"), Label: r.T("rotas-start"), Value: l.Start, Kind: "wall"},
		{Name: at("until"), Label: r.T("rotas-until"), Value: l.Until, Kind: "wall"},
		{Name: at("turns"), Label: r.T("rotas-turns"), Value: strings.Join(turns, "\n"), Kind: "lines", Most: linesMost},
		{Name: at("hours"), Label: r.T("rotas-hours"), Value: nested.Week(r.View, l.Hours), Kind: "lines", Most: linesMost, Text: r.T("form-week-text", r.Weekday(time.Saturday), r.Weekday(time.Monday), r.Weekday(time.Friday))},
		{Name: at("follow"), Label: r.T("rotas-follow"), Value: string(l.Follow.Calendar), Kind: "choice", Options: calendars},
		{Name: at("closed"), Label: r.T("rotas-closed"), Value: nested.Tick(l.Follow.Closed), Kind: "tick"},
		{Name: at("beside"), Label: r.T("rotas-beside"), Value: nested.Tick(l.Beside), Kind: "tick"},
	}}
}

// said is the rota as the form says it, or an *entry.Refusal.
func (w draft) said(r *room.Request) (rota.Rota, error) {
	made := rota.Rota{ID: w.stands.ID, Version: w.stands.Version, Overrides: w.stands.Overrides, Swaps: w.stands.Swaps}
	if made.ID == "" {
		id, err := nested.IDOf(r)
		if made.ID = rota.ID(id); err != nil || made.ID == rota.Main {
			return made, &entry.Refusal{Field: "id", Text: "this id cannot be given to a rota"}
		}
	}
	values, err := nested.Values(w.form.Groups)
	if err != nil {
		return made, err
	}
	made.Name, made.Zone, made.Serves = values["name"], values["zone"], nested.ReadServes(values, w.stands.Serves, w.levels)
	people := nested.People(w.docs.Engineers)
	type placed struct {
		place int
		layer rota.Layer
	}
	var layers []placed
	for i := range len(w.form.Groups) - 3 { // all but the names, whom it serves, and the shifts
		l, place, err := saidLayer(r, values, i, people)
		if err != nil {
			return made, err
		}
		if l.Name != "" {
			layers = append(layers, placed{place, l})
		}
	}
	slices.SortStableFunc(layers, func(a, b placed) int { return a.place - b.place })
	for _, one := range layers {
		made.Layers = append(made.Layers, one.layer)
	}
	made.Shifts, err = saidShifts(r, people, values["shifts"])
	return made, err
}

func saidLayer(r *room.Request, values map[string]string, i int, people nested.People) (l rota.Layer, place int, err error) {
	at := func(name string) string { return fmt.Sprintf("layer-%d-%s", i, name) }
	l = rota.Layer{
		Name: values[at("name")], Beside: values[at("beside")] != "", Rotation: rota.Rotation(values[at("rotation")]), Start: values[at("start")], Until: values[at("until")],
		Follow: rota.Follow{Calendar: sla.CalendarID(values[at("follow")]), Closed: values[at("closed")] != ""},
	}
	if l.Name == "" {
		return l, 0, nil
	}
	if place, err = nested.Number(values, at("place")); err == nil {
		l.Level, err = nested.Number(values, at("level"))
	}
	if err == nil {
		l.Every, err = nested.Number(values, at("every"))
	}
	if err == nil {
		l.Hours, err = nested.ReadWeek(r.View, at("hours"), values[at("hours")])
	}
	if err == nil {
		l.Turns, err = saidTurns(at("turns"), values[at("turns")], l.Rotation, people)
	}
	return l, place, err
}

// saidTurns reads turns, one a line: an engineer, and of a custom rotation how long the turn lasts.
func saidTurns(field, text string, rotation rota.Rotation, people nested.People) (list []rota.Turn, err error) {
	for _, one := range nested.Lines(text) {
		var t rota.Turn
		who := one
		if rotation == rota.Custom {
			cut := strings.LastIndexByte(one, ' ')
			if t.Length, err = nested.ReadClock(one[cut+1:]); err != nil || cut < 0 {
				return nil, &entry.Refusal{Field: field, Text: fmt.Sprintf("%q does not say how long the turn lasts; write the engineer and 12:00 behind", one)}
			}
			who = one[:cut]
		}
		id, ok := people.Find(who)
		if !ok {
			return nil, &entry.Refusal{Field: field, Text: fmt.Sprintf("%q is the name of no engineer, or of more than one; an id is always clear, and %s is nobody", who, nested.Nobody)}
		}
		t.Engineer = id
		list = append(list, t)
	}
	return list, nil
}

func shiftLine(r *room.Request, people nested.People, s oncall.Shift) string {
	return strings.Join([]string{people.Name(s.Engineer), r.Weekday(s.Day), nested.Clock(s.From), nested.Clock(s.Length), strconv.Itoa(s.Level), strconv.Itoa(s.Order)}, "; ")
}

// saidShifts reads weekly shifts, one a line: engineer, day, when it begins, how long it lasts, level and place, with semicolons between.
// Level and place may be left out.
func saidShifts(r *room.Request, people nested.People, text string) (list []oncall.Shift, err error) {
	for _, one := range nested.Lines(text) {
		wrong := &entry.Refusal{Field: "shifts", Text: fmt.Sprintf("%q is no shift; write engineer, day, beginning, length, level and place with semicolons between", one)}
		parts := strings.Split(one, ";")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if len(parts) < 4 || len(parts) > 6 || len(list) >= shiftsMost {
			return nil, wrong
		}
		s := oncall.Shift{Level: 1}
		id, known := people.Find(parts[0])
		day, isDay := nested.Day(r.View, parts[1])
		from, bad := nested.ReadClock(parts[2])
		length, worse := nested.ReadClock(parts[3])
		s.Engineer, s.Day, s.From, s.Length = id, day, from, length
		for i, n := range []*int{&s.Level, &s.Order} {
			if len(parts) > 4+i {
				if *n, err = strconv.Atoi(parts[4+i]); err != nil {
					return nil, wrong
				}
			}
		}
		if !known || !isDay || bad != nil || worse != nil {
			return nil, wrong
		}
		list = append(list, s)
	}
	return list, nil
}
