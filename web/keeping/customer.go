package keeping

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/storage"
	"hotline/web/room"
)

// customerFields are a customer's.
func (h House) customerFields(r *room.Request, c directory.Customer) []field {
	var known []string
	for _, n := range c.Numbers {
		known = append(known, h.Plan.Shown(n))
	}
	return []field{
		{Name: "name", Label: r.T("page-name"), Value: c.Name, Kind: "text", Most: 200, Needed: true},
		{Name: "email", Label: r.T("page-email"), Value: c.Email, Kind: "text", Most: 254, Text: r.T("keeping-email")},
		{Name: "numbers", Label: r.T("page-numbers"), Value: strings.Join(known, "\n"), Kind: "lines", Most: 10_000, Text: r.T("keeping-numbers")},
		{Name: "spoken", Label: r.T("spoken-field"), Value: c.Spoken, Kind: "text", Most: 200, Text: r.T("keeping-spoken")},
	}
}

// newID is one that nobody has.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// customerOf reads the customer of an address; a new one where it names none.
func (h House) customerOf(r *room.Request) (c directory.Customer, p formPage, title string, err error) {
	p = formPage{Back: "/customers", BackName: r.T("page-customers"), To: "/customers", ID: r.FormValue("id")}
	id := r.PathValue("id")
	if id == "" {
		return c, p, r.T("keeping-new-customer"), nil
	}
	if c, err = h.Store.Customer(r.Context(), directory.CustomerID(id)); err != nil {
		return c, p, "", fmt.Errorf("reading customer %s: %w", id, err)
	}
	p.Back, p.BackName, p.To, p.Version = "/customers/"+id, c.Name, "/customers/"+id, strconv.Itoa(c.Version)
	return c, p, c.Name, nil
}

func (h House) customerForm(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	c, p, title, err := h.customerOf(r)
	if err != nil {
		return nil, err
	}
	if p.Version == "" {
		p.ID = newID()
	}
	p.Fields = h.customerFields(r, c)
	return h.show(r, title, p, http.StatusOK)
}

func (h House) writeCustomer(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	stands, p, title, err := h.customerOf(r)
	if err != nil {
		return nil, err
	}
	p.Fields = said(r, h.customerFields(r, stands))
	id := string(stands.ID)
	if id == "" {
		id = p.ID
	}
	made, err := entry.Customer{ID: id, Name: value(p.Fields, "name"), Email: value(p.Fields, "email"), Numbers: lines(value(p.Fields, "numbers")), Spoken: value(p.Fields, "spoken")}.Check(h.Plan)
	if err != nil {
		p.Version = r.FormValue("version")
		return h.refused(r, title, p, err)
	}
	if p.Version != r.FormValue("version") {
		return h.stale(r, title, p, h.customerFields(r, stands), stands.Version)
	}
	made.Version = stands.Version
	_, err = h.Store.PutCustomer(r.Context(), made)
	switch {
	case twice(err):
		err = nil
	case errors.Is(err, storage.ErrConflict):
		return h.stale(r, title, p, h.customerFields(r, stands), stands.Version)
	}
	return h.written(w, r, "customer "+id, "/customers/"+id, err)
}
