package contacts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
	"hotline/web/ui"
)

// partingPage is what stands in the way of removing an engineer, or the form that does it.
type partingPage struct {
	ui.View
	Engineer oncall.Engineer
	Version  string
	Named    []named
	Ended    int // overrides and swaps that are over and name the engineer
	Problem  string
}

// named is a document that names the engineer, with where that is changed.
type named struct{ Name, What, Path string }

// heldMost is how many tickets of an engineer are named.
const heldMost = 20

// ends tells of which changes of a rota an engineer is part: of how many that are not over, and of how many that are.
func ends(one rota.Rota, id oncall.EngineerID, now time.Time) (running, over int) {
	count := func(names, goesOn bool) {
		switch {
		case names && goesOn:
			running++
		case names:
			over++
		}
	}
	for _, o := range one.Overrides {
		count(o.Engineer == id || o.Instead == id, o.Until.After(now))
	}
	for _, w := range one.Swaps {
		count(w.Engineer == id || w.With == id, w.Until.After(now) || w.BackUntil.After(now))
	}
	return running, over
}

// without is a rota without the changes that are over and name an engineer.
func without(one rota.Rota, id oncall.EngineerID, now time.Time) rota.Rota {
	next := one.Clone()
	next.Overrides = slices.DeleteFunc(next.Overrides, func(o oncall.Override) bool {
		return (o.Engineer == id || o.Instead == id) && !o.Until.After(now)
	})
	next.Swaps = slices.DeleteFunc(next.Swaps, func(w rota.Swap) bool {
		return (w.Engineer == id || w.With == id) && !w.Until.After(now) && !w.BackUntil.After(now)
	})
	return next
}

// planned tells whether shifts or turns of a rota are an engineer's.
func planned(one rota.Rota, id oncall.EngineerID) bool {
	plain := rota.Rota{Shifts: one.Shifts, Layers: one.Layers}
	return slices.Contains(plain.Names(), id)
}

// rotas are all of them, the main one first.
func rotas(d escalation.Documents) []rota.Rota {
	return append([]rota.Rota{rota.Of(d.Rota)}, d.Schedules...)
}

// look finds what names an engineer.
func (p *partingPage) look(d escalation.Documents, id oncall.EngineerID) {
	for _, one := range rotas(d) {
		name, path := one.Name, "/rotas/"+string(one.ID)
		if one.ID == rota.Main {
			name, path = p.T("rotas-main"), "/oncall/shifts"
		}
		running, over := ends(one, id, p.Now)
		if planned(one, id) {
			p.Named = append(p.Named, named{name, p.T("contacts-in-rota"), path})
		}
		if running > 0 {
			p.Named = append(p.Named, named{name, p.T("contacts-in-changes", running), "/oncall/changes?rota=" + url.QueryEscape(string(one.ID))})
		}
		p.Ended += over
	}
	for _, one := range escalation.Naming(d.Policies, func(s escalation.Step) bool { return s.Names(id) }) {
		p.Named = append(p.Named, named{one.Name, p.T("contacts-in-policy"), "/policies/" + one.ID})
	}
}

func (h Handlers) partingOf(r *ui.Request) (p partingPage, d escalation.Documents, err error) {
	e, err := h.engineer(r)
	if err != nil {
		return p, d, err
	}
	if d, err = escalation.Read(r.Context(), h.Store); err != nil {
		return p, d, fmt.Errorf("reading the rotas: %w", err)
	}
	p = partingPage{View: r.View, Engineer: e, Version: strconv.Itoa(e.Version)}
	p.look(d, e.ID)
	held, err := h.Desk.HeldBy(r.Context(), string(e.ID), heldMost)
	if err != nil {
		return p, d, fmt.Errorf("reading the tickets of %s: %w", e.ID, err)
	}
	for _, t := range held {
		p.Named = append(p.Named, named{p.T("contacts-ticket", t.Number), p.T("contacts-in-hand"), fmt.Sprintf("/tickets/%d", t.Number)})
	}
	return p, d, nil
}

func (p partingPage) page(status int) (*ui.Page, error) {
	page, err := pages().Page("parting", p.T("contacts-remove", p.Engineer.Name), p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

func (h Handlers) parting(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p, _, err := h.partingOf(r)
	if err != nil {
		return nil, err
	}
	return p.page(http.StatusOK)
}

// remove removes an engineer whom nothing names. Changes of rotas that are over go with the engineer, if that was ticked.
func (h Handlers) remove(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p, d, err := h.partingOf(r)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Version != r.FormValue("version"):
		p.Problem = r.T("contacts-changed")
		return p.page(http.StatusConflict)
	case len(p.Named) > 0 || p.Ended > 0 && r.FormValue("ended") == "":
		p.Problem = r.T("contacts-named")
		return p.page(http.StatusConflict)
	}
	err = h.forgetEnded(r.Context(), d, p.Engineer.ID, r.Now)
	if err == nil {
		err = h.Store.DeleteEngineer(r.Context(), p.Engineer.ID, p.Engineer.Version)
	}
	switch {
	case errors.Is(err, oncall.ErrOnRota), errors.Is(err, oncall.ErrHasTicket), errors.Is(err, storage.ErrConflict): // written at this moment
		if p, _, err = h.partingOf(r); err != nil {
			return nil, err
		}
		p.Problem = r.T("contacts-changed")
		return p.page(http.StatusConflict)
	case err != nil:
		return nil, fmt.Errorf("removing engineer %s: %w", p.Engineer.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff removed", "by", r.User.Name, "engineer", string(p.Engineer.ID))
	http.Redirect(w, r.Request, "/engineers", http.StatusSeeOther)
	return nil, nil
}

// forgetEnded takes changes that are over and name an engineer out of the rotas.
func (h Handlers) forgetEnded(ctx context.Context, d escalation.Documents, id oncall.EngineerID, now time.Time) (err error) {
	for _, one := range rotas(d) {
		if _, over := ends(one, id, now); over == 0 {
			continue
		}
		next := without(one, id, now)
		if one.ID == rota.Main {
			_, err = h.Store.PutRota(ctx, oncall.Rota{Zone: next.Zone, Shifts: next.Shifts, Overrides: next.Overrides, Version: next.Version})
		} else {
			_, err = h.Store.PutSchedule(ctx, next)
		}
		if err != nil {
			return fmt.Errorf("taking what is over out of rota %s: %w", one.ID, err)
		}
	}
	return nil
}
