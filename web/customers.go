package web

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"hotline/directory"
	"hotline/storage"
	"hotline/web/ui"
)

// customersPage lists customers by name.
type customersPage struct {
	page
	Rows   []directory.Customer
	Total  int
	Next   string // address of the next page; empty on the last one
	Search string
}

// customerPage is one customer with the contracts.
type customerPage struct {
	page
	Customer  directory.Customer
	Numbers   []string // as people write them
	Contracts []contractRow
}

// contractRow is one contract of a customer.
type contractRow struct {
	directory.Contract
	Level string
	Valid bool
	PIN   string // the new one, on the one page that shows it
	// Letter tells the customer the new PIN, on paper.
	Letter template.HTML
}

// customersOnPage is how many customers one page has.
const customersOnPage = 50

// named is a customer with the name by which lists are sorted, and what is searched, worked out once.
type named struct {
	directory.Customer
	lower, searched string
}

// sortedCustomers are those of the desk's latest snapshot by name. They are sorted once for each snapshot and not for each page: to sort
// thousands costs more than all else of a page. Safe for concurrent use.
type sortedCustomers struct {
	mu   sync.Mutex
	of   *directory.Book
	list []named
}

// in gives the customers of a snapshot by name. Nobody changes the list.
func (s *sortedCustomers) in(book *directory.Book) []named {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != book {
		list := make([]named, 0, book.Customers.Len())
		for _, c := range book.Customers.All() {
			lower := strings.ToLower(c.Name)
			list = append(list, named{c, lower, lower + " " + string(c.ID)})
		}
		slices.SortFunc(list, byName)
		s.of, s.list = book, list
	}
	return s.list
}

func byName(a, b named) int { return cmp.Or(cmp.Compare(a.lower, b.lower), cmp.Compare(a.ID, b.ID)) }

// customers lists them from the desk's snapshot, behind the one that the page before ended with.
func (s *server) customers(w http.ResponseWriter, r *request) {
	q := r.URL.Query()
	r.Title = "page-customers"
	p := customersPage{Search: q.Get("q")}
	book := s.Desk.Book()
	last, paged := book.Customers.Get(directory.CustomerID(q.Get("after")))
	wanted := strings.ToLower(strings.TrimSpace(p.Search))
	more, behind := false, named{Customer: last, lower: strings.ToLower(last.Name)}
	for _, c := range s.sorted.in(book) {
		if !strings.Contains(c.searched, wanted) {
			continue
		}
		p.Total++
		switch {
		case paged && byName(c, behind) <= 0:
		case len(p.Rows) < customersOnPage:
			p.Rows = append(p.Rows, c.Customer)
		default:
			more = true
		}
	}
	if more {
		p.Next = "/customers?" + url.Values{"q": {p.Search}, "after": {string(p.Rows[len(p.Rows)-1].ID)}}.Encode()
	}
	p.page = r.page
	s.render(w, r, http.StatusOK, "customers", p)
}

func (s *server) customer(w http.ResponseWriter, r *request) {
	s.showCustomer(w, r, directory.CustomerID(r.PathValue("id")), "", "")
}

// showCustomer shows a customer, and the new PIN of one contract.
func (s *server) showCustomer(w http.ResponseWriter, r *request, id directory.CustomerID, renewed directory.ContractID, pin string) {
	c, err := s.Store.Customer(r.Context(), id)
	if err != nil {
		s.answerError(w, r, fmt.Errorf("reading customer %s: %w", id, err))
		return
	}
	r.Title = "page-customer"
	p := customerPage{page: r.page, Customer: c}
	for _, n := range c.Numbers {
		p.Numbers = append(p.Numbers, s.Plan.Shown(n))
	}
	for _, of := range s.Desk.Book().ContractsOf(id) {
		contract, err := s.Store.Contract(r.Context(), of)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			s.answerError(w, r, fmt.Errorf("reading contract %s: %w", of, err))
			return
		}
		row := contractRow{Contract: contract, Level: s.level(contract.Level), Valid: contract.Valid(r.Now)}
		if of == renewed {
			row.PIN, row.Letter = pin, ui.Letter(r.View, c.Name, string(of), pin)
		}
		p.Contracts = append(p.Contracts, row)
	}
	s.render(w, r, http.StatusOK, "customer", p)
}

// renewPIN gives a contract another PIN, and shows it this once. The form names the version of the contract that it was shown with,
// so that of two who press the button at once one does.
func (s *server) renewPIN(w http.ResponseWriter, r *request) {
	ctx := r.Context()
	c, err := s.Store.Contract(ctx, directory.ContractID(r.PathValue("id")))
	if err != nil {
		s.answerError(w, r, fmt.Errorf("reading a contract: %w", err))
		return
	}
	r.Here = "/customers/" + url.PathEscape(string(c.Customer))
	if fmt.Sprint(c.Version) != r.FormValue("version") {
		err = storage.ErrConflict
	}
	var pin string
	if err == nil {
		c, pin, err = s.PINs.NewPIN(ctx, c, r.Now)
	}
	if errors.Is(err, storage.ErrConflict) {
		s.showFailure(w, r, http.StatusConflict, "page-pin-conflict", c.ID)
		return
	}
	if err != nil {
		s.answerError(w, r, fmt.Errorf("renewing the PIN of contract %s: %w", c.ID, err))
		return
	}
	if _, err := s.Desk.CatchUp(ctx, s.Store, r.Now); err != nil { // the nodes' own look at what is new brings it then
		s.Log.WarnContext(ctx, "the line hears of a new PIN a moment later", "error", err)
	}
	s.Log.InfoContext(ctx, "web: staff wrote", "by", r.User.Name, "contract", string(c.ID), "what", "pin")
	s.showCustomer(w, r, c.Customer, c.ID, pin)
}
