package access

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"

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

// refused is what the page shows of a form that was refused: the complaint at its field, and what was typed.
type refused struct {
	To      string // where the form went; empty: none was refused
	Problem string
	field   string
	typed   url.Values
}

// Value is what a field shows: what was typed, or what stands.
func (f refused) Value(to, field, stands string) string {
	if f.To != to {
		return stands
	}
	return f.typed.Get(field)
}

// Wrong tells whether the complaint is about a field.
func (f refused) Wrong(to, field string) bool { return f.To == to && f.field == field }

// Mark is the attributes of a field; that of the complaint has the cursor.
func (f refused) Mark(to, field string) template.HTMLAttr {
	return form.Field{Wrong: f.Wrong(to, field)}.Mark()
}

// Stands is what stands in a field that was written too late; empty: the same.
func (f refused) Stands(to, field, stands string) string {
	if f.To != to || f.field != "" || f.typed.Get(field) == stands {
		return ""
	}
	return stands
}

// form serves a form of the page. Where it is refused, the page shows it again as it was typed.
func (h Handlers) form(serve func(http.ResponseWriter, *ui.Request) (*ui.Page, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		shown, err := serve(w, r)
		var wrong *unfit
		if !errors.As(err, &wrong) {
			return shown, err
		}
		shown, err = h.show(r, page{refused: refused{r.URL.Path, r.T(wrong.ID, wrong.Values...), wrong.field, r.PostForm}})
		if err == nil {
			shown.Status = wrong.Status
		}
		return shown, err
	}
}
