package rotas

import (
	"fmt"
	"strconv"
	"strings"

	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// What a form may hold, as by the API.
const (
	layersMost = 50
	nameMost   = 200
	zoneMost   = 100
	linesMost  = 100_000 // characters of turns or hours
)

// layers are the layers of a form. A row without a name is none.
func layers() form.Parts {
	return form.Parts{Name: "layer-%d-%s", API: "layers", Marks: []string{"name"}, Blank: 1, Most: layersMost}
}

// shifts are the weekly shifts of a form, which stand below its layers.
func shifts() form.Parts { return fields.Shifts(1) }

// fieldsOf are the fields of a rota.
func fieldsOf(r *ui.Request, w draft) (form.Fields, error) {
	people, parts := fields.People(w.docs.Engineers), layers()
	list := append(form.Fields{
		{Name: "name", Label: r.T("page-name"), Value: w.Name, Kind: form.Text, Most: nameMost, Needed: true},
		{Name: "zone", Label: r.T("form-zone"), Value: w.Zone, Kind: form.Text, Most: zoneMost, Needed: true, Help: r.T("form-zone-text")},
	}, fields.Serves(r, w.Serves, w.levels)...)
	var names []string
	for _, e := range people {
		names = append(names, people.Name(e.ID))
	}
	list = append(list, form.Field{Kind: form.Note, Help: r.T("rotas-layers-text", strings.Join(names, ", ")), Group: r.T("rotas-layer", 1)})
	for i := range parts.Rows(r, len(w.Layers)) {
		l := rota.Layer{Level: 1, Rotation: rota.Weekly}
		if i < len(w.Layers) {
			l = w.Layers[i]
		}
		list = append(list, w.layer(r, i, l, people)...)
	}
	list = append(list, form.Field{Kind: form.Note, Help: r.T("rotas-shifts-text"), Group: r.T("keeping-shifts")})
	return append(list, fields.ShiftFields(r, shifts(), people, w.Shifts)...), nil
}

// layer are the fields of one layer.
func (w draft) layer(r *ui.Request, i int, l rota.Layer, people fields.People) form.Fields {
	at := func(what string) string { return layers().At(i, what) }
	group := r.T("rotas-layer", i+1)
	var turns []string
	for _, t := range l.Turns {
		line := people.Name(t.Engineer)
		if l.Rotation == rota.Custom {
			line += " " + fields.Clock(t.Length)
		}
		turns = append(turns, line)
	}
	calendars := []form.Option{{Name: r.T("rotas-always")}}
	for _, c := range w.docs.Calendars {
		calendars = append(calendars, form.Option{Value: string(c.ID), Name: c.Name})
	}
	rotations := []form.Option{{Value: string(rota.Daily), Name: r.T("rotas-daily")}, {Value: string(rota.Weekly), Name: r.T("rotas-weekly")}, {Value: string(rota.Custom), Name: r.T("rotas-custom")}}
	return form.Fields{
		{Name: at("name"), Label: r.T("page-name"), Value: l.Name, Kind: form.Text, Most: nameMost, Group: group},
		layers().Place(r, i, group),
		{Name: at("level"), Label: r.T("keeping-level"), Value: strconv.Itoa(l.Level), Kind: form.Number, Least: 1, Most: 100, Group: group},
		{Name: at("rotation"), Label: r.T("rotas-rotation"), Value: string(l.Rotation), Kind: form.Choice, Options: rotations, Group: group},
		{Name: at("every"), Label: r.T("rotas-every"), Value: form.Count(l.Every), Kind: form.Number, Least: 1, Most: 366, Group: group},
		{Name: at("start"), Label: r.T("rotas-start"), Value: l.Start, Kind: form.Wall, Group: group},
		{Name: at("until"), Label: r.T("rotas-until"), Value: l.Until, Kind: form.Wall, Group: group},
		{Name: at("turns"), Label: r.T("rotas-turns"), Value: strings.Join(turns, "\n"), Kind: form.Lines, Most: linesMost, Group: group},
		{Name: at("hours"), Label: r.T("rotas-hours"), Value: fields.Week(r.View, l.Hours), Kind: form.Lines, Most: linesMost, Help: fields.WeekHelp(r), Group: group},
		{Name: at("follow"), Label: r.T("rotas-follow"), Value: string(l.Follow.Calendar), Kind: form.Choice, Options: form.WithOption(calendars, string(l.Follow.Calendar)), Group: group},
		{Name: at("closed"), Label: r.T("rotas-closed"), Value: form.Ticked(l.Follow.Closed), Kind: form.Tick, Group: group},
		{Name: at("beside"), Label: r.T("rotas-beside"), Value: form.Ticked(l.Beside), Kind: form.Tick, Group: group},
	}
}

// said is the rota as the form says it, checked by itself and beside the others, as the API does; or a *form.Refusal.
func said(r *ui.Request, id string, f form.Fields, stands draft) (draft, error) {
	made := stands
	made.Rota = rota.Rota{
		ID: rota.ID(id), Version: stands.Version, Overrides: stands.Overrides, Swaps: stands.Swaps, Name: f.Value("name"), Zone: f.Value("zone"), Serves: fields.ReadServes(f, stands.Serves),
	}
	if made.ID == rota.Main {
		return made, &form.Refusal{Field: "id", Text: "this id cannot be given to a rota"}
	}
	people := fields.People(stands.docs.Engineers)
	for _, i := range layers().Said(f) {
		l, err := saidLayer(r, f, i, people)
		if err != nil {
			return made, err
		}
		made.Layers = append(made.Layers, l)
	}
	var err error
	at := places{layers: layers().Said(f)}
	if made.Shifts, at.shifts, err = fields.ReadShifts(f, shifts()); err != nil {
		return made, err
	}
	if err = made.Check(stands.docs.Engineers, stands.docs.Known(), r.Now); err == nil {
		err = made.CheckServes(stands.docs.Schedules)
	}
	return made, form.Refused(err, at.field)
}

func saidLayer(r *ui.Request, f form.Fields, i int, people fields.People) (l rota.Layer, err error) {
	at := func(what string) string { return layers().At(i, what) }
	l = rota.Layer{
		Name: f.Value(at("name")), Beside: f.Yes(at("beside")), Rotation: rota.Rotation(f.Value(at("rotation"))), Start: f.Value(at("start")), Until: f.Value(at("until")),
		Level: f.Number(at("level")), Every: f.Number(at("every")), Follow: rota.Follow{Calendar: sla.CalendarID(f.Value(at("follow"))), Closed: f.Yes(at("closed"))},
	}
	if l.Hours, err = fields.ReadWeek(r.View, at("hours"), f.Value(at("hours"))); err == nil {
		l.Turns, err = saidTurns(at("turns"), f.Value(at("turns")), l.Rotation, people)
	}
	return l, err
}

// places are the rows in which the layers and the shifts of a rota stand.
type places struct{ layers, shifts []int }

// field is the field of the form at a path of a rota.
func (p places) field(path string) string {
	if path == "serves" {
		return "contracts" // the first of the fields that say it
	}
	return shifts().Field(layers().Field(path, p.layers), p.shifts)
}

// saidTurns reads turns, one a line: an engineer, and of a custom rotation how long the turn lasts.
func saidTurns(field, text string, rotation rota.Rotation, people fields.People) (list []rota.Turn, err error) {
	for _, one := range fields.Lines(text) {
		var t rota.Turn
		who := one
		if rotation == rota.Custom {
			cut := strings.LastIndexByte(one, ' ')
			if t.Length, err = fields.ReadClock(one[cut+1:]); err != nil || cut < 0 {
				return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("%q does not say how long the turn lasts; write the engineer and 12:00 behind", one)}
			}
			who = one[:cut]
		}
		id, ok := people.Find(who)
		if !ok {
			return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("%q is the name of no engineer, or of more than one; an id is always clear, and %s is nobody", who, fields.Nobody)}
		}
		t.Engineer = id
		list = append(list, t)
	}
	return list, nil
}
