package schedules

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/web/ui"
)

// daysPage is some days of every rota.
type daysPage struct {
	frame
	Rotas              []rotaDays
	Heading            string
	Before, Here, Then string // addresses
}

// rotaDays is one rota's days, in the rota's zone.
type rotaDays struct {
	ID   rota.ID
	Name string
	Zone string
	Days []day
	Lead []struct{} // of a month: days of the week before its first one
}

// day is one day of a rota, which may have 23 or 25 hours.
type day struct {
	Name, Short string
	Odd         string // how many hours it has, where they are not 24
	Today       bool
	Past        bool
	Gap         bool
	Spans       []span
	Picture     template.HTML
}

// span is a time in which the same people are on call. None of them is a gap.
type span struct {
	From, Until time.Time
	Also        string // in the zone of whoever looks
	Now         bool
	Places      []place
	Fill        string // where a gap is filled
}

// place is one engineer on call.
type place struct {
	Name   string
	Level  int
	For    string // whose place it was
	Change string // where somebody else is put there; empty: whoever looks may not
}

// Hour is when a span begins, by the wall clock.
func (s span) Hour() string { return s.From.Format("15:04") }

// End is when a span ends, by the wall clock: midnight is 24:00.
func (s span) End() string {
	if end := s.Until.Format("15:04"); end != "00:00" {
		return end
	}
	return "24:00"
}

// week shows a week of every rota.
func (h Handlers) week(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, _, facts, err := h.frame(r)
	if err != nil {
		return nil, err
	}
	monday := asked(r, "week", time.DateOnly)
	monday = monday.AddDate(0, 0, -(int(monday.Weekday())+6)%7)
	at := func(t time.Time) string { return "/oncall?week=" + t.Format(time.DateOnly) }
	p := daysPage{frame: f, Heading: r.Date(monday) + " - " + r.Date(monday.AddDate(0, 0, 6)), Before: at(monday.AddDate(0, 0, -7)), Here: "/oncall", Then: at(monday.AddDate(0, 0, 7))}
	for _, s := range facts.Rotas {
		p.Rotas = append(p.Rotas, f.days(r, s, monday, 7))
	}
	return h.show("week", r.T("page-oncall"), http.StatusOK, p)
}

// month shows a month of every rota.
func (h Handlers) month(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, _, facts, err := h.frame(r)
	if err != nil {
		return nil, err
	}
	first := asked(r, "month", "2006-01")
	first = first.AddDate(0, 0, 1-first.Day())
	at := func(t time.Time) string { return "/oncall/month?month=" + t.Format("2006-01") }
	p := daysPage{frame: f, Heading: r.Month(first), Before: at(first.AddDate(0, -1, 0)), Here: "/oncall/month", Then: at(first.AddDate(0, 1, 0))}
	for _, s := range facts.Rotas {
		one := f.days(r, s, first, first.AddDate(0, 1, -1).Day())
		one.Lead = make([]struct{}, (int(first.Weekday())+6)%7)
		p.Rotas = append(p.Rotas, one)
	}
	return h.show("month", r.T("page-oncall")+", "+p.Heading, http.StatusOK, p)
}

// asked is the day that the address names, else today; at noon, so that its date is the same in whatever zone it is read.
func asked(r *ui.Request, name, form string) time.Time {
	at, err := time.Parse(form, r.URL.Query().Get(name))
	if err != nil || at.Year() < 1970 || at.Year() > 9000 {
		at = r.Now.In(r.Zone)
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 12, 0, 0, 0, time.UTC)
}

// days are some days of a rota from a date on.
func (f frame) days(r *ui.Request, s *rota.Schedule, first time.Time, n int) rotaDays {
	zone := s.Zone()
	w := rotaDays{ID: s.Rota().ID, Name: s.Rota().Name, Zone: s.Rota().Zone}
	colours := map[oncall.EngineerID]int{}
	for i := range n {
		from := time.Date(first.Year(), first.Month(), first.Day()+i, 0, 0, 0, 0, zone)
		until := time.Date(first.Year(), first.Month(), first.Day()+i+1, 0, 0, 0, 0, zone)
		one := day{Name: r.Date(from), Short: fmt.Sprint(from.Day()), Today: !r.Now.Before(from) && r.Now.Before(until), Past: !r.Now.Before(until)}
		if hours := until.Sub(from); hours != 24*time.Hour {
			one.Odd = r.T("schedules-odd-day", r.Span(hours))
		}
		list := s.Spans(from, until)
		for _, each := range list {
			one.Spans = append(one.Spans, f.span(r, s, each))
			one.Gap = one.Gap || len(each.Places) == 0
		}
		one.Picture = draw(list, from, until, colours)
		w.Days = append(w.Days, one)
	}
	return w
}

func (f frame) span(r *ui.Request, s *rota.Schedule, of rota.Span) span {
	from, until := of.From.In(s.Zone()), of.Until.In(s.Zone())
	changes := r.Can("POST /oncall/changes/override") && until.After(r.Now)
	one := span{From: from, Until: until, Also: f.also(from, until), Now: !r.Now.Before(from) && r.Now.Before(until)}
	for _, p := range of.Places {
		row := place{Name: f.name(p.Engineer), Level: p.Level}
		if p.For != "" {
			row.For = f.name(p.For)
		}
		if changes {
			row.Change = fill(s.Rota().ID, p.Engineer, p.Level, from, until)
		}
		one.Places = append(one.Places, row)
	}
	if changes && len(of.Places) == 0 {
		one.Fill = fill(s.Rota().ID, "", 1, from, until)
	}
	return one
}

// Sizes of the picture of a day, in the units of SVG. An hour is as wide on every day, so a day of 23 hours is shorter than others.
const (
	hourWide = 10
	dayHigh  = 14
	shades   = 6
)

// draw draws who is called first on a day; an engineer has the same shade all over the page. The text beside it says it all.
func draw(list []rota.Span, from, until time.Time, colours map[oncall.EngineerID]int) template.HTML {
	var b strings.Builder
	x := func(t time.Time) float64 { return t.Sub(from).Hours() * hourWide }
	fmt.Fprintf(&b, `<svg class="hours" viewBox="0 0 %d %d" aria-hidden="true">`, 25*hourWide, dayHigh)
	for _, s := range list {
		shade := "gap"
		if len(s.Places) > 0 {
			id := s.Places[0].Engineer
			if _, known := colours[id]; !known {
				colours[id] = len(colours) % shades
			}
			shade = fmt.Sprintf("e%d", colours[id])
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f" width="%.1f" height="%d"/>`, shade, x(s.From), x(s.Until)-x(s.From), dayHigh)
	}
	for hour := from.Add(6 * time.Hour); hour.Before(until); hour = hour.Add(6 * time.Hour) {
		fmt.Fprintf(&b, `<path d="M%.1f %dv-4"/>`, x(hour), dayHigh)
	}
	fmt.Fprintf(&b, `<path d="M%.1f 0v%d"/></svg>`, x(until), dayHigh)
	return picture(b.String())
}
