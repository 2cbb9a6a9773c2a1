// Package rota is on-call schedules: several rotas with weekly shifts, layers of rotations, overrides, swaps and absences,
// and who of them is on call at an instant. Pure: documents and instants in, places out.
//
// The main rota (oncall.Rota) is one of them: it serves what no other rota is made for.
package rota

import (
	"slices"
	"time"

	"hotline/oncall"
	"hotline/sla"
)

// ID names a rota for ever.
type ID string

// Main is the rota that serves what no other is made for. It is kept as an oncall.Rota.
const Main ID = "main"

// Rota is one schedule, in one zone. Its shifts are the lowest layer of each level.
type Rota struct {
	ID        ID                `json:"id"`
	Name      string            `json:"name"`
	Zone      string            `json:"zone"`   // IANA name; Local is refused
	Serves    Serves            `json:"serves"` // which requests; empty: all
	Shifts    []oncall.Shift    `json:"shifts,omitempty"`
	Layers    []Layer           `json:"layers,omitempty"`
	Overrides []oncall.Override `json:"overrides,omitempty"`
	Swaps     []Swap            `json:"swaps,omitempty"`
	Version   int               `json:"version"`
}

// Of is the main rota as one of several.
func Of(r oncall.Rota) Rota {
	return Rota{ID: Main, Name: string(Main), Zone: r.Zone, Shifts: r.Shifts, Overrides: r.Overrides, Version: r.Version}
}

// Rotation is how the turns of a layer follow each other.
type Rotation string

// The rotations. In a daily or weekly one every turn lasts Every days or weeks; in a custom one each turn says how long.
const (
	Daily  Rotation = "daily"
	Weekly Rotation = "weekly"
	Custom Rotation = "custom"
)

// Layer is engineers who take turns at one level. While a layer has somebody on call, it covers the layers before it at
// that level; a layer that stands beside them covers nobody.
type Layer struct {
	Name     string         `json:"name"`
	Level    int            `json:"level"` // 1 is called first
	Beside   bool           `json:"beside,omitempty"`
	Rotation Rotation       `json:"rotation"`
	Every    int            `json:"every,omitempty"` // days or weeks of a turn; 0: one
	Start    string         `json:"start"`           // by the wall of the rota's zone: when the first turn begins, "2026-01-05T09:00"
	Until    string         `json:"until,omitempty"` // by the wall: when the layer ends; empty: never
	Turns    []Turn         `json:"turns"`           // one after the other, and from the first again
	Hours    []sla.Interval `json:"hours,omitempty"` // only within these hours of every week, by the wall; none: always
	Follow   Follow         `json:"follow,omitzero"` // only within or outside the hours of a calendar
}

// Turn is one engineer's time in a rotation; nobody's when Engineer is empty.
type Turn struct {
	Engineer oncall.EngineerID `json:"engineer,omitempty"`
	Length   time.Duration     `json:"length,omitempty"` // by the wall; of custom rotations only
}

// Follow ties a layer to a calendar: a day team is on call while it is open, a night team while it is closed.
type Follow struct {
	Calendar sla.CalendarID `json:"calendar,omitempty"`
	Closed   bool           `json:"closed,omitempty"`
}

// Swap exchanges duty between two engineers, at every level: what Engineer has in [From, Until) is With's, and what With
// has in [BackFrom, BackUntil) is Engineer's.
type Swap struct {
	Engineer  oncall.EngineerID `json:"engineer"`
	With      oncall.EngineerID `json:"with"`
	From      time.Time         `json:"from"`
	Until     time.Time         `json:"until"`
	BackFrom  time.Time         `json:"back_from"`
	BackUntil time.Time         `json:"back_until"`
}

// Absence is a time in which an engineer is on call in no rota. A place whose engineer is absent is free: a layer below
// shows through, and without one there is a gap.
type Absence struct {
	Engineer oncall.EngineerID `json:"engineer"`
	From     time.Time         `json:"from"`
	Until    time.Time         `json:"until"`
	Note     string            `json:"note,omitempty"`
	UID      string            `json:"uid,omitempty"` // of the iCalendar event that it came from; empty: staff wrote it
}

// Place is one engineer on call at a level.
type Place struct {
	Engineer oncall.EngineerID `json:"engineer"`
	Level    int               `json:"level"`
	Why      string            `json:"why"`           // the shift, layer or override that puts the engineer there
	For      oncall.EngineerID `json:"for,omitempty"` // whose place it was before a swap or an override
	order    int               // within the level
	added    bool              // by an override that replaces nobody
}

// Span is a time, From included and Until not, in which the same places are taken; in the order in which they are called.
type Span struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Places []Place   `json:"places"`
}

// Absences are all absences of one engineer, as they are kept.
type Absences struct {
	Engineer oncall.EngineerID `json:"engineer"`
	List     []Absence         `json:"absences"`
	Version  int               `json:"version"`
}

// Clone is a copy that shares no slice with the rota.
func (r Rota) Clone() Rota {
	r.Shifts, r.Overrides, r.Swaps, r.Layers = slices.Clone(r.Shifts), slices.Clone(r.Overrides), slices.Clone(r.Swaps), slices.Clone(r.Layers)
	for i, l := range r.Layers {
		r.Layers[i].Turns, r.Layers[i].Hours = slices.Clone(l.Turns), slices.Clone(l.Hours)
	}
	return r
}
