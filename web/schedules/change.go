package schedules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prompts/translation"
	"hotline/storage"
	"hotline/validation"
	"hotline/web/form"
	"hotline/web/ui"
)

// changesPage is what was changed in one rota and is not over, and the forms that change more.
type changesPage struct {
	frame
	Rotas     []tab
	Rota      string
	Zone      string
	Version   int // of the rota
	Engineers []oncall.Engineer
	Overrides []changeRow
	Swaps     []changeRow
	Absences  []changeRow
	Said      url.Values // what a form said, or a link
	Complaint form.Complaint
	Reason    *translation.Reason // what exactly
}

// changeRow is one change that stands.
type changeRow struct {
	Index       int
	Engineer    string
	With        string // instead, or the other of a swap; empty: nobody
	Level       int
	From, Until string
	Back        string // of a swap: when the other one is on call for it
	Note        string
	ID          oncall.EngineerID // of absences
	Version     int
}

// Value is what a field has.
func (p changesPage) Value(name string) string { return p.Said.Get(name) }

// Mark is the attributes of a field of a form.
func (p changesPage) Mark(what, field string) template.HTMLAttr {
	return p.Complaint.Mark(changesOf(what), field)
}

// Wrong is the form whose field is complained of, for the words beside it; nil: it is another one.
func (p changesPage) Wrong(what, field string) *changesPage {
	if !p.Complaint.Wrong(changesOf(what), field) {
		return nil
	}
	return &p
}

// changesOf is where a form of the page goes.
func changesOf(what string) string { return "/oncall/changes/" + what }

// Level is the level that a form has.
func (p changesPage) Level() string { return cmp.Or(p.Said.Get("level"), "1") }

// changes shows the changes of the rota that the address names.
func (h Handlers) changes(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.showChanges(r, changesPage{Said: r.URL.Query()}, http.StatusOK)
}

// refuse shows the page again with what a form said, and why it was refused: the complaint at the field that the error names.
func (h Handlers) refuse(r *ui.Request, err error) (*ui.Page, error) {
	p := changesPage{Said: r.PostForm, Complaint: form.Complaint{To: r.URL.Path, Typed: r.PostForm, Problem: r.T("schedules-stale")}}
	if errors.Is(err, storage.ErrConflict) {
		return h.showChanges(r, p, http.StatusConflict)
	}
	path, text := validation.Of(err)
	p.Complaint.Problem, p.Complaint.Field = r.T("schedules-unfit"), fieldOf(path)
	if text != err.Error() {
		p.Reason = r.Why(text)
	}
	return h.showChanges(r, p, http.StatusUnprocessableEntity)
}

// fieldOf is the field of a form that a check's path leads to.
func fieldOf(path string) string {
	field := path[strings.LastIndexByte(path, '.')+1:]
	if field == "with" { // of a swap
		return "instead"
	}
	return field
}

func (h Handlers) showChanges(r *ui.Request, p changesPage, status int) (*ui.Page, error) {
	f, d, facts, err := h.frame(r)
	if err != nil {
		return nil, err
	}
	for i := range f.Tabs {
		f.Tabs[i].Current = f.Tabs[i].Path == "/oncall/changes"
	}
	p.frame, p.Engineers = f, d.Engineers
	said := p.Said
	for _, s := range facts.Rotas {
		id := s.Rota().ID
		current := string(id) == said.Get("rota") || said.Get("rota") == "" && len(p.Rotas) == 0
		p.Rotas = append(p.Rotas, tab{Title: s.Rota().Name, Path: "/oncall/changes?rota=" + url.QueryEscape(string(id)), Current: current})
		if current {
			p.of(s, r.Now)
		}
	}
	if p.Rota == "" && len(p.Rotas) > 0 {
		return nil, fmt.Errorf("rota %s: %w", said.Get("rota"), storage.ErrNotFound)
	}
	zone := h.mainZone(d)
	for _, a := range d.Absences {
		for i, one := range a.List {
			if one.Until.After(r.Now) {
				p.Absences = append(p.Absences, changeRow{Index: i, ID: a.Engineer, Engineer: f.name(a.Engineer), From: f.instant(one.From, zone), Until: f.instant(one.Until, zone), Note: one.Note, Version: a.Version})
			}
		}
	}
	return h.show("changes", r.T("schedules-changes"), status, p)
}

