package oncall

import (
	"fmt"
	"time"

	"hotline/sla"
)

// zone loads the rota's zone. Local is refused: it would be another zone on each machine.
func (r Rota) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "" || r.Zone == "Local" {
		return nil, fmt.Errorf("rota: zone %q is unknown; use a name such as Europe/Rome", r.Zone)
	}
	return zone, nil
}

// run is one shift of one week: from included, until not.
type run struct {
	place
	from, until time.Time
}

// runs lists what of the shifts touches [from, until), in the order of the shifts.
func (r Rota) runs(zone *time.Location, from, until time.Time) []run {
	var list []run
	for _, s := range r.Shifts {
		list = append(list, s.runs(zone, from, until)...)
	}
	return list
}

// longestShift is a week, and a day for the turn of the clocks.
const longestShift = 8

// runs lists when the shift runs within [from, until). Its ends are wall-clock times, by the rule of the calendars
// (sla.WallClock). A shift from 22:00 for 8 hours ends at 06:00 on the wall clock, also in nights in which the clocks change. An
// end that the clocks skip comes where they jump.
func (s Shift) runs(zone *time.Location, from, until time.Time) []run {
	local := from.In(zone)
	day := time.Date(local.Year(), local.Month(), local.Day()-longestShift, 0, 0, 0, 0, time.UTC)
	day = day.AddDate(0, 0, (int(s.Day-day.Weekday())+7)%7)
	var list []run
	for ; ; day = day.AddDate(0, 0, 7) {
		begin, end := sla.WallClock(zone, day.Add(s.From)), sla.WallClock(zone, day.Add(s.From+s.Length))
		if !begin.Before(until) {
			return list
		}
		if begin.Before(end) && end.After(from) {
			list = append(list, run{place{s.Engineer, s.Level, s.Order}, begin, end})
		}
	}
}

// placesAt gives the places of the runs that are under way at an instant.
func placesAt(runs []run, now time.Time) (duty []place) {
	for _, r := range runs {
		if !now.Before(r.from) && now.Before(r.until) {
			duty = append(duty, r.place)
		}
	}
	return duty
}
