package form

import (
	"html/template"
	"net/url"
)

// Complaint is what a page of several forms shows of the one that was refused: what is wrong, at its field, and what was typed.
type Complaint struct {
	To      string // where the form went; empty: none was refused
	Problem string
	Field   string // which complains; empty: none
	Typed   url.Values
}

// Value is what a field shows: what was typed, or what stands.
func (c Complaint) Value(to, field, stands string) string {
	if c.To != to {
		return stands
	}
	return c.Typed.Get(field)
}

// Wrong tells whether the complaint is about a field.
func (c Complaint) Wrong(to, field string) bool { return c.To == to && c.Field == field }

// Mark is the attributes of a field; that of the complaint has the cursor.
func (c Complaint) Mark(to, field string) template.HTMLAttr {
	return Field{Wrong: c.Wrong(to, field)}.Mark()
}

// Stands is what stands in a field that was written too late; empty: the same.
func (c Complaint) Stands(to, field, stands string) string {
	if c.To != to || c.Field != "" || c.Typed.Get(field) == stands {
		return ""
	}
	return stands
}
