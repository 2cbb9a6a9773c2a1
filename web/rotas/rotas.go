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
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/nested"
	"hotline/web/room"
)

// Store is what the pages read and write.
type Store interface {
	escalation.Source
	Levels(ctx context.Context) ([]sla.Level, error)
	Schedule(ctx context.Context, id rota.ID) (rota.Rota, error)
	PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error)
	DeleteSchedule(ctx context.Context, id rota.ID, version int) error
}

// House is what the pages need. Everything is required.
type House struct {
	Store Store
	Desk  *tickets.Desk
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// formMost is what the form of a rota of so many layers and shifts may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write rotas is as for the tokens of the API.
func Routes(h House) []room.Route {
	writers := []users.Role{users.Staff, users.Admin}
	return []room.Route{
		{Pattern: "GET /rotas", Roles: users.Roles(), Serve: h.list},
		{Pattern: "GET /rotas/new", Roles: writers, Serve: h.shown},
		{Pattern: "POST /rotas", Roles: writers, Most: formMost, Serve: h.write},
		{Pattern: "GET /rotas/{id}", Roles: writers, Serve: h.shown},
		{Pattern: "POST /rotas/{id}", Roles: writers, Most: formMost, Serve: h.write},
		{Pattern: "POST /rotas/{id}/remove", Roles: writers, Serve: h.remove},
	}
}

// listPage is every rota.
type listPage struct {
	room.View
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

func (h House) list(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	d, levels, err := h.read(r)
	if err != nil {
		return nil, err
	}
	p, known, people := listPage{View: r.View}, d.Known(), nested.People(d.Engineers)
	all := d.Schedules
	if d.Rota.Zone != "" {
		all = append([]rota.Rota{rota.Of(d.Rota)}, all...)
	}
	for _, one := range all {
		next := row{ID: string(one.ID), Name: one.Name, Main: one.ID == rota.Main, Zone: one.Zone, Serves: nested.ServesWords(r.View, one.Serves, levels), Layers: len(one.Layers)}
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

func (h House) read(r *room.Request) (d escalation.Documents, levels []sla.Level, err error) {
	if d, err = escalation.Read(r.Context(), h.Store); err != nil {
		return d, nil, fmt.Errorf("reading the rotas: %w", err)
	}
	if levels, err = h.Store.Levels(r.Context()); err != nil {
		return d, nil, fmt.Errorf("reading the levels: %w", err)
	}
	return d, levels, nil
}

// draft is a rota on its way to be written.
type draft struct {
	docs   escalation.Documents
	levels []sla.Level
	stands rota.Rota // zero for a new one
	known  func(contract string) bool
	form   nested.Form
	title  string
}

// open reads the rota of an address, and makes its form; a new one where the address names none.
func (h House) open(r *room.Request) (w draft, err error) {
	if w.docs, w.levels, err = h.read(r); err != nil {
		return w, err
	}
	contracts := h.Desk.Book().Contracts
	w.known = func(id string) bool { _, known := contracts.Get(directory.ContractID(id)); return known }
	w.form = nested.Form{Back: "/rotas", BackName: r.T("schedules-rotas"), To: "/rotas", ID: r.FormValue("id"), Buttons: []nested.Button{{Value: "look", Title: r.T("rotas-look"), Second: true}, {Value: "save", Title: r.T("keeping-save")}}, Hint: r.T("rotas-text")}
	id := rota.ID(r.PathValue("id"))
	if id == "" {
		w.title, w.stands.Zone = r.T("rotas-new"), cmp.Or(w.docs.Rota.Zone, h.Desk.Zone().String())
		w.form.ID = cmp.Or(w.form.ID, nested.NewID())
		return w, nil
	}
	at := slices.IndexFunc(w.docs.Schedules, func(one rota.Rota) bool { return one.ID == id })
	if at < 0 {
		return w, fmt.Errorf("rota %s: %w", id, storage.ErrNotFound)
	}
	w.stands = w.docs.Schedules[at].Clone()
	w.title, w.form.To, w.form.Version = w.stands.Name, "/rotas/"+string(id), strconv.Itoa(w.stands.Version)
	return w, nil
}

// shown is the form of a rota as it stands, and what it will be.
func (h House) shown(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	w.form.Groups = w.groups(r, w.stands, len(w.stands.Layers)+1)
	if w.form.Version != "" {
		if err := w.look(r, w.stands); err != nil && !errors.Is(err, rota.ErrRota) {
			return nil, err
		}
		if err := w.removal(r); err != nil {
			return nil, err
		}
	}
	return w.form.Page(r.View, w.title, http.StatusOK)
}

// removal puts the form that removes the rota below everything.
func (w *draft) removal(r *room.Request) error {
	p, err := pages().Page("remove", "", struct {
		room.View
		To, Version string
		Overrides   string
	}{r.View, w.form.To, w.form.Version, "/oncall/changes?rota=" + string(w.stands.ID)})
	if err == nil {
		w.form.After += p.Content
	}
	return err
}

// write looks at a rota that a form has, or writes it. The overrides and swaps that stand stay.
func (h House) write(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	w.form.Groups = w.groups(r, rota.Rota{Layers: make([]rota.Layer, 0)}, min(layersMost, nested.Count(r, "layer", "name", layersMost)+1))
	nested.Said(r, w.form.Groups)
	shown := r.FormValue("version")
	made, err := w.said(r)
	if err == nil {
		err = w.sound(r, made)
	}
	if err != nil {
		w.form.Version = shown
		return w.form.Refused(r, w.title, err)
	}
	if r.FormValue("do") != "save" {
		w.form.Version = shown
		if err := w.look(r, made); err != nil {
			return nil, err
		}
		return w.form.Page(r.View, w.title, http.StatusOK)
	}
	if w.form.Version != shown {
		return w.outdated(r)
	}
	_, err = h.Store.PutSchedule(r.Context(), made)
	switch {
	case errors.Is(err, storage.ErrExists): // the form was sent a second time: what it made stands
	case errors.Is(err, storage.ErrConflict):
		if w, err = h.again(r, w.form.Groups); err != nil {
			return nil, err
		}
		return w.outdated(r)
	case errors.Is(err, oncall.ErrUnknownEngineer): // removed since the check
		return w.form.Refused(r, w.title, &entry.Refusal{Text: err.Error()})
	case err != nil:
		return nil, fmt.Errorf("writing rota %s: %w", made.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "rota", string(made.ID))
	http.Redirect(out, r.Request, "/rotas/"+string(made.ID), http.StatusSeeOther)
	return nil, nil
}

// again reads what stands now, and keeps what a form says.
func (h House) again(r *room.Request, said []nested.Group) (draft, error) {
	w, err := h.open(r)
	w.form.Groups = said
	return w, err
}

func (w draft) outdated(r *room.Request) (*room.Page, error) {
	return w.form.Outdated(r, w.title, w.groups(r, w.stands, len(w.stands.Layers)), strconv.Itoa(w.stands.Version))
}

// sound refuses a rota that cannot be right, by itself or beside the others, as the API does.
func (w draft) sound(r *room.Request, made rota.Rota) error {
	err := made.Check(w.docs.Engineers, w.docs.Known(), r.Now)
	if err == nil {
		err = made.CheckServes(w.docs.Schedules)
	}
	if err != nil {
		return &entry.Refusal{Text: strings.TrimSuffix(err.Error(), ": "+rota.ErrRota.Error())}
	}
	return nil
}

// remove removes a rota that no policy names.
func (h House) remove(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	named := escalation.Naming(w.docs.Policies, func(s escalation.Step) bool { return s.Rota == w.stands.ID })
	if len(named) > 0 {
		p, err := pages().Page("named", w.title, struct {
			room.View
			To       string
			Policies []escalation.Policy
		}{r.View, w.form.To, named})
		if err == nil {
			p.Status = http.StatusConflict
		}
		return p, err
	}
	if w.form.Version == r.FormValue("version") {
		err = h.Store.DeleteSchedule(r.Context(), w.stands.ID, w.stands.Version)
	}
	if w.form.Version != r.FormValue("version") || errors.Is(err, storage.ErrConflict) {
		return nil, &room.Refusal{Status: http.StatusConflict, ID: "form-not-removed"}
	}
	if err != nil {
		return nil, fmt.Errorf("removing rota %s: %w", w.stands.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff removed", "by", r.User.Name, "rota", string(w.stands.ID))
	http.Redirect(out, r.Request, "/rotas", http.StatusSeeOther)
	return nil, nil
}
