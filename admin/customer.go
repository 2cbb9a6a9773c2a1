package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/directory"
	"hotline/directory/entry"
)

// ByID names something in the path.
type ByID struct {
	ID string `path:"id"`
}

type customerView struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Numbers []string `json:"numbers" nullable:"false"`
	Spoken  string   `json:"spoken,omitempty" doc:"How the name is written for the voice; empty: as it is"`
	Version int      `json:"version"`
}

// CustomerFields are what staff write of a customer.
type CustomerFields struct {
	Name    string   `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Email   string   `json:"email,omitempty" maxLength:"254" doc:"Where receipts go; none when empty"`
	Numbers []string `json:"numbers,omitempty" maxItems:"200" doc:"Numbers known for it: a hint for language and budgets, never a credential"`
	Spoken  string   `json:"spoken,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text" doc:"How the name is written for the voice, such as sìrti; empty: as it is"`
}

type newCustomer struct {
	document.Keyed
	Body struct {
		ID string `json:"id,omitempty" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$" doc:"Chosen by us when it is left out"`
		CustomerFields
	}
}

type changedCustomer struct {
	document.Keyed
	document.Precondition
	ByID
	Body struct {
		document.BodyVersion
		CustomerFields
	}
}

type customerList struct {
	Customers []customerView `json:"customers" nullable:"false"`
}

// created is the answer to a write that made something new.
type created[T any] struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     T
}

func customer(c directory.Customer) customerView {
	return customerView{string(c.ID), c.Name, c.Email, append([]string{}, c.Numbers...), c.Spoken, c.Version}
}

func (s *server) customerRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/customers", "list-customers", "List customers"),
		func(ctx context.Context, _ *struct{}) (*answer[customerList], error) {
			all, err := s.Store.Customers(ctx)
			list := customerList{Customers: make([]customerView, 0, len(all))}
			for _, c := range all {
				list.Customers = append(list.Customers, customer(c))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodGet, "/customers/{id}", "get-customer", "One customer"),
		func(ctx context.Context, in *ByID) (*document.Versioned[customerView], error) {
			c, err := s.Store.Customer(ctx, directory.CustomerID(in.ID))
			return document.Tagged(customer(c), c.Version, err)
		})
	serve(s, api, route(http.MethodPost, "/customers", "add-customer", "Add a customer"),
		func(ctx context.Context, in *newCustomer) (*created[customerView], error) {
			id := in.Body.ID
			if id == "" {
				id = newID()
			}
			c, err := s.customerOf(id, in.Body.CustomerFields)
			if err != nil {
				return nil, err
			}
			if c, err = s.Store.PutCustomer(ctx, c); err != nil {
				return nil, err
			}
			s.refresh(ctx)
			s.speak(c)
			return &created[customerView]{http.StatusCreated, base + "/customers/" + id, document.Tag(c.Version), customer(c)}, nil
		})
	serve(s, api, route(http.MethodPut, "/customers/{id}", "change-customer", "Change a customer, whole"),
		func(ctx context.Context, in *changedCustomer) (*document.Versioned[customerView], error) {
			c, err := s.customers().Do(ctx, document.Edit{Precondition: in.Precondition, Name: "customer " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion, Changes: true},
				func(context.Context, directory.Customer) (directory.Customer, error) {
					return s.customerOf(in.ID, in.Body.CustomerFields)
				})
			if err == nil {
				s.refresh(ctx)
				s.speak(c)
			}
			return document.Tagged(customer(c), c.Version, err)
		})
	s.spokenRoutes(api)
}

// customers is how customers are read and written.
func (s *server) customers() document.Kind[directory.Customer] {
	return document.Kind[directory.Customer]{
		Read: func(ctx context.Context, id string) (directory.Customer, error) {
			return s.Store.Customer(ctx, directory.CustomerID(id))
		},
		Put:     s.Store.PutCustomer,
		Version: func(c *directory.Customer) *int { return &c.Version },
	}
}

// customerOf checks what no schema can.
func (s *server) customerOf(id string, f CustomerFields) (directory.Customer, error) {
	c, err := entry.Customer{ID: id, Name: f.Name, Email: f.Email, Numbers: f.Numbers, Spoken: f.Spoken}.Check(s.Plan)
	return c, asProblem(err)
}

// asProblem names the field of the body that an entry refuses.
func asProblem(err error) error {
	var r *entry.Refusal
	if errors.As(err, &r) {
		return problem.Refused(strings.TrimSuffix("body."+r.Field, "."), r.Text)
	}
	return err
}

// newID draws an opaque identifier of 130 bits.
func newID() string { return strings.ToLower(rand.Text()) }
