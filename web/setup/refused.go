package setup

import (
	"errors"
	"net/http"
	"net/url"

	"hotline/prompts/translation"
	"hotline/web/ui"
)

// refused is a step whose form cannot be right. The page shows the steps again: the complaint stands at the step, and what was written in its
// form.
type refused struct {
	Step    string // empty: none
	Problem string
	Reason  *translation.Reason // what exactly
	Stale   bool                // somebody else was faster
	form    url.Values
}

// Value is what a field of a step's form shows: what was written in it, or what stands.
func (f refused) Value(step, field, stands string) string {
	if f.Step != step {
		return stands
	}
	return f.form.Get(field)
}

// Other is what somebody else wrote meanwhile into a field; empty: the same.
func (f refused) Other(step, field, stands string) string {
	if f.Step != step || !f.Stale || f.form.Get(field) == stands {
		return ""
	}
	return stands
}

// At is what a step refused; empty for another step.
func (f refused) At(step string) refused {
	if f.Step != step {
		return refused{}
	}
	return f
}

// unfit is a step's form that cannot be right.
type unfit struct {
	ui.Refusal
	why string // what exactly, in English; empty: the sentence says it
}

// bad refuses a form in a sentence of the catalogue.
func bad(id string, values ...any) *unfit {
	return &unfit{Refusal: ui.Refusal{Status: http.StatusUnprocessableEntity, ID: id, Values: values}}
}

// late refuses a form that comes too late.
func late(id string) *unfit {
	return &unfit{Refusal: ui.Refusal{Status: http.StatusConflict, ID: id}}
}

// stale is the sentence of a form that somebody else was faster than.
const stale = "page-start-stale"

// step serves the form of a step.
func (h Handlers) step(name string, serve func(http.ResponseWriter, *ui.Request) (*ui.Page, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		page, err := serve(w, r)
		var wrong *unfit
		if !errors.As(err, &wrong) {
			return page, err
		}
		wrote := refused{Step: name, Problem: r.T(wrong.ID, wrong.Values...), Stale: wrong.ID == stale, form: r.PostForm}
		if wrong.why != "" {
			wrote.Reason = r.Why(wrong.why)
		}
		if page, err = h.show(r, said{refused: wrote}); err == nil {
			page.Status = wrong.Status
		}
		return page, err
	}
}
