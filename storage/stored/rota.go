package stored

import (
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/sla"
)

// Schedule is one rota beside the main one.
type Schedule struct {
	ID        rota.ID    `json:"id"`
	Name      string     `json:"name"`
	Zone      string     `json:"zone"`
	Serves    Serves     `json:"serves"`
	Shifts    []Shift    `json:"shifts,omitempty"`
	Layers    []Layer    `json:"layers,omitempty"`
	Overrides []Override `json:"overrides,omitempty"`
	Swaps     []Swap     `json:"swaps,omitempty"`
	Version   int        `json:"version"`
}

// Serves says which requests a rota or a policy is for.
type Serves struct {
	Contracts  []string       `json:"contracts,omitempty"`
	Products   []string       `json:"products,omitempty"`
	Categories []sla.Category `json:"categories,omitempty"`
	Levels     []sla.LevelID  `json:"levels,omitempty"`
	Languages  []string       `json:"languages,omitempty"`
}

// Layer is engineers who take turns at one level.
type Layer struct {
	Name     string        `json:"name"`
	Level    int           `json:"level"`
	Beside   bool          `json:"beside,omitempty"`
	Rotation rota.Rotation `json:"rotation"`
	Every    int           `json:"every,omitempty"`
	Start    string        `json:"start"`
	Until    string        `json:"until,omitempty"`
	Turns    []Turn        `json:"turns"`
	Hours    []Interval    `json:"hours,omitempty"`
	Follow   Follow        `json:"follow,omitzero"`
}

// Turn is one engineer's time in a rotation.
type Turn struct {
	Engineer oncall.EngineerID `json:"engineer,omitempty"`
	Length   time.Duration     `json:"length,omitempty"`
}

// Follow ties a layer to a calendar.
type Follow struct {
	Calendar sla.CalendarID `json:"calendar,omitempty"`
	Closed   bool           `json:"closed,omitempty"`
}

// Swap exchanges duty between two engineers.
type Swap struct {
	Engineer  oncall.EngineerID `json:"engineer"`
	With      oncall.EngineerID `json:"with"`
	From      time.Time         `json:"from"`
	Until     time.Time         `json:"until"`
	BackFrom  time.Time         `json:"back_from"`
	BackUntil time.Time         `json:"back_until"`
}

// OfSchedule is the stored form of a rota.
func OfSchedule(r rota.Rota) Schedule {
	return Schedule{
		ID: r.ID, Name: r.Name, Zone: r.Zone, Serves: Serves(r.Serves), Shifts: each(r.Shifts, ofShift), Layers: each(r.Layers, ofLayer),
		Overrides: each(r.Overrides, ofOverride), Swaps: each(r.Swaps, func(s rota.Swap) Swap { return Swap(s) }), Version: r.Version,
	}
}

// Domain is the rota.
func (r Schedule) Domain() rota.Rota {
	return rota.Rota{
		ID: r.ID, Name: r.Name, Zone: r.Zone, Serves: rota.Serves(r.Serves), Shifts: each(r.Shifts, Shift.domain), Layers: each(r.Layers, Layer.domain),
		Overrides: each(r.Overrides, Override.domain), Swaps: each(r.Swaps, func(s Swap) rota.Swap { return rota.Swap(s) }), Version: r.Version,
	}
}

func ofLayer(l rota.Layer) Layer {
	return Layer{
		Name: l.Name, Level: l.Level, Beside: l.Beside, Rotation: l.Rotation, Every: l.Every, Start: l.Start, Until: l.Until,
		Turns: each(l.Turns, func(t rota.Turn) Turn { return Turn(t) }), Hours: ofIntervals(l.Hours), Follow: Follow(l.Follow),
	}
}

func (l Layer) domain() rota.Layer {
	return rota.Layer{
		Name: l.Name, Level: l.Level, Beside: l.Beside, Rotation: l.Rotation, Every: l.Every, Start: l.Start, Until: l.Until,
		Turns: each(l.Turns, func(t Turn) rota.Turn { return rota.Turn(t) }), Hours: intervals(l.Hours), Follow: rota.Follow(l.Follow),
	}
}

// Absences are all absences of one engineer.
type Absences struct {
	Engineer oncall.EngineerID `json:"engineer"`
	List     []Absence         `json:"absences"`
	Version  int               `json:"version"`
}

// Absence is a time in which an engineer is on call in no rota.
type Absence struct {
	Engineer oncall.EngineerID `json:"engineer"`
	From     time.Time         `json:"from"`
	Until    time.Time         `json:"until"`
	Note     string            `json:"note,omitempty"`
	UID      string            `json:"uid,omitempty"`
}

// OfAbsences is the stored form of an engineer's absences.
func OfAbsences(a rota.Absences) Absences {
	return Absences{Engineer: a.Engineer, List: each(a.List, func(one rota.Absence) Absence { return Absence(one) }), Version: a.Version}
}

// Domain is the engineer's absences.
func (a Absences) Domain() rota.Absences {
	return rota.Absences{Engineer: a.Engineer, List: each(a.List, func(one Absence) rota.Absence { return rota.Absence(one) }), Version: a.Version}
}
