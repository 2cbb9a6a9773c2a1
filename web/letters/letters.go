// Package letters is the page of the letters that customers get of the house's own accord: statements of a month and news of versions. It shows by
// contract who got which when, who could not and why, and which contracts no letter can reach now (docs/mail.md).
package letters

import (
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/notify/mailing"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is what the page needs. Everything is required.
type Handlers struct {
	Store mailing.Reader
	Desk  Desk
}

// Desk knows contracts. tickets.Desk implements it.
type Desk interface {
	Book() *directory.Book
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page: for staff, who tell by other means whom no letter reaches.
func Routes(h Handlers) []ui.Route {
	return []ui.Route{{Pattern: "GET /letters", Roles: []users.Role{users.Staff, users.Admin}, Serve: h.list}}
}

// undelivered stands in an address for every state in which a customer did not get a letter that was meant for him.
const undelivered = "undelivered"

type listPage struct {
	ui.View
	Contract, State string
	States          []string
	Rows            []row
	Cut             bool // there are more
	Unreached       []contract
	More            int // contracts beside those
}

// row is a letter, with whose it is.
type row struct {
	mailing.Letter
	Customer directory.Customer
	Month    string // number of a statement's month; empty: it is about a version
	Year     string
}

// At is when it came to its state, or when it is due.
func (r row) At() time.Time {
	if r.Settled.IsZero() {
		return r.Due
	}
	return r.Settled
}

// contract is one whose customer no letter reaches, and what he would get.
type contract struct {
	directory.Contract
	Name string
}

// unreachedMost is how many contracts without an address the page names.
const unreachedMost = 100

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p := listPage{View: r.View, Contract: strings.TrimSpace(r.FormValue("contract")), State: r.FormValue("state"), States: []string{undelivered}}
	for _, s := range mailing.States() {
		p.States = append(p.States, string(s))
	}
	f := mailing.Filter{Contract: directory.ContractID(p.Contract), Limit: mailing.Most + 1}
	switch {
	case p.State == undelivered:
		f.States = []mailing.State{mailing.Failed, mailing.NoAddress}
	case slices.Contains(mailing.States(), mailing.State(p.State)):
		f.States = []mailing.State{mailing.State(p.State)}
	default:
		p.State = ""
	}
	found, err := h.Store.Letters(r.Context(), f)
	if err != nil {
		return nil, fmt.Errorf("reading the letters to customers: %w", err)
	}
	p.Cut = len(found) > mailing.Most
	book := h.Desk.Book()
	for _, l := range found[:min(len(found), mailing.Most)] {
		one := row{Letter: l}
		if c, ok := book.Contracts.Get(l.Contract); ok {
			one.Customer = book.Customers.At(c.Customer)
		}
		if at, err := time.Parse("2006-01", l.About); err == nil && l.Kind == mailing.Statement {
			one.Month, one.Year = strconv.Itoa(int(at.Month())), strconv.Itoa(at.Year())
		}
		p.Rows = append(p.Rows, one)
	}
	for _, c := range mailing.Unreached(book, r.Now) {
		if p.Contract == "" || p.Contract == string(c.ID) {
			p.Unreached = append(p.Unreached, contract{c, book.Customers.At(c.Customer).Name})
		}
	}
	if len(p.Unreached) > unreachedMost {
		p.More, p.Unreached = len(p.Unreached)-unreachedMost, p.Unreached[:unreachedMost]
	}
	return pages().Page("list", r.T("letters"), p)
}
