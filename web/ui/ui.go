// Package ui is the base of the pages of staff and of customers. Pages in a package of their own (web/reports, web/imports and
// others) give [Route]s to package web. A route gets a [Request], which says who asks, in which language and at which instant. It
// returns a [Page]. Package web checks by its table of rules who may use the route, and shows the page in its frame. A [Site] is
// the handler around all answers of web and of portal.
package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"hotline/prompts"
	"hotline/prompts/translation"
	"hotline/prompts/written"
	"hotline/users"
)

// View is what every page needs to speak to whoever looks. Its methods are what templates say.
type View struct {
	Words written.Words
	Lang  prompts.Language
	Now   time.Time
	Zone  *time.Location // in which times are told
	User  users.User
	Can   func(pattern string) bool // whether whoever looks may use a route
}

// Request is one request, with what its page needs.
type Request struct {
	*http.Request
	View
}

// Actor names who acts, as histories have it.
func (r *Request) Actor() string { return "staff:" + r.User.Name }

// Page is what a route answers with.
type Page struct {
	Status  int    // 0: 200
	Title   string // as people read it
	Content template.HTML
	Stream  func(w func(template.HTML)) // nil: nothing; else what follows the content bit by bit, while it is done
}

// Route is one page or form of a room.
type Route struct {
	Pattern string // of http.ServeMux
	Roles   []users.Role
	Most    int64 // octets that a form may have; 0: as everywhere
	Script  bool  // a script sends it, and nobody types it
	// Serve gives the page. A nil page was written already. An error of a store is told by the frame; a *Refusal is told as it is.
	Serve func(w http.ResponseWriter, r *Request) (*Page, error)
}

// Refusal is an error that a page tells in words of the catalogue.
type Refusal struct {
	Status int
	ID     string // of the catalogue
	Values []any
}

// Error names what was refused.
func (e *Refusal) Error() string { return "refused: " + e.ID }

// Templates are the pages of a room by name.
type Templates map[string]*template.Template

// Parse reads every pages/*.html of a room. It panics where one does not parse, which every test of the room finds.
func Parse(files fs.FS) Templates {
	t := Templates{}
	names, _ := fs.Glob(files, "pages/*.html") // the pattern is well formed
	for _, name := range names {
		t[strings.TrimSuffix(path.Base(name), ".html")] = template.Must(template.ParseFS(files, name))
	}
	return t
}

// Page renders one.
func (t Templates) Page(name, title string, data any) (*Page, error) {
	var b bytes.Buffer
	if err := t[name].Execute(&b, data); err != nil {
		return nil, fmt.Errorf("rendering the page %s: %w", name, err)
	}
	return &Page{Title: title, Content: template.HTML(b.String())}, nil
}

// T gives the words of an id in the page's language, with values in their gaps.
func (v View) T(id string, values ...any) string {
	text := v.Words.Text(id)
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// Word tells a word of the trade in the page's language: how a call ended, or what became of a telephone that was rung. One that no
// catalogue has stays as it is.
func (v View) Word(word string) string { return v.Words.Word(word) }

// Why tells why something was refused, in the page's language where the program made the sentence.
func (v View) Why(text string) *translation.Reason { return translation.Why(v.Words, v.Lang, text) }

// May tells whether whoever looks may use a route.
func (v View) May(pattern string) bool { return v.Can(pattern) }

// Decimal tells a number with one digit behind the point, or the comma, of the page's language.
func (v View) Decimal(f float64) string {
	text := strconv.FormatFloat(f, 'f', 1, 64)
	if v.Lang == prompts.Italian {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// Day is the day of an instant with its weekday and its year.
func (v View) Day(t time.Time) string { return v.date("date-with-year", t.In(v.Zone)) }

// Date is the day of an instant in its own zone, without the year.
func (v View) Date(t time.Time) string { return v.date("date", t) }

func (v View) date(form string, t time.Time) string {
	return fmt.Sprintf(v.Words.Text(form), v.Weekday(t.Weekday()), t.Day(), v.Words.Text(fmt.Sprintf("month-%d", t.Month())), t.Year())
}

// Weekday names a day of the week.
func (v View) Weekday(d time.Weekday) string { return v.Words.Text(fmt.Sprintf("weekday-%d", d)) }

// Month names the month of an instant, with its year.
func (v View) Month(t time.Time) string {
	return v.Words.Text(fmt.Sprintf("month-%d", t.Month())) + " " + t.Format("2006")
}

// Clock is an instant's day and time of day, to the minute.
func (v View) Clock(t time.Time) string { return v.Day(t) + " " + t.In(v.Zone).Format("15:04") }

// Instant tells an instant in the page's zone: its time of day where it is today, else with its day.
func (v View) Instant(t time.Time) string {
	t, today := t.In(v.Zone), v.Now.In(v.Zone)
	if t.Format(time.DateOnly) == today.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	form := "date-short"
	if d := t.Sub(today).Abs(); d > 6*24*time.Hour {
		form = "date"
	}
	if t.Year() != today.Year() {
		form = "date-with-year"
	}
	return v.date(form, t) + " " + t.Format("15:04")
}

// Span tells a length of time in hours and minutes, such as "1 h 20 min"; less than a minute in seconds.
func (v View) Span(d time.Duration) string {
	if d < time.Minute {
		return joined(v.T("page-seconds", int(d/time.Second)))
	}
	return v.HoursMinutes(d)
}

// HoursMinutes tells a length of time in hours and minutes, such as "1 h 20 min", without seconds.
func (v View) HoursMinutes(d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	text := v.T("page-hours-minutes", h, m)
	switch {
	case h == 0:
		text = v.T("page-minutes", m)
	case m == 0:
		text = v.T("page-hours", h)
	}
	return joined(text)
}

// joined keeps a text on one line.
func joined(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }
