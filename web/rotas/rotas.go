// Package rotas is the pages on which rotas beside the main one are written: whom they are for, and the layers of engineers who take turns.
// Before one is saved its next four weeks can be looked at, worked out by the function that finds whom to ring. What may be written is said
// by the checks that the API has, too (rota.Rota.Check). Overrides and swaps are written on the page of changes (web/schedules), and stay
// when a rota is saved.
package rotas

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// Store is what the pages read and write.
type Store interface {
	escalation.Source
	Levels(ctx context.Context) ([]sla.Level, error)
	Schedule(ctx context.Context, id rota.ID) (rota.Rota, error)
	PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error)
	DeleteSchedule(ctx context.Context, id rota.ID, version int) error
}

// Handlers answers these pages. It is what the pages need. Everything is required.
type Handlers struct {
	Store Store
	Desk  *tickets.Desk
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// formMost is what the form of a rota of so many layers and shifts may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write rotas is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	writers, doc := []users.Role{users.Staff, users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /rotas", Roles: users.Roles(), Serve: h.list},
		{Pattern: "GET /rotas/new", Roles: writers, Serve: doc.Form},
		{Pattern: "POST /rotas", Roles: writers, Most: formMost, Serve: doc.Write},
		{Pattern: "GET /rotas/{id}", Roles: writers, Serve: doc.Form},
		{Pattern: "POST /rotas/{id}", Roles: writers, Most: formMost, Serve: doc.Write},
		{Pattern: "POST /rotas/{id}/remove", Roles: writers, Serve: h.remove},
	}
}

// listPage is every rota.
type listPage struct {
	ui.View
	Rows []row
}

// row is one rota in the list.
type row struct {
	ID, Name, Serves, Zone string
	Main                   bool
	Layers, Changes        int
	Now                    []string // who is on call
	Broken                 error    // it cannot be worked out, and rings nobody
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	d, levels, err := h.read(r.Context())
	if err != nil {
		return nil, err
	}
	p, known, people := listPage{View: r.View}, d.Known(), fields.People(d.Engineers)
	all := d.Schedules
	if d.Rota.Zone != "" {
		all = append([]rota.Rota{rota.Of(d.Rota)}, all...)
	}
	for _, one := range all {
		next := row{ID: string(one.ID), Name: one.Name, Main: one.ID == rota.Main, Zone: one.Zone, Serves: fields.ServesWords(r.View, one.Serves, levels), Layers: len(one.Layers)}
		for _, o := range one.Overrides {
			if o.Until.After(r.Now) {
				next.Changes++
			}
		}
		for _, w := range one.Swaps {
			if w.Until.After(r.Now) || w.BackUntil.After(r.Now) {
				next.Changes++
			}
		}
		ready, err := one.Ready(known)
		if next.Broken = err; err == nil {
			for _, place := range ready.At(r.Now) {
				next.Now = append(next.Now, people.Called(place.Engineer))
			}
		}
		p.Rows = append(p.Rows, next)
	}
	return pages().Page("list", r.T("schedules-rotas"), p)
}

func (h Handlers) read(ctx context.Context) (d escalation.Documents, levels []sla.Level, err error) {
	if d, err = escalation.Read(ctx, h.Store); err != nil {
		return d, nil, fmt.Errorf("reading the rotas: %w", err)
	}
	if levels, err = h.Store.Levels(ctx); err != nil {
		return d, nil, fmt.Errorf("reading the levels: %w", err)
	}
	return d, levels, nil
}

// draft is a rota with what its form needs beside it.
type draft struct {
	rota.Rota
	docs   escalation.Documents
	levels []sla.Level
}

// document is how rotas are written. The overrides and swaps that stand stay.
func (h Handlers) document() form.Document[draft] {
	return form.Document[draft]{
		Kind: "rota", Path: "/rotas", List: "/rotas", ListTitle: "schedules-rotas", New: "rotas-new",
		Version: func(w draft) int { return w.Version }, Fields: fieldsOf, Said: said, Log: h.Log,
		Read: func(ctx context.Context, id string) (draft, error) {
			w, err := h.open(ctx)
			at := slices.IndexFunc(w.docs.Schedules, func(one rota.Rota) bool { return string(one.ID) == id })
			if err == nil && at < 0 {
				err = storage.ErrNotFound
			}
			if err == nil {
				w.Rota = w.docs.Schedules[at].Clone()
			}
			return w, err
		},
		From: func(r *ui.Request) (draft, error) {
			w, err := h.open(r.Context())
			w.Zone = cmp.Or(w.docs.Rota.Zone, h.Desk.Zone().String())
			return w, err
		},
		Put: func(ctx context.Context, w draft) (made draft, err error) {
			made.Rota, err = h.Store.PutSchedule(ctx, w.Rota)
			if errors.Is(err, oncall.ErrUnknownEngineer) || errors.Is(err, rota.ErrRota) { // written since the check
				err = form.Refused(err, func(string) string { return "" }) // the rows that were typed are not known here
			}
			return made, err
		},
		Wrote: func(_ *ui.Request, _, made draft) (string, *ui.Page, error) {
			return "/rotas/" + string(made.ID), nil, nil
		},
		Delete: func(r *ui.Request, id string, version int) error {
			err := h.Store.DeleteSchedule(r.Context(), rota.ID(id), version)
			if errors.Is(err, escalation.ErrNamed) { // by a policy that was written since the check
				err = storage.ErrConflict
			}
			return err
		},
		Looks: form.Looks[draft]{First: true, Try: "rotas-look", Preview: func(r *ui.Request, w draft, _ form.Fields) (template.HTML, error) { return h.look(r, w) }},
		Shows: form.Shows[draft]{
			Wide: true, Removal: true, Beside: h.beside,
			Place: func(_ *ui.Request, w draft) form.Place { return form.Place{Title: w.Name} },
			Above: func(r *ui.Request, _ draft) (template.HTML, error) { return form.Hint(r, "rotas-text"), nil },
		},
	}
}

// open reads what forms of rotas need.
func (h Handlers) open(ctx context.Context) (w draft, err error) {
	w.docs, w.levels, err = h.read(ctx)
	return w, err
}

// beside is what a rota will be as it stands, and the form that removes it.
func (h Handlers) beside(r *ui.Request, w draft) (template.HTML, error) {
	look, err := h.look(r, w)
	if err != nil && !errors.Is(err, rota.ErrRota) {
		return "", err
	}
	p, err := pages().Page("remove", "", struct {
		ui.View
		To, Version string
		Overrides   string
	}{r.View, "/rotas/" + string(w.ID), strconv.Itoa(w.Version), "/oncall/changes?rota=" + string(w.ID)})
	if err != nil {
		return "", err
	}
	return look + p.Content, nil
}

// remove removes a rota that no policy names.
func (h Handlers) remove(out http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	d, _, err := h.read(r.Context())
	if err != nil {
		return nil, err
	}
	id := rota.ID(r.PathValue("id"))
	named := escalation.Naming(d.Policies, func(s escalation.Step) bool { return s.Rota == id })
	if len(named) == 0 {
		return h.document().Remove(out, r)
	}
	title := string(id)
	if at := slices.IndexFunc(d.Schedules, func(one rota.Rota) bool { return one.ID == id }); at >= 0 {
		title = d.Schedules[at].Name
	}
	p, err := pages().Page("named", title, struct {
		ui.View
		To       string
		Policies []escalation.Policy
	}{r.View, "/rotas/" + string(id), named})
	if err == nil {
		p.Status = http.StatusConflict
	}
	return p, err
}
