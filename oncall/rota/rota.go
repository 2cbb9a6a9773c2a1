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
	ID        ID
	Name      string
	Zone      string // IANA name; Local is refused
	Serves    Serves // which requests; empty: all
	Shifts    []oncall.Shift
	Layers    []Layer
	Overrides []oncall.Override
	Swaps     []Swap
	Version   int
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
	Name     string
	Level    int // 1 is called first
	Beside   bool
	Rotation Rotation
	Every    int            // days or weeks of a turn; 0: one
	Start    string         // by the wall clock of the rota's zone: when the first turn begins, "2026-01-05T09:00"
	Until    string         // by the wall clock: when the layer ends; empty: never
	Turns    []Turn         // one after the other, and from the first again
	Hours    []sla.Interval // only within these hours of every week, by the wall clock; none: always
	Follow   Follow         // only within or outside the hours of a calendar
}

// Turn is one engineer's time in a rotation; nobody's when Engineer is empty.
type Turn struct {
	Engineer oncall.EngineerID
	Length   time.Duration // by the wall clock; of custom rotations only
}

// Follow ties a layer to a calendar: a day team is on call while it is open, a night team while it is closed.
type Follow struct {
	Calendar sla.CalendarID
	Closed   bool
}

// Swap exchanges duty between two engineers, at every level: what Engineer has in [From, Until) is With's, and what With
// has in [BackFrom, BackUntil) is Engineer's.
type Swap struct {
	Engineer  oncall.EngineerID
	With      oncall.EngineerID
	From      time.Time
	Until     time.Time
	BackFrom  time.Time
	BackUntil time.Time
}

// Absence is a time in which an engineer is on call in no rota. A place whose engineer is absent is free: a layer below
// shows through, and without one there is a gap.
type Absence struct {
	Engineer oncall.EngineerID
	From     time.Time
	Until    time.Time
	Note     string
	UID      string // of the iCalendar event that it came from; empty: staff wrote it
}

// Place is one engineer on call at a level.
type Place struct {
	Engineer oncall.EngineerID
	Level    int
	Why      string            // the shift, layer or override that puts the engineer there
	For      oncall.EngineerID // whose place it was before a swap or an override
	order    int               // within the level
	added    bool              // by an override that replaces nobody
}

// Span is a time, From included and Until not, in which the same places are taken; in the order in which they are called.
type Span struct {
	From   time.Time
	Until  time.Time
	Places []Place
}

// Absences are all absences of one engineer, as they are kept.
type Absences struct {
	Engineer oncall.EngineerID
	List     []Absence
	Version  int
}

// Clone is a copy that shares no slice with the rota.
func (r Rota) Clone() Rota {
	r.Shifts, r.Overrides, r.Swaps, r.Layers = slices.Clone(r.Shifts), slices.Clone(r.Overrides), slices.Clone(r.Swaps), slices.Clone(r.Layers)
	for i, l := range r.Layers {
		r.Layers[i].Turns, r.Layers[i].Hours = slices.Clone(l.Turns), slices.Clone(l.Hours)
	}
	return r
}
