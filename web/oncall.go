package web

import (
	"fmt"
	"net/http"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// oncallPage is one week of every rota.
type oncallPage struct {
	page
	Rotas        []rotaWeek
	First, Last  time.Time // days
	Before, Then string    // the weeks beside it, as addresses
	Broken       string    // rotas that cannot be worked out, and so ring nobody
}

// rotaWeek is one rota's week, in the rota's zone.
type rotaWeek struct {
	Name string
	Zone string
	Days []dayRow
	page
}

// dayRow is one day of a rota, which may have 23 or 25 hours.
type dayRow struct {
	Day   time.Time
	Today bool
	Spans []spanRow
}

// spanRow is a time in which the same people are on call. None of them is a gap.
type spanRow struct {
	From, Until time.Time
	Now         bool
	Places      []placeRow
}

type placeRow struct {
	Name  string
	Level int
	Why   string
	For   string // whose place it was
}

// oncall shows who is on call, as those who are rung are found.
func (s *server) oncall(w http.ResponseWriter, r *request) {
	d, err := escalation.Read(r.Context(), s.Store)
	if err != nil {
		s.failed(w, r, fmt.Errorf("reading the rotas: %w", err))
		return
	}
	facts, broken := d.Facts()
	r.Title = "page-oncall"
	from := r.week()
	p := oncallPage{First: from, Last: from.AddDate(0, 0, 6), Before: weekAt(from.AddDate(0, 0, -7)), Then: weekAt(from.AddDate(0, 0, 7))}
	if broken != nil {
		p.Broken = broken.Error()
	}
	for _, schedule := range facts.Rotas {
		p.Rotas = append(p.Rotas, r.rotaWeek(schedule, from, namesOf(d.Engineers)))
	}
	p.page = r.page
	s.render(w, r, http.StatusOK, "oncall", p)
}

// week is the Monday that the address names, else that of this week.
func (r *request) week() time.Time {
	at, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("week"), r.zone)
	if err != nil || at.Year() < 1970 || at.Year() > 9000 {
		at = r.Now.In(r.zone)
	}
	back := (int(at.Weekday()) + 6) % 7
	return time.Date(at.Year(), at.Month(), at.Day()-back, 0, 0, 0, 0, r.zone)
}

func weekAt(monday time.Time) string { return "/oncall?week=" + monday.Format(time.DateOnly) }

func (r *request) rotaWeek(schedule *rota.Schedule, monday time.Time, n names) rotaWeek {
	zone := schedule.Zone()
	w := rotaWeek{Name: schedule.Rota().Name, Zone: schedule.Rota().Zone, page: r.page}
	w.zone = zone
	for i := range 7 {
		day := time.Date(monday.Year(), monday.Month(), monday.Day()+i, 0, 0, 0, 0, zone)
		row := dayRow{Day: day, Today: day.Format(time.DateOnly) == r.Now.In(zone).Format(time.DateOnly)}
		for _, span := range schedule.Spans(day, day.AddDate(0, 0, 1)) {
			one := spanRow{From: span.From, Until: span.Until, Now: !r.Now.Before(span.From) && r.Now.Before(span.Until)}
			for _, place := range span.Places {
				one.Places = append(one.Places, placeRow{n.of(string(place.Engineer)), place.Level, place.Why, n.orEmpty(place.For)})
			}
			row.Spans = append(row.Spans, one)
		}
		w.Days = append(w.Days, row)
	}
	return w
}

func (n names) orEmpty(id oncall.EngineerID) string {
	if id == "" {
		return ""
	}
	return n.of(string(id))
}

// Hour is the time of day of an instant in the page's zone.
func (p page) Hour(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Until is the time of day at which something ends: midnight is 24:00.
func (p page) Until(t time.Time) string {
	if hour := p.Hour(t); hour != "00:00" {
		return hour
	}
	return "24:00"
}

// Date is the day of an instant, in its own zone.
func (p page) Date(t time.Time) string { return p.date("date", t) }

func (p page) date(form string, t time.Time) string {
	return fmt.Sprintf(p.words.Text(form), p.words.Text(fmt.Sprintf("weekday-%d", t.Weekday())), t.Day(), p.words.Text(fmt.Sprintf("month-%d", t.Month())), t.Year())
}