// of lists what was changed in a rota and is not over.
func (p *changesPage) of(s *rota.Schedule, now time.Time) {
	r := s.Rota()
	p.Rota, p.Zone, p.Version = string(r.ID), r.Zone, r.Version
	for i, o := range r.Overrides {
		if o.Until.After(now) {
			p.Overrides = append(p.Overrides, changeRow{Index: i, Engineer: p.nameOr(o.Engineer), With: p.nameOr(o.Instead), Level: o.Level, From: p.instant(o.From, s.Zone()), Until: p.instant(o.Until, s.Zone()), Note: o.Reason})
		}
	}
	for i, w := range r.Swaps {
		if w.Until.After(now) || w.BackUntil.After(now) {
			row := changeRow{Index: i, Engineer: p.name(w.Engineer), With: p.name(w.With), From: p.instant(w.From, s.Zone()), Until: p.instant(w.Until, s.Zone())}
			if w.BackFrom.Before(w.BackUntil) {
				row.Back = p.instant(w.BackFrom, s.Zone()) + " - " + p.instant(w.BackUntil, s.Zone())
			}
			p.Swaps = append(p.Swaps, row)
		}
	}
}

func (f frame) nameOr(id oncall.EngineerID) string {
	if id == "" {
		return ""
	}
	return f.name(id)
}

// mainZone is the zone of the main rota, in which absences are written.
func (Handlers) mainZone(d escalation.Documents) *time.Location {
	if zone, err := time.LoadLocation(cmp.Or(d.Rota.Zone, "UTC")); err == nil {
		return zone
	}
	return time.UTC
}

// errUnfit is a form that cannot be right.
var errUnfit = errors.New("the form cannot be right")

// unfit is a form of which one field cannot be right.
func unfit(field string) error { return validation.Field(field, errUnfit) }

// edit makes another rota of one, by a form.
type edit func(r *ui.Request, s *rota.Schedule) (rota.Rota, error)

// times reads two instants of a form, by the wall clock of the rota.
func times(r *ui.Request, zone *time.Location, from, until string) (begin, end time.Time, err error) {
	if begin, err = time.ParseInLocation(wall, r.FormValue(from), zone); err != nil {
		return begin, end, unfit(from)
	}
	if end, err = time.ParseInLocation(wall, r.FormValue(until), zone); err != nil || !begin.Before(end) {
		return begin, end, unfit(until)
	}
	return begin, end, nil
}

// override puts somebody on call instead of another, beside the others, or leaves a place free.
func override(r *ui.Request, s *rota.Schedule) (rota.Rota, error) {
	next := s.Rota().Clone()
	from, until, err := times(r, s.Zone(), "from", "until")
	if err != nil {
		return next, err
	}
	o := oncall.Override{Engineer: oncall.EngineerID(r.FormValue("engineer")), Instead: oncall.EngineerID(r.FormValue("instead")), From: from, Until: until, Reason: strings.TrimSpace(r.FormValue("reason"))}
	o.Level, err = strconv.Atoi(r.FormValue("level"))
	switch {
	case err != nil || o.Level < 1 || o.Level > 100:
		return next, unfit("level")
	case o.Engineer == o.Instead:
		return next, unfit("instead")
	case !oneLine(o.Reason):
		return next, unfit("reason")
	}
	next.Overrides = append(next.Overrides, o)
	return next, nil
}

// swapMost is how long a swap in the main rota may last: each stretch of it becomes an override.
const swapMost = 366 * 24 * time.Hour

