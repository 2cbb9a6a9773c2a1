package masterdata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"

	"hotline/oncall"
	"hotline/storage"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// shiftsOctets is what the form of so many shifts may have.
const shiftsOctets = 300 * fields.ShiftsMost

// rows are the shifts of the form.
func rows() form.Parts { return fields.Shifts(3) }

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

func (h Handlers) shiftFields(r *ui.Request, rota oncall.Rota) (form.Fields, error) {
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	return fields.ShiftFields(r, rows(), all, rota.Shifts), nil
}

func (h Handlers) shiftsSaid(r *ui.Request, _ string, f form.Fields, stands oncall.Rota) (oncall.Rota, error) {
	made := stands
	list, at, err := fields.ReadShifts(f, rows())
	if made.Shifts = list; err != nil {
		return made, err
	}
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return made, fmt.Errorf("reading the engineers: %w", err)
	}
	return made, form.Refused(made.Check(all, r.Now), func(path string) string { return rows().Field(path, at) })
}
