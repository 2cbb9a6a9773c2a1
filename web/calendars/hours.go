package calendars

import (
	"context"
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/web/form"
	"hotline/web/impact"
	"hotline/web/ui"
)

const (
	hoursMost = 200     // characters of a day's hours
	datesMost = 100_000 // characters of single dates
)

// hoursForm is how it is written when a calendar counts time. Where deadlines of running tickets would move, the page shows which, and asks
// whether they follow.
func (h Handlers) hoursForm() form.Document[sla.Calendar] {
	return form.Document[sla.Calendar]{
		Kind: "calendar", Path: "/calendars", List: "/calendars", ListTitle: "calendars",
		Version: func(c sla.Calendar) int { return c.Version }, Fields: hoursFields, Said: hoursSaid, Log: h.Log,
		Read: func(ctx context.Context, id string) (sla.Calendar, error) {
			return h.Store.Calendar(ctx, sla.CalendarID(id))
		},
		Put: func(ctx context.Context, c sla.Calendar) (sla.Calendar, error) { return h.Store.PutCalendar(ctx, c) },
		Ask: func(r *ui.Request, next sla.Calendar) (template.HTML, error) {
			return impact.Ask(r, h.Desk, tickets.OfCalendar(next.ID), func(b *directory.Book) { b.Calendars[next.ID] = next })
		},
		Wrote: func(r *ui.Request, _, made sla.Calendar) (string, *ui.Page, error) {
			return "/calendars/" + string(made.ID), nil, h.tell(r, tickets.OfCalendar(made.ID))
		},
		Shows: form.Shows[sla.Calendar]{Place: func(r *ui.Request, c sla.Calendar) form.Place {
			return form.Place{Title: called(c), To: "/calendars/" + string(c.ID) + "/hours", Back: "/calendars/" + string(c.ID), BackName: r.T("calendars-year")}
		}},
	}
}

// dayField names the field of a weekday's hours.
func dayField(day time.Weekday) string { return "day-" + strconv.Itoa(int(day)) }

// weekdays are those of a week, which begins on Monday.
func weekdays() (list []time.Weekday) {
	for d := range 7 {
		list = append(list, time.Weekday((d+1)%7))
	}
	return list
}

// dayText is the hours of a weekday as the form has them, such as "09:00-13:00 14:00-18:00".
func dayText(c sla.Calendar, day time.Weekday) string {
	var of []sla.Interval
	for _, i := range c.Week {
		if i.Day == day {
			of = append(of, i)
		}
	}
	return hoursText(of)
}

func hoursFields(r *ui.Request, c sla.Calendar) (form.Fields, error) {
	list, group := form.Fields{{Name: "name", Label: r.T("page-name"), Value: c.Name, Kind: form.Text, Most: nameMost, Needed: true}}, r.T("calendars-hours")
	list = append(list, form.Field{Kind: form.Note, Help: r.T("calendars-hours-text", c.Zone), Group: group})
	for _, day := range weekdays() {
		list = append(list, form.Field{Name: dayField(day), Label: r.Weekday(day), Value: dayText(c, day), Kind: form.Text, Most: hoursMost, Group: group})
	}
	sets := []form.Option{{Name: r.T("page-none")}}
	for _, set := range sla.HolidaySets() {
		sets = append(sets, form.Option{Value: set, Name: r.T("calendars-set-" + set)})
	}
	return append(list,
		form.Field{Name: "holidays", Label: r.T("calendars-holidays"), Value: c.Holidays, Kind: form.Choice, Options: form.WithOption(sets, c.Holidays)},
		form.Field{Name: "patron", Label: r.T("calendars-patron"), Value: c.Patron, Kind: form.Text, Most: 5},
		form.Field{Name: "dates", Label: r.T("calendars-dates"), Value: datesText(c.Exceptions), Kind: form.Lines, Most: datesMost, Help: r.T("calendars-dates-text")},
	), nil
}

// hoursSaid is a calendar as the form says it. What the form does not show stays, and so does the order of what nobody has changed.
func hoursSaid(_ *ui.Request, _ string, f form.Fields, stands sla.Calendar) (sla.Calendar, error) {
	c, same := stands, true
	c.Name, c.Holidays, c.Patron, c.Week = f.Value("name"), f.Value("holidays"), f.Value("patron"), nil
	for _, day := range weekdays() {
		said := f.Value(dayField(day))
		same = same && said == dayText(stands, day)
		list, err := readHours(day, said)
		if err != nil {
			return c, &form.Refusal{Field: dayField(day), Text: err.Error()}
		}
		c.Week = append(c.Week, list...)
	}
	var err error
	if c.Exceptions, err = readDates(f.Value("dates")); err != nil {
		return c, &form.Refusal{Field: "dates", Text: err.Error()}
	}
	if same {
		c.Week = stands.Week
	}
	if datesText(c.Exceptions) == datesText(stands.Exceptions) {
		c.Exceptions = stands.Exceptions
	}
	return c, form.Refused(c.Check(), func(path string) string { return fieldOf(path, c) })
}

// fieldOf is the field of the form at a path of a calendar. The hours of a week have one a day, single dates have one together.
func fieldOf(path string, c sla.Calendar) string {
	part, n := path, 0
	if at := strings.IndexByte(path, '['); at >= 0 {
		part = path[:at]
		fmt.Sscanf(path[at:], "[%d]", &n)
	}
	switch {
	case part == "exceptions":
		return "dates"
	case part == "week" && n < len(c.Week):
		return dayField(c.Week[n].Day)
	case part == "week":
		return dayField(time.Monday)
	}
	return part
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// hoursText writes intervals as a form has them.
func hoursText(list []sla.Interval) string {
	var parts []string
	for _, i := range list {
		parts = append(parts, clockText(i.From)+"-"+clockText(i.Until))
	}
	return strings.Join(parts, " ")
}

var spanForm = regexp.MustCompile(`^(\d{1,2}):(\d\d)-(\d{1,3}):(\d\d)$`)

// readHours reads them back; between them stand blanks or commas.
func readHours(day time.Weekday, text string) (list []sla.Interval, err error) {
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == ',' || c == ';' }) {
		m := spanForm.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("%q is no working time; write 09:00-13:00", part)
		}
		var n [4]time.Duration
		for i, digits := range m[1:] {
			v, err := strconv.Atoi(digits)
			if err != nil {
				return nil, fmt.Errorf("%q is no working time: %w", part, err)
			}
			n[i] = time.Duration(v)
		}
		list = append(list, sla.Interval{Day: day, From: n[0]*time.Hour + n[1]*time.Minute, Until: n[2]*time.Hour + n[3]*time.Minute})
	}
	return list, nil
}

// datesText writes single dates, one a line: the date, its hours or nothing where it is closed, and a note behind #.
func datesText(list []sla.Exception) string {
	var b strings.Builder
	for _, e := range list {
		b.WriteString(strings.TrimSpace(e.Date + " " + hoursText(e.Hours)))
		if e.Note != "" {
			b.WriteString(" # " + e.Note)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// readDates reads them back.
func readDates(text string) (list []sla.Exception, err error) {
	for one := range strings.Lines(text) {
		said, note, _ := strings.Cut(strings.TrimSpace(one), "#")
		date, hours, _ := strings.Cut(strings.TrimSpace(said), " ")
		if date == "" && note == "" {
			continue
		}
		e := sla.Exception{Date: date, Note: strings.TrimSpace(note)}
		if e.Hours, err = readHours(time.Sunday, hours); err != nil {
			return nil, fmt.Errorf("%s: %w", date, err)
		}
		list = append(list, e)
	}
	return list, nil
}
