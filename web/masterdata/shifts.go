package masterdata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"time"

	"hotline/oncall"
	"hotline/storage"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

const (
	shiftsMost = 1000 // as by the API
	// shiftsOctets is what the form of so many shifts may have
	shiftsOctets = 300 * shiftsMost
)

// rows are the shifts of the form. A row without an engineer is no shift.
func rows() form.Parts {
	return form.Parts{Name: "%[2]s-%[1]d", Marks: []string{"engineer"}, Blank: 3, Most: shiftsMost}
}

// shifts is how the weekly plan is written. Overrides stay as they are.
func (h Handlers) shifts() form.Document[oncall.Rota] {
	return form.Document[oncall.Rota]{
		Kind: "rota", Path: "/oncall/shifts", List: "/oncall", ListTitle: "page-oncall", ID: func(*ui.Request) string { return "main" },
		Version: func(rota oncall.Rota) int { return rota.Version }, Fields: h.shiftFields, Said: h.shiftsSaid, Log: h.Log,
		Read: func(ctx context.Context, _ string) (oncall.Rota, error) {
			rota, err := h.Store.Rota(ctx)
			if errors.Is(err, storage.ErrNotFound) {
				err = nil
			}
			rota.Zone = cmp.Or(rota.Zone, h.Desk.Zone().String())
			return rota, err
		},
		Put: func(ctx context.Context, rota oncall.Rota) (oncall.Rota, error) { return h.Store.PutRota(ctx, rota) },
		Wrote: func(r *ui.Request, _, _ oncall.Rota) (string, *ui.Page, error) {
			return "/oncall", nil, h.tell(r)
		},
		Shows: form.Shows[oncall.Rota]{
			Place: func(r *ui.Request, _ oncall.Rota) form.Place {
				return form.Place{Title: r.T("keeping-shifts"), To: "/oncall/shifts"}
			},
			Above: func(r *ui.Request, rota oncall.Rota) (template.HTML, error) {
				return shiftsPage{View: r.View, Zone: rota.Zone}.html("zone")
			},
			Stands: shiftsStand,
		},
	}
}

// shiftsPage is what stands around the form.
type shiftsPage struct {
	ui.View
	Zone string
	List []string // the shifts that somebody else wrote meanwhile
}

func (p shiftsPage) html(name string) (template.HTML, error) {
	page, err := pages().Page(name, "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// shiftsStand tells the plan that stands: rows that moved would tell nothing beside one another.
func shiftsStand(r *ui.Request, rota oncall.Rota) (template.HTML, error) {
	p := shiftsPage{View: r.View}
	for _, s := range rota.Shifts {
		p.List = append(p.List, r.T("keeping-shift-stands", s.Engineer, r.Weekday(s.Day), fields.Clock(s.From), fields.Clock(s.Length), s.Level, s.Order))
	}
	return p.html("stands")
}

func (h Handlers) shiftFields(r *ui.Request, rota oncall.Rota) (list form.Fields, err error) {
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	engineers, days := []form.Option{{Name: r.T("keeping-nobody")}}, []form.Option{}
	for _, e := range all {
		engineers = append(engineers, form.Option{Value: string(e.ID), Name: e.Name})
	}
	for d := range 7 { // a week begins on Monday
		day := time.Weekday((d + 1) % 7)
		days = append(days, form.Option{Value: strconv.Itoa(int(day)), Name: r.Weekday(day)})
	}
	parts := rows()
	for i := range parts.Rows(r, len(rota.Shifts)) {
		s := oncall.Shift{Day: time.Monday, Length: 7 * 24 * time.Hour, Level: 1, Order: 1}
		if i < len(rota.Shifts) {
			s = rota.Shifts[i]
		}
		group := r.T("keeping-shift", i+1)
		list = append(list,
			form.Field{Name: parts.At(i, "engineer"), Label: r.T("page-engineer"), Value: string(s.Engineer), Kind: form.Choice, Options: engineers, Group: group},
			form.Field{Name: parts.At(i, "day"), Label: r.T("keeping-day"), Value: strconv.Itoa(int(s.Day)), Kind: form.Choice, Options: days, Group: group},
			form.Field{Name: parts.At(i, "from"), Label: r.T("keeping-from"), Value: fields.Clock(s.From), Kind: form.Text, Most: 6, Group: group},
			form.Field{Name: parts.At(i, "length"), Label: r.T("keeping-length"), Value: fields.Clock(s.Length), Kind: form.Text, Most: 6, Group: group},
			form.Field{Name: parts.At(i, "level"), Label: r.T("keeping-level"), Value: strconv.Itoa(s.Level), Kind: form.Number, Least: 1, Most: 100, Group: group},
			form.Field{Name: parts.At(i, "order"), Label: r.T("keeping-order"), Value: strconv.Itoa(s.Order), Kind: form.Number, Least: -1000, Most: 1000, Group: group},
		)
	}
	return list, nil
}

func (h Handlers) shiftsSaid(r *ui.Request, _ string, f form.Fields, stands oncall.Rota) (oncall.Rota, error) {
	made, parts := stands, rows()
	made.Shifts = nil
	for _, i := range parts.Said(f) {
		day, err := strconv.Atoi(f.Value(parts.At(i, "day")))
		if err != nil {
			return made, &form.Refusal{Field: parts.At(i, "day"), Text: "choose a day"}
		}
		s := oncall.Shift{Engineer: oncall.EngineerID(f.Value(parts.At(i, "engineer"))), Day: time.Weekday(day), Level: f.Number(parts.At(i, "level")), Order: f.Number(parts.At(i, "order"))}
		for what, to := range map[string]*time.Duration{"from": &s.From, "length": &s.Length} {
			text := f.Value(parts.At(i, what))
			if _, err := strconv.Atoi(text); err == nil { // hours alone
				text += ":00"
			}
			if *to, err = fields.ReadClock(text); err != nil {
				return made, &form.Refusal{Field: parts.At(i, what), Text: err.Error()}
			}
		}
		made.Shifts = append(made.Shifts, s)
	}
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return made, fmt.Errorf("reading the engineers: %w", err)
	}
	if err := made.Check(all, r.Now); err != nil {
		return made, &form.Refusal{Text: err.Error()}
	}
	return made, nil
}
