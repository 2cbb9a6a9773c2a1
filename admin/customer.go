package admin

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/tickets"
)

var telephoneNumber = regexp.MustCompile(`^\+?[0-9]{2,20}$`)

// ByID names something in the path.
type ByID struct {
	ID string `path:"id"`
}

type customerView struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Numbers []string `json:"numbers" nullable:"false"`
	Version int      `json:"version"`
}

// CustomerFields are what staff write of a customer.
type CustomerFields struct {
	Name    string   `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Email   string   `json:"email,omitempty" maxLength:"254" doc:"Where receipts go; none when empty"`
	Numbers []string `json:"numbers,omitempty" maxItems:"200" doc:"Numbers known for it: a hint for language and budgets, never a credential"`
}

type newCustomer struct {
	Keyed
	Body struct {
		ID string `json:"id,omitempty" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$" doc:"Chosen by us when it is left out"`
		CustomerFields
	}
}

type changedCustomer struct {
	Keyed
	ByID
	Body struct {
		Version int `json:"version" minimum:"1" doc:"The version that was read; 409 when somebody was faster"`
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
	Body     T
}

func customer(c tickets.Customer) customerView {
	return customerView{string(c.ID), c.Name, c.Email, append([]string{}, c.Numbers...), c.Version}
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
		func(ctx context.Context, in *ByID) (*answer[customerView], error) {
			c, err := s.Store.Customer(ctx, tickets.CustomerID(in.ID))
			return answered(customer(c), err)
		})
	serve(s, api, route(http.MethodPost, "/customers", "add-customer", "Add a customer"),
		func(ctx context.Context, in *newCustomer) (*created[customerView], error) {
			id := in.Body.ID
			if id == "" {
				id = newID()
			}
			c, err := s.putCustomer(ctx, id, 0, in.Body.CustomerFields)
			if err != nil {
				return nil, err
			}
			return &created[customerView]{http.StatusCreated, base + "/customers/" + id, c}, nil
		})
	serve(s, api, route(http.MethodPut, "/customers/{id}", "change-customer", "Change a customer, whole"),
		func(ctx context.Context, in *changedCustomer) (*answer[customerView], error) {
			return answered(s.putCustomer(ctx, in.ID, in.Body.Version, in.Body.CustomerFields))
		})
}

func (s *server) putCustomer(ctx context.Context, id string, version int, f CustomerFields) (customerView, error) {
	if strings.TrimSpace(f.Name) == "" {
		return customerView{}, refused("body.name", "the name is spoken to engineers; it cannot be blank")
	}
	if a, err := mail.ParseAddress(f.Email); f.Email != "" && (err != nil || a.Address != f.Email) {
		return customerView{}, refused("body.email", "this is no mail address; write it as name@example.org")
	}
	for i, n := range f.Numbers {
		if !telephoneNumber.MatchString(n) {
			return customerView{}, refused(fmt.Sprintf("body.numbers[%d]", i), "a telephone number is written in digits, with or without + before them")
		}
	}
	c, err := s.Store.PutCustomer(ctx, tickets.Customer{
		ID: tickets.CustomerID(id), Name: f.Name, Email: f.Email, Numbers: f.Numbers, Version: version,
	})
	if err != nil {
		return customerView{}, err
	}
	s.refresh(ctx)
	return customer(c), nil
}

// newID draws an opaque identifier of 130 bits.
func newID() string { return strings.ToLower(rand.Text()) }
