package apptest

import (
	"fmt"
	"strings"
	"time"

	"hotline/app"
	"hotline/datadir"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// Open opens a blocking ticket of a contract as staff do.
func (p *Program) Open(c directory.ContractID) tickets.Ticket {
	p.Helper()
	b := p.Desk.Book()
	contract := b.Contracts.At(c)
	t, err := p.Desk.Open(p.Context(), tickets.Draft{
		Identity: tickets.Identity{Contract: contract, Customer: b.Customers.At(contract.Customer)}, Claim: sla.Blocking, Channel: tickets.Web, Actor: "staff:carla",
	}, time.Now())
	if err != nil {
		p.Fatal(err)
	}
	return t
}

// Assign gives a ticket to an engineer as staff do.
func (p *Program) Assign(number tickets.Number, engineer string) {
	p.Helper()
	if _, err := p.Desk.Assign(p.Context(), number, "staff:carla", engineer, time.Now()); err != nil {
		p.Fatal(err)
	}
}

// Held opens a blocking ticket of Rossi's as staff do, and gives it to an engineer, who has talked to the customer.
func (p *Program) Held(engineer string) tickets.Number {
	p.Helper()
	number := p.Open("rossi").Number
	p.Assign(number, engineer)
	if _, err := p.Desk.Contact(p.Context(), number, "staff:carla", time.Now()); err != nil {
		p.Fatal(err)
	}
	return number
}

// History is the lines of the newest ticket, as "kind text".
func (p *Program) History() string {
	p.Helper()
	page, err := p.Store.List(p.Context(), tickets.Filter{})
	if err != nil || len(page.Items) == 0 {
		p.Fatalf("no ticket, %v", err)
	}
	lines, err := p.Store.History(p.Context(), page.Items[0].Number)
	if err != nil {
		p.Fatal(err)
	}
	var words []string
	for _, e := range lines {
		words = append(words, string(e.Kind)+" "+e.Text)
	}
	return strings.Join(words, "\n")
}

// Raised lists a ticket's warnings and breaches, as "09:45:00 warned contact" in UTC.
func (p *Program) Raised(number tickets.Number) (list []string) {
	p.Helper()
	lines, err := p.Store.History(p.Context(), number)
	if err != nil {
		p.Fatal(err)
	}
	for _, e := range lines {
		if e.Kind == tickets.Warned || e.Kind == tickets.Broken {
			list = append(list, fmt.Sprintf("%s %s %s", e.At.UTC().Format(time.TimeOnly), e.Kind, e.Facts["clock"]))
		}
	}
	return list
}

// PINKey is the key under which the program hashes PINs.
func (p *Program) PINKey() []byte {
	p.Helper()
	key, err := datadir.ReadPINKey(p.Context(), p.Store, app.PINKeyFile(p.Config.Config))
	if err != nil {
		p.Fatal(err)
	}
	return key
}

// AddNumber gives the customer Rossi one more telephone number, which the desk knows at once.
func (p *Program) AddNumber(number string) {
	p.Helper()
	p.ChangeRossi(func(c *directory.Customer) { c.Numbers = append(c.Numbers, number) })
}

// ChangeRossi edits the customer Rossi, and has the desk take the directory as it then stands.
func (p *Program) ChangeRossi(change func(*directory.Customer)) {
	p.Helper()
	c, err := p.Store.Customer(p.Context(), "rossi")
	if err != nil {
		p.Fatal(err)
	}
	change(&c)
	if _, err := p.Store.PutCustomer(p.Context(), c); err != nil {
		p.Fatal(err)
	}
	b, err := directory.ReadBook(p.Context(), p.Store, time.Now())
	if err != nil {
		p.Fatal(err)
	}
	p.Desk.SetBook(b)
}