// swap exchanges duty between two engineers. The main rota has no swaps: there each stretch is covered by an override.
func swap(r *ui.Request, s *rota.Schedule) (rota.Rota, error) {
	next := s.Rota().Clone()
	from, until, err := times(r, s.Zone(), "from", "until")
	if err != nil {
		return next, err
	}
	w := rota.Swap{Engineer: oncall.EngineerID(r.FormValue("engineer")), With: oncall.EngineerID(r.FormValue("instead")), From: from, Until: until}
	if r.FormValue("back_from")+r.FormValue("back_until") != "" {
		if w.BackFrom, w.BackUntil, err = times(r, s.Zone(), "back_from", "back_until"); err != nil {
			return next, err
		}
	}
	if w.Engineer == w.With {
		return next, unfit("instead")
	}
	if next.ID != rota.Main {
		next.Swaps = append(next.Swaps, w)
		return next, nil
	}
	if w.Until.Sub(w.From) > swapMost {
		return next, unfit("until")
	}
	if w.BackUntil.Sub(w.BackFrom) > swapMost {
		return next, unfit("back_until")
	}
	count := len(next.Overrides)
	next = covered(next, s.Stretches(w.From, w.Until), w.Engineer, w.With)
	next = covered(next, s.Stretches(w.BackFrom, w.BackUntil), w.With, w.Engineer)
	if len(next.Overrides) == count {
		return next, unfit("engineer") // neither of them is on call there
	}
	return next, nil
}

func covered(r rota.Rota, list []rota.Stretch, engineer, by oncall.EngineerID) rota.Rota {
	for _, s := range list {
		if s.Engineer == engineer {
			r = r.Cover(s, by, "")
		}
	}
	return r
}

// remove takes an override or a swap back.
func remove(r *ui.Request, s *rota.Schedule) (rota.Rota, error) {
	next := s.Rota().Clone()
	i, err := strconv.Atoi(r.FormValue("index"))
	switch {
	case err != nil || i < 0:
		return next, errUnfit
	case r.FormValue("kind") == "swap" && i < len(next.Swaps):
		next.Swaps = slices.Delete(next.Swaps, i, i+1)
	case r.FormValue("kind") == "override" && i < len(next.Overrides):
		next.Overrides = slices.Delete(next.Overrides, i, i+1)
	default:
		return next, errUnfit
	}
	return next, nil
}

// changeRota changes a rota as it stood when the form was shown.
func (h Handlers) changeRota(change edit) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		d, err := escalation.Read(r.Context(), h.Store)
		if err != nil {
			return nil, fmt.Errorf("reading the rotas: %w", err)
		}
		facts, _ := d.Facts()
		at := slices.IndexFunc(facts.Rotas, func(s *rota.Schedule) bool { return string(s.Rota().ID) == r.FormValue("rota") })
		if at < 0 {
			return nil, fmt.Errorf("rota %s: %w", r.FormValue("rota"), storage.ErrNotFound)
		}
		s := facts.Rotas[at]
		if strconv.Itoa(s.Rota().Version) != r.FormValue("version") {
			return h.refuse(r, storage.ErrConflict)
		}
		next, err := change(r, s)
		if err == nil {
			err = h.put(r.Context(), d, next, r.Now)
		}
		switch {
		case errors.Is(err, storage.ErrConflict), errors.Is(err, errUnfit):
			return h.refuse(r, err)
		case err != nil:
			return nil, fmt.Errorf("changing rota %s: %w", next.ID, err)
		}
		h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "rota", string(next.ID), "what", r.URL.Path)
		http.Redirect(w, r.Request, "/oncall/changes?rota="+url.QueryEscape(string(next.ID)), http.StatusSeeOther)
		return nil, nil
	}
}

// put checks a rota as the API does, and writes it.
func (h Handlers) put(ctx context.Context, d escalation.Documents, next rota.Rota, now time.Time) error {
	if next.ID != rota.Main {
		if err := next.Check(d.Engineers, d.Known(), now); err != nil {
			return fmt.Errorf("%w: %w", errUnfit, err)
		}
		_, err := h.Store.PutSchedule(ctx, next)
		return unknown(err)
	}
	plain := d.Rota
	plain.Overrides = next.Overrides
	if err := plain.Check(d.Engineers, now); err != nil {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	_, err := h.Store.PutRota(ctx, plain)
	return unknown(err)
}

// unknown makes a form that cannot be right of an engineer who was removed meanwhile.
func unknown(err error) error {
	if errors.Is(err, oncall.ErrUnknownEngineer) {
		return fmt.Errorf("%w: %w", errUnfit, validation.Field("engineer", err))
	}
	return err
}
