package calendars

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/tickets"
	"hotline/web/form"
	"hotline/web/impact"
	"hotline/web/ui"
)

const (
	minutesMost = 366 * 24 * 60
	nameMost    = 200 // characters
)

// levelForm is how levels are written. Where deadlines of running tickets would move, the page shows which, and asks whether they follow.
func (h Handlers) levelForm() form.Document[sla.Level] {
	return form.Document[sla.Level]{
		Kind: "level", Path: "/levels", List: "/calendars", ListTitle: "calendars",
		Version: func(l sla.Level) int { return l.Version }, Fields: h.levelFields, Said: h.levelSaid, Log: h.Log,
		Read: func(ctx context.Context, id string) (sla.Level, error) { return h.Store.Level(ctx, sla.LevelID(id)) },
		Put:  func(ctx context.Context, l sla.Level) (sla.Level, error) { return h.Store.PutLevel(ctx, l) },
		Ask: func(r *ui.Request, next sla.Level) (template.HTML, error) {
			return impact.Ask(r, h.Desk, tickets.OfLevel(next.ID), func(b *directory.Book) { b.Levels[next.ID] = next })
		},
		Wrote: func(r *ui.Request, _, made sla.Level) (string, *ui.Page, error) {
			return "/calendars", nil, h.tell(r, tickets.OfLevel(made.ID))
		},
		Shows: form.Shows[sla.Level]{
			Writes: "POST /levels/{id}",
			Place:  func(_ *ui.Request, l sla.Level) form.Place { return form.Place{Title: l.Name} },
			Above:  func(r *ui.Request, _ sla.Level) (template.HTML, error) { return form.Hint(r, "calendars-minutes"), nil },
		},
	}
}

// tell lets the line and the running tickets know what was written.
func (h Handlers) tell(r *ui.Request, of tickets.Scope) error {
	if _, err := h.Desk.CatchUp(r.Context(), h.Store, r.Now); err != nil {
		return fmt.Errorf("telling the line: %w", err)
	}
	return impact.Tell(r, h.Desk, of)
}

// limits are the six spans of a level, by the names of their fields.
func limits(l *sla.Level) map[string]*time.Duration {
	return map[string]*time.Duration{
		"blocking-contact": &l.Blocking.Contact, "blocking-intervention": &l.Blocking.Intervention, "blocking-restore": &l.Blocking.Restore,
		"non_blocking-contact": &l.NonBlocking.Contact, "non_blocking-intervention": &l.NonBlocking.Intervention, "non_blocking-restore": &l.NonBlocking.Restore,
	}
}

// minutes are those of a promised span as the form has them. A span may have seconds, which the form does not show.
func minutes(d time.Duration) string { return form.Count(int(d / time.Minute)) }

func (h Handlers) levelFields(r *ui.Request, l sla.Level) (form.Fields, error) {
	var calendars []form.Option
	for _, c := range h.calendars() {
		calendars = append(calendars, form.Option{Value: string(c.ID), Name: called(c)})
	}
	list := form.Fields{
		{Name: "name", Label: r.T("page-name"), Value: l.Name, Kind: form.Text, Most: nameMost, Needed: true},
		{Name: "calendar", Label: r.T("page-calendar"), Value: string(l.Calendar), Kind: form.Choice, Options: form.WithOption(calendars, string(l.Calendar)), Needed: true},
	}
	of := limits(&l)
	for _, c := range []sla.Category{sla.Blocking, sla.NonBlocking} {
		for _, k := range sla.Kinds() {
			name := string(c) + "-" + string(k)
			list = append(list, form.Field{Name: name, Label: r.Words.Clock(string(k)), Value: minutes(*of[name]), Kind: form.Number, Most: minutesMost, Group: r.Words.Category(string(c))})
		}
	}
	return list, nil
}

func (h Handlers) levelSaid(r *ui.Request, _ string, f form.Fields, stands sla.Level) (sla.Level, error) {
	made := stands
	made.Name, made.Calendar = f.Value("name"), sla.CalendarID(f.Value("calendar"))
	for name, span := range limits(&made) {
		if f.Value(name) != minutes(*span) {
			*span = time.Duration(f.Number(name)) * time.Minute
		}
	}
	err := entry.Level(r.Context(), h.Store, made)
	var refused *entry.Refusal
	switch {
	case errors.As(err, &refused):
		refused.Field = strings.Replace(refused.Field, ".", "-", 1) // of a clock's limit
	case err != nil:
		err = fmt.Errorf("checking a level: %w", err)
	}
	return made, err
}
