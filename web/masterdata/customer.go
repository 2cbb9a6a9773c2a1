package masterdata

import (
	"context"
	"strings"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/web/form"
	"hotline/web/ui"
)

// customers is how customers are written.
func (h Handlers) customers() form.Document[directory.Customer] {
	return form.Document[directory.Customer]{
		Kind: "customer", Path: "/customers", List: "/customers", ListTitle: "page-customers", New: "keeping-new-customer",
		Version: func(c directory.Customer) int { return c.Version }, Fields: h.customerFields, Said: h.customerSaid, Log: h.Log,
		Read: func(ctx context.Context, id string) (directory.Customer, error) {
			return h.Store.Customer(ctx, directory.CustomerID(id))
		},
		Put: func(ctx context.Context, c directory.Customer) (directory.Customer, error) {
			return h.Store.PutCustomer(ctx, c)
		},
		Wrote: func(r *ui.Request, _, made directory.Customer) (string, *ui.Page, error) {
			return "/customers/" + string(made.ID), nil, h.tell(r)
		},
		Shows: form.Shows[directory.Customer]{Place: func(_ *ui.Request, c directory.Customer) form.Place {
			if c.ID == "" {
				return form.Place{}
			}
			return form.Place{Title: c.Name, Back: "/customers/" + string(c.ID), BackName: c.Name}
		}},
	}
}

func (h Handlers) customerFields(r *ui.Request, c directory.Customer) (form.Fields, error) {
	var known []string
	for _, n := range c.Numbers {
		known = append(known, h.Plan.Shown(n))
	}
	return form.Fields{
		{Name: "name", Label: r.T("page-name"), Value: c.Name, Kind: form.Text, Most: nameMost, Needed: true},
		{Name: "email", Label: r.T("page-email"), Value: c.Email, Kind: form.Text, Most: 254, Help: r.T("keeping-email")},
		{Name: "numbers", Label: r.T("page-numbers"), Value: strings.Join(known, "\n"), Kind: form.Lines, Most: 10_000, Help: r.T("keeping-numbers")},
		{Name: "spoken", Label: r.T("spoken-field"), Value: c.Spoken, Kind: form.Text, Most: nameMost, Help: r.T("keeping-spoken")},
	}, nil
}

func (h Handlers) customerSaid(_ *ui.Request, id string, f form.Fields, stands directory.Customer) (directory.Customer, error) {
	made, err := entry.Customer{ID: id, Name: f.Value("name"), Email: f.Value("email"), Numbers: f.List("numbers"), Spoken: f.Value("spoken")}.Check(h.Plan)
	made.Version = stands.Version
	return made, err
}
