package contacts

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/storage"
	"hotline/web/ui"
)

// pinPage is the PIN of an engineer: whether there is one, and once what it is.
type pinPage struct {
	ui.View
	Engineer oncall.Engineer
	Version  string // of the PIN that stands; 0: none
	Given    string // when; empty: never
	PIN      string // shown by the answer that gave it, and never again
	Gives    bool   // this process gives PINs
}

func (h Handlers) pinOf(r *ui.Request) (e oncall.Engineer, stands oncall.PIN, err error) {
	if e, err = h.engineer(r); err != nil {
		return e, stands, err
	}
	stands, err = h.Store.EngineerPIN(r.Context(), e.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return e, stands, fmt.Errorf("reading the PIN of engineer %s: %w", e.ID, err)
	}
	return e, stands, nil
}

func (h Handlers) showPIN(r *ui.Request, e oncall.Engineer, stands oncall.PIN, digits string) (*ui.Page, error) {
	p := pinPage{View: r.View, Engineer: e, Version: strconv.Itoa(stands.Version), PIN: digits, Gives: h.NewPIN != nil}
	if stands.Version > 0 {
		p.Given = r.Clock(stands.At)
	}
	return pages().Page("pin", r.T("contacts-pin-of", e.Name), p)
}

func (h Handlers) pin(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, stands, err := h.pinOf(r)
	if err != nil {
		return nil, err
	}
	return h.showPIN(r, e, stands, "")
}

// newPIN gives an engineer a PIN, or another one: the former one ends at once. The answer shows it, once.
func (h Handlers) newPIN(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, stands, err := h.pinOf(r)
	if err != nil {
		return nil, err
	}
	if h.NewPIN == nil || strconv.Itoa(stands.Version) != r.FormValue("version") {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "contacts-pin-stale"}
	}
	given, digits, err := h.NewPIN(r.Context(), e.ID, r.Now)
	switch {
	case errors.Is(err, pins.ErrJustRenewed), errors.Is(err, storage.ErrConflict):
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "contacts-pin-stale"}
	case err != nil:
		return nil, fmt.Errorf("giving engineer %s a PIN: %w", e.ID, err)
	}
	h.wrote(r, e.ID)
	return h.showPIN(r, e, given, digits)
}

// endPIN ends the PIN of an engineer.
func (h Handlers) endPIN(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, stands, err := h.pinOf(r)
	if err != nil {
		return nil, err
	}
	if stands.Version == 0 || strconv.Itoa(stands.Version) != r.FormValue("version") {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "contacts-pin-stale"}
	}
	if err := h.Store.EndEngineerPIN(r.Context(), e.ID); err != nil {
		return nil, fmt.Errorf("ending the PIN of engineer %s: %w", e.ID, err)
	}
	h.wrote(r, e.ID)
	http.Redirect(w, r.Request, "/engineers/"+string(e.ID)+"/pin", http.StatusSeeOther)
	return nil, nil
}
