package calendars

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/impact"
	"hotline/web/translation"
	"hotline/web/ui"
)

// hoursPage is the form that changes when a calendar counts time.
type hoursPage struct {
	ui.View
	Calendar sla.Calendar
	Version  string // that the form was shown with
	Name     string
	Days     []dayField
	Holidays string // a set of public holidays
	Sets     []string
	Patron   string        // the patron saint's day as MM-DD
	Dates    string        // single dates, one a line
	Question template.HTML // whether running tickets follow
	Problem  string
	Reason   *translation.Reason // what exactly
	Stands   []dayField          // the week that somebody else wrote meanwhile
}

// dayField is the hours of a weekday as a form has them, such as "09:00-13:00 14:00-18:00".
type dayField struct{ Field, Label, Value string }

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

// week is the fields of a calendar's days, Monday first.
func week(r *ui.Request, c sla.Calendar) (list []dayField) {
	for d := range 7 {
		day := time.Weekday((d + 1) % 7)
		var of []sla.Interval
		for _, i := range c.Week {
			if i.Day == day {
				of = append(of, i)
			}
		}
		list = append(list, dayField{fmt.Sprintf("day-%d", int(day)), r.View.Weekday(day), hoursText(of)})
	}
	return list
}

func (h Handlers) hoursOf(r *ui.Request) (sla.Calendar, hoursPage, error) {
	c, err := h.Store.Calendar(r.Context(), sla.CalendarID(r.PathValue("id")))
	if err != nil {
		return c, hoursPage{}, fmt.Errorf("reading a calendar: %w", err)
	}
	return c, hoursPage{
		View: r.View, Calendar: c, Version: strconv.Itoa(c.Version), Name: c.Name, Days: week(r, c), Holidays: c.Holidays, Sets: append([]string{""}, sla.HolidaySets()...), Patron: c.Patron, Dates: datesText(c.Exceptions),
	}, nil
}

func (h Handlers) showHours(p hoursPage, status int) (*ui.Page, error) {
	page, err := pages().Page("hours", p.Calendar.Name, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

func (h Handlers) hoursForm(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	_, p, err := h.hoursOf(r)
	if err != nil {
		return nil, err
	}
	return h.showHours(p, http.StatusOK)
}

// saidHours puts what a form says into the page, and makes the calendar of it. What the form does not show stays.
func saidHours(r *ui.Request, p *hoursPage, c sla.Calendar) (sla.Calendar, error) {
	p.Version, p.Name, p.Holidays, p.Patron, p.Dates = r.FormValue("version"), strings.TrimSpace(r.FormValue("name")), r.FormValue("holidays"), strings.TrimSpace(r.FormValue("patron")), r.FormValue("dates")
	stands := c
	c.Name, c.Holidays, c.Patron, c.Week = p.Name, p.Holidays, p.Patron, nil
	var wrong error
	same := true
	p.Days = slices.Clone(p.Days)
	for i := range p.Days {
		said := strings.TrimSpace(r.FormValue(p.Days[i].Field))
		same, p.Days[i].Value = same && said == p.Days[i].Value, said
		list, err := readHours(time.Weekday((i+1)%7), p.Days[i].Value)
		if err != nil && wrong == nil {
			wrong = fmt.Errorf("%s: %w", time.Weekday((i+1)%7), err)
		}
		c.Week = append(c.Week, list...)
	}
	var err error
	if c.Exceptions, err = readDates(p.Dates); err != nil && wrong == nil {
		wrong = err
	}
	if same { // in the order in which it stands
		c.Week = stands.Week
	}
	if datesText(c.Exceptions) == datesText(stands.Exceptions) {
		c.Exceptions = stands.Exceptions
	}
	if c.Name == "" || len([]rune(c.Name)) > nameMost {
		wrong = errors.New("a name has 1 to 200 characters")
	}
	if wrong == nil {
		wrong = c.Check()
	}
	return c, wrong
}

// writeHours changes a calendar. Where deadlines of running tickets would move, the page shows which, and asks whether they follow.
func (h Handlers) writeHours(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	stands, p, err := h.hoursOf(r)
	if err != nil {
		return nil, err
	}
	now := p
	made, wrong := saidHours(r, &p, stands)
	if wrong != nil {
		p.Problem, p.Reason = r.T("calendars-bad-hours"), translation.Why(r.Words, r.Lang, wrong.Error())
		return h.showHours(p, http.StatusUnprocessableEntity)
	}
	if now.Version != p.Version {
		return h.staleHours(r, p, now)
	}
	of := tickets.OfCalendar(made.ID)
	if p.Question, err = impact.Ask(r, h.Desk, of, func(b *directory.Book) { b.Calendars[made.ID] = made }); err != nil {
		return nil, err
	}
	if p.Question != "" {
		return h.showHours(p, http.StatusOK)
	}
	if _, err = h.Store.PutCalendar(r.Context(), made); errors.Is(err, storage.ErrConflict) {
		return h.staleHours(r, p, now)
	} else if err != nil {
		return nil, fmt.Errorf("writing calendar %s: %w", made.ID, err)
	}
	if _, err := h.Desk.CatchUp(r.Context(), h.Store, r.Now); err != nil {
		return nil, fmt.Errorf("telling the line of calendar %s: %w", made.ID, err)
	}
	if err := impact.Tell(r, h.Desk, of); err != nil {
		return nil, fmt.Errorf("calendar %s: %w", made.ID, err)
	}
	http.Redirect(w, r.Request, "/calendars/"+string(made.ID), http.StatusSeeOther)
	return nil, nil
}

// staleHours shows what stands beside what was about to be written.
func (h Handlers) staleHours(r *ui.Request, p, now hoursPage) (*ui.Page, error) {
	p.Problem, p.Version = r.T("keeping-stale"), now.Version
	none := r.T("calendars-closed")
	p.Stands = []dayField{{Label: r.T("page-name"), Value: now.Name}}
	for _, d := range append(now.Days, dayField{Label: r.T("calendars-dates"), Value: strings.ReplaceAll(strings.TrimSpace(now.Dates), "\n", "; ")}) {
		if d.Value == "" {
			d.Value = none
		}
		p.Stands = append(p.Stands, d)
	}
	return h.showHours(p, http.StatusConflict)
}
