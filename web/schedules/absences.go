package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
	"hotline/web/ui"
)

const noteMost = 200 // characters

// absent writes down that an engineer is away.
func (h Handlers) absent(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.changeAbsences(w, r, func(a *rota.Absences, d escalation.Documents) error {
		from, until, err := times(r, h.mainZone(d), "from", "until")
		if err != nil {
			return err
		}
		one := rota.Absence{Engineer: a.Engineer, From: from, Until: until, Note: strings.TrimSpace(r.FormValue("note"))}
		switch {
		case one.Check() != nil:
			return unfit("until")
		case !oneLine(one.Note):
			return unfit("note")
		case len(a.List) >= rota.MostAbsences:
			return unfit("engineer")
		}
		a.List = append(a.List, one)
		return nil
	})
}

// present takes an absence back, as it stood when the form was shown.
func (h Handlers) present(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.changeAbsences(w, r, func(a *rota.Absences, _ escalation.Documents) error {
		i, err := strconv.Atoi(r.FormValue("index"))
		switch {
		case err != nil || i < 0:
			return errUnfit
		case strconv.Itoa(a.Version) != r.FormValue("version") || i >= len(a.List):
			return storage.ErrConflict
		}
		a.List = slices.Delete(a.List, i, i+1)
		return nil
	})
}

func (h Handlers) changeAbsences(w http.ResponseWriter, r *ui.Request, change func(*rota.Absences, escalation.Documents) error) (*ui.Page, error) {
	ctx, id := r.Context(), oncall.EngineerID(r.FormValue("engineer"))
	d, err := escalation.Read(ctx, h.Store)
	if err != nil {
		return nil, fmt.Errorf("reading the rotas: %w", err)
	}
	if !slices.ContainsFunc(d.Engineers, func(e oncall.Engineer) bool { return e.ID == id }) {
		return h.refuse(r, unfit("engineer"))
	}
	a := rota.Absences{Engineer: id}
	if at := slices.IndexFunc(d.Absences, func(a rota.Absences) bool { return a.Engineer == id }); at >= 0 {
		a = d.Absences[at]
		a.List = slices.Clone(a.List)
	}
	if err = change(&a, d); err == nil {
		err = h.putAbsences(ctx, a)
	}
	switch {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, errUnfit):
		return h.refuse(r, err)
	case err != nil:
		return nil, fmt.Errorf("writing the absences of %s: %w", id, err)
	}
	h.Log.InfoContext(ctx, "web: staff wrote", "by", r.User.Name, "engineer", string(id), "what", r.URL.Path)
	http.Redirect(w, r.Request, "/oncall/changes?rota="+url.QueryEscape(r.FormValue("rota")), http.StatusSeeOther)
	return nil, nil
}

func (h Handlers) putAbsences(ctx context.Context, a rota.Absences) error {
	_, err := h.Store.PutAbsences(ctx, a)
	return unknown(err)
}

// oneLine tells whether a note is one line of text, and short enough to be kept.
func oneLine(note string) bool {
	return utf8.RuneCountInString(note) <= noteMost && !strings.ContainsFunc(note, func(c rune) bool { return c < ' ' || c == 0x7f })
}
