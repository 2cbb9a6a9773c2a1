package calendars

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hotline/sla"
	"hotline/storage"
	"hotline/web/ui"
)

// yearPage is what a year of a calendar counts as working time.
type yearPage struct {
	ui.View
	Calendar     sla.Calendar
	Year         int
	Before, Then int
	Months       []month
	Special      []special
	Picture      template.HTML
}

// month is a month in figures, beside the picture.
type month struct {
	Name  string
	Days  int // on which somebody works
	Hours time.Duration
}

// special is a date of which something else than the week speaks.
type special struct {
	Day, Why string
	Hours    time.Duration
}

func (h Handlers) year(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	c, ok := h.Desk.Book().Calendars[sla.CalendarID(r.PathValue("id"))]
	if !ok {
		return nil, fmt.Errorf("calendar %s: %w", r.PathValue("id"), storage.ErrNotFound)
	}
	hours, err := c.Hours()
	if err != nil {
		return nil, fmt.Errorf("working out calendar %s: %w", c.ID, err)
	}
	year, err := strconv.Atoi(r.URL.Query().Get("year"))
	if err != nil || year < 1970 || year > 8999 {
		year = r.Now.In(hours.Zone()).Year()
	}
	p := yearPage{View: r.View, Calendar: c, Year: year, Before: year - 1, Then: year + 1}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="year" viewBox="0 0 %d %d" role="img" aria-label="%s">`, left+31*wide, top+12*(high+gap), template.HTMLEscapeString(r.T("calendars-picture", year)))
	for d := range 31 {
		fmt.Fprintf(&b, `<text x="%d" y="12" text-anchor="middle">%d</text>`, left+d*wide+wide/2, d+1)
	}
	for m := time.January; m <= time.December; m++ {
		p.month(r, hours, m, &b)
	}
	b.WriteString(`</svg>`)
	p.Picture = template.HTML(b.String())
	return pages().Page("year", cmp.Or(c.Name, string(c.ID))+" "+strconv.Itoa(year), p)
}

// Sizes of the picture, in the units of SVG: a day is a column of 24 hours.
const (
	left, top  = 44, 18
	wide, high = 22, 48
	gap        = 6
)

// month draws one row, and adds it up.
func (p *yearPage) month(r *ui.Request, hours *sla.Hours, m time.Month, b *strings.Builder) {
	zone := hours.Zone()
	row := month{Name: r.Words.Text(fmt.Sprintf("month-%d", m))}
	y := top + (int(m)-1)*(high+gap)
	fmt.Fprintf(b, `<text x="0" y="%d">%s</text>`, y+high/2, template.HTMLEscapeString(string([]rune(row.Name)[:3])))
	var plain, closed, open strings.Builder
	for day := time.Date(p.Year, m, 1, 0, 0, 0, 0, zone); day.Month() == m; day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		x, worked := left+(day.Day()-1)*wide, time.Duration(0)
		for _, s := range hours.Spans(day, next) {
			worked += s.Duration()
			from, until := at(s.From, day, next), at(s.Until, day, next)
			fmt.Fprintf(&open, "M%d %.1fh%dV%.1fh-%dz", x+1, float64(y)+from, wide-2, float64(y)+until, wide-2)
		}
		to := &plain
		why := reason(hours, day)
		if why != "" {
			p.Special = append(p.Special, special{r.Date(day), why, worked})
			if worked == 0 {
				to = &closed
			}
		}
		fmt.Fprintf(to, "M%d %dh%dv%dh-%dz", x+1, y, wide-2, high, wide-2)
		row.Hours += worked
		if worked > 0 {
			row.Days++
		}
	}
	fmt.Fprintf(b, `<path class="plain" d="%s"/><path class="closed" d="%s"/><path class="open" d="%s"/>`, plain.String(), closed.String(), open.String())
	p.Months = append(p.Months, row)
}

// at is where an instant lies in a day's column: a day of 23 or 25 hours is as high as any.
func at(t, day, next time.Time) float64 {
	return high * t.Sub(day).Seconds() / next.Sub(day).Seconds()
}

// reason is what speaks of a date instead of the week; empty for nothing.
func reason(hours *sla.Hours, day time.Time) string {
	c := hours.Calendar()
	date := day.Format(time.DateOnly)
	for _, e := range c.Exceptions {
		if e.Date == date {
			return cmp.Or(e.Note, date)
		}
	}
	for _, y := range c.Yearly {
		if y.Day == date[5:] && (y.Since == 0 || y.Since <= day.Year()) && (y.Until == 0 || day.Year() <= y.Until) {
			return cmp.Or(y.Note, y.Day)
		}
	}
	return hours.Holiday(day)
}
