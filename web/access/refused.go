package access

import (
	"errors"
	"net/http"

	"hotline/web/form"
	"hotline/web/ui"
)

// unfit is a form of the page that cannot be right, or that comes too late.
type unfit struct {
	ui.Refusal
	field string // which complains; empty: none
}

func bad(field, id string, values ...any) *unfit {
	return &unfit{ui.Refusal{Status: http.StatusUnprocessableEntity, ID: id, Values: values}, field}
}

func late(field, id string, values ...any) *unfit {
	return &unfit{ui.Refusal{Status: http.StatusConflict, ID: id, Values: values}, field}
}

// formOf serves a form of a page. Where it is refused, the page shows it again as it was typed.
func formOf(show func(*ui.Request, form.Complaint) (*ui.Page, error), serve func(http.ResponseWriter, *ui.Request) (*ui.Page, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		shown, err := serve(w, r)
		var wrong *unfit
		if !errors.As(err, &wrong) {
			return shown, err
		}
		shown, err = show(r, form.Complaint{To: r.URL.Path, Problem: r.T(wrong.ID, wrong.Values...), Field: wrong.field, Typed: r.PostForm})
		if err == nil {
			shown.Status = wrong.Status
		}
		return shown, err
	}
}
